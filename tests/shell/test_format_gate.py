"""The format in force: what is written in it, who may go on, and what opens the gate."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.adapters.memory import Faults, MemoryDisk, MemoryStore
from app.codec.chain import seal_batch
from app.codec.envelope import NO_RECORD, open_
from app.codec.errors import UnknownFormat, WriteVerifyFailed
from app.codec.formats import NEWEST, READS
from app.codec.snapshot import Snapshot, read_snapshot, write_snapshot
from app.codec.state_form import state_hash
from app.domain import commands as c
from app.domain import events as e
from app.domain.state import State
from app.ports import START
from app.shell import shadow as shadow_module
from app.shell.follower import Follower, FollowerLimits
from app.shell.format_gate import FormatGate, FormatLimits, NotReady, obstacles
from app.shell.limits import RouterLimits
from app.shell.meter import NullMeter
from app.shell.rebuilding import FormatNotRead, begin_with, log_key, rebuild
from app.shell.roll import Roll
from app.shell.shadow import Shadow
from tests.domain.workbench import Workbench
from tests.shell.node import WORKSPACE, Node, running

DAY_MS = 86_400_000
OPENED = e.WorkspaceOpened(1_000, WORKSPACE, "gen-old")
FIRST: list[e.Event] = [OPENED, e.EpochOpened(1_000, 1, "n0", 0, 0)]


async def with_log(disk: MemoryDisk, events: list[e.Event], in_format: int = 1) -> None:
    """A log that a former owner left behind."""
    store = MemoryStore(disk, workspace=WORKSPACE)
    owner = await store.lease.acquire("n0", 1)
    key = log_key(WORKSPACE)
    records, _ = seal_batch(WORKSPACE, key, NO_RECORD, events, in_format=in_format)
    await store.log.append(owner, START, records)
    await store.lease.release(owner)


@pytest.fixture
async def disk() -> MemoryDisk:
    """One with a log of the first release, which never named a format."""
    disk = MemoryDisk()
    await with_log(disk, FIRST)
    return disk


def gate_of(node: Node, **limits: int) -> FormatGate:
    return FormatGate(node.router, FormatLimits(**limits))


async def completed(node: Node, disposition: str | None = None) -> Any:
    """One conversation from its beginning to its end."""
    await node.furnish()
    await node.router.submit(c.EnterConversation("c1", "q", "chat", "ingest:i"))
    (offer,) = node.router.state.offers
    await node.router.submit(c.AcceptOffer(offer, "a1"))
    return await node.router.submit(c.CompleteConversation("c1", "a1", disposition))


async def schemas(node: Node, kind: int) -> list[int]:
    """In which versions a record type stands in the log."""
    key, found = log_key(WORKSPACE), []
    async for _, record in node.store.log.read(START):
        opened = open_(key, record)
        found += [opened.schema] if opened.kind == kind else []
    return found


async def pass_s(seconds: float) -> None:
    """Let time pass on the loop's clock."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    await over.wait()


def older_node() -> dict[str, int | str]:
    return {"version": "0.2.0", "read_min": 1, "read_max": 1}


# What is in force


async def test_a_new_log_begins_in_the_newest_format() -> None:
    async with running() as node:
        assert node.router.state.format == NEWEST
        answer = await completed(node, "resolved")
        assert answer.refusal is None
        assert await schemas(node, 17) == [3]
        assert node.router.shadow.records == 0


async def test_an_old_log_stays_in_its_format_until_another_is_finalized(disk: MemoryDisk) -> None:
    async with running(disk) as node:
        refused = (await completed(node, "resolved")).refusal
        assert refused is not None and refused.code == "not_in_format"
        await node.router.submit(c.CompleteConversation("c1", "a1"))
        assert await schemas(node, 17) == [2]
        await node.router.submit(c.FinalizeFormat(2, "admin"))
        await node.router.submit(c.EnterConversation("c2", "q", "chat", "ingest:i"))
        await node.router.submit(c.CancelConversation("c2", True, "left", "ingest:i"))
        assert await schemas(node, 17) == [2, 3]
    async with running(disk, name="n2", force=True) as node:
        assert node.router.state.format == 2
        await node.router.submit(c.EnterConversation("c3", "q", "chat", "ingest:i"))
        await node.router.submit(c.CancelConversation("c3", True, "left", "ingest:i"))
        assert await schemas(node, 17) == [2, 3, 3]


