"""``ports.Nodes`` on Redis: one hash, a field for each node.

Whether a node is there is judged by the store's clock alone, so that nodes whose clocks differ see
the same. MUST read what another build wrote: fields it does not know are handed on.
"""

from __future__ import annotations

import json
from typing import cast

from redis.asyncio import Redis

from app.adapters.redis.keys import Keys
from app.adapters.redis.reading import unavailable
from app.ports import Facts

FORGET_AFTER_MS = 600_000
"""What has been gone for this long is removed: no late renewal of it can be under way."""


class RedisNodes:
    """The nodes of one workspace."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def announce(self, node: str, facts: Facts, ttl_ms: int) -> None:
        """See ``ports.Nodes.announce``."""
        with unavailable():
            until_ms = await self._now_ms() + ttl_ms
            said = json.dumps({"until_ms": until_ms, "facts": dict(facts)})
            await self._client.hset(self._keys.nodes, node, said)

    async def all(self) -> dict[str, Facts]:
        """See ``ports.Nodes.all``."""
        with unavailable():
            now_ms = await self._now_ms()
            found = cast("dict[bytes, bytes]", await self._client.hgetall(self._keys.nodes))
            said = {name.decode(): json.loads(text) for name, text in sorted(found.items())}
            old = [name for name, one in said.items() if _is_gone(one, now_ms - FORGET_AFTER_MS)]
            if old:
                await self._client.hdel(self._keys.nodes, *old)
        return {name: one["facts"] for name, one in said.items() if not _is_gone(one, now_ms)}

    async def withdraw(self, node: str) -> None:
        """See ``ports.Nodes.withdraw``."""
        with unavailable():
            await self._client.hdel(self._keys.nodes, node)

    async def _now_ms(self) -> int:
        seconds, microseconds = await self._client.time()
        return int(seconds) * 1000 + int(microseconds) // 1000


def _is_gone(said: dict[str, int], now_ms: int) -> bool:
    return said["until_ms"] <= now_ms
