"""A node without sockets: the real store, router and hub, put together as the server does.

The store is a Valkey of its own in a temporary directory, gone with the block. MUST NOT leave
anything out that costs the router time, save the sockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import uvloop

from app.adapters.clock import SystemClock
from app.adapters.embedded import EmbeddedServer
from app.adapters.redis import RedisStore
from app.domain.engine import Engine
from app.domain.events import Event
from app.shell.board_feed import BoardFeed
from app.shell.hub import Hub
from app.shell.limits import HubLimits, RouterLimits
from app.shell.router import Router

WORKSPACE = "bench"


class Tally:
    """A meter that keeps sums: ``counts`` of counters, ``seen`` and ``sums`` of distributions."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.sums: dict[str, float] = {}

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        self.counts[name] += int(value)

    def observe(self, name: str, value: float) -> None:
        """Add one value to a distribution."""
        self.seen[name] += 1
        self.sums[name] = self.sums.get(name, 0.0) + value


class BenchNode:
    """Everything of one process but sockets. ``heard`` gets each batch after the hub had it."""

    def __init__(self, store: RedisStore, heard: Callable[[list[Event]], None]) -> None:
        clock = SystemClock()
        self.meter = Tally()
        self._heard = heard
        self.router = Router(
            store,
            clock,
            WORKSPACE,
            "bench",
            gen=secrets.token_hex(8),
            limits=RouterLimits(),
            meter=self.meter,
            publish=self._publish,
            forget=lambda: None,
        )
        self.feed = BoardFeed(
            clock.now_ms, lambda: str(self.router.position), lambda: self.router.submit(None)
        )
        self.hub = Hub(HubLimits(), self.meter, secrets.token_urlsafe, self.feed)

    def _publish(self, engine: Engine, events: list[Event], now: int) -> None:
        self.feed.observe(engine, events)
        self.hub.publish(engine, events, now)
        self._heard(events)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve while the block runs; the workspace must be open."""
        task = asyncio.create_task(self.router.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.router.close()


@contextlib.asynccontextmanager
async def own_server(fsync: str) -> AsyncIterator[EmbeddedServer]:
    """A Valkey that is not started yet, on a directory that goes with the block."""
    with tempfile.TemporaryDirectory(prefix="interlock-bench-") as folder:
        server = EmbeddedServer(Path(folder), fsync=fsync)
        try:
            yield server
        finally:
            await server.stop()


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end on the server's event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
