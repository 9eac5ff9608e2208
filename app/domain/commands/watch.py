"""What the watchdog says and does. Each repair is safe to do twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, frozen=True)
class OpenIncident:
    """Something is wrong; the same cause about the same thing is one incident while it is open."""

    cause: str
    since: int
    text: str
    queue: str | None = None
    conversation: str | None = None
    agent: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class NoteIncident:
    """Add a step to an open incident."""

    incident: str
    step: str
    text: str
    by: str
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class ResolveIncident:
    """It is over."""

    incident: str
    text: str
    by: str
    conversations: int = 0
    waited_ms: int = 0


@dataclass(slots=True, frozen=True)
class SweepQueue:
    """Look at everybody in a queue anew, whatever the indexes say."""

    queue: str
    by: str


@dataclass(slots=True, frozen=True)
class CorrectCapacity:
    """Recount the load of an agent."""

    agent: str
    by: str
