"""Who came in and has not said who he is: bounded in number, for all and for each address.

When there are too many, the one that has been silent longest is turned out, and not the one who
comes: whoever has a right to be here says so within a moment, so a crowd of silent sockets keeps
nobody away. MUST NOT wait: turning out is a call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from app.shell.meter import Meter

YOUNG_S: Final = 1.0
"""So long nobody is turned out for want of room: all agents may come back in one moment, and each
of them is a stranger for as long as the loop takes to get to him."""


class Stranger:
    """One who waits inside the door. ``turned_out``: he was, for want of room."""

    __slots__ = ("address", "since", "turn_out", "turned_out")

    def __init__(self, address: str, since: float, turn_out: Callable[[], None]) -> None:
        self.address, self.since, self.turn_out = address, since, turn_out
        self.turned_out = False


class Door:
    """All strangers of this process, and idle connections, which go first when all is full."""

    def __init__(
        self, strangers_max: int, per_address_max: int, meter: Meter, now: Callable[[], float]
    ) -> None:
        """``per_address_max`` 0: none. ``now`` in seconds, never going back."""
        self._most, self._per_address = strangers_max, per_address_max
        self._meter, self._now = meter, now
        self._strangers: dict[Stranger, None] = {}
        self._by_address: dict[str, dict[Stranger, None]] = {}
        self._idle: dict[Stranger, None] = {}

    def __len__(self) -> int:
        return len(self._strangers)

    def enter(self, address: str, turn_out: Callable[[], None]) -> Stranger:
        """Somebody came in. ``turn_out`` is called at most once, and only until ``leave``."""
        stranger = Stranger(address, self._now(), turn_out)
        here = self._by_address.setdefault(address, {})
        here[stranger] = self._strangers[stranger] = None
        while self._per_address and len(here) > self._per_address:
            if not self._turn_out_older(here, "strangers_per_address"):
                break
        while len(self._strangers) > self._most:
            if not self._turn_out_older(self._strangers, "strangers_max"):
                break
        return stranger

    def rest(self, address: str, turn_out: Callable[[], None]) -> Stranger:
        """A connection has nothing to say for now; it is in nobody's way until all is full."""
        stranger = Stranger(address, self._now(), turn_out)
        self._idle[stranger] = None
        return stranger

    def leave(self, stranger: Stranger) -> None:
        """He said who he is, or is gone."""
        self._idle.pop(stranger, None)
        if stranger in self._strangers:
            del self._strangers[stranger]
            here = self._by_address[stranger.address]
            del here[stranger]
            if not here:
                del self._by_address[stranger.address]

    def make_room(self) -> bool:
        """All places are taken: whether one was made free, by whoever has been silent longest."""
        for crowd in (self._idle, self._strangers):
            if crowd:
                self._turn_out(next(iter(crowd)), "connections_max")
                return True
        return False

    def _turn_out_older(self, crowd: dict[Stranger, None], reason: str) -> bool:
        oldest = next(iter(crowd))
        if self._now() - oldest.since < YOUNG_S:
            return False
        self._turn_out(oldest, reason)
        return True

    def _turn_out(self, stranger: Stranger, reason: str) -> None:
        self.leave(stranger)
        stranger.turned_out = True
        self._meter.count("refusals_total", reason=reason)
        stranger.turn_out()
