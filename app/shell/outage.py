"""Whether the store answers, since when it does not, and the time that nobody shall pay for."""

from __future__ import annotations

import asyncio


class Outage:
    """``up`` is set while deciding makes sense; times in milliseconds."""

    __slots__ = ("_gap_min_ms", "_gap_ms", "_since", "last", "up")

    def __init__(self, gap_min_ms: int) -> None:
        """An outage shorter than ``gap_min_ms`` moves no deadline. ``last`` is (since, how long) of
        the last one that is over.
        """
        self._gap_min_ms = gap_min_ms
        self._since: int | None = None
        self._gap_ms = 0
        self.last = (0, 0)
        self.up = asyncio.Event()
        self.up.set()

    @property
    def is_on(self) -> bool:
        """Whether the store is away."""
        return self._since is not None

    @property
    def has_gap(self) -> bool:
        """Whether deadlines have to be moved."""
        return self._gap_ms > 0

    def begin(self, now: int, paused_ms: int = 0) -> bool:
        """The store does not answer; False: known already. ``paused_ms`` is owed from before."""
        if self._since is not None:
            return False
        self._since = now
        self._gap_ms += paused_ms
        return True

    def end(self, now: int) -> int | None:
        """The store answers again: how long it was away; None: it was not."""
        if self._since is None:
            return None
        away_ms = now - self._since
        self.last, self._since = (self._since, away_ms), None
        if away_ms >= self._gap_min_ms:
            self._gap_ms += away_ms
        self.up.set()
        return away_ms

    def waited(self, since: int, now: int) -> bool:
        """It did answer, so late that deciding stood still: the same is owed as for an outage."""
        late = self._since is None and now - since >= self._gap_min_ms
        self._gap_ms += now - since if late else 0
        return late

    def take_gap_ms(self) -> int:
        """By how much running deadlines are to be moved; asked once."""
        gap_ms, self._gap_ms = self._gap_ms, 0
        return gap_ms

    def forget(self) -> None:
        """Ownership is over: so is what was owed to those who waited."""
        self._since, self._gap_ms = None, 0
        self.up.set()
