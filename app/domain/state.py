"""The whole state of one workspace, as plain mutable records.

Changed by ``fold`` only. Everything here can be rebuilt from the log, and nothing here is derived:
indexes live in ``lines``, ``pools`` and ``timers``, and *routable* is computed (``routability``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.domain.figures import QueueFigures
from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from app.domain.words import (
    Connection,
    ConversationState,
    OfferState,
    Presence,
    QueueStatus,
)

Settings = QueueSettings | AgentSettings | PresenceSettings


@dataclass(slots=True)
class Offer:
    """One conversation proposed to one agent. Kept after its end until the conversation is
    forgotten.
    """

    id: str
    conversation: str
    queue: str
    agent: str
    units: int
    state: OfferState
    made_at: int
    expires_at: int
    version: int
    why: dict[str, Any]
    reason: str = ""
    ended_at: int = 0


@dataclass(slots=True)
class Exclusion:
    """An agent passed over for a conversation: see ``events.OfferEnded``. ``PASS_FOREVER`` never
    ends.
    """

    soft_until: int
    pass_until: int


@dataclass(slots=True, frozen=True)
class Notice:
    """What an overflow rule (its number from 0) of ``queue`` has to tell the customer."""

    at: int
    queue: str
    rule: int
    message: str


@dataclass(slots=True, frozen=True)
class Quarantine:
    """Why a conversation was set aside."""

    at: int
    reason: str
    evidence: str
    by: str


@dataclass(slots=True)
class Conversation:
    """One customer's request. ``agent`` holds it (assigned, wrapping); ``offers`` are the live
    ones.

    ``enqueued_at`` is its place in line, ``joined_at`` when it came into this queue (a move may
    keep the first). ``visited``: the queues that overflow rules took it through. ``idle``: held,
    and its units given back. ``disposition``: what came of it, as its agent said.
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
    fingerprint: str
    entered_by: str
    entered_at: int
    enqueued_at: int
    joined_at: int
    agent: str | None = None
    units: int = 0
    offers: list[str] = field(default_factory=list)
    past_offers: list[str] = field(default_factory=list)
    exclusions: dict[str, Exclusion] = field(default_factory=dict)
    waiting_since: int = 0
    visited: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    assigned_at: int = 0
    active_at: int = 0
    idle: bool = False
    quarantine: Quarantine | None = None
    answered: bool = False
    wrap_until: int = 0
    ended_at: int = 0
    end_reason: str = ""
    disposition: str | None = None


@dataclass(slots=True)
class Queue:
    """One waiting line: its settings, the version that set them, and what a person did to it.

    ``open``: by its opening hours, since ``hours_since`` (0: always). ``handled`` conversations
    took ``handle_ms`` of an agent's time on average (exponentially weighted).
    """

    id: str
    settings: QueueSettings
    version: int
    ordinal: int
    status: QueueStatus = QueueStatus.OPEN
    status_since: int = 0
    open: bool = True
    hours_since: int = 0
    last_offer_at: int = 0
    handled: int = 0
    handle_ms: float = 0.0
    counts: dict[ConversationState, int] = field(default_factory=dict)
    figures: QueueFigures = field(default_factory=QueueFigures)


@dataclass(slots=True, frozen=True)
class Plan:
    """Finish, then this presence."""

    at: int
    presence: Presence
    custom: str | None
    reason: str
    by: str


@dataclass(slots=True)
class CustomPresence:
    """A presence that an operator defined."""

    id: str
    settings: PresenceSettings
    version: int


@dataclass(slots=True, frozen=True)
class ConfigChange:
    """One change of configuration: ``before`` and ``after`` are settings (None: not there).

    ``kind``: queue, agent or presence; ``id`` names which. ``reason``: why, in words, if said.
    """

    version: int
    at: int
    by: str
    kind: str
    id: str
    before: Settings | None
    after: Settings | None
    reason: str = ""


