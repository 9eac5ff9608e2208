"""The conversations of one client process: sent at their intended times, whatever the server does.

MUST NOT look at what becomes of them (see ``ledger``). The rules: a slow answer never moves the
next arrival, and every time counts from the intended one; a conversation that got no answer is sent
again under the same id.
"""

from __future__ import annotations

import asyncio

from app.load import plan as plans
from app.load.arrivals import arrivals
from app.load.caller import GAVE_UP
from app.load.floor import Floor

POSTS_MAX = 20_000


class Entry:
    """Arrivals, between ``go`` and ``calm``. ``under_way`` counts those without an answer."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._rate = floor.plan.rate
        self._entering: asyncio.Task[None] | None = None
        self._entered = 0
        self.under_way = 0

    async def go(self, rate: float = 0.0) -> None:
        """Let conversations arrive from now on; ``rate`` per second over all processes."""
        self._rate = rate or self._rate
        await self.calm()
        self._entering = self._floor.spawn(self._arrive)

    async def calm(self) -> None:
        """No more arrivals."""
        if self._entering is not None:
            self._entering.cancel()
            self._entering = None

    async def _arrive(self) -> None:
        plan, share = self._floor.plan, self._floor.share
        start = self._floor.now()
        for after_s in arrivals(
            self._floor.chance, self._rate / plan.processes, burst=plan.burst, day=share.day
        ):
            due_s = start + after_s
            if (wait_s := due_s - self._floor.now()) > 0:
                await asyncio.sleep(wait_s)
            elif self._entered % 64 == 0:
                await asyncio.sleep(0)
            self._entered += 1
            if self.under_way >= POSTS_MAX:
                self._floor.count("arrivals not sent: too many under way")
                continue
            due_s = plans.meant(due_s, self._floor.now())
            queue = self._floor.chance.randrange(plan.queues)
            name = plans.conversation_name(share.prefix, share.number, self._entered, queue, due_s)
            self._floor.spawn(self._enter, name, queue, due_s)

    async def _enter(self, name: str, queue: int, due_s: float) -> None:
        """Send one conversation until it is answered for good: its id makes that one entering."""
        body = {
            "id": name,
            "queue": plans.queue_name(self._floor.share.prefix, queue),
            "customer": {"name": f"Customer {self._entered}", "tier": "gold", "language": "en"},
            "subject": "An order that has not arrived",
            "attributes": {"order": self._entered, "page": "/orders/late", "basket": 129.95},
        }
        self._floor.count("arrivals")
        self.under_way += 1
        status, tries = 0, 0
        while not self._floor.over:
            try:
                status, _ = await self._floor.caller.call("POST", "/v1/conversations", body)
            except GAVE_UP as error:
                self._floor.count(f"entering: {type(error).__name__}")
                status = 0
            if status not in (0, 429, 502, 503, 504):
                break
            if status:
                self._floor.count(f"entering: {status}")
            tries += 1
            await asyncio.sleep(self._floor.chance.uniform(0, min(2.0, 0.05 * 2**tries)))
        self.under_way -= 1
        if status in (200, 201):
            self._floor.time("enter", self._floor.now() - due_s)
            self._floor.tell("new", self._floor.now(), name)
        elif status:
            self._floor.count(f"entering refused: {status}")
