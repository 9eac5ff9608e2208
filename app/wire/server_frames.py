"""Frames of the server, replies and pushes, as shapes for documents and tests.

MUST NOT be used to build a frame: the session does, from views. ``seq`` counts 1, 2, 3 … per
session, and a reply leaves only when its effect is durable.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from app.domain.words import Connection, ConversationState, Presence
from app.wire.board_shapes import Board, BoardChanges
from app.wire.config_shapes import PlanShape
from app.wire.fields import Id, Ref
from app.wire.incidents import IncidentShape
from app.wire.shapes import (
    At,
    Blocked,
    CustomPresence,
    LogPosition,
    Ms,
    OpenChannels,
    WhyNot,
)
from app.wire.supervision import BroadcastBrief

Seq = Annotated[int, Meta(ge=1, description="Counts 1, 2, 3 … per session.")]


class OfferShape(Struct, kw_only=True):
    """One offer for the agent who decides. ``waited_ms`` is as of ``made_at``."""

    id: Id
    conversation: Id
    queue: Id
    queue_name: str
    channel: str
    priority: int
    customer: dict[str, Any]
    subject: str | None
    waited_ms: Ms
    made_at: At
    expires_at: At
    expires_in_ms: Ms
    units: int
    decline_reasons: list[str]
    why: dict[str, Any]


class HeldShape(Struct, kw_only=True):
    """One conversation for the agent who holds it."""

    id: Id
    queue: Id
    queue_name: str
    channel: str
    state: ConversationState
    priority: int
    units: int
    customer: dict[str, Any]
    subject: str | None
    attributes: dict[str, Any]
    enqueued_at: At
    assigned_at: At | None
    disposition: str | None
    wrap_until: At | None
    wrap_extendable: bool
    idle: Annotated[bool, Meta(description="Silent: it is yours, its units are free.")]


class AgentSelf(Struct, kw_only=True):
    """What agents see of themselves: ``queues`` {id: name}; ``load``, ``capacity`` by channel."""

    id: Id
    name: str
    presence: Presence
    custom_presence: CustomPresence | None
    reason: str
    plan: PlanShape | None
    channels: OpenChannels
    by: str
    since: At
    connection: Connection
    routable: bool
    why_not: WhyNot
    blocked: Blocked
    load: dict[str, int]
    load_units: int
    capacity: dict[str, int]
    units: int | None
    pull: Annotated[bool, Meta(description="May pick from the queues with the command pull.")]
    queues: dict[str, str]


class Reply(Struct, tag="reply", kw_only=True):
    """Answer to a command; more fields depend on the command."""

    ref: Ref | None
    ok: Literal[True]
    already: Annotated[bool, Meta(description="It had been done before.")] = False
    position: LogPosition
    conversation: Annotated[Id, Meta(description="After pull: what was picked.")] | None = None


class Refusal(Struct, tag="reply", kw_only=True):
    """The command was refused; ``temporary``: the same command can succeed later.

    Code ``pending``: durability is not known yet, the final answer follows with the same ``ref``.
    """

    ref: Ref | None
    ok: Literal[False]
    code: str
    message: str
    temporary: bool


class Welcome(Struct, tag="reply", kw_only=True):
    """Answer to ``hello``. ``mode`` says what follows: one snapshot, or the missed pushes."""

    ref: Ref
    ok: Literal[True]
    session: Id
    secret: str
    gen: str
    mode: Literal["snapshot", "replay"]
    server_time: At
    ping_every_ms: Ms
    grace_ms: Ms
    sockets: Annotated[int, Meta(description="Live sockets of this agent, this one included.")]
    limits: dict[str, int]


class Push(Struct, kw_only=True):
    """What every push has."""

    seq: Seq
    at: At


class AgentSnapshot(Push, tag="snapshot", kw_only=True):
    """All that an agent's screen shows."""

    agent: AgentSelf
    offers: list[OfferShape]
    conversations: list[HeldShape]
    broadcasts: list[BroadcastBrief]


class OfferMade(Push, tag="offer", kw_only=True):
    """Decide until ``expires_at``; send ``received`` at once."""

    offer: OfferShape


class OfferEnded(Push, tag="offer_ended", kw_only=True):
    """The offer is over, whoever ended it."""

    offer: Id
    outcome: Literal["accepted", "declined", "timed_out", "rescinded", "undelivered"]
    reason: str


class Assigned(Push, tag="assigned", kw_only=True):
    """You hold this conversation; pushed again when it starts its wrap-up."""

    conversation: HeldShape


class ConversationChanged(Push, tag="conversation_changed", kw_only=True):
    """A conversation that you hold fell silent, or goes on."""

    conversation: HeldShape


class ConversationEnded(Push, tag="conversation_ended", kw_only=True):
    """You no longer hold this conversation."""

    conversation: Id
    reason: str


class PresenceSet(Push, tag="presence", kw_only=True):
    """Your presence, and who set it; or a new ``plan`` (null: none), or other open channels."""

    presence: Presence
    custom_presence: CustomPresence | None
    reason: str
    by: str
    plan: PlanShape | None
    channels: OpenChannels


class BroadcastTold(Push, tag="broadcast", kw_only=True):
    """A supervisor tells you something; it stands until it is dismissed, over, or taken back."""

    broadcast: BroadcastBrief


class BroadcastGone(Push, tag="broadcast_withdrawn", kw_only=True):
    """The message with this id is taken back."""

    broadcast: Id


class Routable(Push, tag="routable", kw_only=True):
    """Whether offers can reach you, and why not."""

    routable: bool
    why_not: WhyNot


class Ping(Push, tag="ping", kw_only=True):
    """Answer with ``pong`` at once. ``sockets``: how many of this agent's are live."""

    ping: Ref
    server_time: At
    sockets: int | None = None


class Draining(Push, tag="draining", kw_only=True):
    """This server goes away: connect again after your own delay."""

    reconnect_in_ms: Ms


class ReauthRequired(Push, tag="reauth_required", kw_only=True):
    """Connect again with a new ticket before ``by``."""

    by: At


class BoardSnapshot(Push, tag="snapshot", kw_only=True):
    """The whole board."""

    board: Board


class Delta(Push, tag="delta", kw_only=True):
    """What changed on the board; at most 4 a second."""

    changes: BoardChanges


class IncidentTold(Push, tag="incident", kw_only=True):
    """An incident was opened, noted or resolved: as it is now, known by its ``id``."""

    incident: IncidentShape


AGENT_PUSHES: Final = (
    AgentSnapshot,
    OfferMade,
    OfferEnded,
    Assigned,
    ConversationChanged,
    ConversationEnded,
    PresenceSet,
    Routable,
    Ping,
    Draining,
    ReauthRequired,
    BroadcastTold,
    BroadcastGone,
)
SUPERVISOR_PUSHES: Final = (BoardSnapshot, Delta, IncidentTold, Ping, Draining, ReauthRequired)
REPLIES: Final = (Welcome, Reply, Refusal)
