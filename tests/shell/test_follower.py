"""Snapshots and a trimmed log: what a start reads, and what it falls back on."""

from __future__ import annotations

import pytest

from app.adapters.memory import MemoryDisk, MemoryStore
from app.codec.snapshot import Snapshot, write_snapshot
from app.codec.state_form import state_hash
from app.domain import commands as c
from app.domain.events import ConversationEntered
from app.ports import START, Position
from app.shell.follower import Follower, FollowerLimits
from app.shell.rebuilding import CannotApply, rebuild, snapshot_key
from app.shell.verify import verify
from tests.shell.node import WORKSPACE, Node, running


def follower(node: Node, **limits: int) -> Follower:
    """One that reads the node's log."""
    return Follower(node.store, WORKSPACE, node.router.now_ms, FollowerLimits(**limits))


async def talk(node: Node, first: int, count: int) -> None:
    """Conversations that enter, and one of them leaves."""
    for n in range(first, first + count):
        await node.router.submit(c.EnterConversation(f"c{n}", "q", "chat", "ingest:i"))
    await node.router.submit(c.CancelConversation(f"c{first}", True, "left", "ingest:i"))


async def snapshots_of(disk: MemoryDisk, *, keep_ms: int = 0, rounds: int = 3) -> str:
    """A node whose follower took snapshots in the course of its log; its state hash at the end."""
    async with running(disk) as node:
        await node.furnish(agents=2)
        reader = follower(node, keep_ms=keep_ms)
        await reader.begin()
        for turn in range(rounds):
            await talk(node, turn * 10, 10)
            await reader.catch_up()
            assert await reader.take_snapshot() == node.router.position
        await talk(node, 100, 5)
        return state_hash(node.router.state)


def store_on(disk: MemoryDisk) -> MemoryStore:
    return MemoryStore(disk, workspace=WORKSPACE)


async def test_a_start_goes_on_from_the_newest_snapshot_to_the_same_state() -> None:
    disk = MemoryDisk()
    live = await snapshots_of(disk)
    store = store_on(disk)
    last = await store.log.last()
    assert last is not None
    found = await rebuild(store, WORKSPACE, last)
    assert found.since == (await store.snapshots.positions())[0] != START
    assert state_hash(found.state) == live
    assert found.passed_by == []


async def test_the_log_is_trimmed_behind_the_older_of_two() -> None:
    disk = MemoryDisk()
    await snapshots_of(disk, rounds=4)
    kept = disk.workspaces[WORKSPACE]
    newest, older = sorted(kept.snapshots, reverse=True)
    assert kept.places[0] == older
    assert newest in kept.places


async def test_history_keeps_what_is_young() -> None:
    disk = MemoryDisk()
    await snapshots_of(disk, keep_ms=3_600_000, rounds=4)
    assert disk.workspaces[WORKSPACE].places[0] == Position(1, 0)


async def test_a_log_that_is_too_large_goes_before_history() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        reader = follower(node, keep_ms=3_600_000, keep_bytes=10)
        await reader.begin()
        for turn in range(3):
            await talk(node, turn * 10, 10)
            await reader.catch_up()
            await reader.take_snapshot()
    kept = disk.workspaces[WORKSPACE]
    assert kept.places[0] == min(kept.snapshots)


async def test_timelines_outlive_a_restart_from_a_snapshot() -> None:
    disk = MemoryDisk()
    await snapshots_of(disk, keep_ms=3_600_000)
    async with running(disk, name="n2", force=True) as node:
        places = node.router.timeline_positions("c0")
        events = await node.router.records(places)
        assert events[0] is not None and type(events[0][1]) is ConversationEntered


async def test_trimmed_places_of_a_timeline_are_known_to_be_gone() -> None:
    disk = MemoryDisk()
    await snapshots_of(disk, rounds=4)
    async with running(disk, name="n2", force=True) as node:
        assert None in await node.router.records(node.router.timeline_positions("c1"))


@pytest.mark.parametrize("damaged", [1, 2])
async def test_an_unreadable_snapshot_costs_time_and_nothing_else(damaged: int) -> None:
    disk = MemoryDisk()
    live = await snapshots_of(disk, keep_ms=3_600_000)
    kept = disk.workspaces[WORKSPACE]
    for at in sorted(kept.snapshots, reverse=True)[:damaged]:
        chunks = kept.snapshots[at]
        kept.snapshots[at] = (*chunks[:-1], chunks[-1][:-5])
    async with running(disk, name="n2", force=True) as node:
        assert "c104" in node.router.state.conversations
    store = store_on(disk)
    found = await rebuild(
        store, WORKSPACE, Position(1, max(p.n for p in kept.places if p.epoch == 1))
    )
    assert state_hash(found.state) == live
    assert len(found.passed_by) == damaged


