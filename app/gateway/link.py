"""Many conversations over one unix socket, and none of them in the way of another.

Each stream has a window: who sends more than the other end has taken waits, and only that stream
waits. MUST keep the order within a stream, and MUST NOT hold anything without a bound. What is
written during one turn of the loop leaves with one write.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

Message = dict[str, Any]
Noted = Callable[[str, str, float, dict[str, str]], None]

OPEN: Final = 0
MESSAGE: Final = 1
TEXT: Final = 2
TAKEN: Final = 3
END: Final = 4
NOTE: Final = 5
"""Kinds of frames: a stream begins, an ASGI message, a text frame (by far the most), so many bytes
were taken, a stream is over, a note for the other end's books."""

WINDOW_BYTES = 32_768
"""What may be under way in one direction of a stream: it adds to what a slow reader may have
waiting, so it is small; a message that is larger travels alone."""
LINK_BYTES = 1 << 20
"""Above this in the write buffer of a link, all its streams wait."""
FRAME_BYTES_MAX = 64 << 20
HEAD: Final = 4

_TEXTS: Final = ("websocket.send", "websocket.receive")
_encode = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[int, int, Any]).decode


class LinkLost(Exception):
    """The other end of the link is gone."""


class Stream:
    """One conversation. ``get`` gives what the other end has put; None is the end."""

    __slots__ = (
        "_inbox",
        "_link",
        "_reader",
        "_room",
        "_taken",
        "_under_way",
        "id",
        "over",
        "well",
    )

    def __init__(self, link: Link, id_: int) -> None:
        self.id = id_
        self.over = False
        """Whether the other end has ended it, or the link is lost."""
        self.well = False
        """Whether it has ended, and as it should."""
        self._link = link
        self._inbox: deque[tuple[Message | None, int]] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._under_way = 0
        self._taken = 0

    async def put(self, message: Message) -> None:
        """Send, once the other end has taken enough of what came before. Harmless when it is over.

        One sender at a time.
        """
        while self._under_way >= WINDOW_BYTES and not self.over:
            self._room = asyncio.get_running_loop().create_future()
            try:
                await self._room
            finally:
                self._room = None
        await self._link.writable()
        if self.over:
            return
        # Most messages are text frames, and their form need not travel.
        text = message.get("text") if message["type"] in _TEXTS else None
        if text is None:
            self._under_way += self._link.post(self.id, MESSAGE, message)
        else:
            self._under_way += self._link.post(self.id, TEXT, text)

    async def get(self) -> Message | None:
        """The next message; None for ever when the stream is over. One reader at a time."""
        while not self._inbox:
            if self.over:
                return None
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        message, size = self._inbox.popleft()
        self._taken += size
        if self._taken >= WINDOW_BYTES // 2 and not self.over:
            self._link.post(self.id, TAKEN, self._taken)
            self._taken = 0
        return message

    def end(self, well: bool = True) -> None:
        """Nothing more is said; ``well`` is False where the application failed."""
        self._link.end(self, well)

    # What the link tells.

    def arrive(self, message: Message, size: int) -> None:
        """A message of so many bytes has come."""
        self._inbox.append((message, size))
        _wake(self._reader)

    def taken(self, size: int) -> None:
        """The other end has taken so many bytes."""
        self._under_way -= size
        if self._under_way < WINDOW_BYTES:
            _wake(self._room)

    def close(self, well: bool = False) -> None:
        """The other end has ended it; what has come is still given out."""
        self.over, self.well = True, well
        _wake(self._reader)
        _wake(self._room)


class Link(asyncio.Protocol):
    """One end. ``says`` is the type of the text frames that come. ``opened`` is called with each
    stream that the other end begins and its scope, ``noted`` with each note,
    ``lost`` when the other end is gone.
    """

    def __init__(
        self,
        *,
        says: str,
        opened: Callable[[Stream, Message], None] | None = None,
        noted: Noted | None = None,
        lost: Callable[[], None] | None = None,
    ) -> None:
        self._says = says
        self._opened, self._noted, self._lost = opened, noted, lost
        self._transport: asyncio.Transport | None = None
        self._streams: dict[int, Stream] = {}
        self._last = 0
        self._out: list[bytes] = []
        self._rest = bytearray()
        self._writable = asyncio.Event()
        self._writable.set()

    def __len__(self) -> int:
        """Streams that are open."""
        return len(self._streams)

    @property
    def is_lost(self) -> bool:
        """Whether nothing can be said any more."""
        return self._transport is None

    def begin(self, scope: Message) -> Stream:
        """Open a stream. Raises LinkLost."""
        if self._transport is None:
            raise LinkLost
        self._last += 1
        stream = self._streams[self._last] = Stream(self, self._last)
        self.post(stream.id, OPEN, scope)
        return stream

    def note(self, deed: str, name: str = "", value: float = 1, **labels: str) -> None:
        """Have something noted at the other end; forgotten when that is gone."""
        self.post(0, NOTE, [deed, name, value, labels])

    def post(self, id_: int, kind: int, body: Any) -> int:
        """Put one frame in the next write; its size in bytes."""
        frame = pack((id_, kind, body))
        if self._transport is not None:
            if not self._out:
                asyncio.get_running_loop().call_soon(self._write)
            self._out.append(frame)
        return len(frame) - HEAD

    def end(self, stream: Stream, well: bool) -> None:
        """Forget a stream and say so, unless the other end has said so."""
        if self._streams.pop(stream.id, None) is not None:
            self.post(stream.id, END, well)
        stream.close()

    async def writable(self) -> None:
        """Wait until the other end reads again."""
        if not self._writable.is_set():
            await self._writable.wait()

    def close(self) -> None:
        """Write what is to be written and go."""
        if self._transport is not None:
            self._write()
            self._transport.close()

    def _write(self) -> None:
        if self._out and self._transport is not None:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The other end is there."""
        # uvloop's transports are asyncio's in all but name.
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=LINK_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other end is gone, and with it every stream."""
        self._transport = None
        self._out.clear()
        self._writable.set()
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.close()
        if self._lost is not None:
            self._lost()

    def pause_writing(self) -> None:
        """The other end does not keep up."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It does again."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Take every whole frame."""
        if self._rest:
            self._rest += data
            data = bytes(self._rest)
        at, end = 0, len(data)
        while end - at >= HEAD:
            size = int.from_bytes(data[at : at + HEAD], "big")
            if size > FRAME_BYTES_MAX:
                raise ValueError(f"a frame of {size} bytes on the link")
            if end - at - HEAD < size:
                break
            at += HEAD
            self._take(*_unpack(memoryview(data)[at : at + size]), size)
            at += size
        self._rest = bytearray(data[at:])

    def _take(self, id_: int, kind: int, body: Any, size: int) -> None:
        stream = self._streams.get(id_)
        if kind == OPEN:
            stream = self._streams[id_] = Stream(self, id_)
            if self._opened is not None:
                self._opened(stream, body)
        elif kind == NOTE:
            if self._noted is not None:
                self._noted(*body)
        elif stream is None:
            return  # Said before the other end knew that it is over.
        elif kind == MESSAGE:
            stream.arrive(body, size)
        elif kind == TEXT:
            stream.arrive({"type": self._says, "text": body}, size)
        elif kind == TAKEN:
            stream.taken(body)
        elif kind == END:
            del self._streams[id_]
            stream.close(body)


def pack(frame: tuple[int, int, Any]) -> bytes:
    """A frame as it travels: its length, then itself."""
    body = _encode(frame)
    return len(body).to_bytes(HEAD, "big") + body


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
