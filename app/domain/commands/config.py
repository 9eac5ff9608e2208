"""Commands that change configuration, or what a queue does as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from app.domain.words import QueueStatus


@dataclass(slots=True, frozen=True)
class PutQueue:
    """Create or replace a queue's settings.

    ``replaces``: the version of it that this was made from (0: there was none); where another is in
    force it is refused. None: whatever is there.
    """

    queue: str
    settings: QueueSettings
    by: str
    replaces: int | None = None


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
    """Create or replace an agent's settings; ``replaces`` as in ``PutQueue``."""

    agent: str
    settings: AgentSettings
    by: str
    replaces: int | None = None


@dataclass(slots=True, frozen=True)
class SetMembership:
    """One membership of an agent, the rest as it is; ``level`` None ends it.

    ``replaces`` as in ``PutQueue``.
    """

    agent: str
    queue: str
    level: int | None
    by: str
    replaces: int | None = None
    reason: str = ""


@dataclass(slots=True, frozen=True)
class RemoveAgent:
    """Delete an agent who holds nothing."""

    agent: str
    by: str


@dataclass(slots=True, frozen=True)
class PutPresence:
    """Create or replace a custom presence; ``replaces`` as in ``PutQueue``."""

    presence: str
    settings: PresenceSettings
    by: str
    replaces: int | None = None


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
    reason: str = ""
