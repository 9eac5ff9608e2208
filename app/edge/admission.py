"""Who may open one socket more, having shown a ticket: how many at once, how often, and when.

Counts by what the ticket says and the address says, never by what a frame says. MUST be told of
every socket that ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from app.edge.identity import Principal
from app.edge.limits import AdmissionLimits
from app.edge.pace import Pace


class Admission:
    """The sockets of all users of this process."""

    def __init__(self, sockets_max: int, limits: AdmissionLimits, now: Callable[[], float]) -> None:
        """``now`` in seconds, never going back."""
        self._most, self._limits = sockets_max, limits
        self._open = 0
        self._of_address: Counter[str] = Counter()
        self._of_supervisor: Counter[str] = Counter()
        window_s = limits.new_window_ms / 1_000
        self._new = Pace(limits.new_per_user / window_s, limits.new_per_user, now)
        self._turns = Pace(limits.admissions_per_s, limits.admissions_per_s, now)

    @property
    def full(self) -> bool:
        """Whether there is no place for anybody."""
        return self._open >= self._most

    def enter(self, who: Principal, address: str) -> str:
        """Count a socket in, or say which limit, by the name of its setting, is against it."""
        limits, user = self._limits, user_of(who)
        if self.full:
            return "sockets_max"
        if limits.per_address and self._of_address[address] >= limits.per_address:
            return "sockets_per_address"
        most = limits.per_supervisor
        if who.agent is None and most and self._of_supervisor[user] >= most:
            return "sockets_per_supervisor"
        # A key in hand is a program's, which may speak for many boards.
        if (who.agent is not None or who.login) and self._new.take(user):
            return "new_sockets_per_user"
        self._open += 1
        self._of_address[address] += 1
        if who.agent is None:
            self._of_supervisor[user] += 1
        return ""

    def leave(self, who: Principal, address: str) -> None:
        """A socket that was counted in is gone."""
        self._open -= 1
        _less(self._of_address, address)
        if who.agent is None:
            _less(self._of_supervisor, user_of(who))

    def turn_s(self) -> float | None:
        """Seconds until the next may begin a session; None: too many wait for that."""
        return self._turns.queue(self._limits.admission_wait_ms / 1_000)


def user_of(who: Principal) -> str:
    """The agent, else the sign-in, else the key."""
    if who.agent is not None:
        return f"agent:{who.agent}"
    return f"login:{who.login}" if who.login else f"key:{who.key_id}"


def _less(counts: Counter[str], key: str) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]
