"""An agent's day on the page: offers, answers, conversations, wrap-up, presence."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.conformance.client import eventually
from tests.conformance.desk import Desk, offered

from .conftest import OpenScreen
from .hostile import CORPUS, MADE
from .screen import Screen

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LEFT = re.compile(r"^(1\d|20) seconds left$")
MORE = re.compile(r"^1 min \d\d s of wrap-up left$")
EVIL = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>{{7*7}}${7*7}"


async def at_work(desk: Desk, screen_of: OpenScreen, **settings: object) -> tuple[Screen, str, str]:
    """An available agent with one queue: (screen, queue, agent)."""
    queue = await desk.queue("Billing", **settings)
    agent = await desk.agent("Anna", queue, chats=3)
    screen = await screen_of(agent)
    await screen.be_available()
    return screen, queue, agent


async def test_from_offer_to_the_end_of_wrap_up(desk: Desk, screen_of: OpenScreen) -> None:
    screen, queue, _ = await at_work(desk, screen_of, wrap_up={"ms": 60_000})
    made = await desk.create(queue, customer={"name": "Ana López"}, subject="Charged twice")
    card = screen.card("Ana López")
    await expect(screen.page.locator("#live-now")).to_contain_text("New offer: Ana López")
    await expect(card).to_contain_text("Charged twice")
    await expect(card).to_contain_text("Billing")
    await expect(card.get_by_role("timer")).to_have_accessible_name(LEFT)
    assert await screen.page.title() == "(1) Ana López · Interlock"
    await card.get_by_role("button", name="Accept").click()
    await screen.shows("Yours: Ana López")
    await expect(screen.offers).to_have_count(0)
    await expect(screen.held).to_have_count(1)
    assert (await desk.conversation(made))["state"] == "assigned"
    await screen.button("Complete").click()
    await expect(screen.page.get_by_role("heading", name="Wrap-up")).to_be_visible()
    await screen.button("1 minute more").click()
    await expect(screen.held.get_by_role("timer")).to_have_accessible_name(MORE)
    await screen.button("Finish wrap-up").click()
    await expect(screen.held).to_have_count(0)
    assert (await desk.conversation(made))["state"] == "closed"


async def test_the_server_knows_that_the_offer_was_seen(desk: Desk, screen_of: OpenScreen) -> None:
    screen, queue, _ = await at_work(desk, screen_of)
    made = await desk.create(queue)
    await expect(screen.offers).to_have_count(1)

    async def types() -> set[str]:
        return {item["type"] for item in await desk.timeline(made)}

    async def probe() -> bool:
        return {"offer_delivered", "offer_seen"} <= await types()

    await eventually(probe, f"{made} delivered and seen")


async def test_decline_with_a_reason(desk: Desk, screen_of: OpenScreen) -> None:
    screen, queue, _ = await at_work(desk, screen_of)
    made = await desk.create(queue, customer={"name": "Bo"})
    await screen.button("Decline with a reason").click()
    await screen.button("Not my subject").click()
    await screen.shows("Declined: Bo (wrong skill)")
    await expect(screen.offers).to_have_count(0)
    assert "wrong_skill" in str(await desk.timeline(made))


async def test_time_runs_out_twice_and_the_way_back(desk: Desk, screen_of: OpenScreen) -> None:
    screen, queue, _ = await at_work(
        desk, screen_of, offer={"timeout_ms": 1_200}, decline={"cooldown_ms": 0}
    )
    await desk.create(queue, customer={"name": "Chen"})
    await screen.shows("Time ran out: Chen")
    await screen.shows("The server set you to away: no answer.")
    await desk.queue("Billing", offer={"timeout_ms": 60_000})
    await screen.button("I am back").click()
    await expect(screen.card("Chen")).to_be_visible()


async def test_keys_answer_unless_somebody_types(desk: Desk, screen_of: OpenScreen) -> None:
    screen, queue, _ = await at_work(desk, screen_of, wrap_up={"ms": 60_000})
    await desk.create(queue, customer={"name": "Dora"})
    await expect(screen.offers).to_have_count(1)
    await screen.button("Away").click()
    field = screen.page.get_by_label("Other reason")
    await field.press_sequentially("a day off")
    await expect(screen.offers.get_by_role("button", name="Accept")).to_be_visible()
    await field.blur()
    await screen.page.keyboard.press("a")
    await expect(screen.held).to_have_count(1)
    await screen.button("Complete").click()
    await expect(screen.page.get_by_role("heading", name="Wrap-up")).to_be_visible()
    await screen.page.keyboard.press("w")
    await expect(screen.held).to_have_count(0)
    await screen.page.keyboard.press("?")
    await expect(screen.page.get_by_role("dialog", name="Keys")).to_be_visible()
    await screen.page.keyboard.press("Escape")
    await screen.page.keyboard.press("p")
    await expect(screen.button("Available")).to_be_focused()


async def test_d_declines_the_marked_offer(desk: Desk, screen_of: OpenScreen) -> None:
    screen, queue, _ = await at_work(desk, screen_of)
    for name in ("Eva", "Finn"):
        await desk.create(queue, customer={"name": name})
        await expect(screen.card(name)).to_be_visible()
    await screen.page.keyboard.press("j")
    await screen.page.keyboard.press("d")
    await screen.shows("Declined: Finn")
    await expect(screen.card("Eva")).to_be_visible()


async def test_taken_by_someone_else(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing", offer={"strategy": "all_at_once"})
    anna, bob = await desk.agent("Anna", queue), await desk.agent("Bob", queue)
    screen = await screen_of(anna)
    await screen.be_available()
    other = await desk.online(bob)
    await desk.create(queue, customer={"name": "Gina"})
    await expect(screen.card("Gina")).to_be_visible()
    await other.do("accept", offer=(await offered(other))["id"])
    await screen.shows("Taken by someone else: Gina")
    await expect(screen.offers).to_have_count(0)


async def test_the_customer_leaves(desk: Desk, screen_of: OpenScreen) -> None:
    screen, queue, _ = await at_work(desk, screen_of)
    made = await desk.create(queue, customer={"name": "Hana"})
    await expect(screen.offers).to_have_count(1)
    await desk.act(made, "cancel", reason="abandoned")
    news = screen.page.get_by_role("region", name="News")
    await expect(news).to_contain_text("The customer left: Hana")
    await expect(screen.page.locator("#live-soon")).to_contain_text("The customer left: Hana")
    await expect(screen.offers).to_have_count(0)


async def test_transfer_to_another_queue(desk: Desk, screen_of: OpenScreen) -> None:
    screen, queue, _ = await at_work(desk, screen_of)
    other = await desk.queue("Support")
    made = await desk.create(queue, customer={"name": "Ida"})
    await screen.button("Accept").click()
    await screen.button("Transfer").click()
    dialog = screen.page.get_by_role("dialog")
    await dialog.get_by_label("Its id").fill(other)
    await dialog.get_by_role("button", name="Transfer").click()
    await expect(screen.held).to_have_count(0)
    assert (await desk.conversation(made))["queue"] == other


async def test_presence_is_the_servers_word(desk: Desk, screen_of: OpenScreen) -> None:
    screen, _, agent = await at_work(desk, screen_of)
    await screen.button("Away").click()
    await screen.button("Lunch").click()
    await screen.shows("No offers now: you are away")
    row = await desk.board_agent(agent)
    assert (row["presence"], row["reason"]) == ("away", "lunch")
    await screen.button("Away").click()
    await expect(screen.button("Meeting")).to_be_visible()
    body = {"presence": "available", "reason": "please"}
    await desk.api.post(f"/v1/agents/{agent}/presence", json=body)
    await screen.shows("You were set to available: please")
    await expect(screen.button("Meeting")).to_have_count(0)
    await screen.shows("Offers can reach you")
    await screen.button("Offline").click()
    await screen.shows("No offers now: you are offline")


async def test_capacity_is_shown_and_named(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing")
    agent = await desk.agent("Anna", queue, chats=1)
    screen = await screen_of(agent)
    await screen.be_available()
    await desk.create(queue)
    await screen.shows("1 of 1")
    await screen.shows("No offers now: you are at capacity")


async def test_what_customers_write_is_text(desk: Desk, screen_of: OpenScreen) -> None:
    screen, queue, _ = await at_work(desk, screen_of)
    alarms: list[str] = []
    screen.page.on("dialog", lambda dialog: alarms.append(dialog.message))
    own = await screen.page.locator(MADE).count()
    name = EVIL + " ".join(CORPUS)
    await desk.create(
        queue,
        customer={"name": name, EVIL: EVIL, **dict(zip(CORPUS, CORPUS, strict=True))},
        subject=EVIL + "".join(CORPUS[:12]),
        attributes={
            EVIL: [EVIL],
            "link": "javascript:alert(3)",
            "all": {one: one for one in CORPUS},
        },
    )
    await expect(screen.offers.get_by_role("heading")).to_have_text(name)
    await screen.button("Accept").click()
    await expect(screen.held.get_by_role("heading")).to_have_text(name)
    await screen.page.get_by_text("Details", exact=True).click()
    await screen.shows("javascript:alert(3)")
    for text in CORPUS:
        await expect(screen.held).to_contain_text(text)
    assert await screen.page.locator(MADE).count() == own
    run = await screen.page.evaluate("[window.hit, {}.polluted, document.baseURI]")
    assert run[:2] == [None, None] and run[2].startswith(screen.base)
    assert alarms == []


async def test_two_tabs_are_one_agent(desk: Desk, screen_of: OpenScreen) -> None:
    screen, queue, agent = await at_work(desk, screen_of)
    second = await screen_of(agent, context=screen.page.context)
    await desk.create(queue, customer={"name": "Jo"})
    await expect(screen.card("Jo")).to_be_visible()
    await second.card("Jo").get_by_role("button", name="Accept").click()
    for tab in (screen, second):
        await expect(tab.offers).to_have_count(0)
        await expect(tab.held).to_have_count(1)
        await tab.connected()
