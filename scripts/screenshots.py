"""Takes the pictures of README.md from a demo of its own.

    python scripts/screenshots.py [--into .github/pictures] [--after SECONDS]

Starts ``interlock demo`` in a folder that is thrown away, lets it live for a while, and saves what
a person sees: the board, the life line of a conversation, the agent's page with an offer.
MUST NOT touch a server that it did not start.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

ROOT = Path(__file__).resolve().parent.parent
SIZE: ViewportSize = {"width": 1280, "height": 800}
LINK = re.compile(r"^\s*(your seat|the board)\s+(\S+)$")


@contextmanager
def demo(folder: str) -> Iterator[dict[str, str]]:
    """A demo while the block runs: the links it prints, by their names."""
    command = [sys.executable, "-m", "app.main", "demo", "--port", "0", "--data", folder]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        links: dict[str, str] = {}
        assert process.stdout is not None
        while len(links) < 2:
            line = process.stdout.readline()
            if not line:
                raise SystemExit("the demo ended before it was ready")
            if found := LINK.match(line.rstrip()):
                links[found[1]] = found[2]
        yield links
    finally:
        process.terminate()
        process.wait()


async def page_of(browser: Browser, link: str, scheme: Literal["light", "dark"] = "light") -> Page:
    """A signed-in page."""
    context = await browser.new_context(viewport=SIZE, color_scheme=scheme, reduced_motion="reduce")
    page = await context.new_page()
    await page.goto(link)
    await page.wait_for_selector('[data-connection="connected"]')
    return page


async def shoot(browser: Browser, links: dict[str, str], into: Path, after_s: float) -> None:
    """All pictures, one after the other."""
    board = await page_of(browser, links["the board"])
    dark = await page_of(browser, links["the board"], "dark")
    await asyncio.sleep(after_s)
    await board.screenshot(path=into / "board.png")
    await dark.click("[data-opens] >> nth=0")
    await dark.click("#drawer [data-conversation]:has-text('assigned') >> nth=0")
    await dark.click("#drawer .decision summary >> nth=0")
    await dark.screenshot(path=into / "life-line.png")
    seat = await page_of(browser, links["your seat"])
    await seat.get_by_role("button", name="Available").first.click()
    await seat.wait_for_selector("[data-offer]")
    await seat.screenshot(path=into / "agent.png")


async def main(into: Path, after_s: float) -> None:
    """Start a demo and a Chromium, and take the pictures."""
    path = os.environ.get("INTERLOCK_TEST_CHROMIUM") or shutil.which("chromium")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder, demo(folder) as links:
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=path, args=arguments)
            await shoot(browser, links, into, after_s)
            await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--into", type=Path, default=ROOT / ".github" / "pictures")
    parser.add_argument("--after", type=float, default=240.0, help="seconds for the demo to live")
    given = parser.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(given.into, given.after))
