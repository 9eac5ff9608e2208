"""The log's end is not where its owner left it: written again, put aside, or named and refused."""

from __future__ import annotations

import contextlib

import pytest

from app.adapters.memory import MemoryDisk
from app.adapters.memory.disk import MemoryWorkspace
from app.codec.chain import seal_batch
from app.codec.envelope import record_hash
from app.codec.state_form import state_hash
from app.domain import commands as c
from app.domain import events as e
from app.ports import Position, Record
from app.shell.rebuilding import log_key, rebuild
from app.shell.ring import Ring
from app.shell.work import NotOwner, Trouble
from tests.shell.node import WORKSPACE, Node, running
from tests.virtual_time import elapse


def enter(n: int) -> c.EnterConversation:
    return c.EnterConversation(f"c{n}", "q", "chat", "ingest:i")


async def busy(node: Node, count: int = 10) -> MemoryWorkspace:
    """Some history, and the workspace as the disk has it."""
    await node.furnish(agents=2)
    for n in range(count):
        await node.router.submit(enter(n))
    return node.store.disk.workspace(WORKSPACE)


def roll_back(kept: MemoryWorkspace, to: int) -> None:
    """What a promoted copy that lacks the tail looks like: ``to`` records are left."""
    for place in kept.places[to:]:
        del kept.entries[place]
    del kept.places[to:]
    kept.last = kept.places[-1]


async def same_as_the_log(node: Node) -> None:
    """The memory and what the log makes are one."""
    last = await node.store.log.last()
    assert last == node.router.position
    assert state_hash((await rebuild(node.store, WORKSPACE, last)).state) == state_hash(
        node.router.state
    )


@pytest.mark.parametrize("lost", [1, 7, 30])
async def test_a_lost_tail_is_written_again_under_the_same_ids(lost: int) -> None:
    async with running() as node:
        kept = await busy(node)
        entries, places = dict(kept.entries), list(kept.places)
        roll_back(kept, len(kept.places) - lost)
        assert (await node.router.submit(enter(99))).refusal is None
        assert kept.places[: len(places)] == places
        assert all(kept.entries[place] == record for place, record in entries.items())
        assert node.router.health().ready and node.forgotten == 0
        await same_as_the_log(node)


async def test_a_tail_lost_back_to_the_takeover_is_written_again() -> None:
    disk = MemoryDisk()
    async with running(disk) as first:
        await busy(first)
        before = len(disk.workspace(WORKSPACE).places)
    async with running(disk, name="n2", force=True) as node:
        await node.router.submit(enter(50))
        roll_back(disk.workspace(WORKSPACE), before)
        await node.router.submit(enter(51))
        await same_as_the_log(node)


async def refused(node: Node, why: str) -> None:
    """The next command is refused, and it stays so."""
    with pytest.raises(Trouble):
        await node.router.submit(enter(99))
    await elapse(30)
    health = node.router.health()
    assert not health.ready and why in health.reasons[0], health.reasons
    with pytest.raises(NotOwner):
        await node.router.submit(enter(100))


async def test_a_tail_lost_back_to_a_damaged_record_is_written_again_behind_it() -> None:
    """Two faults at once, met in the simulated world: the end that is left cannot be read."""
    async with running() as node:
        kept = await busy(node)
        places = list(kept.places)
        roll_back(kept, len(kept.places) - 7)
        spoilt = bytearray(kept.entries[kept.places[-1]])
        spoilt[-1] ^= 1
        kept.entries[kept.places[-1]] = bytes(spoilt)
        assert (await node.router.submit(enter(99))).refusal is None
        assert kept.places[: len(places)] == places
        assert node.router.health().ready and node.forgotten == 0


async def test_a_tail_longer_than_what_is_remembered_is_named_and_not_forgotten() -> None:
    async with running() as node:
        node.router._committer.ring = Ring(records_max=5)
        kept = await busy(node)
        roll_back(kept, len(kept.places) - 9)
        await refused(node, "tail was lost")


