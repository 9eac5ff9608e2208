"""The rest of an agent's tools: plans, parts of the work, outcomes, picking, the day, alerts."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.conformance.client import eventually
from tests.conformance.desk import Desk

from .conftest import OpenScreen
from .screen import CLOSE_AND_PRESS, Screen

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COUNT_TONES = """
window.tones = 0;
const make = BaseAudioContext.prototype.createOscillator;
BaseAudioContext.prototype.createOscillator = function () {
  window.tones += 1;
  return make.call(this);
};
"""
NOTE = """
window.notes = [];
window.Notification = class {
  static permission = 'default';
  static requestPermission() {
    this.permission = 'granted';
    return Promise.resolve('granted');
  }
  constructor(title, { tag }) {
    this.tag = tag;
    window.notes.push([title, tag, 'shown']);
  }
  close() {
    window.notes.push(['', this.tag, 'closed']);
  }
};
"""
HIDE = """
Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
document.dispatchEvent(new Event('visibilitychange'));
"""


async def holding(desk: Desk, screen_of: OpenScreen, **settings: object) -> tuple[Screen, str, str]:
    """An available agent who holds Ana's conversation: (screen, queue, agent)."""
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000}, **settings)
    agent = await desk.agent("Anna", queue, chats=3)
    screen = await screen_of(agent)
    await screen.be_available()
    await desk.create(queue, customer={"name": "Ana"})
    await screen.card("Ana").get_by_role("button", name="Accept").click()
    await expect(screen.held).to_have_count(1)
    return screen, queue, agent


async def test_finish_then_away(desk: Desk, screen_of: OpenScreen) -> None:
    screen, _, agent = await holding(desk, screen_of)
    await screen.page.keyboard.press("f")
    box = screen.page.get_by_label("Finish what is in hand first")
    await expect(box).to_be_checked()
    await screen.button("Lunch").click()
    await screen.shows("Finishing 1 conversation, then")
    await screen.shows("No offers now: you finish what is in hand")
    await screen.button("Stay instead").click()
    await screen.shows("Offers can reach you")
    await screen.button("Away").click()
    await expect(box).not_to_be_checked()
    await box.check()
    await screen.button("Lunch").click()
    await screen.shows("Finishing 1 conversation, then")
    await screen.page.keyboard.press("c")
    await screen.shows("No offers now: you are away")
    row = await desk.board_agent(agent)
    assert (row["presence"], row["reason"]) == ("away", "lunch")


async def test_a_custom_presence_takes_a_part_of_the_work(
    desk: Desk, screen_of: OpenScreen
) -> None:
    part, coaching = desk.name("mail-only"), desk.name("coaching")
    body = {"name": f"Mail only {part}", "presence": "available", "channels": ["mail"]}
    await desk.api.put(f"/v1/presences/{part}", json=body)
    await desk.api.put(f"/v1/presences/{coaching}", json={"name": coaching, "presence": "away"})
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    screen = await screen_of(await desk.agent("Anna", queue, capacity={"chat": 2, "mail": 2}))
    await screen.button(f"Mail only {part}").click()
    await screen.shows("closed · 0 of 2")
    await desk.create(queue, customer={"name": "Bo"})
    await desk.create(queue, customer={"name": "Cy"}, channel="mail")
    await expect(screen.card("Cy")).to_be_visible()
    await expect(screen.offers).to_have_count(1)
    await screen.button("Away").click()
    await screen.page.get_by_role("group", name="Away: reason").get_by_text(coaching).click()
    await screen.shows("No offers now: you are away")
    await expect(screen.button("Away")).to_contain_text(coaching)


async def test_what_came_of_it_is_said_on_completing(desk: Desk, screen_of: OpenScreen) -> None:
    screen, queue, _ = await holding(desk, screen_of, wrap_up={"ms": 60_000})
    await screen.button("Outcome…").click()
    await screen.button("Follow-up needed").click()
    await expect(screen.held).to_contain_text("follow up")
    await screen.page.keyboard.press("e")
    await expect(screen.held.get_by_role("timer")).to_have_accessible_name(
        re.compile(r"^1 min [1-5]\d s")
    )
    await screen.page.keyboard.press("w")
    await expect(screen.held).to_have_count(0)
    answer = await desk.api.get(f"/v1/conversations?queue={queue}&state=ended")
    assert [one["disposition"] for one in answer.json()["conversations"]] == ["follow_up"]


