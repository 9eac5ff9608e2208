"""One agent in several places: tabs of one browser, a copied tab, a second device."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.conformance.client import eventually
from tests.conformance.desk import Desk

from .conftest import OpenScreen
from .screen import Screen
from .test_desk import COUNT_TONES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def tones(*screens: Screen) -> list[int]:
    """How many tones each page has made."""
    return [await screen.page.evaluate("window.tones") for screen in screens]


async def test_of_several_tabs_exactly_one_rings(
    desk: Desk, screen_of: OpenScreen, browser: Browser
) -> None:
    context = await browser.new_context()
    await context.add_init_script(COUNT_TONES)
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    agent = await desk.agent("Anna", queue, chats=3)
    tabs = [await screen_of(agent, context=context) for _ in range(3)]
    await tabs[0].be_available()
    for tab in tabs:  # A key is what lets a page sound.
        await tab.page.keyboard.press("Shift")
    await expect(tabs[0].button("Sound on")).to_be_visible()
    for tab in tabs[1:]:
        await expect(tab.button("Rings in another tab")).to_be_visible()
        await expect(tab.page.get_by_text("another device")).to_have_count(0)
    await desk.create(queue, customer={"name": "Ana"})
    for tab in tabs:
        await expect(tab.card("Ana")).to_be_visible()
    heard = await tones(*tabs)
    assert heard[0] > 0 and heard[1:] == [0, 0]
    await tabs[0].check_quiet()
    await tabs[0].page.goto("about:blank")

    async def probe() -> bool:
        return sorted(await tones(*tabs[1:]))[0] == 0 < sum(await tones(*tabs[1:]))

    await eventually(probe, "exactly one of those left rings")
    await tabs[0].page.goto(f"{tabs[0].base}/agent")
    await tabs[0].connected()
    for tab in tabs:
        await tab.check_quiet()


async def test_a_copied_tab_is_a_tab_of_its_own(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    agent = await desk.agent("Anna", queue, chats=3)
    screen = await screen_of(agent)
    await screen.be_available()
    kept = await screen.page.evaluate("({...sessionStorage})")
    copy = await Screen.open(await screen.page.context.new_page(), screen.base)
    await copy.page.add_init_script(f"Object.assign(sessionStorage, {kept!r})")
    await copy.page.goto(f"{screen.base}/agent")
    await copy.connected()
    await screen.connected()
    await desk.create(queue, customer={"name": "Ana"})
    await copy.card("Ana").get_by_role("button", name="Accept").click()
    for tab in (screen, copy):
        await expect(tab.held).to_have_count(1)
        await tab.connected()
        await tab.check_quiet()


async def test_a_second_device_takes_over_or_watches(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    agent = await desk.agent("Anna", queue, chats=3)
    desktop = await screen_of(agent)
    await desktop.be_available()
    laptop = await screen_of(agent)
    await laptop.shows("You are signed in on another device too.")
    await laptop.button("Only watch here").click()
    await laptop.shows("This page only watches")
    await desk.create(queue, customer={"name": "Ana"})
    await expect(laptop.card("Ana")).to_be_visible()
    await laptop.page.keyboard.press("a")
    await laptop.shows("Choose “Work here” first.")
    await expect(desktop.card("Ana")).to_be_visible()
    await laptop.button("Work here").click()
    await laptop.button("Work here only").click()
    await desktop.shows("This session was taken over in another window.")
    await laptop.connected()
    await laptop.card("Ana").get_by_role("button", name="Accept").click()
    await expect(laptop.held).to_have_count(1)
    await expect(laptop.page.get_by_text("another device")).to_have_count(0)
    await desktop.button("Connect here too").click()
    await desktop.connected()
    await expect(desktop.held).to_have_count(1)
    await desktop.shows("You are signed in on another device too.")


async def test_a_page_that_watches_is_nobody_s_connection(
    desk: Desk, screen_of: OpenScreen
) -> None:
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    agent = await desk.agent("Anna", queue, chats=3)
    desktop, laptop = await screen_of(agent), await screen_of(agent)
    await desktop.be_available()
    await laptop.button("Only watch here").click()
    await laptop.shows("This page only watches: it")
    await expect(desktop.page.get_by_text("another device")).to_have_count(0, timeout=15_000)
    await desktop.page.goto("about:blank")

    async def alone() -> bool:
        return (await desk.board_agent(agent))["connection"] in ("grace", "lost")

    await eventually(alone, "the page that watches does not count")
    await laptop.page.reload()
    await laptop.shows("and you work nowhere else: no offer can reach you.")
    await laptop.button("Work here").click()
    await laptop.shows("Offers can reach you")
    made = await desk.create(queue, customer={"name": "Ana"})
    await laptop.card("Ana").get_by_role("button", name="Accept").click()
    assert (await desk.state(made, "assigned"))["agent"] == agent
    await desktop.page.goto(f"{desktop.base}/agent")
    await desktop.connected()


async def test_the_tab_that_works_rings_and_takes_what_is_offered(
    desk: Desk, screen_of: OpenScreen, browser: Browser
) -> None:
    context = await browser.new_context()
    await context.add_init_script(COUNT_TONES)
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    agent = await desk.agent("Anna", queue, chats=3)
    first, second = [await screen_of(agent, context=context) for _ in range(2)]
    await first.be_available()
    for tab in (first, second):
        await tab.page.keyboard.press("Shift")
    await expect(second.button("Rings in another tab")).to_be_visible()
    laptop = await screen_of(agent)
    await first.button("Only watch here").click()
    await first.shows("This page only watches")
    await first.page.keyboard.press("Shift")
    await expect(second.button("Sound on")).to_be_visible()
    made = await desk.create(queue, customer={"name": "Ana"})
    await expect(second.card("Ana")).to_be_visible()
    await expect(first.card("Ana")).to_be_visible()
    heard = await tones(first, second)
    assert heard[0] == 0 < heard[1]
    await laptop.page.goto("about:blank")
    await second.page.goto("about:blank")
    said: list[str] = []
    first.page.on("websocket", lambda one: one.on("framesent", lambda text: said.append(str(text))))
    await first.button("Work here").click()
    await first.shows("Offers can reach you")

    async def delivered() -> bool:
        return "offer_delivered" in str(await desk.timeline(made))

    await eventually(delivered, f"{made} delivered")
    assert any('"received"' in text for text in said), "it does not wait for the next ping"
    await expect(first.button("Sound on")).to_be_visible()
    for tab in (second, laptop):
        await tab.page.goto(f"{tab.base}/agent")
        await tab.connected()


async def test_the_server_says_how_many_sockets_there_are(desk: Desk) -> None:
    agent = await desk.agent("anna", await desk.queue())
    first = await desk.connect(agent)
    assert first.hello["sockets"] == 1
    second = await desk.connect(agent)
    assert second.hello["sockets"] == 2
    third = await desk.socket()
    await third.say(
        type="hello", ref="h", ticket=await desk.ticket(agent=agent), alone=True, instance="x"
    )
    assert [await first.closed(), await second.closed()] == [4502, 4502]
    assert (await third.reply("h"))["sockets"] == 1
