"""Time that only a test moves."""

from __future__ import annotations


class ManualClock:
    """``ports.Clock`` by hand."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, by_ms: int) -> None:
        assert by_ms >= 0
        self._now_ms += by_ms
