"""How fast an offer is on the screen, and whether a day of them leaves the page's heap flat.

    python scripts/bench/page.py [--offers N] [--day N] [--slow FACTOR]

The real agent page in a real Chromium, its frames from ``page_driver.js`` inside it: the time is
from the arrival of an ``offer`` frame until the card is painted, in a page that already shows
twelve conversations. ``--day`` offers then pass at speed, and the heap is read after a collection
at every tenth. ``--slow`` makes the processor that many times slower. MUST NOT count a network.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from playwright.async_api import BrowserContext, Page, Route, async_playwright
from starlette.requests import Request

from app.edge.assets import load_assets

STATIC = Path(__file__).resolve().parents[2] / "static"
HERE = Path(__file__).parent
DRIVERS = {"agent": HERE / "page_driver.js", "board": HERE / "board_driver.js"}
BASE = "http://localhost:9"
IDENTITIES = {
    "agent": {"role": "agent", "agent": "bench", "expires_at": None},
    "board": {"role": "supervisor", "agent": None, "expires_at": None},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "/v1/presences": {"presences": []},
    "/v1/tickets": {"ticket": "bench", "expires_in_ms": 30_000},
    "/v1/estimates": {"as_of": 0, "estimates": []},
    "/v1/incidents": {"incidents": [], "open": 0},
}
EVERY_MS = 5
SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """``times_ms`` from arrival to paint; ``heap_bytes`` in the course of the day."""

    times_ms: list[float]
    heap_bytes: list[int]

    def percentile(self, share: float) -> float:
        """The time that this share of the offers did not exceed."""
        return sorted(self.times_ms)[int(share * (len(self.times_ms) - 1))]


async def open_page(context: BrowserContext, name: str = "agent") -> Page:
    """The page ``agent`` or ``board`` as the server would serve it, at work."""
    answers = {**ANSWERS, "/v1/session": IDENTITIES[name]}
    assets = load_assets(STATIC)
    request = Request({"type": "http", "headers": []})

    async def serve(route: Route) -> None:
        path = route.request.url.removeprefix(BASE).partition("?")[0]
        if path in answers:
            await route.fulfill(json=answers[path])
            return
        file = path.split("/", 3)[-1] if path.startswith("/static/") else ""
        answer = assets.file(request, assets.version, file) if file else assets.page(request, name)
        headers = dict(answer.headers)
        await route.fulfill(body=bytes(answer.body), headers=headers)

    await context.route("**/*", serve)
    page = await context.new_page()
    await page.add_init_script(path=DRIVERS[name])
    await page.goto(f"{BASE}/{name}")
    await page.wait_for_selector('[data-connection="connected"]')
    return page


async def measure(page: Page, offers: int, day: int, slow: float = 1) -> Measured:
    """Drive the page: ``offers`` watched, then ``day`` at speed."""
    session = await page.context.new_cdp_session(page)
    if slow > 1:
        await session.send("Emulation.setCPUThrottlingRate", {"rate": slow})
    await page.evaluate("drive(20, 5, true)")
    times = await page.evaluate(f"drive({offers}, {EVERY_MS}, true)")
    heap = []
    for _ in range(SAMPLES if day else 0):
        await page.evaluate(f"drive({day // SAMPLES}, 0, false)")
        await session.send("HeapProfiler.collectGarbage")
        heap.append(int((await session.send("Runtime.getHeapUsage"))["usedSize"]))
    return Measured(times, heap)


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--offers", type=int, default=1_000)
    parser.add_argument("--day", type=int, default=1_500)
    parser.add_argument("--slow", type=float, default=1)
    chosen = parser.parse_args()
    async with async_playwright() as driver:
        path = shutil.which("chromium") or driver.chromium.executable_path
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await driver.chromium.launch(executable_path=path, args=arguments)
        page = await open_page(await browser.new_context())
        found = await measure(page, chosen.offers, chosen.day, chosen.slow)
        await browser.close()
    print(
        f"offer on the screen, {len(found.times_ms)} offers: p50 {median(found.times_ms):.1f} ms, "
        f"p95 {found.percentile(0.95):.1f} ms, max {max(found.times_ms):.1f} ms"
    )
    mib = [f"{size / 2**20:.2f}" for size in found.heap_bytes]
    print(f"heap after each tenth of {chosen.day} offers, MiB: {json.dumps(mib)}")


if __name__ == "__main__":
    asyncio.run(main())
