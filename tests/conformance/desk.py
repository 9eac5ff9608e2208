"""A fresh set of queues and agents for one test on a shared server.

Duty: name things uniquely, so that tests on one server never meet, and take the dull steps (create,
sign in, be available) out of the tests. It MUST NOT look at anything but the public protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2

from .client import Json, body_of, eventually, http, rows
from .process import Server
from .session import Socket


class Desk:
    """The admin's hands and every socket that one test opens."""

    def __init__(self, server: Server, api: httpx2.AsyncClient, stack: AsyncExitStack) -> None:
        self.server = server
        self.api = api
        self._stack = stack
        self._tag = uuid.uuid4().hex[:8]

    async def moved(self) -> None:
        """Follow the server to its new address after a start; names stay the same."""
        self.api = await self._stack.enter_async_context(http(self.server.base))

    def name(self, word: str) -> str:
        """Return the word made unique for this test."""
        return f"{word}-{self._tag}"

    async def queue(self, word: str = "queue", **settings: Any) -> str:
        """Create a queue with the given settings and return its id."""
        name = self.name(word)
        settings.setdefault("name", word)
        body_of(await self.api.put(f"/v1/queues/{name}", json=settings), 200, 201)
        return name

    async def agent(self, word: str, *queues: str, chats: int = 1, **settings: Any) -> str:
        """Create an agent who is a member of the queues at level 1 and return the id."""
        name = self.name(word)
        settings.setdefault("name", word)
        settings.setdefault("queues", {queue: 1 for queue in queues})
        settings.setdefault("capacity", {"chat": chats})
        body_of(await self.api.put(f"/v1/agents/{name}", json=settings), 200, 201)
        return name

    async def create(self, queue: str, **fields: Any) -> str:
        """Create a conversation and return its id."""
        answer = await self.api.post("/v1/conversations", json={"queue": queue, **fields})
        return str(body_of(answer, 201)["id"])

    async def conversation(self, name: str) -> Json:
        """Return what the server says about a conversation."""
        return dict(body_of(await self.api.get(f"/v1/conversations/{name}"), 200))

    async def act(self, name: str, action: str, **fields: Any) -> Json:
        """Do a supervisor's action on a conversation and return the answer."""
        fields.setdefault("reason", "conformance")
        answer = await self.api.post(f"/v1/conversations/{name}/{action}", json=fields)
        return dict(body_of(answer, 200))

    async def state(self, name: str, *wanted: str) -> Json:
        """Wait until the conversation is in one of the states and return it."""

        async def probe() -> Json | None:
            seen = await self.conversation(name)
            return seen if seen["state"] in wanted else None

        return await eventually(probe, f"{name} in {wanted}")

    async def board(self) -> Json:
        """Return the supervisors' board."""
        return dict(body_of(await self.api.get("/v1/board"), 200))

    async def board_queue(self, name: str) -> Json:
        """Return the board's row of one queue."""
        return next(row for row in (await self.board())["queues"] if row["id"] == name)

    async def board_agent(self, name: str) -> Json:
        """Return the board's row of one agent."""
        return next(row for row in (await self.board())["agents"] if row["id"] == name)

    async def timeline(self, name: str) -> list[Json]:
        """Return the transitions of a conversation."""
        return rows(body_of(await self.api.get(f"/v1/conversations/{name}/timeline"), 200))

    async def ticket(self, role: str = "agent", **fields: Any) -> str:
        """Return a fresh single-use ticket."""
        body = {"role": role, **fields}
        return str(body_of(await self.api.post("/v1/tickets", json=body), 200, 201)["ticket"])

    async def socket(self, polite: bool = True, **options: Any) -> Socket:
        """Open a socket that has not said hello; it is closed at the end of the test."""
        opened = await Socket.open(self.server.ws_base, polite, **options)
        return await self._stack.enter_async_context(opened)

    async def connect(self, agent: str, polite: bool = True, resume: Json | None = None) -> Socket:
        """Open an agent's session; without resume its snapshot is taken already."""
        socket = await self.socket(polite)
        answer = await socket.greet(await self.ticket(agent=agent), resume)
        assert answer["ok"] is True, answer
        if resume is None:
            await socket.push("snapshot")
        return socket

    async def online(self, agent: str, polite: bool = True) -> Socket:
        """Open an agent's session and make the agent available."""
        socket = await self.connect(agent, polite)
        await socket.do("set_presence", presence="available")
        return socket

    async def supervisor(self) -> tuple[Socket, Json]:
        """Open a supervisor's session and return it with the board of its snapshot."""
        socket = await self.socket()
        answer = await socket.greet(await self.ticket("supervisor"))
        assert answer["ok"] is True, answer
        return socket, dict((await socket.push("snapshot"))["board"])

    def api_with(self, key: str | None) -> httpx2.AsyncClient:
        """Return a client with another key (None: without any)."""
        return http(self.server.base, key)


async def offered(socket: Socket, conversation: str | None = None) -> Json:
    """Wait for an offer (of the conversation) and return its body."""

    def fits(push: Json) -> bool:
        return conversation is None or push["offer"]["conversation"] == conversation

    return dict((await socket.push("offer", fits))["offer"])


async def serve(socket: Socket) -> None:
    """Accept and complete whatever is offered, until cancelled or cut off."""
    while True:
        offer = (await socket.push("offer", within_s=120))["offer"]
        answer = await socket.ask("accept", offer=offer["id"])
        if answer["ok"]:
            await socket.do("complete", conversation=offer["conversation"])


@contextlib.asynccontextmanager
async def serving(*sockets: Socket) -> AsyncIterator[None]:
    """Let these agents serve what comes while the block runs."""
    tasks = [asyncio.create_task(serve(socket)) for socket in sockets]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def take(socket: Socket, conversation: str | None = None) -> Json:
    """Wait for an offer, accept it and return it."""
    offer = await offered(socket, conversation)
    await socket.do("accept", offer=offer["id"])
    return offer
