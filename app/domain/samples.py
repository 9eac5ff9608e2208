"""What the course of the day consists of: figures of all queues at one instant, as plain numbers.

Counters are of the UTC day and stand as they stood; what happened between two samples is their
difference. MUST NOT hold a name or a word of a customer: a queue goes by its id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MINUTE_MS: Final = 60_000
QUARTER_MS: Final = 15 * MINUTE_MS

GAUGES: Final = ("waiting", "oldest_wait_ms")
COUNTERS: Final = ("hits", "judged", "offers", "answered", "abandoned")
FIGURES: Final = (*GAUGES, *COUNTERS)
AGENT_STATES: Final = ("free", "working", "unreachable", "away", "offline")


@dataclass(slots=True)
class Sample:
    """``at``: the instant that ends an interval. ``rows``: the figures (as ``FIGURES``) of a queue
    by its id, "" for all together; ``agents``: how many in each of ``AGENT_STATES``, of all
    together only.
    """

    at: int
    rows: dict[str, list[int]]
    agents: list[int] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Taken:
    """What one look took: all together each minute, and each queue when a quarter has begun."""

    minute: Sample
    quarter: Sample | None = None
