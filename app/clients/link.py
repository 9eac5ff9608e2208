"""One WebSocket connection to the server: frames out, frames in, every one of them in the journal.

MUST NOT know what a frame means or come back by itself (see ``agent``). The rules: whatever ends a
connection shows as ``Closed`` with a close code or as ``Dropped``; secrets do not reach the
journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from app.clients.journal import Journal

Json = dict[str, Any]

SUBPROTOCOL = Subprotocol("interlock.v1")
ABNORMAL = 1006
CLOSE_WITHIN_S = 1.0
SECRETS = ("ticket", "secret", "resume")


class SessionOver(Exception):
    """The server said not to come back, or will not let this agent in at all."""

    def __init__(self, code: int | str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class Dropped(Exception):
    """This connection is of no use (any more); another one may be."""


class Closed(Exception):
    """The connection ended with a close code; 1006 when it was lost without one."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Link:
    """An open connection of ``who``."""

    def __init__(self, socket: ClientConnection, who: str, journal: Journal) -> None:
        self._socket = socket
        self._who = who
        self._journal = journal

    @classmethod
    async def open(cls, address: str, who: str, journal: Journal, within_s: float) -> Link:
        """Shake hands. Raises Dropped, or SessionOver when the server refuses for good."""
        try:
            socket = await connect(
                address,
                subprotocols=[SUBPROTOCOL],
                compression=None,
                ping_interval=None,
                open_timeout=within_s,
                close_timeout=CLOSE_WITHIN_S,
                proxy=None,
            )
        except InvalidStatus as error:
            status = error.response.status_code
            if status < 500 and status != 429:
                raise SessionOver(status, "the handshake was refused") from error
            raise Dropped(str(error)) from error
        except (InvalidHandshake, OSError, TimeoutError) as error:
            raise Dropped(repr(error)) from error
        return cls(socket, who, journal)

    async def say(self, frame: Json) -> None:
        """Send one frame. Raises Closed."""
        self._journal.note(self._who, "sent", _without_secrets(frame))
        with _closing():
            await self._socket.send(orjson.dumps(frame), text=True)

    async def hear(self, within_s: float) -> Json:
        """The next frame. Raises Closed, or Dropped after ``within_s`` of silence."""
        try:
            with _closing():
                async with asyncio.timeout(within_s):
                    data = await self._socket.recv()
        except TimeoutError:
            raise Dropped(f"silent for {within_s:g} s") from None
        frame: Json = orjson.loads(data)
        self._journal.note(self._who, "received", _without_secrets(frame))
        return frame

    async def close(self) -> None:
        """Sign off: a normal close, waited for a moment only."""
        await self._socket.close()

    async def abort(self) -> None:
        """Let go without waiting for a peer that may be dead."""
        self._socket.transport.abort()
        await self._socket.wait_closed()


@contextmanager
def _closing() -> Iterator[None]:
    try:
        yield
    except ConnectionClosed as closed:
        if closed.rcvd is None:
            raise Closed(ABNORMAL, "connection lost") from closed
        raise Closed(closed.rcvd.code, closed.rcvd.reason) from closed


def _without_secrets(frame: Json) -> Json:
    if frame["type"] not in ("hello", "reply"):
        return frame
    return {name: value for name, value in frame.items() if name not in SECRETS}
