"""The shapes of everything that is answered or pushed, for the served documents and the tests.

MUST NOT be used to build an answer: views give plain dicts, a test holds each view to its shape.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from app.domain.words import (
    ConversationState,
    OfferState,
    QueueStatus,
)
from app.wire.fields import Role

At = Annotated[int, Meta(description="Milliseconds since the Unix epoch, UTC.")]
Ms = Annotated[int, Meta(description="Milliseconds.")]
LogPosition = Annotated[
    str, Meta(pattern=r"^\d+-\d+$", description="Place in the log: <epoch>-<n>.")
]
WhyNot = Annotated[
    list[str],
    Meta(
        description="Reasons against an offer, empty when routable: away, offline, disconnected, "
        "finishing, back_off, blocked, wrap_up, at_capacity."
    ),
]
OpenChannels = Annotated[
    list[str],
    Meta(description="Channels that the presence leaves open and there is capacity for."),
]
Blocked = Annotated[
    dict[str, str],
    Meta(description="{channel: the channel whose work keeps offers on it away now}."),
]
CustomPresence = Annotated[
    str, Meta(description="The custom presence, of which presence is the kind.")
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


class NoticeShape(Struct, kw_only=True):
    """What the customer is to be told, by an overflow rule."""

    at: At
    message: str


class QuarantineShape(Struct, kw_only=True):
    """Why it was set aside: it waits, and is not offered until a person puts it back."""

    at: At
    reason: str
    evidence: str
    by: str


class WaitShape(Struct, kw_only=True, omit_defaults=True):
    """Half of those in this place are answered within ``p50_ms``, nine of ten within ``p90_ms``.

    Or ``unknown`` alone, with the reason: no_data, nobody_on, paused, closed, stalled.
    """

    p50_ms: Ms | None = None
    p90_ms: Ms | None = None
    unknown: str | None = None


class ConversationRow(Struct, kw_only=True):
    """One conversation. ``position``: its place in line, from 1; null when it does not wait.

    ``enqueued_at`` is what its place counts from, ``joined_at`` when it came into this queue.
    ``idle``: held and silent, its units given back.
    """

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
    joined_at: At
    notices: list[NoticeShape]
    quarantine: QuarantineShape | None
    idle: bool
    assigned_at: At | None
    wrap_until: At | None
    ended_at: At | None
    end_reason: str | None
    disposition: str | None
    offers_made: int
    log_position: LogPosition


class ConversationShape(ConversationRow, kw_only=True):
    """One conversation, with how long it is likely to wait; null when it does not wait."""

    estimated_wait: WaitShape | None


class ConversationList(Struct, kw_only=True):
    """Conversations in the order asked for."""

    conversations: list[ConversationRow]
    position: LogPosition


class TimelineItem(Struct, kw_only=True):
    """One transition. ``text``: in words. ``details`` are the fields of the stored event."""

    position: LogPosition
    at: At
    type: str
    actor: str
    reason: str
    text: str
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


class OfferRecord(Struct, kw_only=True):
    """One offer of the past or present and the decision that made it.

    ``version`` is the configuration in force. ``why.others`` {agent: reason} says in small teams
    why each of the others did not get it. An agent sees ``agent`` null for a colleague's offer,
    and ``reasons`` for what kept it from the asker; of the own offers, no colleagues.
    """

    id: str
    agent: str | None
    state: OfferState
    reason: str
    made_at: At
    ended_at: At | None
    version: int
    why: dict[str, Any]
    reasons: list[ReasonShape]


class ExplanationShape(Struct, kw_only=True):
    """Why a conversation is (not) offered now, and when waiting alone changes that.

    An agent gets the own row of ``members`` only, and a sentence without colleagues.
    """

    conversation: str
    state: ConversationState
    sentence: str
    ring: int
    max_level: int
    skills: dict[str, int]
    queue_status: QueueStatus
    next_change_at: At | None
    members: list[MemberShape]
    offers: list[OfferRecord]
    position: LogPosition


class AgentOffer(Struct, kw_only=True):
    """One offer made to an agent. ``answered_in_ms``: until it ended, null while it is live."""

    id: str
    conversation: str
    queue: str
    channel: str
    state: OfferState
    reason: str
    made_at: At
    ended_at: At | None
    answered_in_ms: Ms | None
    waited_ms: Annotated[int, Meta(description="How long the customer had waited by then.")]
    why: dict[str, Any]


class AgentOfferList(Struct, kw_only=True):
    """The offers made to an agent that are still in memory, the newest first."""

    agent: str
    offers: list[AgentOffer]
    position: LogPosition


class KeyShape(Struct, kw_only=True):
    """One API key, without anything that opens a door.

    ``queues`` null: everywhere. ``former_until``: until then the secret before the last rotation is
    good. ``last_used_at``: as far as this process saw it.
    """

    id: str
    name: str
    role: Role
    agent: str | None
    queues: list[str] | None
    hides_customers: bool
    created_at: At
    expires_at: At | None
    rotated_at: At | None
    former_until: At | None
    revoked_at: At | None
    last_used_at: At | None


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
    expires_at: Annotated[int, Meta(description="When it ends; null: no end.")] | None
    queues: Annotated[list[str], Meta(description="Limited to these; null: to none.")] | None
    hides_customers: bool


class SignInWays(Struct, kw_only=True):
    """What the sign-in page offers."""

    key: bool
    password: bool
    provider: bool


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
