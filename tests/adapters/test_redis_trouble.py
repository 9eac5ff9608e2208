"""A store that dies, freezes, fills up or forgets: the acknowledged stays, the unknown is said.

Every refusal that is called definite is checked for it: afterwards nothing was written.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import aclosing, suppress
from typing import TypeVar

import pytest

from app.adapters.redis import RedisStore
from app.ports import (
    START,
    Ownership,
    Position,
    Record,
    StoreFenced,
    StoreHeld,
    StoreUnavailable,
    StoreUncertain,
)
from tests.adapters.machine import PROGRAMS, Machine, program
from tests.adapters.settling import settle
from tests.waiting import poll_until

T = TypeVar("T")

TTL_MS = 60_000
IMPATIENT_S = 0.2
PATIENT_S = 60.0


@pytest.fixture(params=PROGRAMS)
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    with Machine(program(request.param)) as running:
        yield running


@pytest.fixture
async def store(machine: Machine) -> AsyncIterator[RedisStore]:
    opened = RedisStore(machine.socket, timeout_s=PATIENT_S)
    yield opened
    await opened.aclose()


@pytest.fixture
async def impatient(machine: Machine) -> AsyncIterator[RedisStore]:
    opened = RedisStore(machine.socket, timeout_s=IMPATIENT_S)
    yield opened
    await opened.aclose()


async def own(store: RedisStore) -> Ownership:
    return await store.lease.acquire("a", TTL_MS, force=True)


async def records_of(store: RedisStore) -> list[Record]:
    return [record async for _, record in store.log.read(START)]


async def test_nobody_listens(store: RedisStore, machine: Machine) -> None:
    owner = await own(store)
    machine.kill()
    with pytest.raises((StoreUncertain, StoreUnavailable)):  # may be what finds it dead
        await store.log.append(owner, START, [b"x"])
    with pytest.raises(StoreUnavailable):
        await store.log.append(owner, START, [b"x"])
    with pytest.raises(StoreUnavailable):
        await store.log.last()
    with pytest.raises(StoreUnavailable):
        await store.log.get([START])
    with pytest.raises(StoreUnavailable):
        await records_of(store)
    with pytest.raises(StoreUnavailable):
        await store.lease.acquire("a", TTL_MS)
    with pytest.raises(StoreUnavailable):
        await store.snapshots.load(Position(1, 1))
    with pytest.raises(StoreUnavailable):
        await store.vault.secret("s", b"x")
    with pytest.raises(StoreUnavailable):
        await store.durability()


async def test_a_store_that_comes_back_is_used_again(store: RedisStore, machine: Machine) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, [b"1"])
    await store.log.get([end])
    machine.kill()
    machine.start()
    assert await poll_until(lambda: unless_unavailable(store.log.last())) == end
    assert await store.log.append(owner, end, [b"2"]) == Position(1, 1)
    assert await records_of(store) == [b"1", b"2"]


async def test_killed_in_the_middle_of_appends(store: RedisStore, machine: Machine) -> None:
    """Acknowledged is never lost, and the outcome of the last one can be found out."""
    owner = await own(store)
    batches = [[b"%d.%d" % (i, k) for k in range(5)] for i in range(100_000)]
    acknowledged: list[Position] = []

    async def write() -> None:
        end = START
        for batch in batches:
            end = await store.log.append(owner, end, batch)
            acknowledged.append(end)

    writer = asyncio.create_task(write())
    await poll_until(lambda: len(acknowledged) > 50)
    machine.kill()
    with pytest.raises((StoreUncertain, StoreUnavailable)):
        await writer
    machine.start()
    count = len(acknowledged)
    end = Position(1, count * 5 + 4)
    await settle(store, owner, acknowledged[-1], batches[count], end)
    expected = [record for batch in batches[: count + 1] for record in batch]
    assert await records_of(store) == expected
    assert await store.log.append(owner, end, [b"after"]) == Position(1, end.n + 1)


async def test_a_frozen_store_is_uncertain_and_can_be_settled(
    impatient: RedisStore, machine: Machine
) -> None:
    owner = await own(impatient)
    end = await impatient.log.append(owner, START, [b"before"])
    machine.freeze()
    with pytest.raises(StoreUncertain):
        await impatient.log.append(owner, end, [b"1", b"2"])
    with pytest.raises(StoreUnavailable):
        await impatient.log.last()
    machine.thaw()
    end = await settle(impatient, owner, end, [b"1", b"2"], Position(1, 2))
    assert await impatient.log.append(owner, end, [b"after"]) == Position(1, 3)
    assert await records_of(impatient) == [b"before", b"1", b"2", b"after"]


async def test_an_append_that_arrives_after_a_takeover_writes_nothing(
    impatient: RedisStore, store: RedisStore, machine: Machine
) -> None:
    stale = await own(impatient)
    end = await impatient.log.append(stale, START, [b"before"])
    machine.freeze()
    takeover = asyncio.create_task(own(store))
    with pytest.raises(StoreUncertain):
        await impatient.log.append(stale, end, [b"late"])
    machine.thaw()
    owner = await takeover
    await store.log.append(owner, owner.last, [b"new"])
    assert (await records_of(store))[0] == b"before"
    assert (await records_of(store))[-1] == b"new"
    with pytest.raises(StoreFenced):
        await impatient.log.append(stale, end, [b"again"])


async def test_a_connection_reset_while_waiting_is_uncertain(
    store: RedisStore, machine: Machine
) -> None:
    owner = await own(store)
    machine.freeze()
    waiting = asyncio.create_task(store.log.append(owner, START, [b"x"]))
    await asyncio.sleep(0)
    machine.kill()
    with pytest.raises(StoreUncertain):
        await waiting


async def test_cancelling_an_append_harms_nobody_else(store: RedisStore, machine: Machine) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, [b"before"])
    machine.say("CLIENT", "PAUSE", 60_000, "WRITE")
    cancelled = asyncio.create_task(store.log.append(owner, end, [b"cancelled"]))
    renewed = asyncio.create_task(store.lease.renew(owner, TTL_MS))
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    machine.say("CLIENT", "UNPAUSE")
    await renewed
    assert await store.log.last() == Position(1, 1)
    assert await store.log.append(owner, Position(1, 1), [b"next"]) == Position(1, 2)
    assert await records_of(store) == [b"before", b"cancelled", b"next"]


async def test_a_forgotten_script_is_sent_again(store: RedisStore, machine: Machine) -> None:
    owner = await own(store)
    end = START
    for n in range(3):
        machine.say("SCRIPT", "FLUSH")
        end = await store.log.append(owner, end, [b"%d" % n])
    assert end == Position(1, 2)
    assert await store.log.last() == end


async def unless_unavailable(question: Awaitable[T]) -> T | None:
    with suppress(StoreUnavailable):
        return await question
    return None


async def refuses(store: RedisStore, owner: Ownership, word: str) -> None:
    """An append is refused for sure: nothing was written, and nothing arrives later."""
    with pytest.raises(StoreUnavailable, match=word):
        await store.log.append(owner, START, [b"a" * 1000] * 20)


async def accepts(store: RedisStore, owner: Ownership) -> None:
    """The trouble over, the log is still empty and takes the same append."""
    assert await records_of(store) == []
    assert await store.log.append(owner, START, [b"x", b"y"]) == Position(1, 1)


async def test_out_of_memory_writes_nothing(store: RedisStore, machine: Machine) -> None:
    owner = await own(store)
    machine.say("CONFIG", "SET", "maxmemory", "1")
    await refuses(store, owner, "OOM")
    machine.say("CONFIG", "SET", "maxmemory", "0")
    await accepts(store, owner)


async def test_a_replica_writes_nothing_and_answers_no_question(
    store: RedisStore, machine: Machine
) -> None:
    owner = await own(store)
    machine.say("REPLICAOF", "127.0.0.1", "1")
    await refuses(store, owner, "READONLY")
    with pytest.raises(StoreUnavailable, match="READONLY"):
        await store.log.last()
    stale = Ownership(owner.epoch, "of another", START)
    with pytest.raises(StoreUnavailable, match="READONLY"):  # a copy may not say who is fenced
        await store.log.append(stale, START, [b"x"])
    machine.say("REPLICAOF", "NO", "ONE")
    await accepts(store, owner)


async def test_a_server_that_became_a_replica_is_looked_up_again(
    store: RedisStore, machine: Machine
) -> None:
    owner = await own(store)
    before = writer_connection(machine)
    machine.say("REPLICAOF", "127.0.0.1", "1")
    await refuses(store, owner, "READONLY")
    machine.say("REPLICAOF", "NO", "ONE")
    await accepts(store, owner)
    assert writer_connection(machine) != before


async def test_too_few_replicas_write_nothing(store: RedisStore, machine: Machine) -> None:
    owner = await own(store)
    machine.say("CONFIG", "SET", "min-replicas-to-write", 1)
    await refuses(store, owner, "NOREPLICAS")
    machine.say("CONFIG", "SET", "min-replicas-to-write", 0)
    await accepts(store, owner)


async def test_a_disk_that_takes_no_dump_writes_nothing(
    store: RedisStore, machine: Machine
) -> None:
    owner = await own(store)
    (machine.directory / "dump.rdb").mkdir()
    machine.say("CONFIG", "SET", "save", "3600 1")
    machine.say("BGSAVE")
    await poll_until(lambda: b"rdb_last_bgsave_status:err" in info(machine, "persistence"))
    await refuses(store, owner, "MISCONF")
    machine.say("CONFIG", "SET", "save", "")
    await accepts(store, owner)


async def test_a_busy_server_writes_nothing(store: RedisStore, machine: Machine) -> None:
    owner = await own(store)
    machine.say("CONFIG", "SET", "busy-reply-threshold", 1)
    hog = asyncio.create_task(asyncio.to_thread(hog_server, machine))
    await poll_until(lambda: is_busy(machine))
    await refuses(store, owner, "BUSY")
    machine.say("SCRIPT", "KILL")
    await hog
    await accepts(store, owner)


async def test_a_server_that_is_loading_writes_nothing(machine: Machine) -> None:
    machine.say("CONFIG", "SET", "appendonly", "no")
    machine.say("EVAL", "for i = 1, 2000 do redis.call('SET', 'filler' .. i, 'x') end", 0)
    machine.say("SAVE")
    machine.kill()
    # A millisecond for each key.
    machine.options |= {"appendonly": "no", "key-load-delay": "1000"}
    machine.options |= {"loading-process-events-interval-bytes": "1024"}
    machine.start(wait=False)
    async with aclosing(RedisStore(machine.socket, timeout_s=PATIENT_S)) as store:
        words = await poll_until(lambda: refusal(store))
        assert "LOADING" in words
        machine.say("CONFIG", "SET", "key-load-delay", "0")
        machine.await_ready()
        await accepts(store, await own(store))


async def test_a_wrong_kind_of_key_is_not_called_definite(
    store: RedisStore, machine: Machine
) -> None:
    owner = await own(store)
    machine.say("SET", "{main}:log", "no stream")
    with pytest.raises(StoreUncertain, match="WRONGTYPE"):
        await store.log.append(owner, START, [b"x"])
    with pytest.raises(StoreUnavailable, match="WRONGTYPE"):
        await store.log.last()


async def test_an_unanswered_takeover_does_not_lock_its_own_node_out(
    impatient: RedisStore, store: RedisStore, machine: Machine
) -> None:
    await impatient.lease.release(await own(impatient))
    machine.freeze()
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await impatient.lease.acquire("a", TTL_MS)
    machine.thaw()
    owner = await poll_until(lambda: unless_unavailable(impatient.lease.acquire("a", TTL_MS)))
    assert await impatient.log.append(owner, START, [b"x"]) == Position(owner.epoch, 0)
    with pytest.raises(StoreHeld):
        await store.lease.acquire("b", TTL_MS)


async def test_a_lost_owner_record_does_not_begin_the_epochs_again(
    store: RedisStore, machine: Machine
) -> None:
    for _ in range(3):
        owner = await own(store)
    end = await store.log.append(owner, START, [b"x"])
    machine.say("DEL", "{main}:own")
    owner = await own(store)
    assert owner.epoch == 4
    assert await store.log.append(owner, end, [b"y"]) == Position(4, 0)


async def test_a_stored_snapshot_does_not_expire(store: RedisStore, machine: Machine) -> None:
    await store.snapshots.save(Position(1, 1), [b"x"])
    assert machine.say("TTL", "{main}:snap:1-1") == -1


async def test_a_trimmed_log_keeps_its_end(store: RedisStore, machine: Machine) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, [b"1", b"2", b"3"])
    machine.say("XTRIM", "{main}:log", "MAXLEN", 0)
    assert await store.log.last() == end
    assert await store.log.get([end]) == [None]
    assert await store.log.append(owner, end, [b"4"]) == Position(1, 3)
    assert (await own(store)).last == Position(1, 3)


async def test_a_vanished_log_tells_the_operator_what_to_do(
    store: RedisStore, machine: Machine
) -> None:
    owner = await own(store)
    end = await store.log.append(owner, START, [b"1"])
    machine.say("DEL", "{main}:log")
    with pytest.raises(StoreFenced, match=r"restore \{main\}:log .* delete \{main\}:own"):
        await store.log.append(owner, end, [b"2"])
    machine.say("DEL", "{main}:own")
    owner = await own(store)
    assert await store.log.append(owner, START, [b"anew"]) == Position(1, 0)


async def test_one_connection_writes(store: RedisStore, machine: Machine) -> None:
    owner = await own(store)
    end = START
    for n in range(20):
        end = await store.log.append(owner, end, [b"%d" % n])
        await store.lease.renew(owner, TTL_MS)
    assert writer_connection(machine)


def writer_connection(machine: Machine) -> str:
    """The server's number for the one connection that writes."""
    with machine.admin() as admin:
        numbers = [c["id"] for c in admin.client_list() if c["name"] == "interlock-writer:main"]
    assert len(numbers) == 1
    return str(numbers[0])


