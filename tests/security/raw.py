"""A client on a bare TCP connection, which says whatever it is told to, right or wrong.

Duty: write bytes, read what comes back. It MUST NOT keep the rules of any protocol by itself: each
test breaks one of them on purpose.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

WITHIN_S = 15.0
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "interlock.v1",
}


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    length: int | None = None,
) -> bytes:
    """One frame; ``length`` is what it claims to hold, whatever it does."""
    size = len(payload) if length is None else length
    first, mark = (0x80 if fin else 0) | rsv << 4 | opcode, 0x80 if masked else 0
    if size < 126:
        head = bytes((first, mark | size))
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, mark | 126, size)
    else:
        head = struct.pack("!BBQ", first, mark | 127, size)
    if not masked:
        return head + payload
    mask = b"\x0a\x0b\x0c\x0d"
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def text(document: Any) -> bytes:
    """A text frame with this document, or with this very text."""
    said = document if isinstance(document, str) else json.dumps(document)
    return frame(TEXT, said.encode())


class Raw:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, base: str, *, buffer: int = 0) -> Raw:
        """Connect; ``buffer``: a small one for what is received, to be full soon."""
        address = urlsplit(base)
        made = socket.socket()
        if buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        made.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(made, (address.hostname, address.port))
        return cls(*await asyncio.open_connection(sock=made, limit=1 << 22))

    @classmethod
    async def socket(
        cls, base: str, headers: Mapping[str, str] | None = None, *, buffer: int = 0
    ) -> Raw:
        """Connect and become a WebSocket."""
        raw = await cls.open(base, buffer=buffer)
        status, _, _ = await raw.ask("GET", "/ws", UPGRADE | dict(headers or {}))
        assert status == 101, status
        return raw

    async def __aenter__(self) -> Raw:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cut()

    def cut(self) -> None:
        """Gone, without a goodbye."""
        self.writer.transport.abort()

    async def write(self, *pieces: bytes) -> None:
        """Send each piece by itself; a peer that hung up is no error here."""
        try:
            for piece in pieces:
                self.writer.write(piece)
                await self.writer.drain()
        except ConnectionError:
            pass

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request and read its answer."""
        lines = [f"{method} {target} HTTP/1.1"]
        lines += [
            f"{name}: {value}" for name, value in ({"Host": "x"} | dict(headers or {})).items()
        ]
        await self.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        return await self.answer()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read one answer: status, headers in lower case, body. Status 0: it hung up."""
        try:
            async with asyncio.timeout(WITHIN_S):
                head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.strip().split("\r\n")
                headers = {
                    name.lower(): value for name, value in (line.split(": ", 1) for line in lines)
                }
                size = int(headers.get("content-length", "0"))
                return int(first.split()[1]), headers, await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0, {}, b""

    async def hung_up(self, within_s: float = WITHIN_S) -> bytes:
        """Read to the end; what came before it."""
        read = b""
        async with asyncio.timeout(within_s):
            try:
                while piece := await self.reader.read(1 << 16):
                    read += piece
            except ConnectionError:
                pass
        return read

    async def hear(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload. Raises IncompleteReadError at the end."""
        async with asyncio.timeout(WITHIN_S):
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            assert first & 0x70 == 0 and not second & 0x80, "a reserved bit, or a mask"
            return first & 0x0F, await self.reader.readexactly(size)

    async def all(self) -> tuple[list[tuple[int, bytes]], int]:
        """Everything until the close, and its code (1005: none said, 1006: no close at all)."""
        heard: list[tuple[int, bytes]] = []
        try:
            while True:
                opcode, payload = await self.hear()
                if opcode == CLOSE:
                    code = int.from_bytes(payload[:2], "big") if payload else 1005
                    return heard, code
                heard.append((opcode, payload))
        except (asyncio.IncompleteReadError, ConnectionError):
            return heard, 1006
