"""An offer that contradicts the memory it is told from does not leave, and its queue goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.settings import AgentSettings, QueueSettings
from app.domain.state import Offer, State
from app.shell.cross_check import misroute
from tests.shell.node import Node, running
from tests.virtual_time import elapse


def lie_of_queue(state: State, offer: Offer) -> None:
    state.conversations[offer.conversation].queue = "other"


def lie_of_offer(state: State, offer: Offer) -> None:
    offer.queue = "other"


def lie_of_member(state: State, offer: Offer) -> None:
    state.agents[offer.agent].settings = AgentSettings(name="A1", queues={"other": 1})


def lie_of_conversation(state: State, offer: Offer) -> None:
    offer.conversation = "c2"


def lie_of_list(state: State, offer: Offer) -> None:
    state.conversations[offer.conversation].offers.clear()


def lie_of_absence(state: State, offer: Offer) -> None:
    del state.agents[offer.agent]


LIES = [lie_of_queue, lie_of_offer, lie_of_member, lie_of_conversation, lie_of_list, lie_of_absence]


@pytest.mark.parametrize("lie", LIES)
def test_each_contradiction_is_seen(lie: Callable[[State, Offer], None]) -> None:
    engine = Engine()
    for command in (
        c.OpenWorkspace("acme", "g"),
        c.OpenEpoch(1, "n", 0),
        c.PutQueue("q", QueueSettings(name="Q"), "t"),
        c.PutQueue("other", QueueSettings(name="O"), "t"),
        c.PutAgent("a1", AgentSettings(name="A1", queues={"q": 1}), "t"),
        c.ConnectAgent("a1"),
        c.SetPresence("a1", "available", "", "t"),
    ):
        engine.apply(command, 1_000)
    events = engine.apply(c.EnterConversation("c1", "q", "chat", "t"), 1_000).events
    made = next(event for event in events if isinstance(event, e.OfferMade))
    assert misroute(engine.state, made) == ""
    lie(engine.state, engine.state.offers[made.offer])
    assert misroute(engine.state, made)


async def enter_badly(node: Node, queue: str) -> None:
    """The memory goes wrong between the decision and the telling."""
    publish = node.router._publish

    def spoil(engine: Engine, events: list[e.Event], now: int) -> None:
        for event in events:
            if isinstance(event, e.OfferMade) and event.conversation == "bad":
                engine.state.offers[event.offer].queue = queue
        publish(engine, events, now)

    node.router._publish = spoil
    await node.router.submit(c.EnterConversation("bad", "q", "chat", "ingest:i"))
    node.router._publish = publish


async def until_owner_again(node: Node) -> None:
    while node.forgotten == 0 or not node.router.owns:
        await elapse(0.05)


async def test_it_is_not_sent_its_conversation_is_set_aside_and_the_memory_made_anew() -> None:
    async with running() as node:
        await node.furnish(agents=2)
        await node.router.submit(c.PutQueue("other", QueueSettings(name="O"), "test"))
        screen = node.watch("a1")
        await enter_badly(node, "other")
        await until_owner_again(node)
        assert not any('"type":"offer"' in frame for frame in screen.frames)
        assert node.meter.counts["misroute_prevented_total"] == 1
        aside = node.router.state.conversations["bad"].quarantine
        assert aside is not None and aside.reason == "misroute_prevented"
        assert "other" in aside.evidence


async def test_a_memory_too_wrong_to_set_anything_aside_is_made_anew() -> None:
    async with running() as node:
        await node.furnish(agents=2)
        await enter_badly(node, "nowhere")
        await until_owner_again(node)
        offers = node.router.state.conversations["bad"].offers
        assert [node.router.state.offers[id_].queue for id_ in offers] == ["q"]


async def test_the_queue_goes_on_and_a_person_puts_it_back() -> None:
    async with running() as node:
        await node.furnish(agents=2)
        await node.router.submit(c.PutQueue("other", QueueSettings(name="O"), "test"))
        await enter_badly(node, "other")
        await until_owner_again(node)
        for agent in ("a1", "a2"):
            await node.router.submit(c.ConnectAgent(agent))
        await node.router.submit(c.EnterConversation("good", "q", "chat", "ingest:i"))
        assert node.router.state.conversations["good"].offers
        assert not node.router.state.conversations["bad"].offers
        await node.router.submit(c.RequeueConversation("bad", "looked at", "supervisor:s"))
        assert node.router.state.conversations["bad"].offers
