"""Traffic that goes on whatever node serves: customers who insist, agents who come back.

Keeps its own books: what was acknowledged, and where each offer went. MUST NOT repair anything.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import httpx2
from websockets.exceptions import WebSocketException

from tests.conformance.client import http
from tests.conformance.session import Socket
from tests.upgrade.nodes import ADMIN_KEY
from tests.waiting import poll_until

MEMBERS = {"anna": ["sales"], "bo": ["service"], "cy": ["sales", "service"]}
QUEUES = ("sales", "service")
AWAY = (OSError, AssertionError, KeyError, httpx2.HTTPError, WebSocketException)
"""What a client meets while nodes change; it then comes back."""


class Traffic:
    """Customers and agents; ``base`` is the node that they speak with now."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.queue_of: dict[str, str] = {}
        self.wrong: list[str] = []
        self.accepted = 0
        self._number = 0
        self._coming = True
        self._gone = asyncio.Event()

    async def furnish(self) -> None:
        """Queues and agents, once."""
        async with http(self.base, ADMIN_KEY) as api:
            for queue in QUEUES:
                wrap_up = {"ms": 50 if queue == "sales" else 0}
                body = {"name": queue, "wrap_up": wrap_up}
                (await api.put(f"/v1/queues/{queue}", json=body)).raise_for_status()
            for agent, queues in MEMBERS.items():
                body = {"name": agent, "queues": dict.fromkeys(queues, 1), "capacity": {"chat": 3}}
                (await api.put(f"/v1/agents/{agent}", json=body)).raise_for_status()

    @contextlib.asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Customers come and agents serve while the block runs."""
        works = [self._customers(), *(self._agent(name) for name in MEMBERS)]
        tasks = [asyncio.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        faults = [one for one in results if isinstance(one, Exception)]
        assert not faults, faults

    async def served(self, more: int = 8) -> None:
        """Wait until so many more were accepted than now."""
        goal = self.accepted + more
        await poll_until(lambda: self.accepted >= goal, f"{more} more accepted", within_s=40)

    async def last_ones(self) -> None:
        """No more customers; wait until all that was acknowledged is closed, in its own queue."""
        self._coming = False
        await self._gone.wait()
        open_ = set(self.queue_of)

        async def none_left() -> bool:
            async with http(self.base, ADMIN_KEY) as api:
                for id_ in sorted(open_):
                    try:
                        found = (await api.get(f"/v1/conversations/{id_}")).json()
                    except httpx2.HTTPError:
                        return False
                    assert found["queue"] == self.queue_of[id_], found
                    if found["state"] == "closed":
                        open_.discard(id_)
            return not open_

        await poll_until(none_left, f"all closed; open: {open_}", within_s=40, every_s=0.2)

    async def _customers(self) -> None:
        """One after another; each insists with its id until it is acknowledged."""
        while self._coming:
            self._number += 1
            id_, queue = f"c{self._number}", QUEUES[self._number % 2]
            self.queue_of[id_] = queue
            enter = partial(self._enter, id_, queue)
            await poll_until(enter, f"{id_} is in", within_s=60, every_s=0.02)
        self._gone.set()

    async def _is_up(self) -> bool:
        with contextlib.suppress(httpx2.HTTPError):
            async with http(self.base, ADMIN_KEY) as api:
                return (await api.get("/readyz")).status_code == 200
        return False

    async def _enter(self, id_: str, queue: str) -> bool:
        body = {"id": id_, "queue": queue, "channel": "chat"}
        try:
            async with http(self.base, ADMIN_KEY) as api:
                answer = await api.post("/v1/conversations", json=body)
        except httpx2.HTTPError:
            return False
        return answer.status_code in (200, 201)

    async def _agent(self, name: str) -> None:
        while True:
            with contextlib.suppress(*AWAY):
                await self._shift(name)
            await poll_until(self._is_up, "a node serves", within_s=60, every_s=0.02)

    async def _shift(self, name: str) -> None:
        """One session from its ticket to its loss."""
        async with http(self.base, ADMIN_KEY) as api:
            body = {"role": "agent", "agent": name}
            ticket = (await api.post("/v1/tickets", json=body)).json()["ticket"]
        async with await Socket.open(self.base.replace("http://", "ws://")) as socket:
            assert (await socket.greet(ticket, None))["ok"]
            snapshot = await socket.push("snapshot")
            for held in snapshot["conversations"]:
                if held["state"] == "assigned":
                    await socket.ask("complete", conversation=held["id"])
            await socket.ask("set_presence", presence="available")
            for offer in snapshot["offers"]:
                await self._take(name, socket, offer)
            while True:
                await self._take(name, socket, (await socket.push("offer", within_s=60))["offer"])

    async def _take(self, name: str, socket: Socket, offer: dict[str, Any]) -> None:
        self._judge(name, offer)
        if (await socket.ask("accept", offer=offer["id"]))["ok"]:
            self.accepted += 1
            await socket.ask("complete", conversation=offer["conversation"])

    def _judge(self, name: str, offer: dict[str, Any]) -> None:
        queue = self.queue_of.get(offer["conversation"])
        if offer["queue"] != queue or queue not in MEMBERS[name]:
            self.wrong.append(f"{offer['conversation']} of {queue} to {name} as {offer['queue']}")
