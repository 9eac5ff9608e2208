"""HTTP calls at a high rate: keep-alive connections on bare streams, nothing else.

For the client processes only, where a full HTTP library would cost more than the server that is
measured. MUST NOT decide whether a call may be repeated. The rule: a connection goes back to the
pool only after its answer was read to the end.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import orjson

GAVE_UP = (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError)
"""What a call that got no answer raises."""
ANSWER_S = 30.0
IDLE_S = 3.0
"""A connection that rested longer may be closed by the server at the same moment."""

_Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Caller:
    """Calls to one server with one key over at most ``connections`` connections."""

    def __init__(self, url: str, key: str, *, connections: int = 32, source: str = "") -> None:
        parts = urlsplit(url)
        self.tls = ssl.create_default_context() if parts.scheme == "https" else None
        self.host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
        self.port = parts.port or (443 if self.tls else 80)
        self.source = (source, 0) if source else None
        self._base = parts.path.rstrip("/")
        self._head = f"Host: {parts.netloc}\r\nAuthorization: Bearer {key}\r\n"
        self._room = asyncio.Semaphore(connections)
        self._idle: list[tuple[float, _Pair]] = []

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of the answer (None when it is none). Raises one of ``GAVE_UP``."""
        content = b"" if body is None else orjson.dumps(body)
        head = f"{method} {self._base}{path} HTTP/1.1\r\n{self._head}"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        async with self._room:
            async with asyncio.timeout(ANSWER_S):
                pair = self._rested() or await self._connect()
                try:
                    pair[1].write(head.encode() + b"\r\n" + content)
                    status, data, stays = await _answer(pair[0])
                except BaseException:
                    pair[1].close()
                    raise
        if stays:
            self._idle.append((time.monotonic(), pair))
        else:
            pair[1].close()
        return status, orjson.loads(data) if data[:1] in (b"{", b"[") else None

    def _rested(self) -> _Pair | None:
        """The connection that was used last, if that is not too long ago."""
        if not self._idle:
            return None
        used_at, pair = self._idle.pop()
        if time.monotonic() - used_at < IDLE_S:
            return pair
        pair[1].close()
        self.close()
        return None

    async def _connect(self) -> _Pair:
        return await asyncio.open_connection(
            self.host, self.port, ssl=self.tls, local_addr=self.source
        )

    def close(self) -> None:
        """Let the idle connections go."""
        for _, (_, writer) in self._idle:
            writer.close()
        self._idle.clear()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = head.split("\r\n")
    status = int(lines[0].split(" ", 2)[1])
    fields = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines[1:])
    }
    if fields.get("transfer-encoding", "").lower() == "chunked":
        data = await _chunks(reader)
    else:
        data = await reader.readexactly(int(fields.get("content-length", "0")))
    return status, data, fields.get("connection", "").lower() != "close"


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    data = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        data += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return data
