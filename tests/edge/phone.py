"""A WebSocket of the application in memory, greeted with a ticket of some client."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from tests.edge.front import Front, said
from tests.virtual_time import elapse

SOCKET: dict[str, Any] = {
    "type": "websocket",
    "asgi": {"version": "3.0"},
    "path": "/ws",
    "raw_path": b"/ws",
    "query_string": b"",
    "root_path": "",
    "headers": [(b"host", b"desk.test")],
    "subprotocols": ["interlock.v1"],
    "scheme": "ws",
}
"""What the server is told of a connection."""


class Phone:
    """A WebSocket of the application in memory. ``heard``: frames; ``closed``: the close code."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.closed: tuple[int, str] | None = None
        self._says: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._says.put_nowait({"type": "websocket.connect"})

    def say(self, **frame: Any) -> None:
        self._says.put_nowait({"type": "websocket.receive", "text": json.dumps(frame)})

    def hang_up(self) -> None:
        self._says.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def receive(self) -> dict[str, Any]:
        return await self._says.get()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            self.heard.append(json.loads(message["text"]))
        elif message["type"] == "websocket.close":
            self.closed = message["code"], message["reason"]
            self.hang_up()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.heard if frame["type"] == kind]


@contextlib.asynccontextmanager
async def socket_of(
    front: Front,
    client: httpx2.AsyncClient,
    resume: dict[str, Any] | None = None,
    ticket: str | None = None,
    **who: str,
) -> AsyncIterator[Phone]:
    """A greeted socket with this ticket, or a new one of this client."""
    if ticket is None:
        ticket = said(await client.post("/v1/tickets", json=who), 201)["ticket"]
    phone = Phone()
    phone.say(type="hello", ref="h", ticket=ticket, **({"resume": resume} if resume else {}))
    task = asyncio.create_task(front.app(dict(SOCKET), phone.receive, phone.send))
    await elapse(0.1)
    try:
        yield phone
    finally:
        phone.hang_up()
        await task
