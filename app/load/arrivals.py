"""When conversations arrive: Poisson, in bursts, or as on a recorded day.

MUST NOT look at a clock. The rule: the times are those intended; that somebody was late to send one
never moves the next.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from random import Random


def arrivals(
    chance: Random, rate: float, *, burst: int = 1, day: Sequence[float] = ()
) -> Iterator[float]:
    """Seconds from the start, for ever or until the day is over; ``rate`` per second."""
    if day:
        yield from day
        return
    at_s = 0.0
    while rate > 0:
        at_s += chance.expovariate(rate / burst)
        for _ in range(burst):
            yield at_s


def of_day(lines: Iterable[str], seconds: float) -> tuple[float, ...]:
    """The arrivals of a recorded day, pressed into ``seconds``.

    One JSON object a line, as ``interlock replay`` reads them: ``arrived_s`` is the second of the
    day. Raises ValueError when there is none.
    """
    rows = (json.loads(line) for line in lines if line.strip())
    times = sorted(float(row["arrived_s"]) for row in rows if "arrived_s" in row)
    if not times:
        raise ValueError("no arrivals in this file")
    first, length = times[0], max(1e-9, times[-1] - times[0])
    return tuple((at - first) * seconds / length for at in times)
