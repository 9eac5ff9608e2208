"""What happened: the only way state changes, and the only truth that is stored.

Every event is a frozen record with ``at`` (when it was decided) first; ``by`` says who:
``agent:anna``, ``supervisor:KEY``, ``ingest:KEY``, ``system``. A field is never renamed or given
another meaning (see ``app.codec``); new ones get a default.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.domain.settings import AgentSettings, QueueSettings
from app.domain.words import Connection, ConversationState, OfferState, Presence, QueueStatus


@dataclass(slots=True, frozen=True)
class WorkspaceOpened:
    """First event of a log. ``gen`` is the identity of the log: it changes only when the log is
    re-created.
    """

    at: int
    workspace: str
    gen: str


@dataclass(slots=True, frozen=True)
class EpochOpened:
    """A new owner took over. ``gap_ms``: how long nobody decided; running deadlines were moved by
    it.
    """

    at: int
    epoch: int
    node: str
    gap_ms: int
    grace_ms: int


@dataclass(slots=True, frozen=True)
class DeadlinesExtended:
    """The store was away for ``by_ms``: running deadlines were moved, so that nobody pays for our
    outage.
    """

    at: int
    by_ms: int


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
class PresenceChanged:
    """The agent's intent, set by the agent, a supervisor or a rule (``reason`` no_answer, …)."""

    at: int
    agent: str
    presence: Presence
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class ConnectionChanged:
    """A socket came, went, or stayed away past its grace; ``until`` bounds GRACE (0 otherwise)."""

    at: int
    agent: str
    connection: Connection
    until: int


@dataclass(slots=True, frozen=True)
class ConversationEntered:
    """A conversation joined its first queue. ``fingerprint`` identifies the request body for
    repeats.
    """

    at: int
    conversation: str
    queue: str
    channel: str
    priority: int
    skills: dict[str, int]
    preferred_agent: str | None
    customer: dict[str, Any]
    subject: str | None
    attributes: dict[str, Any]
    fingerprint: str
    by: str


@dataclass(slots=True, frozen=True)
class ConversationMoved:
    """To another queue, waiting again; ``enqueued_at`` is its place there (kept or new).

    ``agent`` held it until now and is passed over for it as in ``OfferEnded``.
    """

    at: int
    conversation: str
    queue: str
    from_queue: str
    enqueued_at: int
    agent: str | None
    reason: str
    by: str
    soft_until: int = 0
    pass_until: int = 0


@dataclass(slots=True, frozen=True)
class ConversationRequeued:
    """Back to waiting with its original place, away from ``agent`` (None: it was not held).

    ``fresh`` forgets who was passed over; ``preferred_agent`` is asked first (a transfer to a
    person).
    """

    at: int
    conversation: str
    queue: str
    agent: str | None
    reason: str
    by: str
    preferred_agent: str | None = None
    fresh: bool = False
    soft_until: int = 0
    pass_until: int = 0


@dataclass(slots=True, frozen=True)
class ConversationPrioritized:
    """Its priority was changed by a person."""

    at: int
    conversation: str
    queue: str
    priority: int
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class ConversationAssigned:
    """Given to ``agent`` without an offer, by a person; ``from_agent`` held it until now."""

    at: int
    conversation: str
    queue: str
    agent: str
    reason: str
    by: str
    from_agent: str | None = None


@dataclass(slots=True, frozen=True)
class ConversationWrapping:
    """Work done, wrap-up runs until ``until``; also written when the wrap-up is extended."""

    at: int
    conversation: str
    queue: str
    agent: str
    until: int
    by: str


@dataclass(slots=True, frozen=True)
class ConversationEnded:
    """Reached its final ``state``: closed, abandoned or canceled."""

    at: int
    conversation: str
    queue: str
    agent: str | None
    state: ConversationState
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class ConversationsForgotten:
    """Ended conversations past their retention left the memory; the log keeps them."""

    at: int
    conversations: list[str]


@dataclass(slots=True, frozen=True)
class OfferMade:
    """One conversation is held for one agent until ``expires_at``; ``why`` is the decision in
    short.
    """

    at: int
    offer: str
    conversation: str
    queue: str
    agent: str
    units: int
    expires_at: int
    version: int
    why: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class OfferDelivered:
    """The agent's application has it in hand."""

    at: int
    offer: str
    conversation: str
    agent: str


@dataclass(slots=True, frozen=True)
class OfferSeen:
    """The agent had it on the screen."""

    at: int
    offer: str
    conversation: str
    agent: str


@dataclass(slots=True, frozen=True)
class OfferEnded:
    """The offer ended as ``outcome``; ACCEPTED assigns the conversation.

    Until ``soft_until`` the agent is not offered this conversation at all, until ``pass_until``
    only when nobody else could take it (0, 0: no exclusion).
    """

    at: int
    offer: str
    conversation: str
    queue: str
    agent: str
    outcome: OfferState
    reason: str
    by: str
    soft_until: int = 0
    pass_until: int = 0


@dataclass(slots=True, frozen=True)
class KeyCreated:
    """An API key; only its SHA-256 is stored. ``agent`` binds an agent key to one agent."""

    at: int
    key: str
    name: str
    role: str
    sha256: str
    agent: str | None
    by: str


@dataclass(slots=True, frozen=True)
class KeyRevoked:
    """The key no longer opens anything; live sessions made with it end."""

    at: int
    key: str
    by: str


Event = (
    WorkspaceOpened
    | EpochOpened
    | DeadlinesExtended
    | QueueConfigured
    | QueueRemoved
    | QueueStatusChanged
    | AgentConfigured
    | AgentRemoved
    | PresenceChanged
    | ConnectionChanged
    | ConversationEntered
    | ConversationMoved
    | ConversationRequeued
    | ConversationPrioritized
    | ConversationAssigned
    | ConversationWrapping
    | ConversationEnded
    | ConversationsForgotten
    | OfferMade
    | OfferDelivered
    | OfferSeen
    | OfferEnded
    | KeyCreated
    | KeyRevoked
)
