"""A meter that passes everything on and remembers the few figures that reporters need.

MUST cost next to nothing: it stands in the way of every counter.
"""

from __future__ import annotations

from collections import Counter, deque

from app.shell.meter import Meter

SLOW_S = 0.25
SLOW_IN_A_ROW = 5
HEARD = frozenset(
    {
        "append_trouble_total",
        "foreign_records_total",
        "overloaded_total",
        "step_downs_total",
        "tail_lost_total",
        "tail_repaired_total",
    }
)


class Hearing:
    """Fulfils ``Meter``. ``counts`` by name and, for step-downs, by reason."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.counts: Counter[str] = Counter()
        self.appends: deque[float] = deque(maxlen=SLOW_IN_A_ROW)

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        self._meter.count(name, value, **labels)
        if name in HEARD:
            self.counts[labels.get("reason", name)] += int(value)

    def observe(self, name: str, value: float) -> None:
        """Add one value to a distribution."""
        self._meter.observe(name, value)
        if name == "append_seconds":
            self.appends.append(value)

    def slow_appends(self) -> list[float]:
        """The last appends, in seconds, if there were enough and each of them was slow; asked once.

        One look's appends are not the next one's.
        """
        slow = [*self.appends] if len(self.appends) == SLOW_IN_A_ROW else []
        if not slow or min(slow) <= SLOW_S:
            return []
        self.appends.clear()
        return slow