async def test_a_silent_conversation_gives_its_room_back(desk: Desk, screen_of: OpenScreen) -> None:
    screen, _, _ = await holding(desk, screen_of)
    await screen.shows("1 of 3")
    await screen.button("It is silent").click()
    await screen.shows("silent: takes no room")
    await screen.shows("0 of 3")
    await screen.button("It goes on").click()
    await screen.shows("1 of 3")


async def test_picking_for_those_who_may(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    screen = await screen_of(await desk.agent("Anna", queue, pull=True))
    await screen.button("Away").click()
    await screen.button("Break").click()
    await screen.shows("No offers now: you are away")
    await screen.page.keyboard.press("n")
    await screen.shows("Nothing waits there that you may have.")
    await desk.create(queue, customer={"name": "Ana"})
    await screen.button("Pick from Billing").click()
    await screen.shows("Now yours: Ana")
    await expect(screen.held).to_have_count(1)
    other = await screen_of(await desk.agent("Bob", queue))
    await expect(other.button("Pick from")).to_have_count(0)


async def test_my_day_and_why(desk: Desk, screen_of: OpenScreen) -> None:
    screen, queue, _ = await holding(desk, screen_of)
    await desk.create(queue, customer={"name": "Bo"})
    await expect(screen.offers).to_have_count(1)
    await screen.page.keyboard.press("d")
    await expect(screen.offers).to_have_count(0)
    not_mine = await desk.create(await desk.queue("Other"))
    await screen.page.keyboard.press("m")
    dialog = screen.page.get_by_role("dialog", name="My day")
    await expect(dialog.locator(".figures")).to_contain_text(re.compile(r"Offers\s*2"))
    await expect(dialog.locator(".figures")).to_contain_text(re.compile(r"Accepted\s*1"))
    await expect(dialog.get_by_role("listitem").first).to_contain_text("Declined")
    await expect(dialog.get_by_role("listitem").first).to_contain_text("Bo")
    await dialog.get_by_role("button", name="What now, Bo").click()
    await expect(dialog.get_by_role("listitem").first).to_contain_text("passed over")
    await dialog.get_by_label("Why did I not get").fill("no-such-conversation")
    await dialog.get_by_role("button", name="Ask").click()
    await expect(dialog.get_by_role("status")).to_contain_text("No such conversation")
    await dialog.get_by_label("Why did I not get").fill(not_mine)
    await dialog.get_by_role("button", name="Ask").click()
    await expect(dialog.get_by_role("status")).to_contain_text("Other: waiting")
    await screen.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    screen.forgive("404")


async def test_alerts_are_chosen_and_tested(desk: Desk, screen_of: OpenScreen) -> None:
    agent = await desk.agent("Anna", await desk.queue("Billing"))
    screen = await screen_of()
    await screen.page.add_init_script(COUNT_TONES + NOTE)
    await screen.sign_in_as(agent)
    await expect(screen.button("Sound: click to allow · no notifications")).to_be_visible()
    await screen.shows("No sound before a click or key here.")
    await screen.page.keyboard.press("Shift")
    await screen.shows("Notifications are not allowed yet.")
    await screen.page.get_by_label("Presence").get_by_role("button", name="Alerts").click()
    dialog = screen.page.get_by_role("dialog", name="Alerts")
    await dialog.get_by_label("Bell").check()
    await dialog.get_by_label("Volume").fill("0.3")
    before = await screen.page.evaluate("window.tones")
    await dialog.get_by_role("button", name="Test sound").click()
    assert await screen.page.evaluate("window.tones") == before + 3
    await expect(dialog).to_contain_text("This tab rings until you answer.")
    await dialog.get_by_role("button", name="Allow notifications").click()
    await dialog.get_by_role("button", name="Test notification").click()
    assert await screen.page.evaluate("window.notes.length") == 1
    await expect(screen.page.get_by_text("Notifications are not allowed yet.")).to_have_count(0)
    await dialog.get_by_role("button", name="Turn off").click()
    await expect(dialog).to_contain_text("Off: no offer rings.")
    await dialog.get_by_role("button", name="Close").click()
    await screen.page.reload()
    await screen.connected()
    await expect(screen.button("Sound off")).to_be_visible()
    await screen.page.keyboard.press("s")
    await expect(screen.button("Sound on")).to_be_visible()
    await screen.page.keyboard.press("g")
    await expect(dialog.get_by_label("Bell")).to_be_checked()
    await expect(dialog.get_by_label("Volume")).to_have_value("0.3")


async def test_a_hidden_page_rings_notifies_and_badges(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    screen = await screen_of()
    await screen.page.add_init_script(COUNT_TONES + NOTE)
    await screen.sign_in_as(await desk.agent("Anna", queue))
    await screen.be_available()
    await screen.page.evaluate("Notification.requestPermission()")
    await screen.page.evaluate(HIDE)
    made = await desk.create(queue, customer={"name": "Ana"})
    await expect(screen.offers).to_have_count(1)
    assert await screen.page.title() == "(1) Ana · Interlock"
    icon = screen.page.locator('link[rel="icon"]')
    await expect(icon).to_have_attribute("href", re.compile("icon-offer"))
    assert await screen.page.evaluate("window.tones") > 0
    [(title, tag, _)] = await screen.page.evaluate("window.notes")
    assert title == "New offer"
    await desk.act(made, "cancel", reason="abandoned")
    await expect(screen.offers).to_have_count(0)
    await expect(icon).to_have_attribute("href", re.compile("icon.svg"))
    assert (await screen.page.evaluate("window.notes"))[-1] == ["", tag, "closed"]
    assert await screen.page.title() == "Interlock"


async def test_a_whole_round_by_keyboard_alone(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000}, wrap_up={"ms": 60_000})
    screen = await screen_of(await desk.agent("Anna", queue, chats=3))
    keyboard = screen.page.keyboard
    await keyboard.press("v")
    await screen.shows("Offers can reach you")
    for name in ("Ana", "Bo"):
        await desk.create(queue, customer={"name": name})
        await expect(screen.card(name)).to_be_visible()
    await keyboard.press("j")
    await keyboard.press("r")
    await expect(screen.button("Busy right now")).to_be_focused()
    await keyboard.press("Enter")
    await screen.shows("Declined: Bo (busy)")
    await keyboard.press("a")
    await expect(screen.held).to_have_count(1)
    await keyboard.press("h")
    await expect(screen.held).to_be_focused()
    await keyboard.press("t")
    await expect(screen.page.get_by_role("dialog", name="Transfer Ana")).to_be_visible()
    await keyboard.press("Escape")
    await expect(screen.held).to_be_focused()
    await keyboard.press("c")
    await expect(screen.page.get_by_role("heading", name="Wrap-up")).to_be_visible()
    await keyboard.press("w")
    await expect(screen.held).to_have_count(0)
    await keyboard.press("?")
    letters = screen.page.get_by_label("Letters act")
    await letters.uncheck()
    await keyboard.press("Escape")
    await keyboard.press("p")
    await expect(screen.button("Available")).not_to_be_focused()
    await keyboard.press("?")
    await letters.check()
    await keyboard.press("Escape")
    await keyboard.press("p")
    await expect(screen.button("Available")).to_be_focused()
    await keyboard.press("?")
    await expect(letters).to_be_visible()
    await screen.page.evaluate(CLOSE_AND_PRESS, ["dialog", "?"])
    await expect(letters).to_be_visible()
    await keyboard.press("Escape")
    await expect(screen.button("Available")).to_be_focused()
    await keyboard.press("ArrowDown")
    await keyboard.press("ArrowDown")
    await keyboard.press("Enter")
    await screen.shows("No offers now: you are offline")


async def test_two_agents_press_at_once_and_one_has_it(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing", offer={"strategy": "all_at_once", "timeout_ms": 60_000})
    screens = [await screen_of(await desk.agent(name, queue)) for name in ("Anna", "Bob")]
    for screen in screens:
        await screen.be_available()
    made = await desk.create(queue, customer={"name": "Gina"})
    for screen in screens:
        await expect(screen.card("Gina")).to_be_visible()
    press = "document.querySelector('.accept')?.click()"
    await asyncio.gather(*(screen.page.evaluate(press) for screen in screens))

    async def probe() -> bool:
        return [await screen.held.count() for screen in screens] in ([0, 1], [1, 0])

    await eventually(probe, f"{made} is with one of two")
    loser = screens[[await screen.held.count() for screen in screens].index(0)]
    taken = re.compile("Taken by someone else: Gina|Gina: Already taken by someone else.")
    await expect(loser.page.locator(".recent")).to_contain_text(taken)
    await expect(loser.offers).to_have_count(0)
