"""A network line between the browser and a server, which a test can cut and lead elsewhere.

Duty: keep one address for the browser while servers die and come back at other ports. It MUST NOT
understand what it carries.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from urllib.parse import urlsplit

CHUNK_BYTES = 65_536


class Line:
    """Forwards TCP from its own port to ``target``; closed, it takes no calls."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._open = True
        self._ends: set[asyncio.StreamWriter] = set()
        self._calls: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self.base = ""

    async def __aenter__(self) -> Line:
        self._listener = await asyncio.start_server(self._call, "127.0.0.1", 0)
        port = self._listener.sockets[0].getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._listener is not None
        self.cut()
        self._listener.close()
        for call in list(self._calls):
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection and let no new one through until ``mend``."""
        self._open = False
        for end in list(self._ends):
            end.transport.abort()

    def mend(self, target: str | None = None) -> None:
        """Let calls through again, to another server if one is named."""
        self._target = target or self._target
        self._open = True

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._calls.add(task)
        try:
            await self._connect(reader, writer)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._calls.discard(task)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        address = urlsplit(self._target)
        back, there = await asyncio.open_connection(address.hostname, address.port)
        self._ends |= {writer, there}
        try:
            await asyncio.gather(_pump(reader, there), _pump(back, writer))
        finally:
            self._ends -= {writer, there}
            there.transport.abort()
            writer.transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(CHUNK_BYTES):
        if sink.is_closing():
            return
        sink.write(data)
        await sink.drain()
    if not sink.is_closing():
        sink.write_eof()