async def test_a_snapshot_of_another_workspace_is_not_believed() -> None:
    disk, other = MemoryDisk(), MemoryDisk()
    live = await snapshots_of(disk, keep_ms=3_600_000)
    await snapshots_of(other, rounds=2)
    kept = disk.workspaces[WORKSPACE]
    stolen = next(iter(other.workspaces[WORKSPACE].snapshots.values()))
    for at in kept.snapshots:
        kept.snapshots[at] = stolen
    store = store_on(disk)
    last = await store.log.last()
    assert last is not None
    found = await rebuild(store, WORKSPACE, last)
    assert (found.since, state_hash(found.state)) == (START, live)


async def test_a_trimmed_log_without_a_snapshot_is_refused_and_named() -> None:
    disk = MemoryDisk()
    await snapshots_of(disk, rounds=4)
    disk.workspaces[WORKSPACE].snapshots.clear()
    store = store_on(disk)
    last = await store.log.last()
    assert last is not None
    with pytest.raises(CannotApply, match="trimmed"):
        await rebuild(store, WORKSPACE, last)


async def test_a_log_that_ends_before_its_snapshot_lost_its_tail() -> None:
    disk = MemoryDisk()
    await snapshots_of(disk, keep_ms=3_600_000)
    with pytest.raises(CannotApply, match="tail was lost"):
        await rebuild(store_on(disk), WORKSPACE, Position(1, 3))


async def test_a_snapshot_that_does_not_come_back_does_not_count() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        reader = follower(node)
        await reader.begin()
        save = node.store.snapshots.save

        async def save_badly(at: Position, chunks: list[bytes]) -> None:
            await save(at, [chunks[0], *chunks[2:]])

        node.store.snapshots.save = save_badly  # type: ignore[assignment,method-assign]
        assert await reader.take_snapshot() is None
        assert await node.store.snapshots.positions() == []


async def test_it_is_due_after_records_or_time_and_never_for_nothing() -> None:
    async with running() as node:
        await node.furnish()
        reader = follower(node, snapshot_records=20, snapshot_ms=60_000)
        await reader.begin()
        await reader.take_snapshot()
        assert not reader.is_due()
        await talk(node, 0, 5)
        await reader.catch_up()
        assert not reader.is_due()
        await talk(node, 10, 15)
        await reader.catch_up()
        assert reader.is_due()
        await reader.take_snapshot()
        assert not reader.is_due()


async def test_a_record_that_cannot_be_read_stops_the_follower() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        reader = follower(node)
        await reader.begin()
        await talk(node, 0, 3)
        kept = disk.workspaces[WORKSPACE]
        kept.entries[kept.places[-2]] = b"IL" + bytes(40)
        with pytest.raises(CannotApply):
            await reader.catch_up()


async def test_a_check_holds_every_snapshot_against_the_log() -> None:
    disk = MemoryDisk()
    await snapshots_of(disk, keep_ms=3_600_000)
    store = store_on(disk)
    found = await verify(store, WORKSPACE)
    assert found is not None and [*found.snapshots.values()] == ["", ""]
    kept = disk.workspaces[WORKSPACE]
    newest, older = sorted(kept.snapshots, reverse=True)
    state = (await rebuild(store, WORKSPACE, newest)).state
    state.totals.ended += 1
    lying = Snapshot(WORKSPACE, str(newest), bytes(8), 9, state, {})
    kept.snapshots[newest] = tuple(write_snapshot(snapshot_key(WORKSPACE, newest), lying)[0])
    found = await verify(store, WORKSPACE)
    assert found is not None
    assert found.snapshots == {str(newest): "its state is not that of the log", str(older): ""}


def flip(disk: MemoryDisk, at: Position) -> None:
    """One bit of a snapshot is wrong."""
    kept = disk.workspace(WORKSPACE).snapshots
    first, *rest = kept[at]
    kept[at] = (first[:-9] + bytes([first[-9] ^ 1]) + first[-8:], *rest)


async def test_a_snapshot_that_has_gone_bad_pushes_no_good_one_out() -> None:
    """Found by seed 521217: of two generations one was bad when the next was taken, which then
    went bad, too; between them the log had been trimmed behind the bad one.
    """
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish(agents=2)
        reader = follower(node, keep_ms=0)
        await reader.begin()
        taken: list[Position] = []
        for turn in range(3):
            await talk(node, turn * 10, 10)
            await reader.catch_up()
            if turn == 2:
                flip(disk, taken[-1])
            taken.append(await reader.take_snapshot() or START)
        kept = await node.store.snapshots.positions()
        assert kept == [taken[2], taken[0]]
        # The same for one that went bad while nobody looked.
        flip(disk, kept[0])
        later = follower(node, keep_ms=0)
        await later.begin()
        assert await node.store.snapshots.positions() == [taken[0]]
        assert state_hash((await rebuild(node.store, WORKSPACE, node.router.position)).state)
