"""What every store's lease must do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from app.ports import START, Ownership, Position, Store, StoreFenced, StoreHeld
from tests.waiting import poll_until

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG_MS = 60_000
SHORT_MS = 30


async def test_a_living_lease_keeps_others_out(node: Callable[[], Store]) -> None:
    first, second = node(), node()
    owner = await first.lease.acquire("a", LONG_MS)
    with pytest.raises(StoreHeld) as held:
        await second.lease.acquire("b", LONG_MS)
    assert 0 < held.value.for_ms <= LONG_MS
    assert await first.log.append(owner, START, [b"still mine"]) == Position(1, 0)


async def test_the_same_node_is_kept_out_as_well(store: Store) -> None:
    """A restarted process is another owner: its predecessor may still be alive."""
    await store.lease.acquire("a", LONG_MS)
    with pytest.raises(StoreHeld):
        await store.lease.acquire("a", LONG_MS)


async def test_a_lease_runs_out(node: Callable[[], Store]) -> None:
    first, second = node(), node()
    old = await first.lease.acquire("a", SHORT_MS)

    async def take() -> Ownership | None:
        with suppress(StoreHeld):
            return await second.lease.acquire("b", LONG_MS)
        return None

    new = await poll_until(take)
    assert new.epoch == old.epoch + 1
    assert new.nonce != old.nonce
    with pytest.raises(StoreFenced):
        await first.lease.renew(old, LONG_MS)


async def test_force_takes_a_living_lease(node: Callable[[], Store]) -> None:
    first, second = node(), node()
    old = await first.lease.acquire("a", LONG_MS)
    new = await second.lease.acquire("b", LONG_MS, force=True)
    assert new.epoch == old.epoch + 1
    with pytest.raises(StoreFenced):
        await first.lease.renew(old, LONG_MS)
    with pytest.raises(StoreHeld):
        await first.lease.acquire("a", LONG_MS)


async def test_renewing_lengthens(node: Callable[[], Store]) -> None:
    first, second = node(), node()
    owner = await first.lease.acquire("a", SHORT_MS)
    await first.lease.renew(owner, LONG_MS)
    with pytest.raises(StoreHeld) as held:
        await second.lease.acquire("b", SHORT_MS)
    assert held.value.for_ms > SHORT_MS


async def test_a_lease_that_ran_out_untaken_can_be_renewed(node: Callable[[], Store]) -> None:
    first, second = node(), node()
    owner = await first.lease.acquire("a", 1)
    await first.lease.renew(owner, LONG_MS)
    with pytest.raises(StoreHeld):
        await second.lease.acquire("b", LONG_MS)
    assert await first.log.append(owner, START, [b"x"]) == Position(1, 0)


async def test_releasing_lets_the_next_in_at_once(node: Callable[[], Store]) -> None:
    first, second = node(), node()
    owner = await first.lease.acquire("a", LONG_MS)
    await first.lease.release(owner)
    assert (await second.lease.acquire("b", LONG_MS)).epoch == 2


async def test_a_late_release_does_not_end_the_lease_of_the_next(
    node: Callable[[], Store],
) -> None:
    first, second = node(), node()
    old = await first.lease.acquire("a", LONG_MS)
    await second.lease.acquire("b", LONG_MS, force=True)
    await first.lease.release(old)
    with pytest.raises(StoreHeld):
        await first.lease.acquire("a", LONG_MS)


async def test_the_new_owner_learns_where_the_log_ends(node: Callable[[], Store]) -> None:
    first, second = node(), node()
    owner = await first.lease.acquire("a", LONG_MS)
    assert owner.last == START
    end = await first.log.append(owner, START, [b"1", b"2"])
    assert (await second.lease.acquire("b", LONG_MS, force=True)).last == end


async def test_every_takeover_opens_an_epoch_even_without_writing(store: Store) -> None:
    owners = [await store.lease.acquire("a", LONG_MS, force=True) for _ in range(12)]
    assert [owner.epoch for owner in owners] == list(range(1, 13))
    assert len({owner.nonce for owner in owners}) == 12
