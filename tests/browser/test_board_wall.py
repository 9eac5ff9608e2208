"""A wallboard by its link: seen without a sign-in, told when it is old, taken back at once."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.conformance.desk import Desk

from .conftest import OpenScreen
from .line import Line
from .test_connection import NETWORK

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_link_opens_the_wall_and_only_that(
    desk: Desk, screen_of: OpenScreen, line: Line
) -> None:
    queue = await desk.queue("Hallway")
    await desk.agent("secret", queue, name="Secret Person")
    await desk.create(queue, customer={"name": "Secret Customer"}, priority=9)
    made = (await desk.api.post("/v1/keys", json={"role": "viewer", "name": "hall"})).json()
    screen = await screen_of()
    page = screen.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{line.base}/board#wall={made['key']}")
    wall = page.locator("main.wall")
    await expect(wall).to_contain_text("Waiting")
    await expect(wall.locator("[data-health]")).not_to_have_attribute("data-health", "unknown")
    assert "Secret" not in await page.content()
    assert await page.get_by_role("button").count() == 0
    await page.keyboard.press("w")
    await page.keyboard.press("k")
    await expect(wall).to_be_visible()
    assert not [url for url in asked if made["key"] in url]
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
    await desk.api.delete(f"/v1/keys/{made['id']}")
    await expect(wall).to_contain_text("This link was taken back")
    assert "Hallway" not in await page.content()
    screen.forgive(*NETWORK, "401")
