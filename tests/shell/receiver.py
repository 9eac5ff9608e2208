"""A webhook's receiver on a real socket that fails, hangs and comes back, as tests wish."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

HANG = "hang"
HANG_UP = "hang up"


class Receiver:
    """``plan`` holds what the next requests get (a status, HANG, HANG_UP); after it ``then``."""

    def __init__(self) -> None:
        self.plan: deque[int | str] = deque()
        self.then: int | str = 204
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answered: list[int | str] = []
        self.url = ""
        self._busy: set[asyncio.Task[None]] = set()

    def messages(self) -> list[dict[str, Any]]:
        """Everything heard, in order, repeats included."""
        return [json.loads(body) for _, body in self.heard]

    def kinds(self) -> list[str]:
        """The types of the messages heard."""
        return [str(message["type"]) for message in self.messages()]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._one(reader, writer):
                    pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers["content-length"]))
        self.heard.append((headers, body))
        what = self.plan.popleft() if self.plan else self.then
        self.answered.append(what)
        if what == HANG:
            await reader.read()
            return False
        if what == HANG_UP:
            return False
        more = "Location: http://127.0.0.1:9/\r\n" if what == 302 else ""
        writer.write(f"HTTP/1.1 {what} X\r\n{more}Content-Length: 0\r\n\r\n".encode())
        await writer.drain()
        return True


@contextlib.asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver that listens while the block runs."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", port)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?token=1"
    try:
        yield receiver
    finally:
        server.close()


def signed_by(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """What a receiver checks, written from the documentation alone."""
    parts = dict(part.split("=", 1) for part in headers["x-interlock-signature"].split(","))
    text = parts["t"].encode() + b"." + body
    wanted = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, parts["v1"])
