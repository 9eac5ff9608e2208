"""Whether a long day leaves anything behind in the pages.

    python scripts/bench/heap.py [--page agent|board] [--offers N] [--updates N]

The real page in a real Chromium, its frames from ``page_driver.js`` or ``board_driver.js``; at
every tenth of the day a forced collection, then the heap, the nodes and the listeners that live,
and the slope of the heap over the second half. MUST NOT measure time. 1,500 offers are 8 hours of
one in 19 s; 115,200 updates are 8 hours of four a second, drawn after every twentieth.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression

from playwright.async_api import Page, async_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.page import open_page

TENTHS = 10
DRAWN_EVERY = 20
DRIVES = {"agent": "drive({}, 0, false)", "board": f"drive({{}}, {DRAWN_EVERY})"}


@dataclass(frozen=True, slots=True)
class Left:
    """What lives in the page after ``done`` offers or updates."""

    done: int
    heap_bytes: int
    nodes: int
    listeners: int


async def left_behind(
    page: Page, count: int, looks: int = TENTHS, name: str = "agent"
) -> list[Left]:
    """Drive ``count`` offers or updates through the page, and look ``looks`` times meanwhile."""
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    if name == "board":  # The drawer is fetched a little later: it is no growth.
        await page.keyboard.press("?")
        await page.wait_for_selector("#drawer[open] kbd")
        await page.keyboard.press("Escape")
    found = []
    for look in range(1, looks + 1):
        await page.evaluate(DRIVES[name].format(count // looks))
        # Twice: what a first collection finalizes only a second one frees.
        for _ in range(2):
            await session.send("HeapProfiler.collectGarbage")
        told = await session.send("Performance.getMetrics")
        now = {each["name"]: int(each["value"]) for each in told["metrics"]}
        done = look * (count // looks)
        found.append(Left(done, now["JSHeapUsedSize"], now["Nodes"], now["JSEventListeners"]))
    return found


def slope(found: list[Left]) -> float:
    """Bytes that one more offer or update leaves behind, by the second half of the day."""
    late = found[len(found) // 2 :]
    return linear_regression([one.done for one in late], [one.heap_bytes for one in late]).slope


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", choices=sorted(DRIVES), default="agent")
    parser.add_argument("--offers", type=int, default=1_500)
    parser.add_argument("--updates", type=int, default=115_200)
    chosen = parser.parse_args()
    count = chosen.offers if chosen.page == "agent" else chosen.updates
    async with async_playwright() as driver:
        path = shutil.which("chromium") or driver.chromium.executable_path
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await driver.chromium.launch(executable_path=path, args=arguments)
        page = await open_page(await browser.new_context(), chosen.page)
        found = await left_behind(page, count, name=chosen.page)
        await browser.close()
    things = "offers" if chosen.page == "agent" else "updates"
    print(f"{things:>7} {'heap MiB':>9} {'nodes':>7} {'listeners':>10}")
    for one in found:
        print(f"{one.done:7} {one.heap_bytes / 2**20:9.2f} {one.nodes:7} {one.listeners:10}")
    print(f"{slope(found):.1f} bytes for each of them in the second half")


if __name__ == "__main__":
    asyncio.run(main())
