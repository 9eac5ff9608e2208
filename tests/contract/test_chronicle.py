"""What every store's chronicle must do: samples by their instants, each once, in order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.ports import Store

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_samples_come_back_in_order_and_in_parts(node: Callable[[], Store]) -> None:
    writer, reader = node(), node()
    for at in (60_000, 120_000, 180_000, 240_000):
        assert await writer.chronicle.add("minutes", at, b"m%d" % at)
    assert await writer.chronicle.add("quarters", 120_000, bytes(range(256)))
    read = reader.chronicle.read
    assert await read("minutes", 0, 10**12, 2) == [(60_000, b"m60000"), (120_000, b"m120000")]
    assert [at for at, _ in await read("minutes", 120_000, 240_000, 9)] == [120_000, 180_000]
    assert await read("quarters", 1, 10**12, 9) == [(120_000, bytes(range(256)))]
    assert await read("nothing", 0, 10**12, 9) == [] == await read("minutes", 300_000, 1, 9)


async def test_an_instant_is_kept_once_and_none_comes_late(node: Callable[[], Store]) -> None:
    first, second = node(), node()
    assert await first.chronicle.add("minutes", 120_000, b"seen")
    assert not await second.chronicle.add("minutes", 120_000, b"again")
    assert not await second.chronicle.add("minutes", 60_000, b"late")
    assert await first.chronicle.read("minutes", 0, 10**12, 9) == [(120_000, b"seen")]


async def test_what_is_old_goes(store: Store) -> None:
    for at in (60_000, 120_000, 180_000):
        await store.chronicle.add("minutes", at, b"x")
    assert await store.chronicle.trim("minutes", 120_000) == 1
    assert [at for at, _ in await store.chronicle.read("minutes", 0, 10**12, 9)] == [
        120_000,
        180_000,
    ]
    assert await store.chronicle.trim("nothing", 5) == 0
