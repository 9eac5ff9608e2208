"""What the board makes of a dead line and of a clock that is wrong."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.conformance.desk import Desk
from tests.conformance.process import ADMIN_KEY

from .conftest import OpenScreen
from .line import Line
from .test_board import find
from .test_connection import NETWORK
from .test_desk import COUNT_TONES
from .test_lasting import AHEAD

LATER = """
Object.defineProperty(BaseAudioContext.prototype, 'currentTime', { get: () => 1e6 });
window.tones"""
"""So late that the last alarm is no reason to be quiet."""
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_clock_five_minutes_ahead_makes_no_figure_old(
    desk: Desk, screen_of: OpenScreen
) -> None:
    queue = await desk.queue("Punctual")
    await desk.create(queue)
    screen = await screen_of()
    await screen.page.add_init_script(AHEAD)
    await screen.sign_in(ADMIN_KEY)
    await expect(screen.page.locator('[data-age="live"]')).to_be_visible()
    await find(screen, queue)
    row = screen.page.locator(f'[data-row="{queue}"]')
    await expect(row).to_contain_text("Starved")
    await expect(row).to_contain_text(re.compile(r"0:[0-5]\d"))
    await expect(row).not_to_contain_text("5:0")


async def test_an_alarm_sounds_when_the_board_goes_blind_and_may_be_switched_off(
    screen_of: OpenScreen, line: Line
) -> None:
    screen = await screen_of(base=line.base)
    page = screen.page
    await page.add_init_script(COUNT_TONES)
    await screen.sign_in(ADMIN_KEY)
    await screen.connected()
    health = page.locator("[data-health]")
    await page.locator("#tab-agents").click()
    await expect(page.get_by_role("button", name="Alarm on")).to_be_visible()
    line.cut()
    await expect(health).to_have_attribute("data-health", "unknown")
    await page.wait_for_function("window.tones > 0")
    line.mend()
    await expect(health).not_to_have_attribute("data-health", "unknown")
    await page.get_by_role("button", name="Alarm on").click()
    await expect(page.get_by_role("button", name="Alarm off")).to_be_visible()
    told = await page.evaluate(LATER)
    line.cut()
    await expect(health).to_have_attribute("data-health", "unknown")
    assert await page.evaluate("window.tones") == told
    line.mend()
    await screen.connected()
    screen.forgive(*NETWORK)
