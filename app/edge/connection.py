"""One TCP connection: what uvicorn leaves open to whoever sends slowly, too much, or nothing.

uvicorn has no deadline for a request's head or body, closes nobody who only pings, queues pongs
for a reader who reads none, and lets an upgrade that it cannot read stand for ever. Here each of
these has an end. MUST NOT look at who speaks: that is not known yet.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Final, cast

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.edge.door import Door, Stranger
from app.edge.limits import ConnectionLimits
from app.edge.pace import Bucket
from app.edge.problems import problem
from app.shell.meter import Meter
from app.wire.codes import CloseCode, Problem

LOGGER: Final = "uvicorn.error.connection"
"""Gets uvicorn's words about single connections: what a stranger sends is counted, not logged."""
SLICE_BYTES: Final = 4_096
"""So much is parsed before the limits are looked at again: some hundred of the smallest frames."""
PIECES_MAX: Final = 2_048
"""Pieces of one body: 64 KiB in pieces of 32 bytes. Reading a piece of one byte takes as long as
one of a thousand, and all that came in one packet are read in one go, while everybody waits."""
CLOSE_S: Final = 3.0
"""How long a peer may take to answer a close, and to read what was written before it."""
LINGER_S: Final = 1.0
"""How long what follows a fault is read and thrown away, unless the peer hangs up before."""
NO_TEXT: Final = 1007
_CAUSES: Final = {1009: "frame_bytes_max"}
_SILENT: Final = "connection_silent"


@dataclass(slots=True, frozen=True)
class Guard:
    """What every connection is held to."""

    limits: ConnectionLimits
    door: Door
    meter: Meter

    def refuse(self, reason: str) -> None:
        """Count a refusal under the name of the setting that was against it."""
        self.meter.count("refusals_total", reason=reason)


class GuardedConfig(uvicorn.Config):
    """The configuration of the server, which each connection is given."""

    guard: Guard


