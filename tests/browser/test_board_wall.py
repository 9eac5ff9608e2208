"""A wallboard by its link: seen without a sign-in, told when it is old, taken back at once."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.conformance.desk import Desk

from .conftest import OpenScreen
from .line import Line
from .screen import Screen
from .test_board import board
from .test_connection import NETWORK
from .test_pages import check_axe

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def made_on_the_board(boss: Screen, name: str) -> str:
    """Make a link there, and return the key in it; nobody is shown it again."""
    await boss.button("Wallboard").click()
    drawer = boss.page.locator("#drawer")
    await drawer.get_by_role("button", name="Make a link").click()
    await boss.page.locator("#act").get_by_label("Where it hangs").fill(name)
    await boss.page.locator("#act").get_by_role("button", name="Make the link").click()
    shown = drawer.get_by_label("The link, shown this once")
    address = await shown.input_value()
    assert address.startswith(f"{boss.base}/board#wall=")
    await check_axe(boss, "links")
    await drawer.get_by_role("button", name="Close").click()
    await boss.button("Wallboard").click()
    await expect(drawer.locator("[data-link]").filter(has_text=name)).to_be_visible()
    await expect(shown).to_have_count(0)
    return address.partition("#wall=")[2]


async def test_a_link_opens_the_wall_and_only_that(
    desk: Desk, screen_of: OpenScreen, line: Line
) -> None:
    queue = await desk.queue("Hallway")
    await desk.agent("secret", queue, name="Secret Person")
    await desk.create(queue, customer={"name": "Secret Customer"}, priority=9)
    boss, name = await board(screen_of), desk.name("hall")
    key = await made_on_the_board(boss, name)
    screen = await screen_of()
    page = screen.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{line.base}/board#wall={key}")
    wall = page.locator("main.wall")
    await expect(wall).to_contain_text("Waiting")
    await expect(wall.locator("[data-health]")).not_to_have_attribute("data-health", "unknown")
    assert "Secret" not in await page.content()
    assert await page.get_by_role("button").count() == 0
    await page.keyboard.press("w")
    await page.keyboard.press("k")
    await expect(wall).to_be_visible()
    assert not [url for url in asked if key in url]
    assert {url for url in asked if "/v1/" in url} == {f"{line.base}/v1/wall"}
    assert not await page.context.cookies()
    # It survives a reload, as a screen in a hall must.
    await page.reload()
    await expect(wall.locator("[data-health]")).not_to_have_attribute("data-health", "unknown")
    line.cut()
    stale = page.locator(".wall-stale")
    await expect(stale).to_contain_text(re.compile(r"Not current: .* old"))
    await expect(page.locator("main.wall.stale")).to_be_visible()
    line.mend()
    await expect(stale).to_have_count(0)
    await boss.page.locator("[data-link]").filter(has_text=name).get_by_role("button").click()
    await boss.page.locator("#act").get_by_role("button", name="Take back", exact=True).click()
    await expect(boss.page.locator("[data-link]").filter(has_text=name)).to_have_count(0)
    await expect(wall).to_contain_text("This link was taken back")
    assert "Hallway" not in await page.content()
    screen.forgive(*NETWORK, "401")
