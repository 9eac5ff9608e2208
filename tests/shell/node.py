"""A node without an edge: store, router and hub as the composition root puts them together."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from itertools import count

from app.adapters.memory import Faults, MemoryDisk, MemoryStore
from app.domain import commands as c
from app.domain.engine import Engine
from app.domain.events import Event
from app.domain.settings import AgentSettings, QueueSettings
from app.domain.words import Presence
from app.shell.board_feed import BoardFeed
from app.shell.cross_check import CrossCheck
from app.shell.hub import Hub
from app.shell.limits import HubLimits, RouterLimits
from app.shell.meter import NullMeter
from app.shell.router import Router
from app.shell.session import Speaker
from tests.virtual_time import LoopClock

WORKSPACE = "main"


class CountingMeter(NullMeter):
    """Keeps the counters by name."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        self.counts[name] += int(value)


class Screen:
    """A transport that keeps what it was sent."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        self.closed: tuple[int, str] | None = None
        self.backlog = 0

    def send(self, text: str) -> None:
        self.frames.append(text)

    def close(self, code: int, reason: str) -> None:
        self.closed = self.closed or (int(code), reason)

    async def ended(self) -> None:
        """Nothing is queued."""


class Node:
    """Everything of one process but sockets. ``told`` holds every batch that was released."""

    def __init__(
        self, disk: MemoryDisk, faults: Faults, name: str, limits: RouterLimits, known_gen: str
    ) -> None:
        clock = self.clock = LoopClock()
        self.store = MemoryStore(disk, workspace=WORKSPACE, clock=clock, faults=faults)
        self.told: list[Event] = []
        self.forgotten = 0
        tokens = count(1)
        self.router = Router(
            self.store,
            clock,
            WORKSPACE,
            name,
            gen=f"gen-{name}",
            known_gen=known_gen,
            limits=limits,
            meter=NullMeter(),
            publish=self._publish,
            forget=self._forget,
        )
        self.meter = CountingMeter()
        self.cross_check = CrossCheck(self.router.post, self.router.distrust, self.meter)
        self.feed = BoardFeed(
            clock.now_ms,
            lambda: str(self.router.position),
            lambda: self.router.submit(None),
        )
        self.hub = Hub(HubLimits(), NullMeter(), lambda: f"token-{name}-{next(tokens)}", self.feed)

    def _publish(self, engine: Engine, events: list[Event], now: int) -> None:
        events = self.cross_check.admit(engine.state, events)
        self.told += events
        self.feed.observe(engine, events)
        self.hub.publish(engine, events, now)

    def _forget(self) -> None:
        self.forgotten += 1

    async def furnish(self, agents: int = 1, **queue: object) -> None:
        """One queue ``q`` and agents ``a1``… who are connected and available."""
        settings = QueueSettings(name="Q", **queue)  # type: ignore[arg-type]
        await self.router.submit(c.PutQueue("q", settings, "test"))
        for n in range(1, agents + 1):
            agent = AgentSettings(name=f"A{n}", queues={"q": 1})
            await self.router.submit(c.PutAgent(f"a{n}", agent, "test"))
            await self.router.submit(c.ConnectAgent(f"a{n}"))
            available = c.SetPresence(f"a{n}", Presence.AVAILABLE, "", "test")
            await self.router.submit(available)

    def watch(self, agent: str | None) -> Screen:
        """A socket of an agent, or of a supervisor."""
        screen, now = Screen(), self.router.now_ms()
        speaker = Speaker("agent" if agent else "supervisor", f"agent:{agent}", agent, "key")
        welcome = self.hub.join(speaker, screen, None, self.router.state.gen, now)
        self.hub.send_snapshot(welcome.session, self.router.engine, now)
        return screen


@contextlib.asynccontextmanager
async def running(
    disk: MemoryDisk | None = None,
    faults: Faults | None = None,
    *,
    name: str = "n1",
    force: bool = False,
    limits: RouterLimits | None = None,
    known_gen: str = "",
) -> AsyncIterator[Node]:
    """A node that owns the workspace and serves until the block ends."""
    node = Node(disk or MemoryDisk(), faults or Faults(), name, limits or RouterLimits(), known_gen)
    await node.router.open(force=force)
    task = asyncio.create_task(node.router.run())
    try:
        yield node
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
