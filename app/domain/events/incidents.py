"""Events of the watchdog: what it found wrong, what was done about it, and when it was over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, frozen=True)
class IncidentOpened:
    """Something is wrong and was confirmed. ``cause`` is a code, ``text`` the sentence for people.

    ``since``: when it began; queue, conversation and agent name what it is about, where it is
    about one.
    """

    at: int
    incident: str
    cause: str
    since: int
    queue: str | None
    conversation: str | None
    agent: str | None
    text: str
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class IncidentNoted:
    """One more thing about it. ``step``: repaired, escalated, acknowledged, seen_again or noted."""

    at: int
    incident: str
    step: str
    text: str
    by: str
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class IncidentResolved:
    """It is over. ``conversations``: how many were hit; ``waited_ms``: how long all of them
    together.
    """

    at: int
    incident: str
    text: str
    by: str
    conversations: int = 0
    waited_ms: int = 0


@dataclass(slots=True, frozen=True)
class CapacityCorrected:
    """The load of an agent was not what the recount gave; the recount wins."""

    at: int
    agent: str
    before: dict[str, int]
    after: dict[str, int]
    by: str
