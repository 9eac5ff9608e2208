"""How often something may happen: ``per_s`` in the long run, ``burst`` at once, counted by key.

A time for each key is all that is kept: when its allowance would be whole again. Time is an
argument of the class. MUST stay bounded: keys whose allowance is whole are forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

KEPT_MIN: Final = 1_024


def loop_s() -> float:
    """Seconds of the running loop's clock: what is counted at the edge is counted by it."""
    return asyncio.get_running_loop().time()


class Bucket:
    """The allowance of one: ``per_s`` in the long run, ``burst`` at once."""

    __slots__ = ("_at", "_burst", "_now", "_per_s", "_tokens")

    def __init__(self, per_s: float, burst: int, now: Callable[[], float]) -> None:
        """``now`` in seconds, never going back."""
        self._per_s, self._burst, self._now = per_s, burst, now
        self._tokens, self._at = float(burst), now()

    def take(self) -> bool:
        """Take one; False when there is none."""
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_s)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Pace:
    """The allowances of all keys. ``per_s`` 0: no limit."""

    __slots__ = ("_look_at", "_now", "_step_s", "_whole_at", "_width_s")

    def __init__(self, per_s: float, burst: int, now: Callable[[], float]) -> None:
        """``now`` in seconds, never going back."""
        self._now = now
        self._step_s = 1 / per_s if per_s else 0.0
        self._width_s = self._step_s * (burst - 1)
        self._whole_at: dict[str, float] = {}
        self._look_at = KEPT_MIN

    def take(self, key: str = "") -> float:
        """Take one: 0. Where there is none: the seconds until there is, and nothing is taken."""
        if not self._step_s:
            return 0.0
        now = self._now()
        whole_at = max(now, self._whole_at.get(key, now))
        wait_s = whole_at - now - self._width_s
        if wait_s > 0:
            return wait_s
        self._keep(key, whole_at + self._step_s, now)
        return 0.0

    def queue(self, longest_s: float) -> float | None:
        """Take one in its turn: the seconds until then. None, and nothing taken, when that is
        later than ``longest_s``.
        """
        if not self._step_s:
            return 0.0
        now = self._now()
        whole_at = max(now, self._whole_at.get("", now))
        wait_s = max(0.0, whole_at - now - self._width_s)
        if wait_s > longest_s:
            return None
        self._keep("", whole_at + self._step_s, now)
        return wait_s

    def __len__(self) -> int:
        return len(self._whole_at)

    def _keep(self, key: str, whole_at: float, now: float) -> None:
        self._whole_at[key] = whole_at
        if len(self._whole_at) > self._look_at:
            self._whole_at = {key: at for key, at in self._whole_at.items() if at > now}
            self._look_at = max(KEPT_MIN, 2 * len(self._whole_at))
