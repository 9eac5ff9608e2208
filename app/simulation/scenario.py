"""What a simulation is of: queues, the agents with their shifts and habits, who asks for what when.

Plain values. Times are milliseconds after ``starts_at`` (the midnight of the day); durations end in
``_ms``. MUST NOT hold anything that changes while a world runs: the same scenario is run again with
other rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from app.domain.settings import AgentSettings, QueueSettings

MONDAY_MS = 1_704_672_000_000
"""2024-01-08 00:00 UTC: the day of whatever has no date of its own."""
NO_SKILLS: dict[str, int] = {}
WHOLE_TIME = ((0, None),)


class Arrival(NamedTuple):
    """Somebody who asks. ``service_ms``: length of the talk with an agent of speed 1.

    ``patience_ms``: waits so long at most; a talk that begins at that very instant still counts
    (None: waits for ever).
    """

    at_ms: int
    id: str
    queue: str
    service_ms: int
    patience_ms: int | None = None
    priority: int = 0
    channel: str = "call"
    skills: dict[str, int] = NO_SKILLS
    preferred_agent: str | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Habits:
    """How an agent answers. ``declines`` and ``misses`` are shares of the offers made to him.

    ``speed`` divides the length of a talk. Whom missed offers set away comes back after
    ``returns_after_ms``.
    """

    accept_delay_ms: int = 0
    declines: float = 0.0
    misses: float = 0.0
    speed: float = 1.0
    returns_after_ms: int = 60_000

    @property
    def instant(self) -> bool:
        """Takes every offer as it comes."""
        return not (self.accept_delay_ms or self.declines or self.misses)


@dataclass(slots=True, frozen=True, kw_only=True)
class SimulatedAgent:
    """One agent. ``shifts``: (on, off) in ms; off None: to the end.

    ``group``: whose figures are added up together.
    """

    settings: AgentSettings
    shifts: tuple[tuple[int, int | None], ...] = WHOLE_TIME
    habits: Habits = field(default_factory=Habits)
    group: str = ""


@dataclass(slots=True, frozen=True, kw_only=True)
class Scenario:
    """Everything that a run needs. ``arrivals`` in order of time; it can be gone through again."""

    name: str
    queues: Mapping[str, QueueSettings]
    agents: Mapping[str, SimulatedAgent]
    arrivals: Iterable[Arrival]
    starts_at: int = MONDAY_MS


def midnight(day: str) -> int:
    """The first instant of a date as 1999-02-03. Raises ValueError."""
    first = date.fromisoformat(day)
    return int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()) * 1_000
