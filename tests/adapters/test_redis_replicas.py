"""The replicated level: what a replica does not have is not called durable."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from app.adapters.redis import RedisStore
from app.ports import START, Position, StoreUnavailable, StoreUncertain
from tests.adapters.machine import PROGRAMS, Machine, free_port, program
from tests.adapters.settling import settle
from tests.waiting import poll_until

TTL_MS = 60_000


@pytest.fixture(params=PROGRAMS)
def primary(request: pytest.FixtureRequest) -> Iterator[Machine]:
    options = {"port": str(free_port()), "repl_diskless_sync_delay": "0"}
    with Machine(program(request.param), **options) as running:
        yield running


@pytest.fixture
async def replica(primary: Machine) -> AsyncIterator[Machine]:
    address = f"127.0.0.1 {primary.options['port']}"
    with Machine(primary.binary, replicaof=address) as running:
        await poll_until(lambda: confirms_a_write(primary))
        yield running


def confirms_a_write(primary: Machine) -> bool:
    with primary.admin() as admin:
        admin.set("written", "on the connection that waits")
        return bool(admin.wait(1, 100) == 1)


@pytest.fixture
async def store(primary: Machine) -> AsyncIterator[RedisStore]:
    # On a busy machine a replica may take its time; only a failing test waits this long.
    opened = RedisStore(primary.socket, replicas=1, timeout_s=4)
    yield opened
    await opened.aclose()


async def test_an_append_is_on_the_replica_when_it_returns(
    store: RedisStore, replica: Machine
) -> None:
    owner = await store.lease.acquire("a", TTL_MS)
    end = await store.log.append(owner, START, [b"x"])
    assert replica.say("XLEN", "{main}:log") == 1
    assert await store.log.last() == end
    promise = await store.durability()
    assert promise.level == "replicated"
    assert "1 replica" in promise.detail


async def test_without_the_replica_nothing_is_called_durable(
    store: RedisStore, replica: Machine
) -> None:
    owner = await store.lease.acquire("a", TTL_MS)
    end = await store.log.append(owner, START, [b"1"])
    replica.freeze()
    with pytest.raises(StoreUncertain, match="confirmed by 0 of 1"):
        await store.log.append(owner, end, [b"2"])
    with pytest.raises(StoreUncertain, match="confirmed by 0 of 1"):
        await store.log.append(owner, end, [b"2"])  # it stands there, and here alone
    with pytest.raises(StoreUnavailable, match="confirmed by 0 of 1"):
        await store.log.last()
    replica.thaw()
    end = await settle(store, owner, end, [b"2"], Position(1, 1))
    assert replica.say("XLEN", "{main}:log") == 2
