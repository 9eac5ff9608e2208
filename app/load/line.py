"""One WebSocket as a protocol of the event loop: no task and no queue for each of thousands.

Written by hand because the client shares the machine with what it measures: it takes a third of
the time that a general library takes for a frame. MUST NOT know what a frame means. The rules:
``ended`` is called exactly once for every line whose connection was made; the mask is zero, which
the protocol allows and which costs the server the same.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import socket
import struct
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

SUBPROTOCOL = "interlock.v1"
ABNORMAL = 1006
_RESET = struct.pack("ii", 1, 0)
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_NO_MASK = b"\0\0\0\0"
_CONTINUED, _TEXT, _CLOSE, _PING, _PONG = 0, 1, 8, 9, 10


class Line(asyncio.Protocol):
    """An open or opening connection. ``heard`` gets each text, ``ended`` the close code."""

    __slots__ = (
        "_buffer",
        "_code",
        "_ended",
        "_heard",
        "_host",
        "_key",
        "_parts",
        "_path",
        "_transport",
        "opened",
    )

    def __init__(
        self, url: str, heard: Callable[[bytes], None], ended: Callable[[int], None]
    ) -> None:
        parts = urlsplit(url)
        self._host, self._path = parts.netloc, parts.path.rstrip("/") + "/ws"
        self._heard, self._ended = heard, ended
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._parts: list[bytes] = []
        self._code = ABNORMAL
        self._key = base64.b64encode(os.urandom(16))
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {self._key.decode()}\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take bytes, give frames."""
        if self._buffer:
            data = self._buffer + data
        if not self.opened.done():
            head, found, rest = data.partition(b"\r\n\r\n")
            if not found:
                self._buffer = data
                return
            if not self._shaken(head):
                return
            data = rest
        at, size = 0, len(data)
        while size - at >= 2:
            length, start = data[at + 1] & 127, at + 2
            if length == 126:
                start += 2
                length = int.from_bytes(data[at + 2 : start])
            elif length == 127:
                start += 8
                length = int.from_bytes(data[at + 2 : start])
            if size < start or size - start < length:
                break
            self._frame(data[at], data[start : start + length])
            at = start + length
        self._buffer = data[at:]

    def _shaken(self, head: bytes) -> bool:
        accept = base64.b64encode(hashlib.sha1(self._key + _GUID).digest())
        if head.startswith(b"HTTP/1.1 101") and accept in head:
            self.opened.set_result(None)
            return True
        first = head.split(b"\r\n", 1)[0].decode("latin-1")
        self.opened.set_exception(OSError(f"the handshake was answered: {first}"))
        self.drop()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The end, however it came."""
        if not self.opened.done():
            self.opened.set_exception(OSError("the connection was lost in the handshake"))
        if not self.opened.cancelled():
            # Whoever waited has it; nobody else is to be warned of it.
            self.opened.exception()
        self._transport = None
        self._ended(self._code)

    def say(self, text: bytes) -> None:
        """Send one frame; on a line that has ended it goes nowhere."""
        if self.opened.done():
            self._send(_TEXT, text)

    def close(self) -> None:
        """Sign off; the server hangs up."""
        self._send(_CLOSE, b"\x03\xe8")

    def drop(self) -> None:
        """Vanish as a lost network does, and leave no port in TIME_WAIT."""
        if self._transport is not None and not self._transport.is_closing():
            raw = self._transport.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()

    def freeze(self) -> None:
        """Read nothing more until ``thaw``."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def thaw(self) -> None:
        """Read again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _frame(self, first: int, data: bytes) -> None:
        kind, last = first & 15, bool(first & 128)
        if kind == _TEXT and last:
            self._heard(data)
        elif kind in (_CONTINUED, _TEXT):
            self._parts.append(data)
            if last:
                whole, self._parts = b"".join(self._parts), []
                self._heard(whole)
        elif kind == _PING:
            self._send(_PONG, data)
        elif kind == _CLOSE:
            self._code = int.from_bytes(data[:2]) if len(data) >= 2 else 1005
            self._send(_CLOSE, data[:2])
            if self._transport is not None:
                self._transport.close()

    def _send(self, kind: int, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        size = len(data)
        if size < 126:
            head = bytes((128 | kind, 128 | size))
        elif size < 65_536:
            head = bytes((128 | kind, 254)) + size.to_bytes(2)
        else:
            head = bytes((128 | kind, 255)) + size.to_bytes(8)
        transport.write(head + _NO_MASK + data)
