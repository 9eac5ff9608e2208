"""One node of the campaign: everything of a server process but sockets, on a virtual clock.

Put together as the composition root does it. MUST NOT hide that a part of it ended: a task that
ends by itself is a fault of its own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import count

from app.adapters.memory import Faults, MemoryDisk, MemoryStore
from app.campaign.virtual_time import LoopClock
from app.domain.engine import Engine
from app.domain.events import Event
from app.shell.board_feed import BoardFeed
from app.shell.cross_check import CrossCheck
from app.shell.hub import Hub
from app.shell.lifecycle import heartbeat, tell_rests
from app.shell.limits import HubLimits, RouterLimits
from app.shell.reporters import Hearing, Reporters
from app.shell.router import Router
from app.shell.watchdog import Watchdog
from app.wire.codes import CloseCode

WORKSPACE = "main"
GRACE_MS = 20_000
INBOX_MAX = 400
RETENTION_MS = 240_000


class Figures:
    """A meter that keeps the counters by name."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        self.counts[name] += int(value)

    def observe(self, name: str, value: float) -> None:
        """Distributions are not looked at."""


class Site:
    """``told`` is called with each durable batch, after the hub. ``lie`` is a fault port: called
    with the state before the last check of each batch.
    """

    def __init__(
        self,
        disk: MemoryDisk,
        faults: Faults,
        clock: LoopClock,
        name: str,
        told: Callable[[Engine, list[Event]], None],
        gen: str,
    ) -> None:
        self.name, self.faults, self._told = name, faults, told
        self.lie: Callable[[Engine, list[Event]], None] = lambda engine, events: None
        self.figures = Figures()
        hearing = Hearing(self.figures)
        self.store = MemoryStore(disk, workspace=WORKSPACE, clock=clock, faults=faults)
        limits = RouterLimits(inbox_max=INBOX_MAX, grace_ms=GRACE_MS, retention_ms=RETENTION_MS)
        self.router = Router(
            self.store,
            clock,
            WORKSPACE,
            name,
            gen=f"gen-{name}",
            known_gen=gen,
            limits=limits,
            meter=hearing,
            publish=self._publish,
            forget=self._forget,
        )
        self.cross_check = CrossCheck(self.router.post, self.router.distrust, self.figures)
        self.watchdog = Watchdog(self.router, self.figures)
        tokens = count(1)
        self.feed = BoardFeed(
            clock.now_ms, lambda: str(self.router.position), lambda: self.router.submit(None)
        )
        self.hub = Hub(HubLimits(), self.figures, lambda: f"{name}-{next(tokens)}", self.feed)
        loop = asyncio.get_running_loop()
        self.reporters = Reporters(
            self.router,
            self.hub,
            self.feed,
            hearing,
            self.watchdog.report,
            grace_ms=GRACE_MS,
            ran_ms=lambda: int(loop.time() * 1000),
        )
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def _publish(self, engine: Engine, events: list[Event], now: int) -> None:
        self.lie(engine, events)
        events = self.cross_check.admit(engine.state, events)
        self.feed.observe(engine, events)
        self.hub.publish(engine, events, now)
        self.reporters.observe(engine, events)
        self._told(engine, events)

    def _forget(self) -> None:
        self.hub.close_all(CloseCode.RESTART, "the workspace moves; come back")

    async def start(self, *, force: bool) -> None:
        """Own the workspace and serve."""
        await self.router.open(force=force)
        works = {
            "router": self.router.run(),
            "heartbeat": heartbeat(self.hub, self.router, GRACE_MS),
            "rests": tell_rests(self.hub, self.router),
            "board": self.feed.run(),
            "watchdog": self.watchdog.run(),
            "reporters": self.reporters.run(),
        }
        self.tasks = {name: asyncio.create_task(work, name=name) for name, work in works.items()}

    async def kill(self) -> None:
        """End at once and let nothing go, as a killed process does."""
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        self.tasks = {}
        self.hub.close_all(CloseCode.RESTART, "gone")

    async def stop(self) -> None:
        """End and let the next owner in."""
        await self.kill()
        await self.router.close()

    def ended(self) -> list[str]:
        """Tasks that ended by themselves."""
        return [f"{name}: {task.exception()!r}" for name, task in self.tasks.items() if task.done()]