async def test_a_log_of_a_newer_build_is_refused_in_a_sentence() -> None:
    disk, later = MemoryDisk(), NEWEST + 1
    await with_log(disk, [*FIRST, e.FormatFinalized(2_000, later, "admin")])
    sentence = f"this build reads stored formats 1 to {NEWEST}, the log is finalized at {later}"
    with pytest.raises(FormatNotRead, match=sentence):
        async with running(disk, name="n1"):
            pass
    store = MemoryStore(disk, workspace=WORKSPACE)
    assert await store.lease.acquire("n2", 1), "the lease was let go again"


async def test_a_node_that_learns_it_late_ends(disk: MemoryDisk) -> None:
    """Another build took over, finalized what this one cannot read, and is gone again."""
    node = Node(disk, Faults(), "n1", RouterLimits(), "")
    await node.router.open()
    running_on = asyncio.create_task(node.router.run())
    other = MemoryStore(disk, workspace=WORKSPACE)
    owner = await other.lease.acquire("n2", 1, force=True)
    found = await rebuild(other, WORKSPACE, owner.last)
    assert found.reader.prev is not None
    later = e.FormatFinalized(found.state.last_at, NEWEST + 1, "admin")
    epoch = e.EpochOpened(found.state.last_at, owner.epoch, "n2", 0, 0)
    records, _ = seal_batch(WORKSPACE, log_key(WORKSPACE), found.reader.prev, [epoch, later])
    await other.log.append(owner, owner.last, records)
    await other.lease.release(owner)
    with pytest.raises(FormatNotRead):
        await running_on


# Snapshots


def snapshot_of(state: State) -> Snapshot:
    return Snapshot("acme", "1-9", NO_RECORD, 9, state, {})


def wrapped_up(in_format: int) -> State:
    bench = Workbench()
    bench.do(c.FinalizeFormat(in_format, "admin"))
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.received("anna", "c1")
    bench.accept("anna", "c1")
    bench.do(c.CompleteConversation("c1", "anna", "resolved" if in_format > 1 else None))
    return bench.state


@pytest.mark.parametrize("in_format", READS)
def test_a_snapshot_is_of_the_format_in_force(in_format: int) -> None:
    state = wrapped_up(in_format)
    records, written = write_snapshot(b"key", snapshot_of(state))
    assert {open_(b"key", record).schema for record in records} == {in_format}
    assert (b"disposition" in b"".join(records)) == (in_format > 1)
    back = read_snapshot(b"key", "acme", records).state
    assert back == state and state_hash(back) == written


def test_a_snapshot_that_its_format_cannot_say_is_not_written() -> None:
    state = wrapped_up(2)
    state.format = 1
    with pytest.raises(WriteVerifyFailed, match="no disposition"):
        write_snapshot(b"key", snapshot_of(state))


def test_a_snapshot_of_a_newer_build_says_which_format_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records, _ = write_snapshot(b"key", snapshot_of(wrapped_up(2)))
    monkeypatch.setattr("app.codec.snapshot.STATE_SCHEMA", 1)
    monkeypatch.setattr("app.codec.snapshot.NEWEST", 1)
    with pytest.raises(UnknownFormat) as unknown:
        read_snapshot(b"key", "acme", records)
    assert unknown.value.found == 2


