"""The gateway's end: an ASGI application that passes every conversation on to the owner.

MUST NOT read what it passes on. When the owner is gone it says so, in the protocol's own words, and
everybody comes back: to the owner that follows.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from app.gateway.link import Link, LinkLost, Message, Stream

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

RESTART: Final = 1012
OVERLOAD: Final = 1013
FAULT: Final = 1011
_PASSED: Final = (
    "type",
    "asgi",
    "http_version",
    "scheme",
    "method",
    "path",
    "raw_path",
    "query_string",
    "root_path",
    "headers",
    "client",
    "server",
    "subprotocols",
    "extensions",
)
_GONE: Final = ("http.disconnect", "websocket.disconnect")
_AWAY: Final = (
    b'{"type":"about:blank","status":503,"title":"Service Unavailable","code":"not_ready",'
    b'"detail":"The server behind this gateway is being restarted: ask again."}'
)
_FAILED: Final = (
    b'{"type":"about:blank","status":500,"title":"Internal Server Error","code":"internal",'
    b'"detail":"The server has failed at this request and has written down why."}'
)


class Front:
    """The application of a gateway that may hold ``sockets_max`` WebSockets."""

    def __init__(self, link: Link, sockets_max: int) -> None:
        self._link = link
        self._sockets_max = sockets_max
        self._sockets = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        is_socket = scope["type"] == "websocket"
        if is_socket and self._sockets >= self._sockets_max:
            self._link.note("count", "refusals_total", reason="sockets_max")
            await _close(send, scope, OVERLOAD, "too many sockets; come back later")
            return
        self._sockets += is_socket
        try:
            await self._serve(scope, receive, send)
        finally:
            self._sockets -= is_socket

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        passed: Message = {key: scope[key] for key in _PASSED if key in scope}
        try:
            stream = self._link.begin(passed)
        except LinkLost:
            await _sorry(False, scope, send, 503, RESTART)
            return
        talk = _Talk(stream, receive, send)
        try:
            await talk.run()
        finally:
            stream.end()
        if talk.is_whole or talk.is_gone:
            return
        lost = self._link.is_lost
        code, status = (RESTART, 503) if lost else (FAULT, 500)
        await _sorry(talk.begun, scope, send, status, code)


class _Talk:
    """What goes up and what comes down, at the same time."""

    def __init__(self, stream: Stream, receive: Receive, send: Send) -> None:
        self._stream, self._receive, self._send = stream, receive, send
        self.begun = False
        """Whether an answer has begun."""
        self.is_whole = False
        """Whether the answer is complete, or the socket closed by us."""
        self.is_gone = False
        """Whether the other side of the network is gone."""

    async def run(self) -> None:
        """Until the owner has ended it."""
        up = asyncio.create_task(self._up())
        try:
            await self._down()
        finally:
            up.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await up

    async def _up(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] in _GONE:
                self.is_gone = True
                await self._stream.put(message)
                return
            await self._stream.put(message)

    async def _down(self) -> None:
        while True:
            message = await self._stream.get()
            if message is None:
                return
            if self.is_gone or self.is_whole:
                continue
            kind = message["type"]
            self.begun = True
            self.is_whole = kind == "websocket.close" or (
                kind.endswith("http.response.body") and not message.get("more_body", False)
            )
            try:
                await self._send(message)
            except OSError:
                self.is_gone = True  # Between two turns; the reader is told, too.


async def _sorry(begun: bool, scope: Message, send: Send, status: int, code: int) -> None:
    """The owner cannot answer; one that has begun is cut, so that nobody takes it as whole."""
    if scope["type"] == "websocket":
        await _close(send, scope, code, "come back", accepted=begun)
    elif begun:
        raise ConnectionResetError("the owner is gone in the middle of an answer")
    else:
        headers = [(b"content-type", b"application/problem+json"), (b"retry-after", b"1")]
        headers.append((b"cache-control", b"no-store"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": _AWAY if status == 503 else _FAILED})


async def _close(
    send: Send,
    scope: Message,
    code: int,
    reason: str,
    *,
    accepted: bool = False,
) -> None:
    """End a socket with a code that its page understands, which takes an accepted one."""
    offered: list[str] = scope.get("subprotocols", [])
    accept: dict[str, Any] = {"type": "websocket.accept", "headers": []}
    with contextlib.suppress(OSError, RuntimeError):
        if not accepted:
            await send({**accept, "subprotocol": offered[0] if offered else None})
        await send({"type": "websocket.close", "code": code, "reason": reason})
