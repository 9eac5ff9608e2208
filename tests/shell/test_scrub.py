"""Stored bytes that went bad after they were written: seen, and put behind a snapshot in time."""

from __future__ import annotations

import pytest

from app.adapters.memory import MemoryDisk
from app.codec.chain import seal_batch
from app.codec.envelope import record_hash
from app.codec.state_form import state_hash
from app.domain import commands as c
from app.domain.events import ConversationMoved
from app.ports import START, Position
from app.shell.follower import Follower, FollowerLimits
from app.shell.rebuilding import CannotApply, log_key, rebuild
from app.shell.rescue import rescue
from tests.shell.node import WORKSPACE, Node, running


async def talk(node: Node, first: int, count: int) -> None:
    for n in range(first, first + count):
        await node.router.submit(c.EnterConversation(f"c{n}", "q", "chat", "ingest:i"))


async def following(node: Node, page: int = 1_000) -> Follower:
    limits = FollowerLimits(keep_ms=3_600_000, scrub_records=page)
    reader = Follower(node.store, WORKSPACE, node.router.now_ms, limits)
    await reader.begin()
    return reader


def spoil(disk: MemoryDisk, place: int) -> Position:
    kept = disk.workspace(WORKSPACE)
    at = kept.places[place]
    kept.entries[at] = kept.entries[at][:-1] + b"?"
    return at


async def restarts_right(disk: MemoryDisk, live: str, behind: Position) -> None:
    async with running(disk, name="n2", force=True) as node:
        newest = (await node.store.snapshots.positions())[0]
        assert newest >= behind
        state = (await rebuild(node.store, WORKSPACE, node.router.position)).state
        assert state_hash(state) == state_hash(node.router.state)


@pytest.mark.parametrize("page", [3, 1_000])
@pytest.mark.parametrize("place", [2, 12, -1])
async def test_damage_behind_the_follower_gets_a_snapshot_behind_it(place: int, page: int) -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        reader = await following(node, page)
        await talk(node, 0, 10)
        await reader.catch_up()
        for _ in range(20):
            await reader.look_again()
        assert await node.store.snapshots.positions() == [], "nothing is wrong"
        at = spoil(disk, place)
        for _ in range(20):
            await reader.look_again()
        assert await node.store.snapshots.positions() == [node.router.position]
        live = state_hash(node.router.state)
        await talk(node, 20, 2)
    if place != -1:
        await restarts_right(disk, live, at)


@pytest.mark.parametrize("place", [5, -1])
async def test_a_record_that_is_missing_is_seen(place: int) -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        reader = await following(node)
        await talk(node, 0, 10)
        await reader.catch_up()
        kept = disk.workspace(WORKSPACE)
        del kept.entries[kept.places.pop(place)]
        await reader.look_again()
        assert await node.store.snapshots.positions() == [node.router.position]


async def test_a_second_snapshot_follows_soon() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        reader = await following(node)
        await talk(node, 0, 10)
        await reader.catch_up()
        spoil(disk, 5)
        await reader.look_again()
        assert not reader.is_due(), "nothing was written since"
        await talk(node, 20, 1)
        await reader.catch_up()
        assert reader.is_due()
        await reader.take_snapshot()
        assert not reader.is_due()
        await reader.look_again()
        assert len(await node.store.snapshots.positions()) == 2


async def test_a_follower_looks_only_at_what_a_restart_would_read() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        reader = await following(node)
        await talk(node, 0, 10)
        await reader.catch_up()
        taken = await reader.take_snapshot()
        spoil(disk, 5)
        again = await following(node)
        for each in (reader, again):
            await each.look_again()
        assert await node.store.snapshots.positions() == [taken]


async def test_damage_before_the_follower_gets_a_snapshot_from_the_owner() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        reader = await following(node)
        await talk(node, 0, 10)
        at = spoil(disk, -3)
        with pytest.raises(CannotApply):
            await reader.catch_up()
        assert await rescue(node.store, node.router) == node.router.position
        assert await rescue(node.store, node.router) is None, "it is there already"
        live = state_hash(node.router.state)
        reader = await following(node)
        await talk(node, 20, 3)
        assert await reader.catch_up() > 0
    await restarts_right(disk, live, at)


async def test_a_rescued_snapshot_is_the_owners_state_and_journal() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        await talk(node, 0, 10)
        at = await rescue(node.store, node.router)
        assert at is not None
        snapshot = await rebuild(node.store, WORKSPACE, at, among=[at])
        plain = await rebuild(node.store, WORKSPACE, at, among=[])
        assert (snapshot.since, plain.since) == (at, START)
        assert state_hash(snapshot.state) == state_hash(plain.state)
        assert snapshot.journal.places == plain.journal.places
        assert (snapshot.reader.prev, snapshot.journal.count) == (
            plain.reader.prev,
            plain.journal.count,
        )


async def test_a_memory_that_the_log_does_not_end_with_is_no_rescue() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        await talk(node, 0, 5)
        spoil(disk, -1)
        assert await rescue(node.store, node.router) is None
        assert await node.store.snapshots.positions() == []


async def test_a_record_that_cannot_be_read_is_not_shown_in_a_timeline() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        await talk(node, 0, 5)
        places = node.router.timeline_positions("c3")
        kept = disk.workspace(WORKSPACE)
        kept.entries[places[0]] = b""
        shown = await node.router.records(places)
        assert shown[0] is None and all(found is not None for found in shown[1:])


async def test_a_snapshot_that_went_bad_or_away_is_taken_anew() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        reader = Follower(
            node.store, WORKSPACE, node.router.now_ms, FollowerLimits(keep_ms=0, scrub_ms=0)
        )
        await reader.begin()
        for turn in range(3):
            await talk(node, 10 * turn, 10)
            await reader.catch_up()
            await reader.take_snapshot()
        await reader.look_again()
        kept = disk.workspace(WORKSPACE)
        assert kept.places[0] > Position(1, 0), "trimmed: the log alone does not make the state"
        newest = max(kept.snapshots)
        for spoilt in ((b"",), kept.snapshots[newest][:-1], None):
            if spoilt is None:
                kept.snapshots.clear()
            else:
                kept.snapshots[newest] = spoilt
            await reader.look_again()
            assert await node.store.snapshots.positions()
            found = await rebuild(node.store, WORKSPACE, node.router.position)
            assert state_hash(found.state) == state_hash(node.router.state)
            assert found.passed_by == []


async def test_a_name_ahead_of_the_log_proves_nothing_unless_it_reads() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        disk.workspace(WORKSPACE).snapshots[Position(9, 9)] = (b"noise",)
        found = await rebuild(node.store, WORKSPACE, node.router.position)
        assert state_hash(found.state) == state_hash(node.router.state)
        assert "9-9" in found.passed_by[0]


async def test_a_follower_never_reads_what_was_written_past_the_fence() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        await talk(node, 0, 5)
        kept = disk.workspace(WORKSPACE)
        prev = record_hash(kept.entries[kept.places[-1]])
        event = ConversationMoved(1, "c3", "other", "q", 1, None, "faulty", "system")
        [record], _ = seal_batch(WORKSPACE, log_key(WORKSPACE), prev, [event])
        old = await following(node)
        place = Position(1 << 41, 0)
        kept.places.append(place)
        kept.entries[place], kept.last = record, place
        new = await following(node)
        for reader in (old, new):
            assert await reader.catch_up() == 0
            assert reader.position == node.router.position
            assert await reader.take_snapshot() == node.router.position
        await talk(node, 20, 2)
        assert await old.catch_up() > 0
        assert old.position == node.router.position