async def test_a_trimmed_log_of_a_newer_build_is_refused_in_the_same_sentence(
    disk: MemoryDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event that finalized it was trimmed away; only the snapshot's head still tells."""
    async with running(disk) as node:
        await node.router.submit(c.FinalizeFormat(2, "admin"))
        await node.furnish()
        reader = Follower(node.store, WORKSPACE, node.clock.now_ms)
        await reader.begin()
        at = await reader.take_snapshot()
        assert at is not None
        await node.router.submit(c.DisconnectAgent("a1", 1_000))
        await node.store.log.trim(node.router.position)
    monkeypatch.setattr("app.codec.snapshot.STATE_SCHEMA", 1)
    monkeypatch.setattr("app.codec.snapshot.NEWEST", 1)
    with pytest.raises(FormatNotRead, match="the log is finalized at 2"):
        await rebuild(node.store, WORKSPACE, node.router.position)


async def test_the_follower_takes_a_snapshot_when_the_format_changes(disk: MemoryDisk) -> None:
    async with running(disk) as node:
        limits = FollowerLimits(snapshot_records=1_000, snapshot_ms=DAY_MS)
        reader = Follower(node.store, WORKSPACE, node.clock.now_ms, limits)
        await reader.begin()
        assert not reader.is_due()
        for in_format in (2, 1):
            await node.router.submit(c.FinalizeFormat(in_format, "admin"))
            await reader.catch_up()
            assert reader.is_due()
            at = await reader.take_snapshot()
            assert at is not None and not reader.is_due()
            assert (await begin_with(node.store, WORKSPACE, at)).state.format == in_format


# Shadow writes


async def test_while_an_older_format_is_in_force_the_newest_is_tried(disk: MemoryDisk) -> None:
    async with running(disk) as node:
        await completed(node)
        tried = node.router.shadow.records
        assert tried > 5 and node.router.shadow.mismatches == 0
        await node.router.submit(c.FinalizeFormat(2, "admin"))
        assert node.router.shadow.records == tried + 1, "the event itself is of the old format"
        await node.router.submit(c.DisconnectAgent("a1", 1_000))
        assert node.router.shadow.records == tried + 1


@pytest.mark.parametrize("fault", ["changes", "refuses"])
async def test_a_mismatch_is_counted_and_hurts_nobody(
    disk: MemoryDisk, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    def encode(*words: Any, **more: Any) -> bytes:
        if fault == "refuses":
            raise WriteVerifyFailed("event", "it would not come back")
        return b"something"

    monkeypatch.setattr(shadow_module, "encode", encode)
    monkeypatch.setattr(shadow_module, "decode", lambda *_: (OPENED, NO_RECORD))
    async with running(disk) as node:
        assert (await completed(node)).refusal is None
        shadow = node.router.shadow
        assert shadow.mismatches == shadow.records > 5
        status = await gate_of(node, clean_ms=0, clean_records=0).status()
        assert any("did not come back" in text for text in status.missing)
        with pytest.raises(NotReady, match="did not come back"):
            await gate_of(node).finalize(2, "admin", in_a_hurry=True, allow_downgrade=False)
        assert node.router.state.format == 1


def test_shadow_writes_count_by_result() -> None:
    counted: list[tuple[str, dict[str, str]]] = []

    class Meter(NullMeter):
        def count(self, name: str, value: float = 1, **labels: str) -> None:
            counted.append((name, labels))

    shadow = Shadow(WORKSPACE, log_key(WORKSPACE), Meter())
    shadow.write([OPENED], 1, now=77)
    shadow.write([OPENED], 1, now=99)
    assert (shadow.records, shadow.mismatches, shadow.since_ms) == (2, 0, 77)
    assert counted == 2 * [("format_shadow_total", {"result": "ok"})]


# The gate


async def test_it_opens_once_the_shadow_was_clean_for_long_enough(disk: MemoryDisk) -> None:
    async with running(disk) as node:
        gate = gate_of(node, clean_ms=DAY_MS, clean_records=5)
        await completed(node)
        status = await gate.status()
        assert (status.finalized, status.target) == (1, 2)
        assert [text.partition(" hours")[0] for text in status.missing] == ["0.0 of 24.0"]
        with pytest.raises(NotReady, match="hours of clean shadow writes"):
            await gate.finalize(None, "admin", in_a_hurry=False, allow_downgrade=False)
        node.router.shadow.since_ms -= DAY_MS
        assert (await gate.status()).missing == []
        done = await gate.finalize(None, "admin", in_a_hurry=False, allow_downgrade=False)
        assert done.refusal is None and not done.already
        assert node.router.state.format == 2
        again = await gate.finalize(None, "admin", in_a_hurry=False, allow_downgrade=False)
        assert again.already
        status = await gate.status()
        assert (status.finalized, status.target, status.missing) == (2, None, [])


async def test_too_few_records_are_no_proof_either(disk: MemoryDisk) -> None:
    async with running(disk) as node:
        await completed(node)
        node.router.shadow.since_ms -= DAY_MS
        with pytest.raises(NotReady, match="of 10000 clean shadow writes"):
            await gate_of(node).finalize(2, "admin", in_a_hurry=False, allow_downgrade=False)
        await gate_of(node).finalize(2, "admin", in_a_hurry=True, allow_downgrade=False)
        assert node.router.state.format == 2


async def test_no_hurry_passes_a_node_that_cannot_read(disk: MemoryDisk) -> None:
    async with running(disk) as node:
        await node.store.nodes.announce("n-old", older_node(), 60_000)
        gate = gate_of(node)
        assert any("n-old" in text for text in (await gate.status()).missing)
        with pytest.raises(NotReady, match=r"n-old \(version 0.2.0\) reads 1 to 1"):
            await gate.finalize(2, "admin", in_a_hurry=True, allow_downgrade=False)
        await node.store.nodes.announce("n-silent", {}, 60_000)
        await node.store.nodes.withdraw("n-old")
        with pytest.raises(NotReady, match="n-silent"):
            await gate.finalize(2, "admin", in_a_hurry=True, allow_downgrade=False)
        await node.store.nodes.withdraw("n-silent")
        await gate.finalize(2, "admin", in_a_hurry=True, allow_downgrade=False)


@pytest.mark.parametrize("target", [0, NEWEST + 1, NEWEST + 7])
async def test_what_this_build_does_not_write_is_not_finalized(
    disk: MemoryDisk, target: int
) -> None:
    async with running(disk) as node:
        with pytest.raises(NotReady, match="this build writes stored formats"):
            await gate_of(node).finalize(target, "a", in_a_hurry=True, allow_downgrade=True)


def test_a_format_is_not_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.shell.format_gate.WRITES", range(1, 4))
    assert [*obstacles(1, 3, {})] == ["the log is at 1: one step at a time"]
    assert [*obstacles(3, 1, {})] == ["the log is at 3: one step at a time"]
    assert [*obstacles(1, 2, {})] == [*obstacles(2, 1, {})] == [*obstacles(2, 2, {})] == []


async def test_the_way_back_is_asked_for_by_name_and_needs_a_state_that_fits() -> None:
    async with running() as node:
        gate = gate_of(node)
        await completed(node, "resolved")
        with pytest.raises(NotReady, match="--allow-downgrade"):
            await gate.finalize(1, "admin", in_a_hurry=True, allow_downgrade=False)
        answer = await gate.finalize(1, "admin", in_a_hurry=False, allow_downgrade=True)
        assert answer.refusal is not None and "that have one: 1" in answer.refusal.message
        assert node.router.state.format == 2
        await pass_s(DAY_MS / 1000 + 1)
        await node.router.submit(c.Tick())
        answer = await gate.finalize(1, "admin", in_a_hurry=False, allow_downgrade=True)
        assert answer.refusal is None
        assert node.router.state.format == 1
        await node.router.submit(c.EnterConversation("c2", "q", "chat", "ingest:i"))
        await node.router.submit(c.CancelConversation("c2", True, "left", "ingest:i"))
        assert await schemas(node, 17) == [3, 2]


# The roll


def roll_of(node: Node) -> Roll:
    return Roll(node.router, node.router.workspace, "test", ttl_ms=6_000, every_ms=2_000)


async def test_a_node_tells_what_it_reads_for_as_long_as_it_is_there(disk: MemoryDisk) -> None:
    async with running(disk) as node:
        roll = roll_of(node)
        keeping = asyncio.create_task(roll.keep())
        await pass_s(20)
        (facts,) = (await node.store.nodes.all()).values()
        assert facts == roll.facts()
        assert (facts["read_min"], facts["read_max"]) == (READS[0], READS[-1])
        assert (facts["write_max"], facts["finalized"]) == (NEWEST, 1)
        keeping.cancel()
        await pass_s(7)
        assert await node.store.nodes.all() == {}
        await roll.announce()
        await roll.leave()
        assert await node.store.nodes.all() == {}


async def test_who_was_left_behind_is_told_before_waiting(disk: MemoryDisk) -> None:
    async with running(disk) as node:
        roll = roll_of(node)
        assert await roll.ahead() is None
        ahead = {**older_node(), "read_max": NEWEST + 1, "finalized": NEWEST + 1}
        await node.store.nodes.announce("n-new", ahead, 60_000)
        sentence = f"this build reads stored formats 1 to {NEWEST}, the log is finalized at"
        assert await roll.ahead() == f"{sentence} {NEWEST + 1}"


async def test_a_store_that_is_away_keeps_nobody_from_his_work(disk: MemoryDisk) -> None:
    faults = Faults()
    async with running(disk, faults) as node:
        roll = roll_of(node)
        faults.down = True
        await roll.announce()
        await roll.leave()
        assert await roll.ahead() is None
        faults.down = False
