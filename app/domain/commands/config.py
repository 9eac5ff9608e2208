"""Commands that change configuration, or what a queue does as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from app.domain.words import QueueStatus


@dataclass(slots=True, frozen=True)
class PutQueue:
    """Create or replace a queue's settings."""

    queue: str
    settings: QueueSettings
    by: str


@dataclass(slots=True, frozen=True)
class RemoveQueue:
    """Delete a queue that holds nothing."""

    queue: str
    by: str


@dataclass(slots=True, frozen=True)
class SetQueueStatus:
    """Pause, resume or drain."""

    queue: str
    status: QueueStatus
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class SetQueueHours:
    """The calendar says that the queue is open or closed now."""

    queue: str
    open: bool


@dataclass(slots=True, frozen=True)
class PutAgent:
    """Create or replace an agent's settings."""

    agent: str
    settings: AgentSettings
    by: str


@dataclass(slots=True, frozen=True)
class RemoveAgent:
    """Delete an agent who holds nothing."""

    agent: str
    by: str


@dataclass(slots=True, frozen=True)
class PutPresence:
    """Create or replace a custom presence."""

    presence: str
    settings: PresenceSettings
    by: str


@dataclass(slots=True, frozen=True)
class RemovePresence:
    """Delete a custom presence that nobody is in."""

    presence: str
    by: str


@dataclass(slots=True, frozen=True)
class UndoConfig:
    """Take the change of configuration that made ``version`` back."""

    version: int
    by: str
