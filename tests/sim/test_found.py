"""Faults that the world found, each as the smallest test that shows it.

The seeds of the day are named for the record: as the world grows, a seed becomes another history.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from app.adapters.memory import Fault, Faults, MemoryDisk, MemoryStore
from app.campaign.sim.judge import Judge
from app.campaign.sim.ledger import Ledger
from app.campaign.sim.witness import Witness
from app.domain import commands as c
from app.domain.events import (
    ConversationRequeued,
    ConversationWrapping,
    DeadlinesExtended,
    OfferMade,
)
from app.edge.transport import OutboxLimits, SocketTransport
from app.ports import Ownership, Position, Record, StoreUnavailable
from app.shell.committer import Committer
from app.shell.meter import NullMeter
from app.shell.outage import Outage
from app.shell.watchdog import Watchdog, WatchLimits
from app.shell.work import StoreDown
from app.wire.codes import CloseCode
from tests.domain.workbench import Workbench
from tests.shell.node import running
from tests.virtual_time import elapse


async def test_a_conflict_with_ourselves_that_cannot_be_looked_at_is_looked_at_again() -> None:
    """Seed 2: the record was there, the reply was lost, and so was the question what is there.

    The error went past the committer; the router went on with a memory ahead of its own idea of the
    log, and put its own record aside for that of a stranger.
    """
    faults = Faults()
    store = MemoryStore(MemoryDisk(), faults=faults)
    owner = await store.lease.acquire("n", 60_000)
    first = await store.log.append(owner, Position(0, 0), [b"zero"])
    get, asked = store.log.get, 0

    async def unreachable_once(positions: Sequence[Position]) -> list[Record | None]:
        nonlocal asked
        asked += 1
        if asked <= 2:
            raise StoreUnavailable("not just now")
        return await get(positions)

    setattr(store.log, "get", unreachable_once)  # noqa: B010
    faults.next_append(Fault.LOST_REPLY)
    troubles: list[None] = []
    committer = Committer(store, NullMeter(), "main")
    end = await committer.append(
        Ownership(owner.epoch, owner.nonce, first),
        first,
        [b"one"],
        on_trouble=lambda: troubles.append(None),
    )
    assert end == Position(first.epoch, first.n + 1)
    assert asked == 3 and troubles
    assert [record for _, record in [entry async for entry in store.log.read(first)]] == [b"one"]


async def test_a_tail_lost_between_a_conflict_and_the_look_at_it_is_written_again() -> None:
    """Seed 521259: our own record stood at the end, then it and more was gone: not another owner's.

    The node stepped down for nothing, and could open no more: what it remembered was lost.
    """
    disk, faults = MemoryDisk(), Faults()
    store = MemoryStore(disk, workspace="main", faults=faults)
    owner = await store.lease.acquire("n", 60_000)
    kept = disk.workspace("main")
    committer = Committer(store, NullMeter(), "main")
    end = Position(0, 0)
    for record in (b"zero", b"a", b"b"):
        end = await committer.append(owner, end, [record], on_trouble=lambda: None)
    last, get, looks = store.log.last, store.log.get, 0

    async def no_answer_once() -> Position | None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise StoreUnavailable("not just now")
        return await last()

    async def loses_the_tail(positions: Sequence[Position]) -> list[Record | None]:
        setattr(store.log, "get", get)  # noqa: B010
        for _ in range(2):
            del kept.entries[kept.places.pop()]
        kept.last = kept.end = kept.places[-1]
        return await get(positions)

    setattr(store.log, "last", no_answer_once)  # noqa: B010
    setattr(store.log, "get", loses_the_tail)  # noqa: B010
    faults.next_append(Fault.LOST_REPLY)
    await committer.append(owner, end, [b"c"], on_trouble=lambda: None)
    found = [record async for _, record in store.log.read(Position(0, 0))]
    assert found == [b"zero", b"a", b"b", b"c"]


def test_two_outages_in_a_row_are_both_made_up_for() -> None:
    """Seed 24: the second came before anything was decided, and the first was forgotten."""
    outage = Outage(gap_min_ms=500)
    for since, until in ((1_000, 9_000), (9_100, 10_100)):
        outage.begin(since)
        outage.end(until)
    assert outage.take_gap_ms() == 9_000
    assert not outage.has_gap


def test_who_is_looked_at_for_the_outage_does_not_overtake_whose_time_came_in_it() -> None:
    """Seeds 5, 6 and 24: moving the deadlines looked at one of them at once, at the rest after."""
    bench = Workbench()
    bench.queue("q", rings=[{"max_level": 1}, {"after_ms": 8_000, "max_level": 2}])
    bench.staff("far", {"q": 2})
    bench.agent("wished", {"q": 2})
    bench.enter("later", "q", preferred_agent="wished")
    bench.enter("first", "q", priority=3)
    bench.stall_s(10)
    bench.do(c.ExtendDeadlines(2_000))
    bench.tick()
    offered = [event.conversation for event in bench.log if isinstance(event, OfferMade)]
    assert offered == ["first"]


async def test_a_pause_before_an_outage_is_made_up_for_beside_it() -> None:
    """Seed 34: a frozen process woke up into an outage, and only the longer of the two counted."""
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish()
        node.clock.ahead_ms += 8_000
        faults.down = True
        with contextlib.suppress(StoreDown):
            await node.router.submit(c.EnterConversation("c1", "q", "chat", "test"))
        await elapse(6)
        faults.down = False
        await elapse(3)
        moved = [one.by_ms for one in node.told if isinstance(one, DeadlinesExtended)]
        assert 13_900 <= sum(moved) <= 14_600


async def test_an_outage_counts_from_when_the_store_was_asked() -> None:
    """Seed 400236: an append hung before it failed, and only what came after was made up for."""
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish()
        faults.hold()
        entering = asyncio.create_task(
            node.router.submit(c.EnterConversation("c1", "q", "chat", "test"))
        )
        await elapse(4)
        faults.next_append(Fault.UNAVAILABLE)
        faults.release()
        await asyncio.gather(entering, return_exceptions=True)
        await elapse(3)
        moved = [one.by_ms for one in node.told if isinstance(one, DeadlinesExtended)]
        assert 4_000 <= sum(moved) <= 5_000


async def test_a_store_that_answers_late_is_paid_for_by_nobody_either() -> None:
    """Seed 502076: a stranger's record was put aside, slowly; an offer ran out meanwhile."""
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish()
        faults.hold()
        entering = asyncio.create_task(
            node.router.submit(c.EnterConversation("c1", "q", "chat", "test"))
        )
        await elapse(4)
        faults.release()
        await entering
        await elapse(1)
        moved = [one.by_ms for one in node.told if isinstance(one, DeadlinesExtended)]
        assert 3_900 <= sum(moved) <= 4_100


