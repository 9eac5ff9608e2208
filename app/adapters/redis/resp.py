"""The few words of the Redis protocol (RESP2) that the writer's connection speaks.

MUST NOT know sockets or commands. Only flat replies exist here: every script answers with one
string.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_CRLF = b"\r\n"
_BULK, _SIMPLE, _INTEGER, _ERROR = b"$+:-"


class ProtocolBroken(Exception):
    """The bytes are no reply that this connection can have asked for."""


@dataclass(slots=True, frozen=True)
class ErrorReply:
    """The server said no: ``code`` is the first word (``READONLY``), ``text`` the whole line."""

    code: str
    text: str


Reply = bytes | None | ErrorReply


def pack(*args: bytes) -> bytes:
    """One command as bytes for the socket."""
    parts = [b"*%d\r\n" % len(args)]
    for arg in args:
        parts += (b"$%d\r\n" % len(arg), arg, _CRLF)
    return b"".join(parts)


class ReplyReader:
    """Cuts a stream of bytes into replies; keeps what is still incomplete."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Reply]:
        """Every reply completed by ``data``, in order. Raises ProtocolBroken."""
        self._rest += data
        while (cut := self._next()) is not None:
            reply, size = cut
            self._rest = self._rest[size:]
            yield reply

    def _next(self) -> tuple[Reply, int] | None:
        """The first reply and its length in bytes, or None while it is incomplete."""
        line_end = self._rest.find(_CRLF)
        if line_end < 0:
            return None
        kind, line, body = self._rest[0], self._rest[1:line_end], line_end + 2
        if kind in (_SIMPLE, _INTEGER):
            return line, body
        if kind == _ERROR:
            text = line.decode("utf-8", "replace")
            return ErrorReply(text.partition(" ")[0], text), body
        if kind != _BULK or not line.lstrip(b"-").isdigit():
            raise ProtocolBroken(f"unexpected reply {self._rest[:40]!r}")
        length = int(line)
        if length < 0:
            return None, body
        if len(self._rest) < body + length + 2:
            return None
        return self._rest[body : body + length], body + length + 2