class CountedConnection(h11.Connection):
    """The parser, which takes a body in so many pieces and no more."""

    _pieces = 0

    def next_event(self) -> Any:
        """The next event. Raises h11.RemoteProtocolError."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._pieces = 0
        elif isinstance(event, h11.Data):
            self._pieces += 1
            if self._pieces > PIECES_MAX:
                raise h11.RemoteProtocolError("too many pieces")
        return event


class GuardedHttp(H11Protocol):
    """A connection that speaks HTTP, until it becomes a socket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = cast(GuardedConfig, self.config).guard
        self.conn = CountedConnection(h11.SERVER, self._guard.limits.header_bytes_max)
        self.logger = logging.getLogger(LOGGER)
        self._stranger: Stranger | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._phase: tuple[Any, Any] | None = None
        self._upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let it in, if there is a place or one can be made."""
        super().connection_made(transport)
        guard = self._guard
        if len(self.connections) > guard.limits.connections_max and not guard.door.make_room():
            guard.refuse("connections_max")
            transport.abort()
            return
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, if the head is not too large: h11 counts only unfinished ones."""
        if self.conn.their_state is h11.IDLE:
            head = self.conn.trailing_data[0] + data
            end = head.find(b"\r\n\r\n")
            if (len(head) if end < 0 else end) > self._guard.limits.header_bytes_max:
                self._guard.refuse("header_bytes_max")
                super().send_400_response("The head of the request is too large.")
                return
        super().data_received(data)

    def handle_events(self) -> None:
        """Read what came, and look whether something is still awaited."""
        super().handle_events()
        self._watch()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """It is a socket from now on: the hello has its own deadline."""
        self._unwatch()
        self._upgraded = True
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        self._guard.refuse("malformed")
        can_say = self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE)
        self._end_cycle()
        if can_say:
            super().send_400_response(msg)
        else:
            # An answer has begun, and uvicorn would fail over a second one.
            self.transport.close()

    def _watch(self) -> None:
        """Set the deadline of the part that is awaited now; each part has its own."""
        phase = (self.conn.their_state, self.cycle)
        if self._upgraded or phase == self._phase:
            return
        self._unwatch()
        self._phase = phase
        if self.transport.is_closing():
            return
        limits, door = self._guard.limits, self._guard.door
        if phase[0] is h11.IDLE:
            enter = door.enter if self.cycle is None else door.rest
            self._stranger = enter(self.client[0] if self.client else "", self.transport.abort)
            self._set_deadline(limits.header_ms, "header_ms")
        elif phase[0] is h11.SEND_BODY:
            self._set_deadline(limits.body_ms, "body_ms")

    def _set_deadline(self, after_ms: int, setting: str) -> None:
        self._deadline = self.loop.call_later(after_ms / 1_000, self._too_slow, setting)

    def _unwatch(self) -> None:
        self._phase = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._stranger is not None:
            self._guard.door.leave(self._stranger)
            self._stranger = None

    def _too_slow(self, setting: str) -> None:
        """Say so to whoever said something, and hang up."""
        silent = self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]
        self._guard.refuse(_SILENT if silent else setting)
        if not silent and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._say_too_slow()
        self._end_cycle()
        self.transport.close()
        self.loop.call_later(CLOSE_S, self.transport.abort)

    def _end_cycle(self) -> None:
        """To whoever works on the request, the client is gone: there will be no other answer."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _say_too_slow(self) -> None:
        told = problem(Problem.REQUEST_TIMEOUT, "The request took too long to arrive.")
        headers = [*told.raw_headers, (b"connection", b"close")]
        start = h11.Response(status_code=408, headers=headers, reason=STATUS_PHRASES[408])
        for event in (start, h11.Data(data=bytes(told.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")


class GuardedSocket(WebSocketsSansIOProtocol):
    """A connection that became a socket: counts the frames that its reader never sees."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = logging.getLogger(LOGGER)
        self.close_timeout = CLOSE_S
        self._guard = cast(GuardedConfig, self.config).guard
        self._unseen: Bucket | None = None
        self._failed = False

    def data_received(self, data: bytes) -> None:
        """Read in slices: in one piece there may be thousands of frames."""
        if self._failed:
            return
        if self.handshake_initiated and not self.handshake_complete:
            # It has to wait for the answer; frames before it would be answered before it.
            self._guard.refuse("malformed")
            self.transport.abort()
            return
        for at in range(0, len(data), SLICE_BYTES):
            if self._failed or self.transport.is_closing():
                return
            super().data_received(data[at : at + SLICE_BYTES])
        if not self.handshake_initiated:
            # The whole request is here and is none: nobody else would ever say anything.
            self._guard.refuse("malformed")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def handle_cont(self, event: Any) -> None:
        """A piece of a message: there may be any number of them, and of no length."""
        if self._may_send():
            super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer, if the answer will be read: those that nobody reads would heap up."""
        if not self._may_send() or not self.writable.is_set():
            self.conn.data_to_send()
            return
        super().handle_ping()

    def handle_pong(self, event: Any) -> None:
        """Take note."""
        if self._may_send():
            super().handle_pong(event)

    def send_receive_event_to_app(self) -> None:
        """Hand a message on, unless it is no text or comes after the close."""
        if self._failed or (self.close_sent and not self._may_send()):
            self.frames = []
            return
        if self.curr_msg_data_type == "text" and not _is_text(self.frames):
            self.frames = []
            self.conn.fail(NO_TEXT, "not UTF-8")
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """What came is no WebSocket, or too large: close, and read on for a while.

        Closed at once, what is still under way would turn the close into a reset, and who sent it
        would never learn why.
        """
        close = self.conn.close_sent
        code, reason = (close.code, close.reason) if close is not None else (1006, "")
        self._fail(_CAUSES.get(code, "malformed"), code, reason)

    async def send(self, message: Any) -> None:
        """Send, unless the connection was ended here: to the application the client is gone."""
        if self._failed:
            raise ClientDisconnected
        await super().send(message)

    async def run_asgi(self) -> None:
        """Serve the socket; who does not read what was written last is cut off after a while."""
        await super().run_asgi()
        if not self.disconnected and self.transport.get_write_buffer_size():
            self.loop.call_later(CLOSE_S, self.transport.abort)

    def _may_send(self) -> bool:
        """Whether one more frame that the application does not see is within the rate."""
        if self._failed:
            return False
        if self._unseen is None:
            limits = self._guard.limits
            self._unseen = Bucket(limits.frames_per_s, limits.frames_burst, self.loop.time)
        if self._unseen.take():
            return True
        if self.close_sent:
            self.transport.abort()
        else:
            self._give_up()
        return False

    def _give_up(self) -> None:
        code, reason = CloseCode.RATE, "too many frames a second"
        self.conn.data_to_send()
        self.conn.send_close(code, reason)
        self._fail("frames_per_s", code, reason)

    def _fail(self, cause: str, code: int, reason: str) -> None:
        """Write the close that the parser has made, and listen to nothing any more."""
        self._failed = self.close_sent = True
        self._guard.refuse(cause)
        self.frames = []
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.close_timer = self.loop.call_later(LINGER_S, self.transport.abort)


def _is_text(frames: list[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True
