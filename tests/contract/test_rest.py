"""What every store's snapshots, secrets and promises must do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.ports import Position, Store
from tests.contract.places import Place

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_without_snapshots_there_is_nothing_to_load(store: Store) -> None:
    assert await store.snapshots.positions() == []
    assert await store.snapshots.load(Position(1, 1)) == []


async def test_snapshots_come_back_whole_and_newest_first(node: Callable[[], Store]) -> None:
    writer, reader = node(), node()
    big = [bytes([i % 256]) * 50_000 for i in range(40)]
    await writer.snapshots.save(Position(1, 9), [b"old"])
    await writer.snapshots.save(Position(1, 10), big)
    assert await reader.snapshots.positions() == [Position(1, 10), Position(1, 9)]
    assert await reader.snapshots.load(Position(1, 10)) == big
    assert await reader.snapshots.load(Position(1, 9)) == [b"old"]


async def test_two_generations_are_kept(store: Store) -> None:
    for place in [(1, 5), (1, 40), (2, 0), (10, 0), (9, 3)]:
        await store.snapshots.save(Position(*place), [str(place).encode()])
    assert await store.snapshots.positions() == [Position(10, 0), Position(9, 3)]
    assert await store.snapshots.load(Position(2, 0)) == []


async def test_a_dropped_snapshot_is_gone(store: Store) -> None:
    await store.snapshots.save(Position(1, 5), [b"a"])
    await store.snapshots.drop(Position(1, 5))
    await store.snapshots.drop(Position(1, 6))
    assert await store.snapshots.positions() == []
    assert await store.snapshots.load(Position(1, 5)) == []


async def test_a_late_old_snapshot_does_not_push_out_newer_ones(store: Store) -> None:
    for n in (50, 60, 10):
        await store.snapshots.save(Position(1, n), [b"%d" % n])
    assert [at.n for at in await store.snapshots.positions()] == [60, 50]


async def test_a_snapshot_can_be_saved_again(store: Store) -> None:
    await store.snapshots.save(Position(1, 1), [b"a", b"b", b"c"])
    await store.snapshots.save(Position(1, 1), [b"d", b"e"])
    assert await store.snapshots.load(Position(1, 1)) == [b"d", b"e"]


async def test_a_snapshot_of_nothing_is_an_error_of_the_caller(store: Store) -> None:
    with pytest.raises(ValueError, match="nothing"):
        await store.snapshots.save(Position(1, 1), [])


async def test_a_secret_is_made_once(node: Callable[[], Store]) -> None:
    first, second = node(), node()
    secret = bytes(range(256))
    assert await first.vault.secret("cookies", secret) == secret
    assert await second.vault.secret("cookies", b"another") == secret
    assert await second.vault.secret("other", b"another") == b"another"


async def test_the_store_says_what_it_promises(place: Place, store: Store) -> None:
    promise = await store.durability()
    assert promise.level in place.levels
    assert promise.detail


async def test_a_closed_store_may_be_closed_again(store: Store) -> None:
    await store.log.last()
    await store.aclose()
    await store.aclose()
