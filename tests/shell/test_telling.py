"""What the screens of agents are told of the newer rules, through the real router and hub."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from app.domain import commands as c
from app.domain.settings import AgentSettings, BackOffRule, IdleRule, PresenceSettings
from app.domain.words import Presence
from app.shell.lifecycle import RESTS_EVERY_S, tell_rests
from tests.shell.node import Node, Screen, running
from tests.virtual_time import elapse

BOSS = "supervisor:k"


def pushes(screen: Screen, kind: str) -> list[dict[str, Any]]:
    """Every push of a kind so far, as it went over the wire."""
    frames = [json.loads(text) for text in screen.frames]
    return [frame for frame in frames if frame["type"] == kind]


async def hold(node: Node, id_: str = "c1") -> None:
    """Agent ``a1`` holds a conversation."""
    await node.router.submit(c.EnterConversation(id_, "q", "chat", "test"))
    await node.router.submit(c.AssignConversation(id_, "a1", "", BOSS))


async def test_a_plan_is_pushed_and_so_is_its_end() -> None:
    async with running() as node:
        await node.furnish()
        screen = node.watch("a1")
        await hold(node)
        await node.router.submit(c.SetPresence("a1", "away", "lunch", "agent:a1", True))
        (push,) = pushes(screen, "presence")
        assert (push["presence"], push["by"], push["channels"]) == ("available", "test", ["chat"])
        plan = {"presence": "away", "custom_presence": None, "reason": "lunch", "by": "agent:a1"}
        assert push["plan"] == plan
        assert pushes(screen, "routable")[-1]["why_not"][0] == "finishing"
        await node.router.submit(c.SetPresence("a1", "available", "", "test"))
        assert pushes(screen, "presence")[-1]["plan"] is None
        await node.router.submit(c.SetPresence("a1", "away", "lunch", "agent:a1", True))
        await node.router.submit(c.CloseConversation("c1", "", BOSS))
        last = pushes(screen, "presence")[-1]
        assert (last["presence"], last["reason"], last["plan"]) == ("away", "lunch", None)
        assert last["channels"] == []


async def test_a_custom_presence_is_pushed_with_what_it_leaves_open() -> None:
    async with running() as node:
        await node.furnish()
        agent = AgentSettings(name="A", queues={"q": 1}, capacity={"chat": 1, "mail": 1})
        await node.router.submit(c.PutAgent("a1", agent, "test"))
        mail = PresenceSettings(name="Mail", presence=Presence.AVAILABLE, channels=["mail"])
        await node.router.submit(c.PutPresence("mail-only", mail, "test"))
        screen = node.watch("a1")
        await node.router.submit(c.SetPresence("a1", "mail-only", "", "agent:a1"))
        (push,) = pushes(screen, "presence")
        assert (push["presence"], push["custom_presence"]) == ("available", "mail-only")
        assert push["channels"] == ["mail"]
        both = PresenceSettings(name="Both", presence=Presence.AVAILABLE, channels=["mail", "chat"])
        await node.router.submit(c.PutPresence("mail-only", both, "test"))
        assert pushes(screen, "presence")[-1]["channels"] == ["chat", "mail"]
        away = PresenceSettings(name="Away")
        await node.router.submit(c.PutPresence("mail-only", away, "test"))
        last = pushes(screen, "presence")[-1]
        assert (last["presence"], last["custom_presence"]) == ("away", "mail-only")


async def test_silence_and_waking_are_pushed_to_who_holds_it() -> None:
    async with running() as node:
        await node.furnish(agents=2, idle=IdleRule(after_ms=600_000))
        one, two = node.watch("a1"), node.watch("a2")
        await hold(node)
        await node.router.submit(c.NoteActivity("c1", True, "agent:a1", "a1"))
        await node.router.submit(c.NoteActivity("c1", False, "ingest:k"))
        told = pushes(one, "conversation_changed")
        assert [push["conversation"]["idle"] for push in told] == [True, False]
        assert {push["conversation"]["id"] for push in told} == {"c1"}
        assert not pushes(two, "conversation_changed")
        snapshot = pushes(node.watch("a1"), "snapshot")[0]
        assert snapshot["conversations"][0]["idle"] is False


async def test_what_is_picked_is_pushed_as_assigned_and_answered_by_name() -> None:
    async with running() as node:
        await node.furnish()
        agent = AgentSettings(name="A", queues={"q": 1}, capacity={"chat": 2}, pull=True)
        await node.router.submit(c.PutAgent("a1", agent, "test"))
        await node.router.submit(c.SetPresence("a1", "away", "", "test"))
        screen = node.watch("a1")
        for id_ in ("c1", "c2"):
            await node.router.submit(c.EnterConversation(id_, "q", "chat", "test"))
        first = await node.router.submit(c.PullConversation("a1", "q"))
        assert (first.refusal, first.picked) == (None, "c1")
        again = await node.router.submit(c.PullConversation("a1", "q", "c1"))
        assert (again.already, again.picked) == (True, "c1")
        named = await node.router.submit(c.PullConversation("a1", "q", "c2"))
        assert named.picked == "c2"
        none = await node.router.submit(c.PullConversation("a1", "q"))
        assert none.refusal is not None and none.picked is None
        assert [push["conversation"]["id"] for push in pushes(screen, "assigned")] == ["c1", "c2"]


async def test_an_offer_names_no_colleague() -> None:
    async with running() as node:
        await node.furnish(agents=2)
        screen = node.watch("a1")
        await node.router.submit(c.EnterConversation("c1", "q", "chat", "test"))
        (push,) = pushes(screen, "offer")
        assert "others" not in push["offer"]["why"]
        assert "a2" not in json.dumps(push)
        offer = node.router.state.offers[push["offer"]["id"]]
        assert "a2" in offer.why["others"], "the record itself knows"


async def test_the_end_of_a_rest_is_pushed_although_nothing_happens() -> None:
    async with running() as node:
        await node.furnish(back_off=BackOffRule(busy_ms=60_000))
        screen = node.watch("a1")
        task = asyncio.create_task(tell_rests(node.hub, node.router))
        await node.router.submit(c.EnterConversation("c1", "q", "chat", "test"))
        await node.router.submit(c.DeclineOffer("o1", "a1", "busy"))
        await node.router.submit(c.CancelConversation("c1", True, "left", "test"))
        assert pushes(screen, "routable")[-1]["why_not"] == ["back_off"]
        await elapse(59)
        assert pushes(screen, "routable")[-1]["why_not"] == ["back_off"]
        await elapse(1 + RESTS_EVERY_S)
        assert pushes(screen, "routable")[-1]["routable"] is True
        assert not node.hub.resting
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_rest_that_began_before_the_socket_is_pushed_at_its_end() -> None:
    async with running() as node:
        await node.furnish(back_off=BackOffRule(busy_ms=5_000))
        await node.router.submit(c.EnterConversation("c1", "q", "chat", "test"))
        await node.router.submit(c.DeclineOffer("o1", "a1", "busy"))
        await node.router.submit(c.CancelConversation("c1", True, "left", "test"))
        screen = node.watch("a1")
        await elapse(5)
        node.hub.tell_rested(node.router.engine, node.router.now_ms())
        assert [push["routable"] for push in pushes(screen, "routable")] == [True]
