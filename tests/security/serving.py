"""The application on a real port of this process, over the memory store, and a day's work on it.

What the application was told of each caller is kept: ``Door.scopes``.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx2
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.edge.connection import Guard
from app.edge.limits import ConnectionLimits
from app.edge.server import build_server, listen
from app.edge.sockets import open_door
from tests.conformance.session import SUBPROTOCOL, Socket
from tests.edge.front import ADMIN_KEY, Front, open_front, said


class Door:
    """Where the application listens, and as whom it saw its callers."""

    def __init__(self, front: Front, port: int) -> None:
        self.front, self.port = front, port
        self.scopes: list[Scope] = []

    def clients(self) -> set[tuple[str, str]]:
        """The address and the scheme of every caller."""
        return {(scope["client"][0], scope["scheme"]) for scope in self.scopes}


@contextlib.asynccontextmanager
async def serving(
    *,
    tls: ssl.SSLContext | None = None,
    limits: ConnectionLimits | None = None,
    **settings: Any,
) -> AsyncIterator[Door]:
    """Serve until the block ends."""
    async with open_front(**settings) as front:
        listener = listen("127.0.0.1", 0, 16)
        door = Door(front, listener.getsockname()[1])

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            door.scopes.append(scope)
            await front.app(scope, receive, send)

        held = limits or ConnectionLimits()
        guard = Guard(held, open_door(held, front.metrics), front.metrics)
        server = build_server(watched, guard, backlog=16, stop_s=1, tls=tls)
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield door
        finally:
            server.stop()
            await task


class Caller:
    """Somebody at ``origin`` who trusts ``tls`` and comes from ``address``."""

    def __init__(
        self,
        origin: str,
        tls: ssl.SSLContext | None = None,
        address: str = "127.0.0.1",
        headers: dict[str, str] | None = None,
        key: str = ADMIN_KEY,
    ) -> None:
        self.origin, self.tls, self.address, self.key = origin, tls, address, key
        self.headers = headers or {}

    def http(self) -> httpx2.AsyncClient:
        """The admin's hands."""
        verify = self.tls if self.tls is not None else True
        transport = httpx2.AsyncHTTPTransport(verify=verify, local_address=self.address)
        headers = {"Authorization": f"Bearer {self.key}", **self.headers}
        return httpx2.AsyncClient(transport=transport, base_url=self.origin, headers=headers)

    @contextlib.asynccontextmanager
    async def socket(self, agent: str = "a1") -> AsyncIterator[Socket]:
        """A socket of the agent, opened as a page of that origin would."""
        async with self.http() as http:
            asked = await http.post("/v1/tickets", json={"role": "agent", "agent": agent})
        wire = await connect(
            self.origin.replace("http", "ws", 1) + "/ws",
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            origin=self.origin,  # type: ignore[arg-type]
            additional_headers=self.headers,
            ssl=self.tls,
            compression=None,
            proxy=None,
            local_addr=(self.address, 0),
        )
        async with Socket(wire) as socket:
            answer = await socket.greet(said(asked, 201)["ticket"])
            assert answer["ok"], answer
            yield socket

    async def work(self) -> Socket:
        """Enter a conversation, be offered it, accept it; the socket is closed again."""
        async with self.http() as http:
            said(await http.put("/v1/queues/q", json={"name": "Q"}), 200, 201)
            agent = {"name": "A", "queues": {"q": 1}}
            said(await http.put("/v1/agents/a1", json=agent), 200, 201)
            async with self.socket() as socket:
                await socket.do("set_presence", presence="available")
                said(await http.post("/v1/conversations", json={"queue": "q"}), 201)
                offer = (await socket.push("offer"))["offer"]
                await socket.do("accept", offer=offer["id"])
                return socket
