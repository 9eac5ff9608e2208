"""``ports.Snapshots`` on Redis: chunks in a hash, an index of positions, two generations.

A snapshot is derived data: a crash at any point leaves at worst a draft that expires, or one too
many. MUST make a snapshot visible only when all its chunks are there.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from typing import cast

from redis.asyncio import Redis

from app.adapters.redis.keys import Keys
from app.adapters.redis.reading import unavailable
from app.ports import Position, Record

SNAPSHOTS_KEPT = 2
DRAFT_TTL_S = 600
CHUNKS_PER_CALL = 16
# Asked again after a lost reply, a plain RENAME would fail and leave the name without a snapshot.
_SHOW = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('PERSIST', KEYS[2])
return redis.call('SADD', KEYS[3], ARGV[1])
"""
PLACE = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")


class RedisSnapshots:
    """The snapshots of one workspace."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def save(self, at: Position, chunks: Sequence[Record]) -> None:
        """See ``ports.Snapshots.save``. Raises StoreUnavailable, ValueError for no chunks."""
        if not chunks:
            raise ValueError("nothing to save")
        draft = self._keys.snap_draft(secrets.token_hex(8))
        with unavailable():
            for part in _parts(len(chunks)):
                await self._client.hset(draft, mapping={str(i): chunks[i] for i in part})
                await self._client.expire(draft, DRAFT_TTL_S)
            show = self._client.register_script(_SHOW)
            await show(keys=[draft, self._keys.snap(at), self._keys.snaps], args=[str(at)])
            await self._forget_old()

    async def positions(self) -> list[Position]:
        """See ``ports.Snapshots.positions``. Raises StoreUnavailable."""
        with unavailable():
            return await self._positions()

    async def load(self, at: Position) -> list[Record]:
        """See ``ports.Snapshots.load``. Raises StoreUnavailable."""
        with unavailable():
            return await self._chunks(at)

    async def drop(self, at: Position) -> None:
        """See ``ports.Snapshots.drop``. Raises StoreUnavailable."""
        with unavailable():
            await self._forget(at)

    async def _positions(self) -> list[Position]:
        """Newest first."""
        names = cast("set[bytes]", await self._client.smembers(self._keys.snaps))
        # A name that is no place was not written by us: there is no snapshot under it.
        places = (PLACE.fullmatch(name.decode(errors="replace")) for name in names)
        return sorted((Position.parse(place[0]) for place in places if place), reverse=True)

    async def _chunks(self, at: Position) -> list[Record]:
        """Empty when the snapshot was dropped meanwhile or is not whole."""
        key = self._keys.snap(at)
        found: list[Record | None] = []
        # In parts: one reply with a whole state would block the server for everyone else.
        for part in _parts(await self._client.hlen(key)):
            chunks = await self._client.hmget(key, [str(i) for i in part])
            found += cast("list[Record | None]", chunks)
        whole = [chunk for chunk in found if chunk is not None]
        return whole if len(whole) == len(found) else []

    async def _forget_old(self) -> None:
        for at in (await self._positions())[SNAPSHOTS_KEPT:]:
            await self._forget(at)

    async def _forget(self, at: Position) -> None:
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.srem(self._keys.snaps, str(at))
            pipe.unlink(self._keys.snap(at))
            await pipe.execute()


def _parts(count: int) -> Iterator[range]:
    for first in range(0, count, CHUNKS_PER_CALL):
        yield range(first, min(first + CHUNKS_PER_CALL, count))
