"""All the seats of one client process: opens them, loses them, freezes them, tells what they hear.

MUST NOT judge, and MUST NOT know when the run wants what (see ``worker``). The rule: a seat that
was lost comes back by itself, at the time it wants and after failures later and later.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from app.load import plan as plans
from app.load.caller import GAVE_UP, Caller
from app.load.histogram import Histogram
from app.load.line import Line
from app.load.plan import Share
from app.load.seat import Seat
from app.load.watcher import Watcher

OPEN_S = 30.0
BACK_OFF_S = (0.2, 5.0)
SETTLE_S = 20.0
WHEN_IT_CAN = -1.0
"""The first connection is nobody's storm: it counts from when it had its turn."""


class Floor:
    """The room of its seats (see ``seat.Room``)."""

    def __init__(self, share: Share) -> None:
        self.share, self.plan = share, share.plan
        self.people = share.plan.people
        self.base_s = share.base_s
        self.chance = Random(share.plan.seed * 1_000 + share.number)
        self.caller = Caller(share.url, share.key, source=share.source)
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(share.plan.connecting)
        self._tasks: set[asyncio.Task[None]] = set()
        self.events: list[tuple[Any, ...]] = []
        self.times: dict[str, Histogram] = {}
        self.counts: Counter[str] = Counter()
        self._flapping: asyncio.Task[None] | None = None
        self.over = False
        first, prefix = share.first, share.prefix
        self.numbers = range(first, first + share.count)
        self.seats = [
            Seat(
                self,
                plans.agent_name(prefix, number),
                frozenset(plans.queue_name(prefix, q) for q in plans.queues_of(self.plan, number)),
            )
            for number in self.numbers
        ]
        self.watchers = [Watcher(self) for _ in range(share.supervisors)]
        self.all: list[Seat | Watcher] = [*self.seats, *self.watchers]

    def now(self) -> float:
        """Seconds of the run."""
        return time.monotonic() - self.base_s

    def tell(self, *event: Any) -> None:
        """Report one event."""
        self.events.append(event)

    def time(self, name: str, seconds: float) -> None:
        """Report one measured time."""
        found = self.times.get(name)
        if found is None:
            found = self.times[name] = Histogram()
        found.record(seconds)

    def count(self, name: str, many: int = 1) -> None:
        """Report that something happened."""
        self.counts[name] += many

    def later(self, delay_s: float, call: Callable[..., None], *words: Any) -> None:
        """Call after a while."""
        self._loop.call_later(delay_s, call, *words)

    def come_back(self, seat: Seat | Watcher) -> None:
        """Connect at the time the seat wants; after failures wait longer, each its own time."""
        if self.over:
            return
        delay_s = max(0.0, seat.wanted_at - self.now())
        if seat.failures:
            base_s, cap_s = BACK_OFF_S
            longest_s = min(cap_s, base_s * 2 ** min(seat.failures, 10))
            delay_s = max(delay_s, self.chance.uniform(0, longest_s))
        seat.failures += 1
        self._loop.call_later(delay_s, self.spawn, self._open, seat)

    def spawn(self, call: Callable[..., Awaitable[None]], *words: Any) -> asyncio.Task[None]:
        """Run beside everything else; a fault of the task ends the process."""

        async def run() -> None:
            await call(*words)

        task = self._loop.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._ran)
        return task

    def _ran(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._loop.call_exception_handler({"message": "a task failed", "exception": fault})
            self._loop.stop()

    async def _open(self, seat: Seat | Watcher) -> None:
        """One try: a ticket, a line, the hello. What fails comes back by itself."""
        role = {"role": "agent", "agent": seat.name} if isinstance(seat, Seat) else _SUPERVISOR
        async with self._room:
            if self.over or seat.leaving:
                return
            if seat.wanted_at == WHEN_IT_CAN:
                seat.wanted_at = self.now()
            line: Line | None = None
            try:
                status, ticket = await self.caller.call("POST", "/v1/tickets", role)
                if status not in (200, 201):
                    raise OSError(f"no ticket: {status}")
                line = await self._connect(seat)
                await asyncio.wait_for(asyncio.shield(line.opened), OPEN_S)
            except GAVE_UP as error:
                self.count(f"connecting: {type(error).__name__} {error}"[:80])
                if line is None:
                    self.come_back(seat)
                else:
                    line.drop()
                return
            seat.hello(line, ticket["ticket"])

    async def _connect(self, seat: Seat | Watcher) -> Line:
        caller = self.caller
        _, line = await self._loop.create_connection(
            lambda: Line(self.share.url, seat.heard, seat.ended),
            caller.host,
            caller.port,
            ssl=caller.tls,
            local_addr=caller.source,
        )
        return line

    async def furnish(self) -> None:
        """Put this process's agents."""

        async def put(number: int, name: str) -> None:
            queues = plans.queues_of(self.plan, number)
            body = {
                "name": f"Load agent {number}",
                "queues": {plans.queue_name(self.share.prefix, queue): 1 for queue in queues},
            }
            await self.insist("PUT", f"/v1/agents/{name}", body)

        await self._each(
            put, [(n, seat.name) for n, seat in zip(self.numbers, self.seats, strict=True)]
        )

    async def clear(self) -> None:
        """Take this process's agents away again; what still holds work stays and is counted."""

        async def delete(name: str) -> None:
            await self.insist("DELETE", f"/v1/agents/{name}", None)

        await self._each(delete, [(seat.name,) for seat in self.seats])

    async def insist(self, method: str, path: str, body: Any) -> int:
        """Call until there is an answer that is none of trouble; its status."""
        for number in range(20):
            try:
                status, answer = await self.caller.call(method, path, body)
            except GAVE_UP as error:
                status, answer = 0, {"detail": repr(error)}
            if status not in (0, 429, 502, 503, 504):
                if status >= 400 and not (method == "DELETE" and status == 404):
                    self.count(f"{method} refused: {status} {(answer or {}).get('code')}")
                return status
            await asyncio.sleep(self.chance.uniform(0, min(2.0, 0.1 * 2**number)))
        self.count(f"{method} got no answer")
        return 0

    async def _each(self, call: Callable[..., Awaitable[None]], many: list[Any]) -> None:
        """At most 16 at a time: it prepares the run, it is not the load."""
        left = iter(many)

        async def line() -> None:
            for words in left:
                await call(*words)

        await asyncio.gather(*(line() for _ in range(16)))

    async def open_all(self) -> None:
        """Open all sockets; done when all are certain."""
        for seat in self.all:
            seat.wanted_at = WHEN_IT_CAN
            self.spawn(self._open, seat)
        await self._until(lambda: all(seat.firm for seat in self.all))

    async def _until(self, condition: Callable[[], bool]) -> None:
        while True:
            if condition():
                return
            await asyncio.sleep(0.1)

    async def drop(self, share: float = 1.0, over_s: float = 0.0) -> None:
        """Lose the sockets of a share of the seats, all at once; they want back within over_s."""
        now = self.now()
        for seat in self._some(share):
            seat.wanted_at = now + self.chance.uniform(0, over_s)
            seat.failures = 0
            seat.drop()

    async def freeze(self, share: float) -> None:
        """Let a share of the seats stop reading."""
        for seat in self._some(share):
            seat.freeze()

    async def thaw(self) -> None:
        """All read again."""
        for seat in self.seats:
            seat.thaw()

    async def flap(self, every_s: float) -> None:
        """From now on each seat drops every ``every_s`` seconds on average; 0: no more."""
        if self._flapping is not None:
            self._flapping.cancel()
            self._flapping = None
        if every_s:
            self._flapping = self.spawn(self._flap, every_s)

    async def _flap(self, every_s: float) -> None:
        while self.seats:
            await asyncio.sleep(self.chance.expovariate(len(self.seats) / every_s))
            seat = self.chance.choice(self.seats)
            seat.wanted_at = self.now() + self.chance.uniform(0.0, 2.0)
            seat.failures = 0
            seat.drop()

    def _some(self, share: float) -> list[Seat]:
        return self.chance.sample(self.seats, round(share * len(self.seats)))

    async def leave(self) -> None:
        """Everybody signs off."""
        await self.flap(0.0)
        self.over = True
        for seat in self.all:
            seat.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await self._until(lambda: not any(seat.line for seat in self.all))
        for seat in self.all:
            seat.drop()


_SUPERVISOR = {"role": "supervisor"}