@dataclass(slots=True)
class Agent:
    """One person. ``load`` {channel: units} counts live offers and held conversations alike.

    ``last_offer`` is the number, over the whole workspace, of the last offer made to this agent.
    ``only``: the channels that the custom presence leaves open (None: all). ``off_since``: since
    when the agent is not *on* (see ``routability.is_on``; 0: is on).
    """

    id: str
    settings: AgentSettings
    version: int
    ordinal: int
    presence: Presence = Presence.OFFLINE
    presence_reason: str = ""
    presence_by: str = ""
    presence_since: int = 0
    custom: str | None = None
    only: list[str] | None = None
    plan: Plan | None = None
    off_since: int = 0
    connection: Connection = Connection.LOST
    grace_until: int = 0
    back_off_until: int = 0
    back_off_cause: str = ""
    load: dict[str, int] = field(default_factory=dict)
    load_units: int = 0
    idle_since: int = 0
    missed_streak: int = 0
    offers_made: int = 0
    last_offer: int = 0
    accepted: int = 0
    offers: dict[str, None] = field(default_factory=dict)
    conversations: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Key:
    """An API key; the key itself is never stored. For its limits see ``events.KeyLimited``.

    ``former_sha256`` is of the secret before the last rotation, good until ``former_until``.
    """

    id: str
    name: str
    role: str
    sha256: str
    agent: str | None
    created_at: int
    revoked_at: int = 0
    queues: list[str] | None = None
    expires_at: int = 0
    hides_customers: bool = False
    former_sha256: str = ""
    former_until: int = 0
    rotated_at: int = 0


@dataclass(slots=True, frozen=True)
class IncidentStep:
    """One thing that was seen or done about an incident."""

    at: int
    step: str
    text: str
    by: str
    evidence: dict[str, Any]


@dataclass(slots=True)
class Incident:
    """Something that was wrong, from its beginning to its end."""

    id: str
    cause: str
    since: int
    opened_at: int
    queue: str | None
    conversation: str | None
    agent: str | None
    text: str
    evidence: dict[str, Any]
    steps: list[IncidentStep] = field(default_factory=list)
    acknowledged_by: str = ""
    resolved_at: int = 0
    resolution: str = ""
    conversations: int = 0
    waited_ms: int = 0


@dataclass(slots=True, frozen=True)
class SignOut:
    """What was signed in and counts no more: the sign-in of this ``id``, or with the id that
    ``supervision.sign_out_id`` gives all that were signed in as an agent until ``at``.

    ``key`` is the id of the key that had opened the sign-in; ``until``: when all of it would have
    been over anyway.
    """

    id: str
    key: str
    at: int
    until: int
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class Freeze:
    """Until ``until`` nothing is repaired by itself."""

    id: str
    at: int
    until: int
    reason: str
    by: str


@dataclass(slots=True)
class Broadcast:
    """A message to agents: see ``events.BroadcastSent``; ``withdrawn_at`` 0: it stands."""

    id: str
    at: int
    until: int
    text: str
    queue: str | None
    agent: str | None
    by: str
    withdrawn_at: int = 0
    withdrawn_by: str = ""


@dataclass(slots=True)
class Totals:
    """Conservation: entered = waiting + offered + assigned + wrapping + ended, always."""

    entered: int = 0
    ended: int = 0


@dataclass(slots=True)
class State:
    """Everything one workspace knows. ``format``: the stored format in force."""

    workspace: str = ""
    gen: str = ""
    epoch: int = 0
    last_at: int = 0
    format: int = 1
    version: int = 0
    ordinals: int = 0
    offers_made: int = 0
    incidents_opened: int = 0
    queues: dict[str, Queue] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    offers: dict[str, Offer] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    presences: dict[str, CustomPresence] = field(default_factory=dict)
    changes: dict[int, ConfigChange] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    sign_outs: dict[str, SignOut] = field(default_factory=dict)
    freezes: dict[str, Freeze] = field(default_factory=dict)
    broadcasts: dict[str, Broadcast] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
