"""The board as it was: unmistakable, without a hand in it, and a key away from now."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.conformance.desk import Desk
from tests.conformance.process import ADMIN_KEY

from .conftest import OpenScreen
from .test_board import find
from .test_pages import check_axe

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LOCAL = """at => {
    const then = new Date(at);
    then.setMinutes(then.getMinutes() - then.getTimezoneOffset());
    return then.toISOString().slice(0, 19);
}"""
"""As the field of a time wants it."""


async def test_a_supervisor_goes_back_and_comes_live_again(
    desk: Desk, screen_of: OpenScreen
) -> None:
    queue = await desk.queue("0-Yore")
    await desk.create(queue)
    then = (await desk.board())["as_of"]
    screen = await screen_of()
    page = screen.page
    await screen.sign_in(ADMIN_KEY)
    await find(screen, queue)
    for _ in range(3):
        await desk.create(queue)
    row = page.locator(f'[data-row="{queue}"]')
    await expect(row).to_contain_text(re.compile(r"\b4\b"))
    await page.locator("body").click(position={"x": 1, "y": 1})
    await page.keyboard.press("t")
    past = page.locator("[data-past]")
    await expect(past.get_by_role("heading", level=1)).to_contain_text("As it was")
    # Five minutes ago there was no such queue, or no server yet: that is said, nothing is shown.
    await expect(row).to_have_count(0)
    await expect(past.locator("main")).to_have_attribute("aria-busy", "false")
    field = past.get_by_label("Time", exact=True)
    local = await page.evaluate(LOCAL, then + 1_000)
    await field.fill(local)
    await field.press("Enter")
    await field.blur()
    await expect(past.locator("main")).to_have_attribute("aria-busy", "false")
    # What was searched for on the live board is searched for here, at this instant and the next.
    await expect(row).to_be_visible()
    await expect(past.locator("[data-row]")).to_have_count(1)
    await expect(row).not_to_contain_text(re.compile(r"\b4\b"))
    await expect(past).to_contain_text("Not live. Now:")
    await check_axe(screen, "past")
    await page.keyboard.press("/")
    await expect(page.locator("#queues-search")).to_be_focused()
    await page.locator("#queues-search").blur()
    # Nothing acts there, and nothing opens.
    await row.click()
    await expect(page.locator("dialog[open]")).to_have_count(0)
    assert await past.get_by_role("button", name=re.compile("Move|Pause|Freeze|Drain")).count() == 0
    await past.get_by_role("button", name=re.compile("1 min$")).first.click()
    await expect(past.locator("main")).to_have_attribute("aria-busy", "false")
    await past.get_by_role("button", name="Live again").click()
    await expect(past).to_have_count(0)
    await expect(page.locator('[data-age="live"]')).to_be_visible()
    await expect(row).to_contain_text(re.compile(r"\b4\b"))
    screen.forgive("400")
