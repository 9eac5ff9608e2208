"""A supervisor acts on people and on the watchdog: two screens at once, told and taken back."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.conformance.desk import Desk
from tests.conformance.process import ADMIN_KEY, Server

from .conftest import OpenScreen, desk_on
from .screen import Screen
from .test_board import board, find
from .test_board_actions import confirm
from .test_pages import check_axe

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = "<img src=x onerror=alert(1)> Pay & \u202eeb <b>down</b>"
READ = "<img src=x onerror=alert(1)> Pay & eb <b>down</b>"


@pytest_asyncio.fixture(loop_scope="session")
async def own(spare: Server) -> AsyncIterator[Desk]:
    """A desk where what is done to everybody is done to nobody else."""
    async with desk_on(spare) as desk:
        yield desk


async def open_agent(screen: Screen, agent: str) -> None:
    await find(screen, agent, "agents")
    await screen.page.locator(f'[data-opens="{agent}"]').press("Enter")
    await expect(screen.page.locator("#drawer .plates")).to_be_visible()


async def answered(screen: Screen, verb: str) -> None:
    """Press what does it, without a reason: the words are their own."""
    question = screen.page.locator("#act")
    await question.get_by_role("button", name=verb, exact=True).click()
    await expect(question).to_be_hidden()


async def test_an_agent_is_logged_out_and_comes_back_to_the_work_in_hand(
    desk: Desk, screen_of: OpenScreen
) -> None:
    agent = await desk.agent("anna", queue := await desk.queue("Queue"))
    person, boss = await screen_of(agent), await board(screen_of)
    await person.be_available()
    id_ = await desk.create(queue, customer={"name": "Ana"})
    await person.button("Accept").click()
    await expect(person.held).to_have_count(1)
    # The question is about what the board shows, and the board is a moment behind.
    await find(boss, agent, "agents")
    in_hand = boss.page.locator(f'[data-row="{agent}"] [data-col="hands"]')
    await expect(in_hand).to_have_text("1")
    await open_agent(boss, agent)
    await boss.page.locator("#drawer").get_by_role("button", name="Log out").click()
    question = boss.page.locator("#act")
    await expect(question).to_contain_text("1 conversation in hand: kept for the usual grace")
    await expect(question).to_contain_text("Cannot be taken back")
    await check_axe(boss, "log out")
    await confirm(boss, "Log out")
    await expect(boss.page.locator("#drawer")).to_contain_text("Logged out on")
    await expect(boss.page.locator("#drawer")).to_contain_text("Because of the test")
    await person.shows("A supervisor signed you out.")
    await expect(person.page.locator("#live-now")).to_contain_text("A supervisor signed you out.")
    assert (await desk.conversation(id_))["agent"] == agent
    session = await person.page.context.request.get(f"{person.base}/v1/session")
    assert session.status == 401
    await check_axe(person, "logged out")
    await person.button("Sign in").click()
    await person.page.get_by_label("API key").fill(ADMIN_KEY)
    await person.page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
    await person.connected()
    await expect(person.held.get_by_role("heading")).to_have_text("Ana")
    person.forgive("401")


async def test_repairs_are_frozen_by_key_seen_by_all_and_thawed(
    own: Desk, screen_of: OpenScreen
) -> None:
    base = own.server.base
    first, second = await board(screen_of, base), await board(screen_of, base)
    await first.page.locator("#tab-incidents").click()
    await first.shows("The watchdog repairs what is safe")
    await first.page.keyboard.press("f")
    question = first.page.locator("#act")
    await expect(question).to_contain_text("It repairs nothing.")
    await question.get_by_label("For how long").select_option("10")
    await expect(question).to_contain_text("after 10 minutes")
    await check_axe(first, "freeze")
    await confirm(first, "Freeze")
    for screen in (first, second):
        banner = screen.page.get_by_role("region", name="Repairs are frozen")
        await expect(banner).to_contain_text("by admin:bootstrap")
        await expect(banner).to_contain_text("Because of the test")
        await expect(screen.page.locator("[data-said]")).to_contain_text("Repairs are frozen")
        await check_axe(screen, "frozen")
    await second.page.keyboard.press("f")
    await confirm(second, "Thaw")
    for screen in (first, second):
        await expect(screen.page.get_by_role("region", name="Repairs are frozen")).to_have_count(0)
        await expect(screen.page.locator("[data-said]")).to_contain_text("Repairs go on")
    await second.page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(first.page.get_by_role("region", name="Repairs are frozen")).to_be_visible()
    await first.page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(first.page.get_by_role("region", name="Repairs are frozen")).to_have_count(0)


async def test_a_message_is_read_dismissed_and_taken_back(own: Desk, screen_of: OpenScreen) -> None:
    queue = await own.queue("Queue")
    anna, bob = await own.agent("anna", queue), await own.agent("bob", await own.queue("Other"))
    base = own.server.base
    one, other = await screen_of(anna, base=base), await screen_of(bob, base=base)
    boss = await board(screen_of, base)
    await boss.page.keyboard.press("m")
    drawer = boss.page.locator("#drawer")
    await expect(drawer).to_contain_text("Nothing was sent within the last day.")
    await drawer.get_by_role("button", name="Write to all agents").click()
    question = boss.page.locator("#act")
    await expect(question).to_contain_text("To all agents: 2 agents connected now.")
    await expect(question.get_by_label("Reason")).to_have_count(0)
    await question.get_by_label("Message").fill(HOSTILE)
    await check_axe(boss, "a message")
    await answered(boss, "Send")
    await expect(drawer.locator("[data-message]")).to_contain_text("admin:bootstrap to all agents")
    await check_axe(boss, "messages")
    for screen in (one, other):
        await expect(screen.page.locator("[data-notice]")).to_contain_text(READ)
        spoken = screen.page.locator("#live-soon")
        await expect(spoken).to_contain_text("Message from a supervisor: <img src=x")
        assert await screen.page.locator("#app img").count() == 0
        await check_axe(screen, "a message")
    await one.page.locator("[data-notice]").get_by_role("button", name="Dismiss").press("Enter")
    for screen in (one, other):
        await screen.page.reload()
        await screen.connected()
    await expect(other.page.locator("[data-notice]")).to_have_count(1)
    await expect(one.page.locator("[data-notice]")).to_have_count(0)
    await boss.page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(other.page.locator("[data-notice]")).to_have_count(0)
    await expect(drawer.locator("[data-message]")).to_contain_text("taken back by")


async def test_a_message_to_a_queue_and_to_one(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Queue")
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    one, other = await screen_of(anna), await screen_of(bob)
    boss = await board(screen_of)
    await find(boss, queue)
    await boss.page.locator(f'[data-opens="{queue}"]').click()
    await boss.page.locator("#drawer").get_by_role("button", name="Message the members").click()
    await boss.page.locator("#act").get_by_label("Message").fill("To the queue")
    await answered(boss, "Send")
    for screen in (one, other):
        await expect(screen.page.locator("[data-notice]")).to_contain_text("To the queue")
    await boss.page.keyboard.press("Escape")
    await open_agent(boss, anna)
    await boss.page.locator("#drawer").get_by_role("button", name="Send a message").click()
    await expect(boss.page.locator("#act")).to_contain_text(f"To agent {anna}: 1 agent connected")
    await boss.page.locator("#act").get_by_label("Message").fill("To you")
    await answered(boss, "Send")
    await expect(one.page.locator("[data-notice]")).to_have_count(2)
    await expect(other.page.locator("[data-notice]")).to_have_count(1)


async def test_a_membership_that_somebody_else_changed_meanwhile_is_not_overwritten(
    desk: Desk, screen_of: OpenScreen
) -> None:
    first, second = await desk.queue("First"), await desk.queue("Second")
    agent = await desk.agent("anna", first)
    boss = await board(screen_of)
    await open_agent(boss, agent)
    await boss.page.locator("#drawer").get_by_role("button", name="Change a membership").click()
    other = {"queue": first, "level": 7}
    assert (await desk.api.post(f"/v1/agents/{agent}/membership", json=other)).status_code == 200
    question = boss.page.locator("#act")
    await question.get_by_label("Queue").fill(second)
    await question.get_by_label("Level").fill("3")
    await question.get_by_label("Reason").fill("Because of the test")
    await question.get_by_role("button", name="Change", exact=True).click()
    await expect(question.get_by_role("alert")).to_contain_text("read it again")
    await question.get_by_role("button", name="Leave").click()
    await expect(boss.page.locator("#drawer .plates")).to_contain_text("level 7")
    await boss.page.locator("#drawer").get_by_role("button", name="Change a membership").click()
    await confirm(boss, "Change", Queue=second, Level="3")
    settings = (await desk.api.get(f"/v1/agents/{agent}")).json()
    assert settings["queues"] == {first: 7, second: 3}
    boss.forgive("409")


async def test_a_board_renews_its_sign_in_in_place(screen_of: OpenScreen) -> None:
    screen = await screen_of()
    session = f"{screen.base}/v1/session"

    async def ends_soon(route: Route) -> None:
        if route.request.method != "GET":
            return await route.fallback()
        answer = await route.fetch()
        soon = int(time.time() * 1000) + 61_000
        return await route.fulfill(json=await answer.json() | {"expires_at": soon})

    await screen.page.route(session, ends_soon)
    await screen.sign_in(ADMIN_KEY)
    own = screen.page.get_by_role("region", name="Your sign-in")
    await expect(own).to_contain_text("Your sign-in ends in")
    await check_axe(screen, "a sign-in that ends")
    before = await (await screen.page.context.request.get(session)).json()
    await own.get_by_label("Key").fill("not-a-key-at-all-0123456789")
    await own.get_by_role("button", name="Sign in again").click()
    await expect(own.get_by_role("alert")).to_have_text("This key opens nothing.")
    await own.get_by_label("Key").fill(ADMIN_KEY)
    await own.get_by_role("button", name="Sign in again").click()
    await expect(own).to_have_count(0)
    await screen.connected()
    after = await (await screen.page.context.request.get(session)).json()
    assert after["expires_at"] > before["expires_at"]
    # Signed out elsewhere: the board says so, and comes back where it is.
    gone = await screen.page.context.request.delete(session, headers={"Origin": screen.base})
    assert gone.status == 204
    await expect(own).to_contain_text("Your sign-in has ended.")
    await check_axe(screen, "a sign-in that has ended")
    await own.get_by_label("Key").fill(ADMIN_KEY)
    await own.get_by_role("button", name="Sign in again").click()
    await screen.connected()
    screen.forgive("401")