async def test_a_deadline_that_a_pause_is_about_to_move_is_not_judged() -> None:
    """Seed 400441: after an outage the watchdog looked before the router had moved anything."""
    async with running() as node:
        await node.furnish()
        await node.router.submit(c.EnterConversation("c1", "q", "chat", "test"))
        dog = Watchdog(node.router, node.meter, WatchLimits(calm_ms=0))
        await dog.look()
        node.clock.ahead_ms += 120_000
        for _ in range(3):
            await dog.look()
        assert node.router.state.incidents == {}
        assert any(isinstance(one, DeadlinesExtended) for one in node.told)


class Stuck:
    """A WebSocket whose reader has stopped; ``go`` lets the writer on."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.closed = 0
        self.go = asyncio.Event()

    async def send_text(self, text: str) -> None:
        await self.go.wait()
        self.sent.append(text)

    async def close(self, code: int, reason: str) -> None:
        self.closed = code


async def test_what_is_told_again_is_no_sign_of_a_slow_reader() -> None:
    """Seed 1012: more was missed than an outbox holds, so whoever came back for it was closed as
    too slow, and came back for the very same, without end.
    """
    limits = OutboxLimits(frames_max=4, bytes_max=100, send_deadline_ms=60_000)
    stuck: Any = Stuck()
    transport = SocketTransport(stuck, limits)
    transport.send("welcome")
    missed = [f"missed {n} {'x' * 50}" for n in range(9)]
    transport.replay(missed)
    for n in range(4):
        transport.send(f"new {n}")
    stuck.go.set()
    await transport.ended()
    assert stuck.sent == ["welcome", *missed, *(f"new {n}" for n in range(4))]
    assert not stuck.closed
    stuck.go.clear()
    for n in range(6):
        transport.send(f"newer {n}")
    stuck.go.set()
    await transport.ended()
    assert stuck.closed == CloseCode.SLOW_READER, "who then does not read is slow"


def test_a_copy_that_comes_when_another_has_taken_the_conversation_may_be_refused() -> None:
    """Seed 501125: the judge's own fault; a supervisor stood between the frame and its copy."""
    witness = Witness(Ledger("w"), lambda: 0)
    judge = Judge(Ledger("w"), witness)
    asked = ("a2/0", "a2/0.8")
    witness.asked[asked] = {"type": "complete", "ref": asked[1], "conversation": "c1"}
    yes = {"type": "reply", "ref": asked[1], "ok": True, "position": "3-6"}
    witness.answers[asked] = [yes, {**yes, "ok": False, "code": "not_yours"}]
    wrapping = ConversationWrapping(1, "c1", "q0", "a2", 2, "agent:a2", None)
    judge.take_in(Position(3, 6), wrapping)
    assert [fault[:2] for fault in judge.verdict()] == ["S2"]
    requeued = ConversationRequeued(2, "c1", "q0", "a2", "because", "supervisor:s", None)
    judge.take_in(Position(3, 8), requeued)
    assert not judge.verdict()
