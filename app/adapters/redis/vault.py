"""``ports.Vault`` on Redis: one hash of secrets. A secret is never replaced and never logged."""

from __future__ import annotations

from redis.asyncio import Redis

from app.adapters.redis.keys import Keys
from app.adapters.redis.reading import unavailable


class RedisVault:
    """The secrets of one workspace."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def secret(self, name: str, candidate: bytes) -> bytes:
        """See ``ports.Vault.secret``. Raises StoreUnavailable."""
        with unavailable():
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.hsetnx(self._keys.vault, name, candidate)
                pipe.hget(self._keys.vault, name)
                _, stored = await pipe.execute()
        return bytes(stored)
