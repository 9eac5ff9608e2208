"""A small contact centre at work: a disk, its nodes, its people, and what happened.

Two desks: ``q`` has traffic of its own, ``p`` is kept quiet for what is planted. One seed gives
one history; a twin without the plant is the same history.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from app.adapters.memory import Faults, MemoryDisk
from app.adapters.memory.disk import MemoryWorkspace
from app.campaign.stalls.oracle import stuck
from app.campaign.stalls.people import Person, ignore
from app.campaign.stalls.site import WORKSPACE, Site
from app.campaign.virtual_time import LoopClock, elapse
from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.settings import AgentSettings, OfferRule, QueueSettings, Ring, WrapUpRule
from app.domain.state import Incident
from app.domain.words import Presence
from app.shell.work import Trouble

LOOK_S = 0.2
RING_MS = 15_000
QUEUES = {
    "q": QueueSettings(name="Q", offer=OfferRule(timeout_ms=6_000), wrap_up=WrapUpRule(ms=3_000)),
    "p": QueueSettings(name="P", rings=[Ring(max_level=1), Ring(after_ms=RING_MS)]),
}
BUSY, QUIET = 4, 8
PATIENCE_S = 120.0
REPAIRS = (e.CapacityCorrected, e.ConversationRequeued, e.ConversationEnded)


@dataclass(slots=True)
class Stop:
    """One stretch in which something stood still."""

    id: str
    why: str
    since: int
    until: int


@dataclass(slots=True)
class Seen:
    """What an outsider wrote down: ``told`` are (instant, event) as they became durable."""

    told: list[tuple[int, e.Event]] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    down: list[tuple[int, int]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)


class World:
    """``site`` is the node that people go to. ``sites`` are all that were started."""

    def __init__(self, seed: int, *, look_s: float = LOOK_S) -> None:
        self.look_s = look_s
        self.chance = Random(seed)
        self.disk, self.faults, self.clock = MemoryDisk(), Faults(), LoopClock()
        self.seen = Seen()
        self.site: Site | None = None
        self.sites: list[Site] = []
        self.people = {
            id_: Person(id_, self._owner, seed + n)
            for n, id_ in enumerate(
                [*(f"q{n}" for n in range(BUSY)), *(f"p{n}" for n in range(QUIET))]
            )
        }
        for id_, person in self.people.items():
            person.sound = id_.startswith("p")
        self.boss = Person(None, self._owner, seed)
        self._tasks: list[asyncio.Task[None]] = []
        self._entered = 0

    def _owner(self) -> Site | None:
        return next((site for site in self.sites if site.tasks and site.router.owns), self.site)

    @property
    def engine(self) -> Engine:
        """The owner's engine."""
        site = self._owner()
        assert site is not None
        return site.router.engine

    @property
    def here(self) -> Site:
        """The owning node."""
        site = self._owner()
        assert site is not None
        return site

    @property
    def now(self) -> int:
        """The present instant."""
        return self.clock.now_ms()

    @property
    def kept(self) -> MemoryWorkspace:
        """What is on the disk."""
        return self.disk.workspace(WORKSPACE)

    async def start_site(self, *, force: bool = False) -> Site:
        """One more node, which takes the workspace over."""
        known = [one.router.state.gen for one in self.sites if one.router.owns]
        site = Site(
            self.disk,
            self.faults,
            self.clock,
            f"n{len(self.sites) + 1}",
            self._told,
            known[0] if known else "",
        )
        self.sites.append(site)
        await site.start(force=force)
        self.site = site
        return site

    def _told(self, engine: Engine, events: list[e.Event]) -> None:
        self.seen.told += [(self.now, event) for event in events]

    async def open(self) -> None:
        """Everybody comes to work."""
        site = await self.start_site()
        for id_, settings in QUEUES.items():
            await site.router.submit(c.PutQueue(id_, settings, "test"))
        for id_ in self.people:
            level = 2 if id_ == "p7" else 1
            agent = AgentSettings(name=id_, queues={id_[0]: level}, capacity={"chat": 2})
            await site.router.submit(c.PutAgent(id_, agent, "test"))
        for id_, person in self.people.items():
            person.come()
            await site.router.submit(c.SetPresence(id_, Presence.AVAILABLE, "", "test"))
        self.boss.come()
        for work in (self._customers(), self._watch()):
            self._tasks.append(asyncio.create_task(work))
        await elapse(3)

    async def close(self) -> None:
        """Go home; what ended by itself is written down."""
        for site in self.sites:
            self.seen.ended += site.ended()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for person in (*self.people.values(), self.boss):
            person.away = True
        for site in self.sites:
            await site.kill()

    async def _customers(self) -> None:
        while True:
            await elapse(self.chance.expovariate(1 / 1.6))
            id_ = self.enter("q", retry=False)
            loop = asyncio.get_running_loop()
            loop.call_later(self.chance.expovariate(1 / PATIENCE_S), self._gives_up, id_)

    def _gives_up(self, id_: str) -> None:
        site = self._owner()
        if site is not None:
            site.router.post(c.CancelConversation(id_, True, "", "ingest:i"), ignore)

    def enter(self, queue: str, *, retry: bool = True, **more: Any) -> str:
        """Somebody comes; the integration tries again until it is answered."""
        self._entered += 1
        id_ = f"{queue}-c{self._entered}"
        command = c.EnterConversation(id_, queue, "chat", "ingest:i", **more)
        if retry:
            asyncio.get_running_loop().create_task(self.reach(command))
        else:
            self.here.router.post(command, ignore)
        return id_

    async def reach(self, command: c.Command) -> None:
        """As a client does: again until it is answered."""
        for _ in range(200):
            try:
                await self.here.router.submit(command)
            except Trouble:
                await elapse(0.25)
            else:
                return

    async def presence(self, ids: list[str], presence: Presence) -> None:
        """These agents come or go."""
        for id_ in ids:
            await self.reach(c.SetPresence(id_, presence, "", "test"))

    async def _watch(self) -> None:
        """Look at everything five times a second, from outside of the watchdog."""
        open_: dict[str, Stop] = {}
        down_since = 0
        while True:
            now, site = self.now, self._owner()
            owns = site is not None and site.router.owns and not site.router.outage.is_on
            if owns and down_since:
                self.seen.down.append((down_since, now))
                down_since = 0
            elif not owns and not down_since:
                down_since = now
            found = stuck(self.engine, now) if owns else {}
            for id_ in [id_ for id_, stop in open_.items() if found.get(id_) != stop.why]:
                del open_[id_]
            for id_, why in found.items():
                if id_ not in open_:
                    open_[id_] = Stop(id_, why, now, now)
                    self.seen.stops.append(open_[id_])
                open_[id_].until = now + round(1000 * self.look_s)
            await elapse(self.look_s)

    async def until(self, condition: Callable[[], object], within_s: float) -> bool:
        """Wait in small steps; whether it came about."""
        for _ in range(round(within_s / 0.05)):
            if condition():
                return True
            await elapse(0.05)
        return bool(condition())

    def incidents(self, since: int = 0) -> list[Incident]:
        """Those that were opened from then on."""
        known = self.engine.state.incidents.values()
        return [one for one in known if one.opened_at >= since]

    def waiting_in(self, queue: str) -> list[str]:
        """Who waits there."""
        known = self.engine.state.conversations.values()
        return [one.id for one in known if one.queue == queue and one.state == "waiting"]
