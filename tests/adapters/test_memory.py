"""The faults of the memory store, its clock, and what two nodes on one disk see of each other."""

from __future__ import annotations

import asyncio

import pytest

from app.adapters.memory import Fault, Faults, MemoryDisk, MemoryStore
from app.ports import (
    START,
    Ownership,
    Position,
    Record,
    Store,
    StoreConflict,
    StoreFenced,
    StoreHeld,
    StoreUnavailable,
    StoreUncertain,
)
from tests.adapters.manual_clock import ManualClock
from tests.adapters.settling import settle

TTL_MS = 6_000


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def store(faults: Faults) -> MemoryStore:
    return MemoryStore(faults=faults)


async def own(store: Store) -> Ownership:
    return await store.lease.acquire("a", TTL_MS, force=True)


async def records_of(store: Store) -> list[Record]:
    return [record async for _, record in store.log.read(START)]


async def test_unavailable_means_not_written(store: MemoryStore, faults: Faults) -> None:
    owner = await own(store)
    faults.next_append(Fault.UNAVAILABLE)
    with pytest.raises(StoreUnavailable):
        await store.log.append(owner, START, [b"x"])
    assert await records_of(store) == []
    assert await store.log.append(owner, START, [b"y"]) == Position(1, 0)


async def test_a_lost_request_was_not_written(store: MemoryStore, faults: Faults) -> None:
    owner = await own(store)
    faults.next_append(Fault.LOST_REQUEST)
    with pytest.raises(StoreUncertain):
        await store.log.append(owner, START, [b"x"])
    assert await store.log.last() is None
    await settle(store, owner, START, [b"x"], Position(1, 0))
    assert await records_of(store) == [b"x"]


async def test_a_lost_reply_was_written(store: MemoryStore, faults: Faults) -> None:
    owner = await own(store)
    faults.next_append(Fault.LOST_REPLY)
    with pytest.raises(StoreUncertain):
        await store.log.append(owner, START, [b"x"])
    with pytest.raises(StoreConflict) as conflict:
        await store.log.append(owner, START, [b"x"])
    assert conflict.value.found == Position(1, 0)
    await settle(store, owner, START, [b"x"], Position(1, 0))
    assert await records_of(store) == [b"x"]


async def test_a_lost_reply_of_a_fenced_writer_is_still_a_refusal(
    store: MemoryStore, faults: Faults
) -> None:
    stale = await own(store)
    await own(store)
    faults.next_append(Fault.LOST_REPLY)
    with pytest.raises(StoreFenced):
        await store.log.append(stale, START, [b"x"])


async def test_faults_come_in_order(store: MemoryStore, faults: Faults) -> None:
    owner = await own(store)
    faults.next_append(Fault.UNAVAILABLE, Fault.LOST_REQUEST)
    with pytest.raises(StoreUnavailable):
        await store.log.append(owner, START, [b"x"])
    with pytest.raises(StoreUncertain):
        await store.log.append(owner, START, [b"x"])
    await store.log.append(owner, START, [b"x"])


async def test_a_held_append_waits_and_writes_nothing_meanwhile(
    store: MemoryStore, faults: Faults
) -> None:
    owner = await own(store)
    faults.hold()
    appending = asyncio.create_task(store.log.append(owner, START, [b"x"]))
    await faults.held()
    assert await records_of(store) == []
    faults.release()
    assert await appending == Position(1, 0)


async def test_a_held_append_is_fenced_by_a_takeover_in_the_meantime(
    store: MemoryStore, faults: Faults
) -> None:
    stale = await own(store)
    faults.hold()
    appending = asyncio.create_task(store.log.append(stale, START, [b"x"]))
    await faults.held()
    await own(store)
    faults.release()
    with pytest.raises(StoreFenced):
        await appending


async def test_down_means_every_call(store: MemoryStore, faults: Faults) -> None:
    owner = await own(store)
    faults.down = True
    for call in (
        store.log.append(owner, START, [b"x"]),
        store.log.last(),
        store.log.get([START]),
        records_of(store),
        own(store),
        store.lease.renew(owner, TTL_MS),
        store.lease.release(owner),
        store.snapshots.save(START, [b"x"]),
        store.snapshots.load(START),
        store.vault.secret("s", b"x"),
        store.durability(),
    ):
        with pytest.raises(StoreUnavailable):
            await call
    faults.down = False
    assert await store.log.append(owner, START, [b"x"]) == Position(1, 0)


async def test_an_append_lets_others_run(store: MemoryStore) -> None:
    owner = await own(store)
    others: list[str] = []
    asyncio.get_running_loop().call_soon(others.append, "ran")
    await store.log.append(owner, START, [b"x"])
    assert others == ["ran"]


async def test_a_lease_runs_out_by_the_given_clock() -> None:
    clock, disk = ManualClock(), MemoryDisk()
    first = MemoryStore(disk, clock=clock)
    second = MemoryStore(disk, clock=clock)
    await first.lease.acquire("a", TTL_MS)
    clock.advance(TTL_MS - 1)
    with pytest.raises(StoreHeld) as held:
        await second.lease.acquire("b", TTL_MS)
    assert held.value.for_ms == 1
    clock.advance(1)
    assert (await second.lease.acquire("b", TTL_MS)).epoch == 2


async def test_a_disk_outlives_its_stores() -> None:
    disk = MemoryDisk()
    before = MemoryStore(disk)
    await before.log.append(await own(before), START, [b"x"])
    await before.aclose()
    assert await records_of(MemoryStore(disk)) == [b"x"]
    assert await records_of(MemoryStore()) == []


async def test_the_same_takeovers_have_the_same_nonces_in_every_run() -> None:
    async def nonces() -> list[str]:
        store = MemoryStore(MemoryDisk())
        return [(await own(store)).nonce for _ in range(3)]

    assert await nonces() == await nonces()
    assert len(set(await nonces())) == 3