def info(machine: Machine, section: str) -> bytes:
    with machine.admin() as admin:
        admin.response_callbacks.clear()
        answer = admin.execute_command("INFO", section)
    assert isinstance(answer, bytes)
    return answer


def hog_server(machine: Machine) -> None:
    """Occupy the server until somebody kills the script."""
    try:
        machine.say("EVAL", "while true do end", 0)
    except Exception as killed:
        assert "killed" in str(killed)


def is_busy(machine: Machine) -> bool:
    try:
        machine.say("PING")
    except Exception as busy:
        return "BUSY" in str(busy) or "busy" in str(busy)
    return False


async def refusal(store: RedisStore) -> str:
    """What the store says to an append; empty while nobody listens."""
    try:
        await store.log.append(Ownership(1, "nonce", START), START, [b"x"])
    except StoreUnavailable as trouble:
        return str(trouble) if "cannot connect" not in str(trouble) else ""
    raise AssertionError("loaded before it could be asked")


async def test_a_lease_that_lost_its_end_does_not_hold_for_ever(
    store: RedisStore, machine: Machine
) -> None:
    await own(store)
    machine.say("PERSIST", "{main}:lease")
    with pytest.raises(StoreHeld) as held:
        await store.lease.acquire("b", TTL_MS)
    assert held.value.for_ms == TTL_MS
    assert 0 < machine.say("PTTL", "{main}:lease") <= TTL_MS
