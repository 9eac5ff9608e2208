"""One server process of the world: everything that ``app.main`` makes of it, on the world's ports.

Put together as the composition root does it; the sockets' code comes through ``Door``, since only
the root may bring the edge. Its follower is a process beside it. MUST NOT hide a part that ended by
itself: in a server that ends the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from app.campaign.sim.ledger import Ledger
from app.campaign.sim.processes import Process
from app.campaign.sim.store import WorldStore
from app.codec.errors import WriteVerifyFailed
from app.domain.engine import Engine
from app.domain.events import Event
from app.ports import StoreFenced, StoreHeld, StoreUnavailable
from app.shell.audit_desk import AuditDesk
from app.shell.auditing import Audit
from app.shell.board_feed import BoardFeed
from app.shell.canary import Canary
from app.shell.cross_check import CrossCheck
from app.shell.ending import end
from app.shell.follower import Follower, FollowerLimits, MemoryDiffers
from app.shell.hub import Hub
from app.shell.lifecycle import heartbeat, tell_rests
from app.shell.limits import HubLimits, RouterLimits
from app.shell.meter import Meter
from app.shell.rebuilding import CannotApply
from app.shell.reporters import Hearing, Reporters
from app.shell.rescue import rescue
from app.shell.roll import Roll
from app.shell.router import Router
from app.shell.watchdog import Watchdog
from app.shell.work import Trouble
from app.wire.codes import CloseCode

GRACE_MS = 20_000
AGAIN_S = 1.0
SILENT_MS = 15_000


class Door(Protocol):
    """The edge of one node."""

    def ticket(self, agent: str | None, key: str | None) -> str:
        """A ticket for one socket; ``key``: whose id it is opened with (None: the admin's). Raises
        LookupError when there is none to be had.
        """
        ...

    async def serve(self, scope: Any, receive: Any, send: Any) -> None:
        """One socket, from the first message to the last."""
        ...


OpenDoor = Callable[[Router, Hub, Meter], Door]


@dataclass(slots=True, frozen=True)
class Sizes:
    """How large things may get: small ones make the rare ways common."""

    inbox_max: int = 400
    batch_max: int = 256
    retention_ms: int = 240_000
    resume_frames: int = 300
    resume_ms: int = 120_000
    snapshot_records: int = 400
    keep_ms: int = 120_000
    canary_s: float = 0.0


class Counts:
    """A meter for the judge: counters with their labels."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        said = " ".join(f"{key}={labels[key]}" for key in sorted(labels))
        self._counts[f"{name} {said}".rstrip()] += int(value)

    def observe(self, name: str, value: float) -> None:
        """Distributions are not looked at."""


class Node:
    """``told`` gets each durable batch, after everybody else. ``name`` is unique for ever."""

    def __init__(
        self,
        process: Process,
        store: WorldStore,
        reader: tuple[Process, WorldStore],
        ledger: Ledger,
        counts: Counter[str],
        sizes: Sizes,
        open_door: OpenDoor,
    ) -> None:
        self.process, self.store, self.ledger, self.sizes = process, store, ledger, sizes
        self.follower_process, self._reader = reader
        self.counts, name = counts, process.name
        self.buried: list[Process] = []
        self.stores = (store, reader[1])
        meter = Counts(counts)
        hearing = Hearing(meter)
        self.router = Router(
            store,  # type: ignore[arg-type]
            process,
            ledger.workspace,
            name,
            gen=f"gen-{name}",
            limits=RouterLimits(
                inbox_max=sizes.inbox_max,
                batch_records_max=sizes.batch_max,
                grace_ms=GRACE_MS,
                retention_ms=sizes.retention_ms,
            ),
            meter=hearing,
            publish=self._publish,
            forget=self._forget,
        )
        self.roll = Roll(self.router, name, "world", ttl_ms=6_000, every_ms=2_000)
        self.cross_check = CrossCheck(self.router.post, self.router.distrust, meter)
        self.desk = AuditDesk(self.router, SILENT_MS)
        self.watchdog = Watchdog(self.router, meter)
        self.feed = BoardFeed(
            process.now_ms, lambda: str(self.router.position), lambda: self.router.submit(None)
        )
        tokens = count(1)
        limits = HubLimits(resume_frames=sizes.resume_frames, resume_ms=sizes.resume_ms)
        self.hub = Hub(limits, meter, lambda: f"{name}-{next(tokens)}", self.feed)
        self.reporters = Reporters(
            self.router,
            self.hub,
            self.feed,
            hearing,
            self.watchdog.report,
            grace_ms=GRACE_MS,
            ran_ms=process.ran_ms,
            wall_ms=process.machine_ms,
        )
        self.canary = Canary(self.router, self.hub, meter, int(sizes.canary_s * 1000) or 1)
        self.door = open_door(self.router, self.hub, meter)
        self.works: dict[str, asyncio.Task[Any]] = {}
        self._follower_killed = asyncio.Event()
        self.serving = process.spawn(self._live(), "node")

    def _publish(self, engine: Engine, events: list[Event], now: int) -> None:
        events = self.cross_check.admit(engine.state, events)
        self.feed.observe(engine, events)
        self.hub.publish(engine, events, now)
        self.reporters.observe(engine, events)

    def _forget(self) -> None:
        self.hub.close_all(CloseCode.RESTART, "the workspace moves; come back")

    async def _live(self) -> None:
        """Wait for the workspace, then serve it, as the root does."""
        await self._open()
        works: dict[str, Any] = {
            "router": self.router.run(),
            "heartbeat": heartbeat(self.hub, self.router, GRACE_MS),
            "rests": tell_rests(self.hub, self.router),
            "board": self.feed.run(),
            "roll": self.roll.keep(),
            "watchdog": self.watchdog.run(),
            "reporters": self.reporters.run(),
            "follower": self._keep_following(),
            "desk": self.desk.run(),
        }
        if self.sizes.canary_s:
            works["canary"] = self.canary.run()
        self.works = {name: self.process.spawn(work, name) for name, work in works.items()}

    async def _open(self) -> None:
        while True:
            await self.roll.ahead()
            await self.roll.announce()
            try:
                return await self.router.open()
            except StoreHeld as held:
                await asyncio.sleep(min(held.for_ms, 1_000) / 1000)
            except (StoreUnavailable, StoreFenced, CannotApply) as error:
                # A server ends here with a word of what to do; whoever runs it starts it again.
                self.counts[f"start refused {type(error).__name__}"] += 1
                await asyncio.sleep(AGAIN_S)

    async def _keep_following(self) -> None:
        while True:
            status = self.follower_process.spawn(self._follow(), "follower")
            self._follower_killed.clear()
            killed = asyncio.create_task(self._follower_killed.wait())
            await asyncio.wait([status, killed], return_when=asyncio.FIRST_COMPLETED)
            killed.cancel()
            self.desk.ended()
            ended = status.result() if status.done() else "killed"
            self.counts[f"follower ended: {ended}"] += 1
            if ended == "differs":
                self.router.distrust("the follower found that this memory differs from the log")
            elif ended == "cannot read":
                with contextlib.suppress(Trouble, StoreUnavailable, WriteVerifyFailed):
                    await rescue(self.store, self.router)  # type: ignore[arg-type]
            await asyncio.sleep(AGAIN_S)

    def replace_follower(self, process: Process) -> None:
        """kill -9 of its follower; the next one runs in this process."""
        self.follower_process.kill()
        self.buried.append(self.follower_process)
        self.follower_process = process
        self._follower_killed.set()

    async def _follow(self) -> str:
        clock = self.follower_process
        audit = Audit(self._say, clock.now_ms)
        limits = FollowerLimits(
            poll_ms=500,
            snapshot_records=self.sizes.snapshot_records,
            snapshot_ms=60_000,
            keep_ms=self.sizes.keep_ms,
            scrub_records=40,
            scrub_ms=20_000,
        )
        store: Any = self._reader
        while True:
            follower = Follower(store, self.ledger.workspace, clock.now_ms, limits, audit)
            try:
                await follower.run()
            except StoreUnavailable:
                await asyncio.sleep(AGAIN_S)
            except CannotApply:
                return "cannot read"
            except MemoryDiffers:
                return "differs"

    def _say(self, report: dict[str, Any]) -> None:
        if report["kind"] == "found":
            self.counts[f"auditor found {report['rule']}"] += 1
        line = json.dumps(report).encode()
        # A pipe: what is written is there, whenever the server reads it.
        self.process.spawn(self._take(line), "report")

    async def _take(self, line: bytes) -> None:
        self.desk.take(line)

    def ended(self) -> list[str]:
        """What ended by itself."""
        tasks = [task for task in self.works.values() if task.done()]
        if self.serving.done() and self.serving.exception() is not None:
            tasks.append(self.serving)
        return [f"{task.get_name()} ended: {task.exception()!r}" for task in tasks]

    async def stop(self) -> None:
        """Leave in good order: the next owner may come in at once. Run within the process."""
        works, self.works = [*self.works.values()], {}
        self.serving.cancel()
        await end([self.serving, *works])
        self.hub.close_all(CloseCode.RESTART, "the server restarts")
        await self.router.close()
        await self.roll.leave()
