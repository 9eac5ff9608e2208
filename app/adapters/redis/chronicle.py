"""``ports.Chronicle`` on Redis: a stream per series whose ids are the instants of the samples.

The stream itself refuses an instant twice, so a repeated write and two writers do no harm.
"""

from __future__ import annotations

from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from app.adapters.redis.keys import Keys
from app.adapters.redis.reading import unavailable
from app.ports import Record

_TOO_OLD = "ID specified in XADD"


class RedisChronicle:
    """The samples of one workspace."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def add(self, series: str, at: int, record: Record) -> bool:
        """See ``ports.Chronicle.add``. Raises StoreUnavailable."""
        with unavailable():
            try:
                await self._client.xadd(self._keys.chronicle(series), {"r": record}, id=f"{at}-0")
            except ResponseError as refused:
                if _TOO_OLD in str(refused):
                    return False
                raise
        return True

    async def read(
        self, series: str, since: int, until: int, limit: int
    ) -> list[tuple[int, Record]]:
        """See ``ports.Chronicle.read``. Raises StoreUnavailable."""
        with unavailable():
            name, last = self._keys.chronicle(series), max(0, until - 1)
            entries: Any = await self._client.xrange(name, max(0, since), last, count=limit)
        found = cast("list[tuple[bytes, dict[bytes, bytes]]]", entries)
        return [(int(id_.partition(b"-")[0]), fields.get(b"r", b"")) for id_, fields in found]

    async def trim(self, series: str, before: int) -> int:
        """See ``ports.Chronicle.trim``. Raises StoreUnavailable."""
        with unavailable():
            name = self._keys.chronicle(series)
            return await self._client.xtrim(name, minid=max(0, before), approximate=False)
