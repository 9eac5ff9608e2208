"""The supervisors' board: figures, health in words, and how old all of it is."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.conformance.desk import Desk, take
from tests.conformance.process import ADMIN_KEY

from .conftest import OpenScreen
from .line import Line
from .screen import Screen

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def board(screen_of: OpenScreen, base: str = "", **options: object) -> Screen:
    """A supervisor's screen."""
    screen = await screen_of(base=base, **options)
    await screen.sign_in(ADMIN_KEY)
    return screen


async def find(screen: Screen, id_: str, table: str = "queues") -> None:
    """Show the one row with this id."""
    await screen.page.locator(f"#tab-{table}").click()
    await screen.page.locator(f"#{table}-search").fill(id_)
    await expect(screen.page.locator(f'[data-row="{id_}"]')).to_be_visible()


async def test_figures_move_as_work_does(desk: Desk, screen_of: OpenScreen) -> None:
    screen = await board(screen_of)
    queue = await desk.queue("Billing")
    row = screen.page.locator(f'[data-row="{queue}"]')
    await find(screen, queue)
    await expect(row).to_contain_text("Billing")
    agent = await desk.agent("Anna", queue)
    socket = await desk.online(agent)
    await desk.create(queue)
    await take(socket)
    await expect(row.locator('[data-col="assigned"]')).to_have_text("1")
    await desk.create(queue)
    await expect(row.locator('[data-col="waiting"]')).to_contain_text("1")
    await find(screen, agent, "agents")
    person = screen.page.locator(f'[data-row="{agent}"]')
    await expect(person).to_contain_text("Fully busy")
    await expect(person).to_contain_text("no")
    await expect(person).to_contain_text("at capacity")
    await expect(person).to_contain_text("1 of 1")


async def test_a_queue_that_nobody_serves_is_named(desk: Desk, screen_of: OpenScreen) -> None:
    screen = await board(screen_of)
    queue = await desk.queue("Lonely")
    await desk.create(queue)
    await find(screen, queue)
    row = screen.page.locator(f'[data-row="{queue}"]')
    await expect(row).to_contain_text("Starved", timeout=15_000)
    await screen.page.locator(f'[data-opens="{queue}"]').click()
    health = (await desk.board_queue(queue))["health"]
    drawer = screen.page.get_by_role("dialog")
    await expect(drawer).to_contain_text(health["text"])
    await expect(drawer).to_contain_text("As of")


async def test_old_figures_say_so(screen_of: OpenScreen, line: Line) -> None:
    screen = await board(screen_of, line.base)
    health = screen.page.locator("[data-health]")
    line.cut()
    await expect(screen.page.locator("[data-age]")).to_contain_text("old")
    await expect(screen.page.locator("main.stale")).to_be_visible()
    await expect(screen.page.locator(".stale-banner")).to_contain_text("no connection")
    await expect(health).to_have_attribute("data-health", "unknown")
    line.mend()
    await screen.connected()
    await expect(screen.page.locator('[data-age="live"]')).to_be_visible()
    await expect(health).not_to_have_attribute("data-health", "unknown")
    screen.forgive("net::ERR", "WebSocket connection")
