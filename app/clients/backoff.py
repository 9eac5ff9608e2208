"""How long to wait before the next try: full jitter, so that many clients never come back in step.

MUST NOT sleep or know what is tried. The rule: each wait is drawn evenly between nothing and a
bound that doubles with every failure up to a cap.
"""

from __future__ import annotations

from random import Random


class Backoff:
    """Successive waits in seconds; ``reset`` after a success."""

    def __init__(self, base_s: float, cap_s: float, rng: Random) -> None:
        self._base_s = base_s
        self._cap_s = cap_s
        self._rng = rng
        self._failures = 0

    def next_s(self) -> float:
        """The wait before the next try."""
        bound_s = min(self._cap_s, self._base_s * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return self._rng.uniform(0.0, bound_s)

    def reset(self) -> None:
        """It worked: the next failure starts from the base again."""
        self._failures = 0
