"""What a page keeps: through reloads, sleep, a wrong clock, a dead server, an ended sign-in."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.conformance.client import eventually
from tests.conformance.desk import Desk
from tests.conformance.process import ADMIN_KEY, running

from .conftest import CONFIG, OpenScreen, desk_on
from .line import Line
from .screen import Screen
from .test_board import board
from .test_connection import NETWORK, on_the_line

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AHEAD = """
const [now, origin] = [Date.now, performance.timeOrigin + 300_000];
Date.now = () => now.call(Date) + 300_000;
Object.defineProperty(performance, 'timeOrigin', { get: () => origin });
"""
SLEPT = "{ const now = Date.now; Date.now = () => now.call(Date) + 60_000; }"
SHORT_SIGN_IN = CONFIG + "[auth]\nsession_ttl_ms = 6000\nticket_ttl_ms = 5000\n"


async def swallow_first(page: Page, kind: str) -> list[str]:
    """Let the first frame of this kind get lost on its way; return those that were said."""
    said: list[str] = []

    def between(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if json.loads(message)["type"] == kind:
                said.append(str(message))
                if len(said) == 1:
                    return
            server.send(message)

        route.on_message(pass_on)

    await page.route_web_socket(re.compile("/ws$"), between)
    return said


async def test_an_accept_in_the_air_survives_a_reload(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    screen = await screen_of()
    said = await swallow_first(screen.page, "accept")
    await screen.sign_in_as(await desk.agent("Anna", queue))
    await screen.be_available()
    made = await desk.create(queue, customer={"name": "Ana"})
    await screen.card("Ana").get_by_role("button", name="Accept").click()
    await screen.shows("Accept: confirming…")
    await eventually(lambda: _true(len(said) == 1), "the accept was said")
    assert (await desk.conversation(made))["state"] == "offered"
    await screen.page.reload()
    await expect(screen.held).to_have_count(1)
    assert len(said) == 2
    assert (await desk.conversation(made))["state"] == "assigned"
    await screen.page.reload()
    await screen.connected()
    await expect(screen.held).to_have_count(1)
    assert len(said) == 2


async def _true(value: bool) -> bool:
    return value


async def test_a_clock_five_minutes_ahead_changes_nothing(
    desk: Desk, screen_of: OpenScreen
) -> None:
    queue = await desk.queue("Billing", offer={"timeout_ms": 30_000}, wrap_up={"ms": 60_000})
    screen = await screen_of()
    await screen.page.add_init_script(AHEAD)
    await screen.sign_in_as(await desk.agent("Anna", queue))
    await screen.be_available()
    await desk.create(queue, customer={"name": "Ana"})
    timer = screen.card("Ana").get_by_role("timer")
    await expect(timer).to_have_accessible_name(re.compile(r"^(2[5-9]|30) seconds left$"))
    await screen.page.keyboard.press("a")
    await expect(screen.held.locator(".clock-number")).to_have_text(re.compile(r"^0:0\d$"))
    await screen.page.keyboard.press("c")
    left = re.compile(r"^(5\d s|1 min 00 s) of wrap-up left$")
    await expect(screen.held.get_by_role("timer")).to_have_accessible_name(left)


async def test_a_frozen_page_wakes_to_what_is_true(
    desk: Desk, screen_of: OpenScreen, line: Line
) -> None:
    screen, queue = await on_the_line(desk, screen_of, line)
    await desk.create(queue, customer={"name": "Ana"})
    await expect(screen.card("Ana")).to_be_visible()
    session = await screen.page.context.new_cdp_session(screen.page)
    await session.send("Page.setWebLifecycleState", {"state": "frozen"})
    line.cut()
    line.mend()
    await desk.create(queue, customer={"name": "Bo"})
    await session.send("Page.setWebLifecycleState", {"state": "active"})
    await screen.connected()
    await expect(screen.card("Bo")).to_be_visible()
    await screen.card("Ana").get_by_role("button", name="Accept").click()
    await expect(screen.held).to_have_count(1)
    screen.forgive(*NETWORK)


async def test_after_a_sleep_the_page_comes_back_over_a_new_socket(
    desk: Desk, screen_of: OpenScreen
) -> None:
    screen = await screen_of(await desk.agent("Anna", await desk.queue("Billing")))
    await screen.be_available()
    async with screen.page.expect_websocket():
        await screen.page.evaluate(SLEPT)
    await screen.connected()
    await screen.shows("Offers can reach you")


async def test_a_killed_server_takes_nothing_with_it(
    screen_of: OpenScreen, line: Line, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Neither what is in hand, nor an answer given while it is dead, nor the board's figures."""
    with running(tmp_path_factory.mktemp("killed"), CONFIG) as server:
        line.mend(server.base)
        async with desk_on(server) as desk:
            lonely = await desk.queue("Lonely")
            await desk.create(lonely)
            boss = await board(screen_of, line.base)
            row = boss.page.locator(f'[data-row="{lonely}"]')
            await expect(row).to_contain_text("Starved")
            screen, queue = await on_the_line(desk, screen_of, line)
            first = await desk.create(queue, customer={"name": "Ana"})
            await screen.button("Accept").click()
            await expect(screen.held).to_have_count(1)
            second = await desk.create(queue, customer={"name": "Bo"})
            await expect(screen.card("Bo")).to_be_visible()
            server.kill()
            line.cut()
            await screen.connection("reconnecting", "lost")
            await screen.shows("held for you")
            await screen.button("Accept").click()
            await boss.connection("reconnecting", "lost")
            await expect(boss.page.locator("main.stale")).to_be_visible()
            await asyncio.to_thread(server.start)
            await desk.moved()
            await desk.create(lonely)
            line.mend(server.base)
            await screen.connected()
            await expect(screen.held).to_have_count(2)
            assert (await desk.conversation(second))["state"] == "assigned"
            await screen.card("Ana").get_by_role("button", name="Complete").click()
            await expect(screen.held).to_have_count(1)
            assert (await desk.conversation(first))["state"] == "closed"
            await boss.connected()
            await expect(boss.page.locator('[data-age="live"]')).to_be_visible()
            told = re.compile(r"2 within the target|1 within.*1 over|2 over")
            await expect(row.get_by_role("img")).to_have_attribute("aria-label", told)
    for one in (screen, boss):
        one.forgive(*NETWORK)


