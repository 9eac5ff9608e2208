"""One conversation that the rules cannot handle does not hold up the others."""

from __future__ import annotations

import pytest

from app.adapters.memory import MemoryDisk
from app.domain import commands as c
from app.domain.need import need_of
from app.domain.state import Conversation, Queue, State
from app.shell.work import Trouble
from tests.shell.node import Node, running
from tests.virtual_time import elapse


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the rules that one conversation, and no other, brings about."""

    def judge(state: State, conversation: Conversation, queue: Queue, now: int) -> object:
        if conversation.attributes.get("bad"):
            raise ZeroDivisionError("a rule met what it cannot handle")
        return need_of(state, conversation, queue, now)

    monkeypatch.setattr("app.domain.matching.need_of", judge)


async def until_served(node: Node, conversation: str) -> None:
    for _ in range(200):
        known = node.router.state.conversations.get(conversation) if node.router.owns else None
        if known is not None and known.offers:
            return
        await elapse(0.1)
    raise AssertionError(f"{conversation} was not offered")


async def reach(node: Node, command: c.Command) -> None:
    """As a client does: again until it is answered."""
    for _ in range(100):
        try:
            await node.router.submit(command)
        except Trouble:
            await elapse(0.2)
        else:
            return
    raise AssertionError("never answered")


def enter(id_: str, *, bad: bool = False) -> c.EnterConversation:
    attributes = {"bad": True} if bad else {}
    return c.EnterConversation(id_, "q", "chat", "ingest:i", attributes=attributes)


async def test_a_new_one_is_refused_and_costs_only_itself(poison: None) -> None:
    async with running() as node:
        await node.furnish(agents=2)
        with pytest.raises(Trouble):
            await node.router.submit(enter("bad", bad=True))
        for agent in ("a1", "a2"):
            await reach(node, c.ConnectAgent(agent))
        await reach(node, enter("good"))
        await until_served(node, "good")


async def test_one_in_the_log_is_set_aside_and_the_queue_moves(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish(agents=1)
        await node.router.submit(c.SetPresence("a1", "away", "", "test"))
        await node.router.submit(enter("bad", bad=True))
        await node.router.submit(enter("good"))
    request.getfixturevalue("poison")
    async with running(disk, name="n2", force=True) as node:
        aside = node.router.state.conversations["bad"].quarantine
        assert aside is not None and aside.reason == "poison_head"
        await reach(node, c.ConnectAgent("a1"))
        await reach(node, c.SetPresence("a1", "available", "", "test"))
        await until_served(node, "good")


async def test_a_fault_that_no_conversation_brings_about_is_not_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish(agents=1)

    def broken(*_: object) -> None:
        raise ZeroDivisionError("everything is broken")

    monkeypatch.setattr("app.domain.engine.Engine._settle", broken)
    with pytest.raises(Exception, match="ZeroDivisionError"):
        async with running(disk, name="n2", force=True):
            pass
