"""Opening the store that the settings name: somebody's Redis, or a Valkey of our own."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.adapters.redis import RedisStore
    from app.config import Settings

log = logging.getLogger("interlock")


@contextlib.asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[tuple[RedisStore, bool]]:
    """The store of the settings, and whether its former owner is known to be dead.

    Without a URL it is our own: then the lock on the data directory proves that nobody else runs.
    """
    from app.adapters.embedded import EmbeddedServer
    from app.adapters.redis import RedisStore

    redis, embedded = settings.redis, settings.embedded
    own = None
    url = redis.location
    if not url:
        binary = Path(embedded.binary) if embedded.binary else None
        own = EmbeddedServer(embedded.data, fsync=embedded.fsync, binary=binary)
        url = await own.start()
    store = RedisStore(
        url,
        settings.workspace.id,
        timeout_s=redis.socket_timeout_ms / 1000,
        replicas=redis.replicas,
        allow=redis.allow,
    )
    try:
        yield store, own is not None
    finally:
        await store.aclose()
        if own is not None:
            await own.stop()


@contextlib.asynccontextmanager
async def store_to_read(settings: Settings) -> AsyncIterator[RedisStore]:
    """The store, also where a running server has it."""
    from app.adapters.embedded import DataDirBusy, socket_of
    from app.adapters.redis import RedisStore

    async with contextlib.AsyncExitStack() as stack:
        try:
            store, _ = await stack.enter_async_context(open_store(settings))
        except DataDirBusy:
            path = socket_of(settings.embedded.data)
            if path is None:
                raise
            store = RedisStore(path, settings.workspace.id)
            stack.push_async_callback(store.aclose)
        yield store
