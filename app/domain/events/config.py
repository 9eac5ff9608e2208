"""Events of configuration, and of what calendar and people do to a queue. Each counts a version."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from app.domain.words import QueueStatus


@dataclass(slots=True, frozen=True)
class QueueConfigured:
    """Queue created or changed; ``version`` counts 1, 2, 3 … over all configuration of the
    workspace.
    """

    at: int
    queue: str
    version: int
    settings: QueueSettings
    by: str


@dataclass(slots=True, frozen=True)
class QueueRemoved:
    """An empty queue was deleted."""

    at: int
    queue: str
    version: int
    by: str


@dataclass(slots=True, frozen=True)
class QueueStatusChanged:
    """Paused, resumed or drained by a person."""

    at: int
    queue: str
    status: QueueStatus
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class QueueHoursChanged:
    """The queue's opening hours began or ended, by the calendar of its zone."""

    at: int
    queue: str
    open: bool
    by: str


@dataclass(slots=True, frozen=True)
class AgentConfigured:
    """Agent created or changed, memberships included."""

    at: int
    agent: str
    version: int
    settings: AgentSettings
    by: str


@dataclass(slots=True, frozen=True)
class AgentRemoved:
    """An agent without work was deleted."""

    at: int
    agent: str
    version: int
    by: str


@dataclass(slots=True, frozen=True)
class PresenceConfigured:
    """A custom presence was created or changed."""

    at: int
    presence: str
    version: int
    settings: PresenceSettings
    by: str


@dataclass(slots=True, frozen=True)
class PresenceRemoved:
    """A custom presence that nobody is in was deleted."""

    at: int
    presence: str
    version: int
    by: str


@dataclass(slots=True, frozen=True)
class ConfigExplained:
    """Why the changes of configuration from version ``first`` to ``last`` were made, in words."""

    at: int
    first: int
    last: int
    reason: str
    by: str
