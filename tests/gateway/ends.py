"""Two ends of a link in one process, and what is said through them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.gateway.back import App, Back
from app.gateway.front import Front
from app.gateway.link import Link, Message


@dataclass
class Ends:
    """``front`` passes on to ``back``; ``noted`` is what was noted there."""

    front: Front
    back: Back
    link: Link
    noted: list[Any] = field(default_factory=list)


def _same(end: Link) -> Link:
    return end


@contextlib.asynccontextmanager
async def ends_of(app: App, sockets_max: int = 10) -> AsyncIterator[Ends]:
    """A gateway before ``app``."""
    noted: list[Any] = []
    back = Back(app, lambda *note: noted.append(note))
    lost = asyncio.Event()
    link = Link(says="websocket.send", lost=lost.set)
    loop = asyncio.get_running_loop()
    for end, sock in zip((back.link, link), socket.socketpair(), strict=True):
        sock.setblocking(False)
        await loop.create_unix_connection(partial(_same, end), sock=sock)
    try:
        yield Ends(Front(link, sockets_max), back, link, noted)
    finally:
        link.close()
        back.link.close()
        await back.finish(1)
        await lost.wait()


class Network:
    """What uvicorn would be for one conversation: ``said`` is what came to the client."""

    def __init__(self, kind: str = "http", **scope: Any) -> None:
        headers = [(b"x-one", b"\xff")]
        self.scope: Message = {"type": kind, "path": "/", "headers": headers, **scope}
        self.said: asyncio.Queue[Message] = asyncio.Queue()
        self.asked: asyncio.Queue[Message] = asyncio.Queue()
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, message: Message) -> None:
        """Takes while it is open."""
        await self.open.wait()
        self.said.put_nowait(message)

    def serve(self, front: Front) -> asyncio.Task[None]:
        """Begin."""
        return asyncio.create_task(front(self.scope, self.asked.get, self.send))

    def all_said(self) -> list[Message]:
        """Everything until now."""
        return [self.said.get_nowait() for _ in range(self.said.qsize())]
