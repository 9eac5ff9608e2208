"""What integrations and supervisors ask for about one conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, frozen=True)
class EnterConversation:
    """A new conversation."""

    conversation: str
    queue: str
    channel: str
    by: str
    priority: int = 0
    skills: dict[str, int] = field(default_factory=dict)
    preferred_agent: str | None = None
    customer: dict[str, Any] = field(default_factory=dict)
    subject: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""


@dataclass(slots=True, frozen=True)
class CancelConversation:
    """The customer left (``abandoned``) or it is void (``canceled``)."""

    conversation: str
    abandoned: bool
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class MoveConversation:
    """To another queue, keeping the wait or not."""

    conversation: str
    queue: str
    keep_wait: bool
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class AssignConversation:
    """To one agent, without an offer."""

    conversation: str
    agent: str
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class RequeueConversation:
    """Back to its queue from wherever it is held, with its original place."""

    conversation: str
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class ReleaseConversation:
    """Free a conversation that is stuck: rescind its offers, take it from its agent, put it back
    in line.
    """

    conversation: str
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class QuarantineConversation:
    """Set one conversation aside, so that it cannot hold up the others."""

    conversation: str
    reason: str
    evidence: str
    by: str


@dataclass(slots=True, frozen=True)
class PrioritizeConversation:
    """Change its priority."""

    conversation: str
    priority: int
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class CloseConversation:
    """End a conversation that is served or waiting, as closed."""

    conversation: str
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class NoteActivity:
    """Something was said in a held conversation; ``idle`` says the opposite: it is quiet from now.

    ``agent``: who must hold it (None: said by an integration or a supervisor).
    """

    conversation: str
    idle: bool
    by: str
    agent: str | None = None
