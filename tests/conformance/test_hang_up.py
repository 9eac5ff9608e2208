"""Clients that hang up in mid sentence: they cost themselves, not the others, and are no news."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from .client import body_of
from .desk import Desk

HEAD = (
    "POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    "Content-Length: 100\r\n\r\n{{{n}"
)


async def hang_up(base: str, n: int) -> None:
    where = urlsplit(base)
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(HEAD.format(n=n % 10).encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def test_a_hundred_broken_requests_stop_nobody(desk: Desk) -> None:
    await asyncio.gather(*(hang_up(desk.server.base, n) for n in range(100)))
    queue = await desk.queue()
    assert body_of(await desk.api.get(f"/v1/queues/{queue}"))["id"] == queue
    assert "Traceback" not in desk.server.stderr()
