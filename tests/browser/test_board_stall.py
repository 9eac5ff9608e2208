"""A stall planted in a real server, as a supervisor lives through it, from alarm to report."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from app.campaign.faulty import BLIND, PORT
from tests.conformance.process import ADMIN_KEY, Server

from .conftest import CONFIG, OpenScreen, desk_on

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BESIDE = 40
"""So many other queues: what matters must not have to be scrolled to."""


class Fault:
    """The port of a server that was started for drills."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "fault"

    def blind(self, queue: str) -> None:
        """From now on nobody is found for this queue."""
        self.path.write_text(f"{BLIND} {queue}")

    def heal(self) -> None:
        """All is as it should be."""
        self.path.unlink()


@pytest.fixture
def fault(tmp_path: Path) -> Fault:
    return Fault(tmp_path)


@pytest.fixture
def faulty(tmp_path: Path, fault: Fault) -> Iterator[Server]:
    """A server whose fault port is open, as in a drill."""
    server = Server(tmp_path, CONFIG, {PORT: str(fault.path)}, program="app.main.drilled")
    yield server.start()
    server.stop()


def text_of(file: Path) -> str:
    return file.read_text()


async def test_why_a_queue_stood_still_is_found_within_seconds(
    faulty: Server, fault: Fault, screen_of: OpenScreen
) -> None:
    async with desk_on(faulty) as desk:
        for number in range(BESIDE):
            await desk.queue(f"quiet{number}")
        queue = await desk.queue("Zebra")
        await desk.online(await desk.agent("anna", queue))
        screen = await screen_of(base=faulty.base)
        page = screen.page
        await screen.sign_in(ADMIN_KEY)
        fault.blind(queue)
        began = time.monotonic()
        stuck = await desk.create(queue)
        health = page.locator("[data-health]").first
        await expect(health).to_have_attribute("data-health", "stalled", timeout=10_000)
        alarm = page.locator("[data-incident]").filter(has_text=re.compile("Zebra"))
        await expect(alarm).to_be_in_viewport(timeout=10_000)
        print(f"in view {time.monotonic() - began:.1f} s after it came")
        await expect(health).to_contain_text(re.compile(r"1 waiting.*0 offers"))
        # What the system did about it, and that it did not help.
        await expect(alarm).to_contain_text(re.compile("Repaired|Called", re.IGNORECASE))
        await alarm.get_by_role("button", name="Evidence").click()
        drawer = page.locator("#drawer")
        await expect(drawer).to_contain_text(re.compile("escalated|a person", re.IGNORECASE))
        report = drawer.get_by_role("link", name="Post-mortem")
        async with page.expect_download() as saved:
            await report.click()
        text = text_of(await (await saved.value).path())
        for told in ("Zebra", queue, "watchdog"):
            assert told in text, text
        await page.keyboard.press("Escape")
        fault.heal()
        await expect(health).not_to_have_attribute("data-health", "stalled", timeout=20_000)
        await expect(alarm).to_have_count(0)
        assert (await desk.conversation(stuck))["state"] == "offered"