async def test_nor_when_the_whole_store_was_rolled_back() -> None:
    async with running() as node:
        node.router._committer.ring = Ring(records_max=5)
        kept = await busy(node)
        roll_back(kept, len(kept.places) - 9)
        assert kept.last is not None
        kept.end = kept.last
        await refused(node, "tail was lost")


async def test_a_rolled_back_log_with_another_record_at_its_end_is_not_repaired() -> None:
    async with running() as node:
        kept = await busy(node)
        roll_back(kept, len(kept.places) - 3)
        assert kept.last is not None
        kept.entries[kept.last] = kept.entries[kept.places[-2]]
        await refused(node, "lost")


def garbage(kept: MemoryWorkspace) -> Record:
    return b"no record of ours"


def older_again(kept: MemoryWorkspace) -> Record:
    return kept.entries[kept.places[3]]


def well_sealed(kept: MemoryWorkspace) -> Record:
    """What a build would write that knows the format and not the fence: the next record."""
    prev = record_hash(kept.entries[kept.places[-1]])
    event = e.ConversationMoved(1, "c3", "other", "q", 1, None, "faulty", "system")
    return seal_batch(WORKSPACE, log_key(WORKSPACE), prev, [event])[0][0]


@pytest.mark.parametrize("place", [Position(1, 10_000), Position(7, 0), Position(1 << 41, 3)])
@pytest.mark.parametrize("rogue", [garbage, older_again, well_sealed])
async def test_what_nobody_may_write_is_put_aside(rogue: object, place: Position) -> None:
    async with running() as node:
        kept = await busy(node)
        record = rogue(kept)  # type: ignore[operator]
        kept.places.append(place)
        kept.entries[place] = record
        kept.last = place
        assert (await node.router.submit(enter(99))).refusal is None
        assert kept.aside == [(place, record)]
        assert node.router.health().ready and node.forgotten == 0
        await same_as_the_log(node)


async def test_an_end_moved_on_without_a_record_is_moved_back() -> None:
    async with running() as node:
        kept = await busy(node)
        kept.last = Position(1, 10_000)
        assert (await node.router.submit(enter(99))).refusal is None
        await same_as_the_log(node)


async def test_another_owners_first_record_is_obeyed() -> None:
    async with running() as node:
        kept = await busy(node)
        prev = record_hash(kept.entries[kept.places[-1]])
        opened = e.EpochOpened(1, 2, "n2", 0, 0)
        [record], _ = seal_batch(WORKSPACE, log_key(WORKSPACE), prev, [opened])
        place = Position(2, 0)
        kept.places.append(place)
        kept.entries[place], kept.last = record, place
        with contextlib.suppress(Trouble):
            await node.router.submit(enter(99))
        assert node.forgotten == 1 and kept.aside == []


async def test_a_log_without_its_last_record_is_refused() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        kept = await busy(node)
    del kept.entries[kept.places.pop()]
    async with contextlib.AsyncExitStack() as stack:
        with pytest.raises(Exception, match="is missing: the log ends there"):
            await stack.enter_async_context(running(disk, name="n2", force=True))


def test_a_ring_is_bounded_and_proves_what_it_gives() -> None:
    ring = Ring(records_max=3)
    ring.note(Position(1, 0), Position(1, 5), [b"a" * 24, b"b" * 24, b"c" * 24, b"d" * 24, b"e"])
    assert (ring.base, ring.end) == (Position(1, 2), Position(1, 5))
    assert ring.after(Position(1, 4), b"d" * 24) == [b"e"]
    assert ring.after(Position(1, 4), b"x") is None
    assert ring.after(Position(1, 5), b"e") is None, "nothing is missing"
    assert ring.after(Position(1, 1), b"a") is None, "too old"
    assert ring.after(Position(1, 2), b"b" * 24) is None, "not the record that the next one names"
    assert ring.after(Position(1, 3), None) is None
    small = Ring(bytes_max=10)
    small.note(Position(1, 0), Position(1, 2), [b"123456", b"789012"])
    assert small.base == Position(1, 1)
