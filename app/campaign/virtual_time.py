"""An event loop whose clock jumps to the next timer when nothing else is left to do.

For in-memory parts only: it never waits for the network. Times are exact and cost
nothing, so one moves the clock by awaiting and never sleeps.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

EPOCH_MS = 1_800_000_000_000


class _JumpingSelector(selectors.SelectSelector):
    """Instead of waiting for a timeout, tells the loop that it has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout:
            self.now_s += timeout
        elif not ready and timeout is None:
            raise RuntimeError("everything waits and no timer is set: the test would hang")
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """See the module."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds that were jumped over."""
        return self._jumping.now_s


class LoopClock:
    """``ports.Clock`` on the time of the running loop, plus what passed while the loop stood
    still.
    """

    ahead_ms = 0

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        # Rounded up: a timer that has fired is never early by a fraction of a millisecond.
        return EPOCH_MS + self.ahead_ms + -int(-asyncio.get_running_loop().time() * 1000 // 1)


async def elapse(seconds: float) -> None:
    """Move the clock: everything due within ``seconds`` happens in its order."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop), "only on a loop whose clock jumps"
    passed = loop.create_future()
    loop.call_later(seconds, passed.set_result, None)
    await passed
