"""Recorded time: the clock of a replayed day, running ``speed`` times as fast as the real one.

MUST NOT stop: whatever happens to the server, the day goes on, as it would have outside.
"""

from __future__ import annotations

import asyncio


class Pace:
    """Turns recorded seconds into real ones. It is ``starts_s`` o'clock at creation."""

    def __init__(self, starts_s: float, speed: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._began_at = self._loop.time()
        self._starts_s = starts_s
        self.speed = speed

    def now_s(self) -> float:
        """The recorded time."""
        return self._starts_s + (self._loop.time() - self._began_at) * self.speed

    def real_s(self, recorded_s: float) -> float:
        """How long a recorded duration really takes."""
        return recorded_s / self.speed

    def loop_time(self, recorded_s: float) -> float:
        """The loop's time at which it will be ``recorded_s`` o'clock."""
        return self._began_at + (recorded_s - self._starts_s) / self.speed

    async def until(self, recorded_s: float) -> None:
        """Sleep until it is ``recorded_s`` o'clock; return at once when that is over."""
        await asyncio.sleep(max(0.0, self.loop_time(recorded_s) - self._loop.time()))