async def test_a_sign_in_that_ends_is_told_and_renewed_in_place(
    screen_of: OpenScreen, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running(tmp_path_factory.mktemp("signed"), SHORT_SIGN_IN) as server:
        async with desk_on(server) as desk:
            queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
            screen = await screen_of(await desk.agent("Anna", queue), base=server.base)
            spoken = screen.page.locator("#live-now").get_by_text("Your sign-in ends in a minute")
            await expect(spoken).to_have_count(1)
            await screen.shows("Your sign-in ends in")
            await sign_in_again(screen, "Sign in again")
            await screen.connected()
            await screen.be_available()
            await desk.create(queue, customer={"name": "Ana"})
            await screen.button("Accept").click()
            await expect(screen.held).to_have_count(1)
            # Nobody renews it this time: the server ends it.
            await screen.shows("Your sign-in has ended. What stands below is no longer live.")
            await expect(screen.held).to_have_count(1)
            await screen.button("Sign in").click()
            await screen.page.get_by_label("API key").fill("not-a-key-at-all-0123456789")
            await screen.page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
            await expect(screen.page.get_by_role("alert")).to_have_text("This key opens nothing.")
            await screen.page.keyboard.press("Escape")
            await sign_in_again(screen, "Sign in")
            await screen.connected()
            await screen.button("Complete").click()
            await expect(screen.held).to_have_count(0)
            screen.forgive("401")


async def test_a_sign_in_that_ended_while_the_line_was_cut(
    desk: Desk, screen_of: OpenScreen, line: Line
) -> None:
    screen, queue = await on_the_line(desk, screen_of, line)
    await desk.create(queue, customer={"name": "Ana"})
    await screen.button("Accept").click()
    await expect(screen.held).to_have_count(1)
    line.cut()
    await screen.connection("reconnecting")
    direct = f"{desk.server.base}/v1/session"
    own = {"Origin": desk.server.base}
    assert (await screen.page.context.request.delete(direct, headers=own)).status == 204
    line.mend()
    await screen.shows("Your sign-in has ended. What stands below is no longer live.")
    await expect(screen.held).to_have_count(1)
    await sign_in_again(screen, "Sign in")
    await screen.connected()
    await screen.button("Complete").click()
    await expect(screen.held).to_have_count(0)
    screen.forgive(*NETWORK, "401")


async def sign_in_again(screen: Screen, name: str) -> None:
    """Use the dialog that the button opens."""
    await screen.page.get_by_role("button", name=name).first.click()
    dialog = screen.page.get_by_role("dialog", name="Sign in again")
    await dialog.get_by_label("API key").fill(ADMIN_KEY)
    await dialog.get_by_role("button", name="Sign in").click()
    await expect(dialog).to_have_count(0)
