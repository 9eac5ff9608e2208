"""What somebody asks for. A command never carries authority: the edge has checked who speaks.

``by`` is the actor as in ``events``. ``Tick`` makes every deadline that has passed take effect:
expiry is a command in the same line as ``AcceptOffer``, so the two cannot race.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from app.domain.words import QueueStatus


@dataclass(slots=True, frozen=True)
class Tick:
    """Time passed."""


@dataclass(slots=True, frozen=True)
class OpenWorkspace:
    """Start an empty log."""

    workspace: str
    gen: str


@dataclass(slots=True, frozen=True)
class OpenEpoch:
    """This node became the owner; every socket of the former owner is gone."""

    epoch: int
    node: str
    grace_ms: int


@dataclass(slots=True, frozen=True)
class ExtendDeadlines:
    """The store was away for ``by_ms``."""

    by_ms: int


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


@dataclass(slots=True, frozen=True)
class SetPresence:
    """The agent's intent: one of the three or the id of a custom presence.

    ``after_work``: no new offers from now on, and the presence when nothing is held any more.
    """

    agent: str
    presence: str
    reason: str
    by: str
    after_work: bool = False


@dataclass(slots=True, frozen=True)
class ConnectAgent:
    """The first live socket of the agent is there."""

    agent: str


@dataclass(slots=True, frozen=True)
class DisconnectAgent:
    """The last live socket of the agent is gone; ``grace_ms`` 0 means a deliberate sign-off."""

    agent: str
    grace_ms: int


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
class MarkDelivered:
    """The agent's application confirmed the offer (``received``)."""

    offer: str
    agent: str


@dataclass(slots=True, frozen=True)
class MarkSeen:
    """The agent had the offer on the screen."""

    offer: str
    agent: str


@dataclass(slots=True, frozen=True)
class AcceptOffer:
    """The agent takes the conversation."""

    offer: str
    agent: str


@dataclass(slots=True, frozen=True)
class DeclineOffer:
    """The agent does not take the conversation."""

    offer: str
    agent: str
    reason: str


@dataclass(slots=True, frozen=True)
class CompleteConversation:
    """The agent is done: wrap-up if the queue has one, else closed."""

    conversation: str
    agent: str


@dataclass(slots=True, frozen=True)
class FinishWrapUp:
    """The agent ends the wrap-up before its time."""

    conversation: str
    agent: str


@dataclass(slots=True, frozen=True)
class ExtendWrapUp:
    """The agent needs more time."""

    conversation: str
    agent: str
    by_ms: int


@dataclass(slots=True, frozen=True)
class TransferConversation:
    """The agent hands the conversation on: exactly one of ``queue`` and ``to_agent``."""

    conversation: str
    agent: str
    queue: str | None
    to_agent: str | None


@dataclass(slots=True, frozen=True)
class PullConversation:
    """The agent picks a waiting conversation of one of his queues: this one, or the first he may
    have.
    """

    agent: str
    queue: str
    conversation: str | None = None


@dataclass(slots=True, frozen=True)
class NoteActivity:
    """Something was said in a held conversation; ``idle`` says the opposite: it is quiet from now.

    ``agent``: who must hold it (None: said by an integration or a supervisor).
    """

    conversation: str
    idle: bool
    by: str
    agent: str | None = None


@dataclass(slots=True, frozen=True)
class CreateKey:
    """A new API key, already hashed."""

    key: str
    name: str
    role: str
    sha256: str
    agent: str | None
    by: str


@dataclass(slots=True, frozen=True)
class RevokeKey:
    """Close a key for good."""

    key: str
    by: str


Command = (
    Tick
    | OpenWorkspace
    | OpenEpoch
    | ExtendDeadlines
    | PutQueue
    | RemoveQueue
    | SetQueueStatus
    | SetQueueHours
    | PutAgent
    | RemoveAgent
    | PutPresence
    | RemovePresence
    | UndoConfig
    | SetPresence
    | ConnectAgent
    | DisconnectAgent
    | EnterConversation
    | CancelConversation
    | MoveConversation
    | AssignConversation
    | RequeueConversation
    | ReleaseConversation
    | PrioritizeConversation
    | CloseConversation
    | MarkDelivered
    | MarkSeen
    | AcceptOffer
    | DeclineOffer
    | CompleteConversation
    | FinishWrapUp
    | ExtendWrapUp
    | TransferConversation
    | PullConversation
    | NoteActivity
    | CreateKey
    | RevokeKey
)
