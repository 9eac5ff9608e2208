"""The end of a browser session, at its sockets: told a minute before, closed at the instant.

One timer for a socket that has an end, none for one that came with a key. The clock of the machine
may jump, so what a timer wakes for is looked up anew. MUST be stopped with its socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

WARN_MS: Final = 60_000
LOOK_AGAIN_MS: Final = 600_000
"""So that a clock that was set is noticed."""


class SignInEnd:
    """``ends_at`` (ms since the epoch; 0: never) of one socket's sign-in."""

    __slots__ = ("_close", "_ends_at", "_now_ms", "_timer", "_warn")

    def __init__(
        self,
        ends_at: int,
        now_ms: Callable[[], int],
        warn: Callable[[], None],
        close: Callable[[], None],
    ) -> None:
        """``warn`` may be called again and again in the last minute; ``close`` is, once."""
        self._ends_at, self._now_ms, self._warn, self._close = ends_at, now_ms, warn, close
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Look now, and whenever there is something to do."""
        if not self._ends_at:
            return
        left_ms = self._ends_at - self._now_ms()
        if left_ms <= 0:
            self._timer = None
            self._close()
            return
        if left_ms <= WARN_MS:
            self._warn()
        wait_ms = left_ms if left_ms <= WARN_MS else min(left_ms - WARN_MS, LOOK_AGAIN_MS)
        self._timer = asyncio.get_running_loop().call_later(wait_ms / 1_000, self.start)

    def stop(self) -> None:
        """The socket is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
