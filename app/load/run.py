"""One load run from nothing to its result: furnish, connect, play the scenario, look, clear away.

Brings the parts together and MUST NOT measure or judge by itself. The rule: whatever happens, what
was put on somebody's server is taken away again, and every process started here ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import msgspec

from app.load import closing, outside
from app.load.caller import GAVE_UP, Caller
from app.load.crew import Crew
from app.load.figures import Figures
from app.load.ledger import Ledger
from app.load.own_server import OwnServer
from app.load.plan import Plan, shares
from app.load.result import bottleneck, knee, memory, result
from app.load.scenarios import SCRIPTS

Json = dict[str, Any]

CONNECT_S = 600.0
TICK_S = 0.25
NO_PROGRESS_S = 20.0
ASK_S = 1.0
ASK_MAX = 500
"""While nothing moves and few are open, the server is asked for these every so often."""
TREND_S = 120.0
"""A trend of memory over less than this is that of a start."""
LOCAL = ("127.0.0.1", "localhost")


class CannotLoad(Exception):
    """The server cannot be loaded: it is not there, refuses the key, or is no Interlock."""


class Run:
    """The stage of its scenario (see ``scenarios.Stage``). ``show`` gets each point."""

    def __init__(self, plan: Plan, url: str, key: str, server: OwnServer | None) -> None:
        self.plan, self.url, self.key, self.server = plan, url, key, server
        self.prefix = f"load-{secrets.token_hex(3)}-"
        self.base_s = time.monotonic()
        self.figures = Figures(plan.seconds)
        self.ledger = Ledger(self.prefix, self._offered, seed=plan.seed)
        self.facts: list[str] = []
        self.stage = "begins"
        self._played_from = -1.0
        self._furnished = False
        self.show: Callable[[Run], None] = lambda _: None
        self.caller = Caller(url, key)
        self._machine = outside.Machine()
        self._cpu: Json = {}
        self.crew = Crew(
            shares(
                plan,
                url=url,
                key=key,
                prefix=self.prefix,
                base_s=self.base_s,
                local=self.caller.host in LOCAL and _many_addresses(),
            ),
            self._heard,
        )

    def now(self) -> float:
        """Seconds of the run."""
        return time.monotonic() - self.base_s

    @property
    def played_s(self) -> float:
        """How long the scenario has been going on, in seconds."""
        return self.now() - self._played_from if self._played_from >= 0 else 0.0

    def fault(self, text: str) -> None:
        """A promise was broken."""
        self.ledger.fault(text)

    async def lasts(self, seconds: float) -> None:
        """Let time pass, and notice when a client process is gone."""
        ends_at = self.now() + seconds
        while (left := ends_at - self.now()) > 0:
            self.crew.check()
            await asyncio.sleep(min(left, TICK_S))

    async def whole(self) -> Json:
        """Run it. Raises CannotLoad, ClientFailed or StartFailed."""
        began_at = time.time()
        async with self.crew:
            ticking = asyncio.create_task(self._tick())
            try:
                await self._play()
            finally:
                self.stage = "clears away"
                ticking.cancel()
                await asyncio.wait([ticking])
                if not ticking.cancelled() and (fault := ticking.exception()) is not None:
                    raise fault
                with contextlib.suppress(TimeoutError):
                    await self._clear()
                self.caller.close()
        about = {
            "began_at": round(began_at * 1_000),
            "url": self.url,
            "own_server": self.server is not None,
            "prefix": self.prefix,
            "plan": msgspec.to_builtins(self.plan),
            "occupancy": round(self.plan.occupancy, 3),
        }
        return result(self.plan, self.figures, self.ledger, about=about, facts=self.facts)

    async def _play(self) -> None:
        self.stage = "furnishes"
        try:
            await closing.meet(self.caller)
            self._furnished = True
            await closing.furnish(self.caller, self.plan, self.prefix)
        except GAVE_UP as error:
            raise CannotLoad(f"{self.url}: {error}") from error
        await self.crew.order("furnish", CONNECT_S)
        self.stage = "connects"
        began = self.now()
        await self.crew.order("connect", CONNECT_S)
        took_s = self.now() - began
        self.figures.mark(self.now(), "all are connected")
        rate = self.plan.sockets / max(took_s, 1e-9)
        self.facts.append(
            f"{self.plan.sockets:,} sockets opened in {took_s:.1f} s, {rate:,.0f} a second "
            "(each with its ticket, hello and presence)"
        )
        self.stage = self.plan.scenario
        self._played_from = self.now()
        await SCRIPTS[self.plan.scenario](self)
        await self.crew.order("calm")
        self.stage = "drains"
        self.figures.mark(self.now(), "no more arrivals")
        await self._drain()
        self.stage = "looks"
        await self._look()

    async def _drain(self) -> None:
        """Until everything is over, or nothing moves any more, or it takes too long."""
        began = moved_at = self.now()
        before = -1
        while self.now() - began < self.plan.drain_s:
            await self.lasts(TICK_S)
            done = self.ledger.counts["completed"]
            if done != before:
                before, moved_at = done, self.now()
            nothing = not self.ledger.open and not self.figures.now("posting")
            if nothing and not self.ledger.offers_open:
                break
            still_s = self.now() - moved_at
            if still_s > max(NO_PROGRESS_S, 4 * self.plan.people.held_s):
                break
            if still_s > ASK_S and len(self.ledger.open) < ASK_MAX:
                await closing.look_for_open(self.caller, self.ledger)
                await self.lasts(ASK_S)
        # The last reports are judged, too.
        await self.lasts(2.0)

    async def _look(self) -> None:
        states = await closing.look_for_open(self.caller, self.ledger)
        await closing.look_for_over(self.caller, self.ledger)
        served = self.ledger.counts["completed"] + self.ledger.counts["found closed"]
        self.facts.append(f"{served:,} conversations served")
        if states:
            told = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
            self.facts.append(f"not over at the end: {told}")
        idle = self.figures.now("firm") - self.plan.supervisors - self.figures.now("held")
        if states["waiting"] and idle > 0 and self.plan.occupancy < 1:
            self.fault(f"{states['waiting']:,} wait still, with {idle:,} agents free: blocked")
        if self.plan.scenario == "ramp":
            self.facts.append(knee(self.figures, self.plan))
        text = memory(self.figures.points)
        if text and (self.plan.scenario == "soak" or self.plan.seconds >= TREND_S):
            self.facts.append(text)
        await self._incidents()

    async def _incidents(self) -> None:
        """What the server itself found wrong meanwhile."""
        status, answer = await closing.insist(self.caller, "GET", "/v1/incidents")
        if status != 200:
            return
        rows = answer if isinstance(answer, list) else answer.get("incidents", [])
        since = (time.time() - self.now()) * 1_000
        causes = sorted({row["cause"] for row in rows if row.get("opened_at", 0) >= since})
        if causes:
            self.facts.append(f"the server opened incidents meanwhile: {', '.join(causes)}")

    async def _clear(self) -> None:
        if self.server is not None or not self._furnished:
            # The directory of our own goes as a whole.
            return
        await self.crew.order("leave", 60.0)
        stuck = await closing.clear(self.caller, self.plan, self.prefix, self.ledger)
        await self.crew.order("clear", CONNECT_S)
        kept = await closing.clear_queues(self.caller, self.plan, self.prefix)
        if stuck or kept:
            self.facts.append(
                f"left behind on the server: {stuck} conversations and {kept} queues that begin "
                f"with {self.prefix}"
            )

    async def _tick(self) -> None:
        """Judge and make a point, once an interval."""
        due_s = self.now()
        while True:
            due_s += self.figures.every_s
            await asyncio.sleep(max(0.0, due_s - self.now()))
            self.ledger.judge(self.crew.horizon_s)
            self.figures.point(self.now(), self.ledger.counts, self._outside())
            self.show(self)

    def _outside(self) -> Json:
        usage = outside.usage_of(self.server.pid if self.server is not None else 0)
        at, before = self.now(), self._cpu
        self._cpu = {"t": at, **usage.cpu_s}
        cpu = {
            role: round((used - before[role]) / (at - before["t"]), 3)
            for role, used in usage.cpu_s.items()
            if role in before and used >= before[role]
        }
        clients = [looks[-1] for looks in self.figures.client_cpu.values() if looks]
        busy = self._machine.busy()
        return {
            "rss": {role: round(mib, 1) for role, mib in usage.rss_mib.items()},
            "cpu": {**cpu, "clients": round(sum(clients), 3)},
            "machine": None if busy is None else round(busy, 3),
            "unfinished": len(self.ledger.open),
        }

    def _heard(self, report: Json) -> None:
        self.ledger.take(report.pop("events"))
        self.figures.heard(report)

    def _offered(self, seconds: float, at: float) -> None:
        self.figures.time_offer(seconds)

    @property
    def trouble(self) -> list[str]:
        """Why the client is the bottleneck so far."""
        return bottleneck(self.figures)


def _many_addresses() -> bool:
    """Whether all of 127.0.0.0/8 is this machine, as on Linux."""
    return sys.platform == "linux"


async def load(
    plan: Plan,
    *,
    url: str = "",
    key: str = "",
    fsync: str = "always",
    gateways: int = 0,
    show: Callable[[Run], None] = lambda _: None,
) -> Json:
    """Load the server at ``url``, or one of its own without. The result as JSON.

    Raises CannotLoad, StartFailed, ClientFailed.
    """
    async with AsyncExitStack() as stack:
        server = None
        if not url:
            own = OwnServer(plan.sockets, fsync=fsync, gateways=gateways)
            server = await stack.enter_async_context(own)
            url, key = server.url, server.key
        run = Run(plan, url, key, server)
        run.show = show
        return await run.whole()
