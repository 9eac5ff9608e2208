"""What a page does when its line, its server or its sign-in is gone."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.conformance.desk import Desk

from .conftest import OpenScreen
from .line import Line
from .screen import Screen
from .test_pages import check_axe

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NETWORK = ("net::ERR", "WebSocket connection", "503")


async def on_the_line(desk: Desk, screen_of: OpenScreen, line: Line) -> tuple[Screen, str]:
    """An available agent who speaks through the line: (screen, queue)."""
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    screen = await screen_of(await desk.agent("Anna", queue, chats=3), base=line.base)
    await screen.be_available()
    return screen, queue


async def test_reload_keeps_offer_and_conversation(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    screen = await screen_of(await desk.agent("Anna", queue, chats=3))
    await screen.be_available()
    await desk.create(queue, customer={"name": "Ana"})
    await screen.card("Ana").get_by_role("button", name="Accept").click()
    await expect(screen.held).to_have_count(1)
    await desk.create(queue, customer={"name": "Bo"})
    await expect(screen.card("Bo")).to_be_visible()
    await screen.page.reload()
    await screen.connected()
    await expect(screen.held.get_by_role("heading")).to_have_text("Ana")
    await screen.card("Bo").get_by_role("button", name="Accept").click()
    await expect(screen.held).to_have_count(2)


async def test_a_cut_line_is_told_and_mended(desk: Desk, screen_of: OpenScreen, line: Line) -> None:
    screen, queue = await on_the_line(desk, screen_of, line)
    line.cut()
    await screen.connection("reconnecting")
    await screen.shows("held for you")
    await screen.shows("Not live: offers cannot appear now.")
    await expect(screen.page.locator("main.stale")).to_be_visible()
    await check_axe(screen, "offline")
    line.mend()
    await screen.connected()
    await desk.create(queue, customer={"name": "Ana"})
    await expect(screen.card("Ana")).to_be_visible()
    screen.forgive(*NETWORK)


async def test_an_answer_pressed_on_a_cut_line_is_sent_when_it_is_mended(
    desk: Desk, screen_of: OpenScreen, line: Line
) -> None:
    screen, queue = await on_the_line(desk, screen_of, line)
    made = await desk.create(queue, customer={"name": "Ana"})
    await expect(screen.card("Ana")).to_be_visible()
    line.cut()
    await screen.connection("reconnecting")
    await screen.button("Accept").click()
    await screen.shows("Accept: will be sent when the connection is back.")
    assert (await desk.conversation(made))["state"] == "offered"
    line.mend()
    await screen.shows("Yours: Ana")
    await expect(screen.held).to_have_count(1)
    screen.forgive(*NETWORK)


async def test_signing_out_ends_the_session(desk: Desk, screen_of: OpenScreen) -> None:
    screen = await screen_of(await desk.agent("Anna", await desk.queue()))
    await screen.button("Sign out").click()
    await screen.page.wait_for_url("**/login")
    await screen.page.goto(f"{screen.base}/agent")
    await screen.page.wait_for_url("**/login")
    screen.forgive("401")
