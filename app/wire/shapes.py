"""The shapes of everything that is answered or pushed, for the served documents and the tests.

MUST NOT be used to build an answer: views give plain dicts, a test holds each view to its shape.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from app.domain.words import (
    Connection,
    ConversationState,
    OfferState,
    Presence,
    QueueStatus,
)
from app.wire.fields import Role
from app.wire.settings import AgentBody, QueueBody

At = Annotated[int, Meta(description="Milliseconds since the Unix epoch, UTC.")]
Ms = Annotated[int, Meta(description="Milliseconds.")]
LogPosition = Annotated[
    str, Meta(pattern=r"^\d+-\d+$", description="Place in the log: <epoch>-<n>.")
]
WhyNot = Annotated[
    list[str],
    Meta(
        description="Reasons against an offer, empty when routable: away, offline, disconnected, "
        "at_capacity, wrap_up, back_off."
    ),
]


class FieldError(Struct, kw_only=True):
    """One fault of a body: JSONPath of the culprit, and what to do."""

    path: str
    message: str


class ProblemDocument(Struct, kw_only=True):
    """RFC 9457. Decide by ``code``; ``title`` and ``detail`` are for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[FieldError] | None = None
    id: (
        Annotated[str, Meta(description="With outcome_unknown: what may have been taken.")] | None
    ) = None


class OfferBrief(Struct, kw_only=True):
    """A live offer, seen from the conversation."""

    id: str
    agent: str
    state: OfferState
    made_at: At
    expires_at: At


class ConversationShape(Struct, kw_only=True):
    """One conversation. ``position``: its place in line, from 1; null when it does not wait."""

    id: str
    queue: str
    channel: str
    state: ConversationState
    priority: int
    skills: dict[str, int]
    preferred_agent: str | None
    customer: dict[str, Any]
    subject: str | None
    attributes: dict[str, Any]
    agent: str | None
    offer: Annotated[str, Meta(description="The live offer; the first of several.")] | None
    offers: list[OfferBrief]
    position: int | None
    entered_at: At
    enqueued_at: At
    assigned_at: At | None
    wrap_until: At | None
    ended_at: At | None
    end_reason: str | None
    offers_made: int
    log_position: LogPosition


class ConversationList(Struct, kw_only=True):
    """Conversations in the order asked for."""

    conversations: list[ConversationShape]
    position: LogPosition


class TimelineItem(Struct, kw_only=True):
    """One transition. ``details`` are the fields of the stored event."""

    position: LogPosition
    at: At
    type: str
    actor: str
    reason: str
    details: dict[str, Any]


class Timeline(Struct, kw_only=True):
    """All transitions in order. ``trimmed`` counts those the log no longer holds."""

    conversation: str
    timeline: list[TimelineItem]
    trimmed: int
    position: LogPosition


class ReasonShape(Struct, kw_only=True):
    """A reason against: a code, and words for it."""

    code: str
    text: str


class MemberShape(Struct, kw_only=True):
    """One member of the queue, with what speaks against an offer to them now."""

    agent: str
    name: str
    level: int
    eligible: bool
    reasons: list[ReasonShape]


class ExplanationShape(Struct, kw_only=True):
    """Why a conversation is (not) offered now, and when waiting alone changes that."""

    conversation: str
    state: ConversationState
    sentence: str
    ring: int
    max_level: int
    skills: dict[str, int]
    queue_status: QueueStatus
    next_change_at: At | None
    members: list[MemberShape]
    position: LogPosition


class SettingsWarning(Struct, kw_only=True):
    """Something in the settings that is allowed and likely a mistake."""

    code: str
    path: str
    message: str


class QueueShape(QueueBody, kw_only=True, forbid_unknown_fields=False):
    """One queue: its settings, and its status."""

    id: str
    version: int
    status: QueueStatus
    status_since: At


class QueuePut(QueueShape, kw_only=True):
    """The queue as it is now, and what looks like a mistake."""

    warnings: list[SettingsWarning]


class QueueList(Struct, kw_only=True):
    """All queues, by id."""

    queues: list[QueueShape]


class AgentShape(AgentBody, kw_only=True, forbid_unknown_fields=False):
    """One agent: settings, then what is going on. ``load`` {channel: units in use}."""

    id: str
    version: int
    presence: Presence
    reason: str
    by: str
    since: At
    connection: Connection
    routable: bool
    why_not: WhyNot
    load: dict[str, int]
    load_units: int
    conversations: list[str]
    offers: list[str]


class AgentPut(AgentShape, kw_only=True):
    """The agent as it is now, and what looks like a mistake."""

    warnings: list[SettingsWarning]


class AgentList(Struct, kw_only=True):
    """All agents, by id."""

    agents: list[AgentShape]


class KeyShape(Struct, kw_only=True):
    """One API key, without anything that opens a door."""

    id: str
    name: str
    role: Role
    agent: str | None
    created_at: At
    revoked_at: At | None


class KeyCreated(KeyShape, kw_only=True):
    """The new key; ``key`` is shown this once and stored nowhere."""

    key: str


class KeyList(Struct, kw_only=True):
    """All keys, the revoked ones too."""

    keys: list[KeyShape]


class TicketShape(Struct, kw_only=True):
    """Opens one WebSocket, once."""

    ticket: str
    expires_in_ms: Ms


class SessionShape(Struct, kw_only=True):
    """Who the browser is signed in as."""

    role: Role
    agent: str | None
    expires_at: Annotated[int, Meta(description="End of the session; null for a key.")] | None


class AliveShape(Struct, kw_only=True):
    """The event loop turns."""

    status: Literal["ok"]


class DurabilityShape(Struct, kw_only=True):
    """What the store promises: always, everysec, replicated or memory, and in words."""

    level: str
    detail: str


class ReadyShape(Struct, kw_only=True):
    """Whether work may be sent here; ``reasons`` say why not."""

    ready: bool
    reasons: list[str]
    workspace: str
    epoch: int
    position: LogPosition
    durability: DurabilityShape | None


class VersionShape(Struct, kw_only=True):
    """What runs here."""

    version: str
    protocol: str
