"""Takes the pictures of README.md, the same in every run.

    python scripts/screenshots.py [--into .github/pictures]

A server on a clock that stands (``app.main.staged``), a floor played on it from one seed
(``scripts/stage.py``), and pages whose clock stands as well: the board, the life line of a
conversation, the agent's page with an offer. MUST NOT touch a server that it did not start.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

if TYPE_CHECKING:
    from scripts.stage import Play, Stage

ROOT = Path(__file__).resolve().parent.parent
SIZE: ViewportSize = {"width": 1280, "height": 800}
SETTLED_S = 1.0
"""Real time for what is under way to arrive: the pages hear of it four times a second."""
AHEAD_MS = 300
FAR_AHEAD_MS = 4_000
"""A clock stops at an instant that it has not passed; more is left where somebody clicked."""
DRAWN_MS = 600


class Pages:
    """Signed-in pages of one server, whose time is that of the stage."""

    def __init__(self, browser: Browser, url: str, key: str) -> None:
        self._browser, self._url, self._key = browser, url, key

    async def open(
        self, now_ms: int, agent: str = "", scheme: Literal["light", "dark"] = "light"
    ) -> Page:
        """A page whose clock runs until ``stand``."""
        context = await self._browser.new_context(
            viewport=SIZE,
            color_scheme=scheme,
            reduced_motion="reduce",
            timezone_id="Europe/Copenhagen",
            locale="en-GB",
        )
        page = await context.new_page()
        await page.clock.install(time=datetime.fromtimestamp(now_ms / 1000, UTC))
        who = f"&agent={agent}" if agent else ""
        await page.goto(f"{self._url}/login#key={self._key}{who}")
        await page.wait_for_selector('[data-connection="connected"]')
        return page


async def stand(page: Page, at_ms: int) -> None:
    """Stop the page's clock, and draw what has come."""
    await page.clock.pause_at(datetime.fromtimestamp(at_ms / 1000, UTC))
    await asyncio.sleep(SETTLED_S)
    await page.clock.run_for(DRAWN_MS)


async def shoot(pages: Pages, stage: Stage, play: Play, into: Path) -> None:
    """All pictures, one after the other."""
    # All happens at halves of a second: what is shown a quarter after them is on no edge.
    shown = stage.now + 20_350
    flowing = asyncio.create_task(stage.flow_until(shown))
    board = await pages.open(stage.now)
    dark = await pages.open(stage.now, scheme="dark")
    await dark.click("[data-opens] >> nth=0")
    await dark.click("#drawer [data-conversation]:has-text('assigned') >> nth=0")
    await dark.click("#drawer .decision summary >> nth=0")
    await flowing
    await asyncio.gather(*(stand(page, shown + AHEAD_MS) for page in (board, dark)))
    await board.screenshot(path=into / "board.png")
    await dark.screenshot(path=into / "life-line.png")
    flowing = asyncio.create_task(stage.flow_until(shown + 20_000))
    seat = await pages.open(stage.now, "you")
    await flowing
    await seat.get_by_role("button", name="Available").first.click()
    await seat.get_by_text("Offers can reach you").first.wait_for()
    await play.greet()
    await seat.wait_for_selector("[data-offer]")
    await stage.flow_until(shown + 25_000)
    await stand(seat, shown + 25_000 + FAR_AHEAD_MS)
    await seat.screenshot(path=into / "agent.png")


async def main(into: Path) -> None:
    """Play a floor, start a Chromium, and take the pictures."""
    from app.clients.http import ApiClient
    from scripts.stage import Play, Stage

    path = os.environ.get("INTERLOCK_TEST_CHROMIUM") or shutil.which("chromium")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stage = Stage(Path(folder))
        stack.callback(stage.stop)
        url = await asyncio.to_thread(stage.start)
        api = await stack.enter_async_context(ApiClient(url, stage.key))
        people = await stack.enter_async_context(AsyncExitStack())
        play = Play(stage, url, api)
        await play.run(people)
        driver = await stack.enter_async_context(async_playwright())
        browser = await driver.chromium.launch(executable_path=path, args=arguments)
        await shoot(Pages(browser, url, stage.key), stage, play, into)
        await browser.close()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--into", type=Path, default=ROOT / ".github" / "pictures")
    given = parser.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(given.into))
