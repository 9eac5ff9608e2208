"""A real store that lost what it promised: named, repaired where that can be proven, never empty.

What the contract suite holds of one call is not held here again; this is a node that lives through
it, on a real server, and what it says of itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from redis import Redis

from app.adapters.embedded.binary import NoServerBinary
from app.adapters.redis import RedisStore
from app.adapters.redis.snapshots import _SHOW
from app.campaign.machine import Store
from app.codec.state_form import state_hash
from app.domain import commands as c
from app.domain.settings import QueueSettings
from app.ports import START, StoreGone
from app.shell.follower import Follower, FollowerLimits
from app.shell.limits import RouterLimits
from app.shell.meter import NullMeter
from app.shell.rebuilding import CannotApply, rebuild
from app.shell.router import Router
from app.shell.work import NotOwner, Trouble
from tests.waiting import poll_until

WS = "default"
LOG, OWN, SNAPS = f"{{{WS}}}:log", f"{{{WS}}}:own", f"{{{WS}}}:snap:index"


class Clock:
    def now_ms(self) -> int:
        return 1_790_000_000_000


def router_on(store: RedisStore) -> Router:
    return Router(
        store,
        Clock(),
        WS,
        "n",
        gen="g",
        limits=RouterLimits(lease_renew_ms=50, patience_ms=5_000),
        meter=NullMeter(),
        publish=lambda engine, events, now: None,
        forget=lambda: None,
    )


@contextlib.asynccontextmanager
async def serving(store: RedisStore) -> AsyncIterator[Router]:
    router = router_on(store)
    await router.open(force=True)
    task = asyncio.create_task(router.run())
    try:
        yield router
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def real() -> AsyncIterator[tuple[RedisStore, Redis]]:
    try:
        server = Store()
    except NoServerBinary:
        pytest.skip("no valkey or redis server program")
    async with server:
        store = RedisStore(server.url, WS, timeout_s=10.0)
        with server.admin() as admin:
            yield store, admin
        await store.aclose()


async def enter(router: Router, first: int, count: int) -> None:
    for n in range(first, first + count):
        await router.submit(c.EnterConversation(f"c{n}", "q", "chat", "ingest:i"))


async def busy(router: Router) -> None:
    await router.submit(c.PutQueue("q", QueueSettings(name="Q"), "t"))
    await enter(router, 0, 20)


async def stays_refused(router: Router, why: str) -> None:
    """Nothing is taken, and it is said why; so it stays while it tries again."""
    with pytest.raises(Trouble):
        await enter(router, 90, 1)
    for _ in range(3):
        await poll_until(lambda: why in " ".join(router.health().reasons), why)
        with pytest.raises(NotOwner):
            await enter(router, 91, 1)
    assert not router.health().ready


def rolled_back(admin: Redis, lost: int) -> None:
    """What a promoted replica looks like that lacked the last records: an older copy of the log."""
    entries = admin.xrange(LOG)
    admin.delete(LOG)
    for place, fields in entries[: len(entries) - lost]:
        admin.xadd(LOG, fields, id=place)


async def test_a_rolled_back_tail_is_written_again_by_its_living_owner(
    real: tuple[RedisStore, Redis],
) -> None:
    store, admin = real
    async with serving(store) as router:
        await busy(router)
        before = admin.xrange(LOG)
        rolled_back(admin, 7)
        await enter(router, 50, 1)
        assert admin.xrange(LOG)[: len(before)] == before
        assert router.health().ready
        last = await store.log.last()
        assert last == router.position
        found = await rebuild(store, WS, last)
        assert state_hash(found.state) == state_hash(router.state)


async def test_a_tail_lost_before_a_memory_is_given_up_is_written_again_first(
    real: tuple[RedisStore, Redis],
) -> None:
    store, admin = real
    async with serving(store) as router:
        await busy(router)
        before, memory = admin.xrange(LOG), router.opened
        rolled_back(admin, 7)
        router.distrust("somebody says so")
        await poll_until(lambda: router.owns and router.opened is not memory, "made anew")
        assert admin.xrange(LOG)[: len(before)] == before
        assert "c19" in router.state.conversations


async def test_a_rolled_back_tail_without_its_owner_is_named(
    real: tuple[RedisStore, Redis],
) -> None:
    store, admin = real
    async with serving(store) as router:
        await busy(router)
    rolled_back(admin, 3)
    with pytest.raises(StoreGone, match=r"tail was lost.*remove the field end"):
        await router_on(store).open(force=True)
    admin.hdel(OWN, "end")
    async with serving(store) as router:
        assert "c19" not in router.state.conversations and "c16" in router.state.conversations


@pytest.mark.parametrize("how", ["flushall", "del"])
async def test_a_log_that_vanished_under_its_owner_is_named(
    real: tuple[RedisStore, Redis], how: str
) -> None:
    store, admin = real
    async with serving(store) as router:
        await busy(router)
        if how == "flushall":
            admin.flushall()
        else:
            admin.delete(LOG)
        await stays_refused(router, "vanished")
        assert not admin.exists(LOG), "nothing is begun where a log was"


async def test_a_log_emptied_by_trimming_is_not_an_empty_log(
    real: tuple[RedisStore, Redis],
) -> None:
    store, admin = real
    async with serving(store) as router:
        await busy(router)
    admin.xtrim(LOG, maxlen=0, approximate=False)
    with pytest.raises(CannotApply, match="is missing"):
        await router_on(store).open(force=True)
    assert admin.xlen(LOG) == 0


async def test_a_trimmed_log_without_snapshots_is_named(real: tuple[RedisStore, Redis]) -> None:
    store, admin = real
    async with serving(store) as router:
        await busy(router)
    admin.xtrim(LOG, maxlen=5, approximate=False)
    with pytest.raises(CannotApply, match="trimmed"):
        await router_on(store).open(force=True)


async def test_a_vanished_snapshot_of_a_trimmed_log_is_taken_anew(
    real: tuple[RedisStore, Redis],
) -> None:
    store, admin = real
    async with serving(store) as router:
        await busy(router)
        limits = FollowerLimits(keep_ms=0, scrub_ms=0)
        follower = Follower(store, WS, Clock().now_ms, limits)
        await follower.begin()
        await follower.take_snapshot()
        admin.xtrim(LOG, maxlen=1, approximate=False)
        admin.delete(*[f"{{{WS}}}:snap:{name.decode()}" for name in admin.smembers(SNAPS)], SNAPS)
        await follower.look_again()
        live = state_hash(router.state)
    last = await store.log.last()
    assert last is not None
    assert state_hash((await rebuild(store, WS, last)).state) == live


async def test_an_end_moved_on_by_hand_is_moved_back_by_the_owner(
    real: tuple[RedisStore, Redis],
) -> None:
    store, admin = real
    async with serving(store) as router:
        await busy(router)
        admin.execute_command("XSETID", LOG, "9-9")
        await enter(router, 50, 1)
        assert await store.log.last() == router.position
        assert router.health().ready


async def test_an_end_moved_on_while_nobody_lived_is_named(
    real: tuple[RedisStore, Redis],
) -> None:
    store, admin = real
    async with serving(store) as router:
        await busy(router)
    admin.execute_command("XSETID", LOG, "9-9")
    with pytest.raises(CannotApply, match=r"9-9.*is missing"):
        await router_on(store).open(force=True)


async def test_records_of_a_stranger_without_our_field_are_put_aside(
    real: tuple[RedisStore, Redis],
) -> None:
    store, admin = real
    async with serving(store) as router:
        await busy(router)
        admin.xadd(LOG, {"hello": "world"})
        await enter(router, 50, 2)
        assert router.health().ready
        [aside] = admin.scan_iter(match=f"{{{WS}}}:log:aside:*")
        assert admin.xrevrange(aside, count=1)[0][1] == {b"hello": b"world"}
        found = await rebuild(store, WS, router.position)
        assert state_hash(found.state) == state_hash(router.state)


async def test_names_without_a_snapshot_in_the_index_stop_nobody(
    real: tuple[RedisStore, Redis],
) -> None:
    store, admin = real
    async with serving(store) as router:
        await busy(router)
        live = state_hash(router.state)
        admin.sadd(SNAPS, "99-1", "no place", "1-2")
        last = await store.log.last()
        assert last is not None
        found = await rebuild(store, WS, last)
        assert (found.since, state_hash(found.state)) == (START, live)


async def test_a_snapshot_shown_twice_leaves_no_name_behind(
    real: tuple[RedisStore, Redis],
) -> None:
    """A lost reply makes the client ask again; by then the snapshot may have been dropped."""
    store, admin = real
    async with serving(store) as router:
        await busy(router)
        at = router.position
        await store.snapshots.save(at, [b"x"])
        await store.snapshots.drop(at)
        keys = [f"{{{WS}}}:snap:draft:gone", f"{{{WS}}}:snap:{at}", SNAPS]
        assert admin.eval(_SHOW, 3, *keys, str(at)) == 0
        assert await store.snapshots.positions() == []
