"""The supervisors' board: figures, health in words, and how old all of it is."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.conformance.desk import Desk, take
from tests.conformance.process import ADMIN_KEY, Server

from .conftest import OpenScreen
from .line import Line
from .screen import Screen

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def board(screen_of: OpenScreen, base: str = "") -> Screen:
    """A supervisor's screen."""
    screen = await screen_of(base=base)
    await screen.sign_in(ADMIN_KEY)
    return screen


async def test_figures_move_as_work_does(desk: Desk, screen_of: OpenScreen) -> None:
    screen = await board(screen_of)
    queue = await desk.queue("Billing")
    row = screen.page.locator(f'[data-row="{queue}"]')
    await expect(row).to_contain_text("Billing")
    agent = await desk.agent("Anna", queue)
    socket = await desk.online(agent)
    cells = row.get_by_role("cell")
    await desk.create(queue)
    await take(socket)
    await expect(cells.nth(3)).to_have_text("1")
    await desk.create(queue)
    await expect(cells.nth(0)).to_have_text("1")
    person = screen.page.locator(f'[data-row="{agent}"]')
    await expect(person).to_contain_text("available")
    await expect(person).to_contain_text("at capacity")


async def test_a_queue_that_nobody_serves_is_named(desk: Desk, screen_of: OpenScreen) -> None:
    screen = await board(screen_of)
    queue = await desk.queue("Lonely")
    await desk.create(queue)
    alarm = screen.page.get_by_role("listitem").filter(has_text="Lonely: starved")
    await expect(alarm).to_be_visible(timeout=15_000)
    health = (await desk.board_queue(queue))["health"]
    await expect(alarm).to_contain_text(health["text"])


async def test_old_figures_say_so(screen_of: OpenScreen, server: Server) -> None:
    async with Line(server.base) as line:
        screen = await board(screen_of, line.base)
        line.cut()
        await expect(screen.page.locator("[data-age]")).to_contain_text("old")
        await expect(screen.page.locator("main.stale")).to_be_visible()
        line.mend()
        await screen.connected()
        await expect(screen.page.locator("[data-age]")).to_contain_text("ago")
        screen.forgive("net::ERR", "WebSocket connection")
