"""The writer's own connection: one socket, replies in order, and no doubt about what was sent.

Why not a client library: a pool with retries may send a write twice, and cancelling a call closes
its connection with the outcome unknown. Here a failure before the first byte left is
``StoreUnavailable``, any failure after it is ``StoreUncertain``; a caller may be cancelled
without harm to the others; and a call costs about half the CPU.

MUST NOT send anything twice. A connection that failed once is thrown away; the next call opens
another.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

from app.adapters.redis.address import Address
from app.adapters.redis.resp import ErrorReply, ProtocolBroken, Reply, ReplyReader, pack
from app.ports import StoreUnavailable, StoreUncertain

# After these the server behind the address may be another one, so ask the address again.
_ELSEWHERE = frozenset({"READONLY", "MASTERDOWN", "MOVED", "ASK", "CLUSTERDOWN", "NOAUTH"})


class Refused(Exception):
    """The server answered with an error. ``code`` is its first word, such as ``NOSCRIPT``."""

    def __init__(self, error: ErrorReply) -> None:
        super().__init__(error.text)
        self.code = error.code


class _Wire(asyncio.Protocol):
    """One connection, from its first byte to its loss."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reader = ReplyReader()
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._gone = asyncio.Event()

    @property
    def usable(self) -> bool:
        """Whether a command may still be written."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not checked at run time: uvloop's transports share no class with asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            for reply in self._reader.feed(data):
                answer = self._waiting.popleft()
                if not answer.done():  # done: its caller was cancelled
                    answer.set_result(reply)
        except (ProtocolBroken, IndexError) as broken:
            self.fail(f"the server's reply makes no sense: {broken}")

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(f"connection lost before the answer: {exc or 'closed by the server'}")
        self._gone.set()

    def send(self, packed: bytes) -> asyncio.Future[Reply]:
        """Write one command; the future gets its reply or StoreUncertain."""
        assert self._transport is not None
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self._transport.write(packed)
        return answer

    def fail(self, why: str) -> None:
        """Throw the connection away; whoever waits for an answer will not get one."""
        if self._transport is not None:
            self._transport.abort()
        while self._waiting:
            answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(StoreUncertain(why))

    async def closed(self) -> None:
        """Wait until the socket is gone."""
        if self._transport is not None:
            await self._gone.wait()


class Link:
    """Calls commands over a connection that is opened when needed.

    ``timeout_s`` bounds the wait for an answer, ``connect_timeout_s`` the opening with its
    handshake.
    """

    def __init__(
        self, address: Address, *, timeout_s: float, connect_timeout_s: float, name: str
    ) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._name = name
        self._wire: _Wire | None = None
        self._opening = asyncio.Lock()

    async def call(self, *args: bytes) -> bytes | None:
        """Send one command and wait for its reply.

        Raises Refused (the server's error), StoreUnavailable (not sent), StoreUncertain (no
        answer).
        """
        wire = self._wire
        if wire is None or not wire.usable:
            wire = await self._open()
        return await self._exchange(wire, pack(*args))

    async def aclose(self) -> None:
        """Close the connection. A later call would open a new one."""
        if self._wire is not None:
            self._wire.fail("closed by us")
            await self._wire.closed()
            self._wire = None

    async def _exchange(self, wire: _Wire, packed: bytes) -> bytes | None:
        answer = wire.send(packed)
        timer = asyncio.get_running_loop().call_later(
            self._timeout_s, wire.fail, f"no answer within {self._timeout_s} s"
        )
        try:
            reply = await answer
        finally:
            timer.cancel()
        if isinstance(reply, ErrorReply):
            if reply.code in _ELSEWHERE:
                wire.fail(reply.text)
            raise Refused(reply)
        return reply

    async def _open(self) -> _Wire:
        async with self._opening:
            if self._wire is not None and self._wire.usable:
                return self._wire
            wire = _Wire()
            try:
                async with asyncio.timeout(self._connect_timeout_s):
                    await self._address.connect(lambda: wire)
                    await self._greet(wire)
            except (OSError, Refused, StoreUncertain) as trouble:
                wire.fail("not opened")
                raise StoreUnavailable(
                    f"cannot connect to {self._address}: {trouble or type(trouble).__name__}"
                ) from trouble
            except asyncio.CancelledError:
                wire.fail("not opened")
                raise
            self._wire = wire
            return wire

    async def _greet(self, wire: _Wire) -> None:
        for command in self._address.greeting(self._name):
            await self._exchange(wire, pack(*command))
