"""Live traffic for campaigns: quick bots, and writers who note what they were acknowledged.

MUST use the public protocol only, and note an acknowledgement when it came and not before. Every
conversation's queue is in its writer's own note, so that a bot can tell a wrong queue by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from random import Random
from typing import Any

from app.campaign.machine import ADMIN_KEY, Late, until
from app.clients.agent import AgentClient, Connecting
from app.clients.behaviour import Bot, SeededHabits
from app.clients.commands import Answer
from app.clients.http import ApiClient, ApiRefused, ApiUnreachable, Persistence
from app.clients.journal import Journal

QUEUES = ("billing", "support", "orders")
CAPACITY = 2
STEADFAST = Persistence(give_up_s=120.0, base_s=0.05, cap_s=0.5, timeout_s=4.0)
FAULTS_BORNE = 20
AGAIN_S = 0.1
QUEUE = {"offer": {"timeout_ms": 5_000}, "decline": {"cooldown_ms": 500}}


def quick(seed: object) -> SeededHabits:
    """Somebody who answers and works within a second."""
    return SeededHabits(
        rng=Random(str(seed)),
        answer_s=(0.02, 0.3),
        work_s=(0.05, 0.8),
        wrap_up_s=(0.0, 0.2),
        away_s=(0.1, 0.5),
        decline_share=0.08,
    )


class Patient(AgentClient):
    """Somebody who clicks again after a fault of the server."""

    async def command(self, kind: str, **fields: Any) -> Answer:
        """See ``AgentClient.command``."""
        for _ in range(FAULTS_BORNE):
            answer = await super().command(kind, **fields)
            if answer.code != "internal":
                break
            await asyncio.sleep(AGAIN_S)
        return answer


class Traffic:
    """Agents and writers on one server. ``journal`` takes all that they hear and say."""

    def __init__(
        self,
        base: str,
        journal: Journal,
        seed: int,
        *,
        queues: Sequence[str] = QUEUES,
        agents: int = 6,
        every_s: float = 0.15,
    ) -> None:
        self.base, self.seed, self._journal = base, seed, journal
        self.queues, self.every_s = queues, every_s
        self.agents = {
            f"agent-{n}": [queues[n % len(queues)], queues[(n + 1) % len(queues)]]
            for n in range(agents)
        }
        self.api = ApiClient(base, ADMIN_KEY, persistence=STEADFAST, seed=seed)
        self.queue_of: dict[str, str] = {}
        self.clients: list[AgentClient] = []
        self.faults_met = 0
        self.asked: dict[str, float] = {}
        self._writers: list[asyncio.Task[None]] = []
        self._bots: list[asyncio.Task[None]] = []
        self._visits: set[asyncio.Task[None]] = set()
        self._stack = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """Furnish the server, let the agents in, begin to write."""
        for queue in self.queues:
            await self.api.put_queue(queue, {"name": queue.title(), **QUEUE})
        for agent, queues in self.agents.items():
            capacity = {"chat": CAPACITY}
            settings = {"name": agent, "queues": dict.fromkeys(queues, 1), "capacity": capacity}
            await self.api.put_agent(agent, settings)
        for agent in self.agents:
            client = Patient(
                self.base,
                ADMIN_KEY,
                agent,
                api=self.api,
                connecting=Connecting(base_s=0.05, cap_s=0.5, answer_s=5.0),
                journal=self._journal,
            )
            self.clients.append(await self._stack.enter_async_context(client))
            bot = Bot(client, quick(f"{self.seed} {agent}"))
            self._bots.append(asyncio.create_task(bot.run(), name=agent))
        for queue in self.queues:
            self._writers.append(asyncio.create_task(self._write(queue), name=f"writer {queue}"))

    def check(self) -> None:
        """Raise what ended one of the actors."""
        for task in (*self._bots, *self._writers):
            if task.done() and not task.cancelled():
                task.result()

    async def _write(self, queue: str) -> None:
        rng = Random(f"{self.seed} {queue}")
        number = 0
        while True:
            await asyncio.sleep(rng.expovariate(1 / (self.every_s * len(self.queues))))
            number += 1
            name = f"{queue}-{number}"
            self.queue_of[name] = queue
            leaves_after_s = rng.uniform(0.0, 1.0) if rng.random() < 0.15 else None
            visit = asyncio.create_task(self._visit(name, queue, leaves_after_s))
            self._visits.add(visit)
            visit.add_done_callback(self._visits.discard)

    async def _create(self, name: str, queue: str) -> bool:
        """As a ticket system does: after a fault of the server, the same again."""
        for _ in range(FAULTS_BORNE):
            try:
                await self.api.create_conversation(queue, id=name, subject=f"for {queue}")
                return True
            except ApiUnreachable:
                return False
            except ApiRefused as refused:
                if refused.status < 500:
                    raise
                self.faults_met += 1
                await asyncio.sleep(AGAIN_S)
        return False

    async def _visit(self, name: str, queue: str, leaves_after_s: float | None) -> None:
        self.asked[name] = asyncio.get_running_loop().time()
        if not await self._create(name, queue):
            return
        self._note("create", name)
        if leaves_after_s is None:
            return
        await asyncio.sleep(leaves_after_s)
        try:
            await self.api.cancel(name)
        except (ApiRefused, ApiUnreachable):
            return
        self._note("cancel", name)

    def _note(self, act: str, name: str) -> None:
        detail = {"act": act, "id": name, "queue": self.queue_of[name]}
        self._journal.note("writer", "acknowledged", detail)

    async def drain(self, within_s: float = 90.0) -> None:
        """Write no more, and return when all that was written has ended. Raises Late."""
        for task in self._writers:
            task.cancel()
        await asyncio.gather(*self._writers, return_exceptions=True)
        if self._visits:
            await asyncio.wait(self._visits, timeout=within_s)

        async def empty() -> bool:
            self.check()
            totals = (await self.api.board())["totals"]
            return bool(totals["entered"] == totals["ended"])

        try:
            await until(empty, "all conversations have ended", within_s, 0.2)
        except Late as late:
            raise Late(f"{late}; {await self._stuck()}") from None

    async def _stuck(self) -> str:
        """What there still is, for people."""
        names = sorted(self.queue_of)
        found = await asyncio.gather(*map(self.api.conversation, names), return_exceptions=True)
        live = [
            f"{one['id']} {one['state']} {one.get('agent')}"
            for one in found
            if isinstance(one, dict) and one["state"] not in ("closed", "abandoned", "canceled")
        ]
        agents = (await self.api.board())["agents"]
        return f"live: {live[:10]}; agents: {agents}"

    async def stop(self) -> None:
        """Everybody leaves."""
        tasks = [*self._writers, *self._bots, *self._visits]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._stack.aclose()
        await self.api.aclose()
