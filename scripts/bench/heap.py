"""Whether a long day of offers leaves anything behind in the agent page.

    python scripts/bench/heap.py [--offers N]

The real page in a real Chromium, its frames from ``page_driver.js``; at every tenth of the day a
forced collection, then the heap, the nodes and the listeners that live. MUST NOT measure time.
1,500 offers are 8 hours of one in 19 s.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, async_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.page import open_page

TENTHS = 10


@dataclass(frozen=True, slots=True)
class Left:
    """What lives in the page after ``offers`` of them."""

    offers: int
    heap_bytes: int
    nodes: int
    listeners: int


async def left_behind(page: Page, offers: int, looks: int = TENTHS) -> list[Left]:
    """Drive ``offers`` through the page, and look ``looks`` times meanwhile."""
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    found = []
    for look in range(1, looks + 1):
        await page.evaluate(f"drive({offers // looks}, 0, false)")
        # Twice: what a first collection finalizes only a second one frees.
        for _ in range(2):
            await session.send("HeapProfiler.collectGarbage")
        told = await session.send("Performance.getMetrics")
        now = {each["name"]: int(each["value"]) for each in told["metrics"]}
        done = look * (offers // looks)
        found.append(Left(done, now["JSHeapUsedSize"], now["Nodes"], now["JSEventListeners"]))
    return found


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--offers", type=int, default=1_500)
    chosen = parser.parse_args()
    async with async_playwright() as driver:
        path = shutil.which("chromium") or driver.chromium.executable_path
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await driver.chromium.launch(executable_path=path, args=arguments)
        found = await left_behind(await open_page(await browser.new_context()), chosen.offers)
        await browser.close()
    print(f"{'offers':>7} {'heap MiB':>9} {'nodes':>7} {'listeners':>10}")
    for one in found:
        print(f"{one.offers:7} {one.heap_bytes / 2**20:9.2f} {one.nodes:7} {one.listeners:10}")


if __name__ == "__main__":
    asyncio.run(main())
