"""The demo: sample queues, agents who work by themselves, and customers who keep coming.

Duty: make a fresh server worth looking at within seconds, through its public interfaces alone. MUST
NOT be needed by anything else. The rules: everything is drawn from one seed; the load is light but
comes in waves, so that a line forms now and then; whoever sits down at the free seat is written to
within a few seconds.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import uuid4

from app.clients import demo_cast as cast
from app.clients.agent import AgentClient, Connecting
from app.clients.behaviour import Bot, SeededHabits
from app.clients.http import ApiClient, ApiRefused, Json, Persistence

WAVE_S = 150.0
PATIENCE_S = (60.0, 240.0)
LOOK_S = 1.5
GREET_AFTER_S = (2.0, 5.0)
NEVER_GIVE_UP_S = 1e9


@dataclass(slots=True, frozen=True, kw_only=True)
class DemoOptions:
    """``pace``: how many times as fast as usual customers come and agents work."""

    seed: int = 1
    pace: float = 1.0


async def run_demo(base_url: str, admin_key: str, options: DemoOptions | None = None) -> None:
    """Fill the server with life until cancelled.

    Sees the server through crashes and restarts. Raises ApiRefused (in a group) when a step is
    refused.
    """
    options = options or DemoOptions()
    patience = Persistence(give_up_s=NEVER_GIVE_UP_S)
    async with ApiClient(base_url, admin_key, persistence=patience, seed=options.seed) as api:
        await set_up(api)
        show = _Show(api, base_url, admin_key, options)
        async with asyncio.TaskGroup() as group:
            for agent in cast.AGENTS:
                if agent != cast.SEAT:
                    group.create_task(show.work(agent))
            for queue in cast.QUEUES:
                group.create_task(show.arrive(queue, group))
            group.create_task(show.greet(group))


async def set_up(api: ApiClient) -> None:
    """Put the sample queues and agents."""
    for queue in cast.QUEUES:
        await api.put_queue(queue.id, _queue_settings(queue))
    for id, agent in cast.AGENTS.items():
        await api.put_agent(id, {**agent, "capacity": cast.CAPACITY, "units": cast.UNITS})


def _queue_settings(queue: cast.SampleQueue) -> Json:
    return {
        "name": queue.name,
        "priority": 10 if queue.id == cast.SEAT_QUEUE else 0,
        "offer": {"timeout_ms": queue.timeout_ms},
        "rings": [{"after_ms": 0, "max_level": 1}, {"after_ms": 6_000, "max_level": 2}],
        "decline": {
            "cooldown_ms": 20_000,
            "reasons": [{"code": "busy"}, {"code": "not_my_topic", "again": False}],
        },
        "wrap_up": {"ms": queue.wrap_up_ms},
        "service_level": {"target_ms": 20_000, "percent": 80},
    }


class _Show:
    """Everybody on the stage of one demo."""

    def __init__(self, api: ApiClient, base_url: str, admin_key: str, options: DemoOptions) -> None:
        self._api = api
        self._server = (base_url, admin_key)
        self._options = options
        self._run = uuid4().hex[:6]
        self._guests = 0

    def _rng(self, what: str) -> Random:
        return Random(f"{self._options.seed} {what}")

    async def work(self, agent: str) -> None:
        """One simulated agent at work."""
        rng = self._rng(agent)
        client = AgentClient(*self._server, agent, api=self._api, connecting=Connecting(cap_s=5.0))
        await asyncio.sleep(rng.uniform(0.0, 1.0))
        async with client:
            await Bot(client, _DemoHabits(rng, self._options.pace)).run()

    async def arrive(self, queue: cast.SampleQueue, group: asyncio.TaskGroup) -> None:
        """Customers of one queue, in waves."""
        rng = self._rng(queue.id)
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(rng.uniform(0.0, min(4.0, queue.every_s)) / self._options.pace)
        while True:
            group.create_task(self._visit(queue, rng))
            passed_s = asyncio.get_running_loop().time() - began
            wave = 1.0 + 0.8 * math.sin(2 * math.pi * passed_s * self._options.pace / WAVE_S)
            mean_s = queue.every_s / (wave * self._options.pace)
            await asyncio.sleep(rng.expovariate(1.0 / mean_s))

    async def greet(self, group: asyncio.TaskGroup) -> None:
        """Write to whoever sits down at the free seat, and again whenever that seat runs dry."""
        rng = self._rng("greeter")
        queue = next(one for one in cast.QUEUES if one.id == cast.SEAT_QUEUE)
        while True:
            await asyncio.sleep(LOOK_S)
            if await self._seat_is_free():
                await asyncio.sleep(rng.uniform(*GREET_AFTER_S))
                group.create_task(self._visit(queue, rng, preferred_agent=cast.SEAT))
                await asyncio.sleep(LOOK_S)

    async def _seat_is_free(self) -> bool:
        board = await self._api.board()
        rows = [row for row in board["agents"] if row["id"] == cast.SEAT]
        return any(row["routable"] and not row["load"] for row in rows)

    async def _visit(self, queue: cast.SampleQueue, rng: Random, **more: Any) -> None:
        """One customer: writes, waits, and leaves when it takes too long."""
        self._guests += 1
        id = f"demo-{self._run}-{self._guests}"
        patience_s = rng.uniform(*PATIENCE_S)
        customer = {
            "name": f"{rng.choice(cast.FIRST_NAMES)} {rng.choice(cast.LAST_NAMES)}",
            "city": rng.choice(cast.PLACES),
        }
        subject = rng.choice(queue.subjects)
        try:
            await self._api.create_conversation(
                queue.id, id=id, channel=queue.channel, customer=customer, subject=subject, **more
            )
            await asyncio.sleep(patience_s)
            await self._api.cancel(id, "abandoned")
        except ApiRefused as refused:
            if refused.status not in (404, 409):
                raise


class _DemoHabits(SeededHabits):
    """Talks as long as the queue's talks are, everything ``pace`` times as fast."""

    def __init__(self, rng: Random, pace: float) -> None:
        super().__init__(
            rng=rng,
            answer_s=_faster(SeededHabits.answer_s, pace),
            wrap_up_s=_faster(SeededHabits.wrap_up_s, pace),
        )
        self._talks = {queue.id: _faster(queue.talk_s, pace) for queue in cast.QUEUES}

    def works_s(self, conversation: Json) -> float:
        return self.rng.uniform(*self._talks.get(conversation.get("queue", ""), self.work_s))


def _faster(bounds: tuple[float, float], pace: float) -> tuple[float, float]:
    return bounds[0] / pace, bounds[1] / pace
