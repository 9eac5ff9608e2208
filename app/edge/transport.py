"""The sending half of one socket: a bounded outbox and the task that empties it.

``send`` MUST NOT block and MUST NOT reorder. A reader that stopped reading is invisible to the
transport below (a frozen laptop keeps its window open for minutes), so the deadline on each write
is kept here: past it the socket counts as lost, whatever the transport says.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from app.wire.codes import CloseCode


@dataclass(slots=True, frozen=True)
class OutboxLimits:
    """Bounds of what may wait for one reader."""

    frames_max: int
    bytes_max: int
    send_deadline_ms: int


class SocketTransport:
    """``app.shell.session.Transport`` on a Starlette WebSocket."""

    __slots__ = (
        "_bytes",
        "_close",
        "_flusher",
        "_limits",
        "_queue",
        "_replayed",
        "_slow",
        "_socket",
        "gone",
    )

    def __init__(
        self, socket: WebSocket, limits: OutboxLimits, slow: Callable[[str], None] | None = None
    ) -> None:
        """``slow`` is told the setting for which a reader was given up."""
        self._socket, self._slow = socket, slow
        self._limits = limits
        self._queue: deque[str] = deque()
        self._bytes = self._replayed = 0
        self._close: tuple[int, str] | None = None
        self._flusher: asyncio.Task[None] | None = None
        self.gone = asyncio.Event()

    @property
    def backlog(self) -> int:
        """Frames not yet taken by the network."""
        return len(self._queue)

    def send(self, text: str) -> None:
        """Queue a frame; a reader too slow for the bounds is closed and resumes."""
        if self._close is not None or self.gone.is_set():
            return
        # What already waits decides: a single frame may be of any size, as a snapshot is.
        limits = self._limits
        waits = len(self._queue) - self._replayed
        too_many = waits >= limits.frames_max
        if too_many or (not self._replayed and self._bytes > limits.bytes_max):
            self._told_slow("outbox_frames_max" if too_many else "outbox_bytes_max")
            self._queue.clear()
            self._replayed = 0
            self.close(CloseCode.SLOW_READER, "too slow: come back and resume")
            return
        self._queue.append(text)
        self._bytes += len(text)
        self._start()

    def replay(self, texts: Sequence[str]) -> None:
        """Queue what a client missed: as a snapshot in its stead, it is no sign of a slow reader.

        Closed for it, the client would come back for the very same again, without end.
        """
        if self._close is None and not self.gone.is_set() and texts:
            self._queue.extend(texts)
            self._bytes += sum(map(len, texts))
            # All that is before it in the line goes with it.
            self._replayed = len(self._queue)
            self._start()

    def close(self, code: int, reason: str) -> None:
        """End the socket after what is queued."""
        if self._close is None:
            self._close = code, reason
            self._start()

    async def ended(self) -> None:
        """Return when everything that was queued is written or the socket is gone."""
        if self._flusher is not None:
            await asyncio.wait([self._flusher])

    def _told_slow(self, setting: str) -> None:
        if self._slow is not None:
            self._slow(setting)

    def _start(self) -> None:
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        try:
            async with asyncio.timeout(None) as deadline:
                loop = asyncio.get_running_loop()
                while self._queue:
                    deadline.reschedule(loop.time() + self._limits.send_deadline_ms / 1000)
                    text = self._queue.popleft()
                    self._bytes -= len(text)
                    self._replayed = max(0, self._replayed - 1)
                    await self._socket.send_text(text)
                if self._close is not None:
                    deadline.reschedule(loop.time() + self._limits.send_deadline_ms / 1000)
                    code, reason = self._close
                    await self._socket.close(code, reason)
                    self.gone.set()
        except TimeoutError:
            self._told_slow("send_deadline_ms")
            self.gone.set()
        except (WebSocketDisconnect, RuntimeError):
            # RuntimeError: the other side closed while we wrote; the reader is told by the server.
            self.gone.set()
        finally:
            self._flusher = None
