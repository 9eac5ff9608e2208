"""The shape of the supervisors' board and of what changes on it, for documents and tests.

MUST NOT be used to build a board: ``board_rows`` does, and a test holds it to these shapes.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from app.domain.words import Connection, Presence, QueueStatus
from app.wire.config_shapes import PlanShape
from app.wire.shapes import At, Blocked, CustomPresence, LogPosition, Ms, OpenChannels, WhyNot
from app.wire.supervision import FreezeShape

HealthState = Literal["ok", "stalled", "starved", "paused", "closed", "degraded"]


class HealthShape(Struct, kw_only=True):
    """How a queue does. ``since`` when, ``cause`` a code, ``text`` for people.

    While an incident of the queue is open, the worst one is told here, with its ``cause``.
    """

    state: HealthState
    since: At
    cause: str | None
    text: str | None


class ServiceLevelShape(Struct, kw_only=True):
    """``percent`` by ``variant`` today, None without data; ``promise_percent`` is the aim.

    Whatever the variant, ``hits`` of ``judged`` is by event time: adds up over queues.
    """

    percent: float | None
    target_ms: Ms
    variant: str
    promise_percent: float
    hits: int
    judged: int


class WaitingByAge(Struct, kw_only=True):
    """Those who wait, by how long: in parts of the queue's target of service level."""

    within_target: int
    over_target: int
    over_3_targets: int


class OfferFigures(Struct, kw_only=True):
    """Offers of today by what became of them."""

    made: int
    accepted: int
    declined: int
    timed_out: int
    rescinded: int
    undelivered: int


class OfferTotals(Struct, kw_only=True):
    """Offers of today over all queues."""

    made: int
    accepted: int
    declined: int
    timed_out: int


class BoardQueue(Struct, kw_only=True):
    """One queue on the board; figures are of the UTC day.

    ``open``: by its hours. ``members_on``: at work, be it full or resting. ``overflowed``: moved or
    closed by its overflow rules. ``aht_ms``: an agent's time for one, wrap-up included, the latest
    counting most.
    """

    id: str
    name: str
    waiting: int
    oldest_wait_ms: Ms | None
    waiting_by_age: WaitingByAge
    offered: int
    assigned: int
    wrapping: int
    members: int
    members_on: int
    routable: int
    capacity_free: int
    service_level: ServiceLevelShape
    asa_ms: Ms | None
    aht_ms: Ms | None
    last_offer_at: At | None
    abandoned: int
    answered: int
    overflowed: int
    offers: OfferFigures
    status: QueueStatus
    open: bool
    health: HealthShape


class BoardAgent(Struct, kw_only=True):
    """One agent on the board; ``load`` and ``capacity`` are units over all channels."""

    id: str
    name: str
    presence: Presence
    custom_presence: CustomPresence | None
    reason: str
    plan: PlanShape | None
    channels: OpenChannels
    connection: Connection
    routable: bool
    why_not: WhyNot
    blocked: Blocked
    load: int
    capacity: int
    load_by_channel: dict[str, int]
    capacity_by_channel: dict[str, int]
    since: At
    missed_streak: int
    queues: list[str]
    conversations: list[str]
    offers: list[str]


class BoardTotals(Struct, kw_only=True):
    """Sums. ``entered`` = waiting + offered + assigned + wrapping + ``ended``, always; both null
    for a key that is limited to some queues, since they are not counted by queue.

    ``quarantined``: waiting, but set aside. ``incidents_open``: see GET /v1/incidents.
    ``event_time_percent``: the service level of the day by event time, over all queues.
    """

    waiting: int
    offered: int
    assigned: int
    wrapping: int
    answered: int
    abandoned: int
    entered: int | None
    ended: int | None
    offers: OfferTotals
    oldest_wait_ms: Ms | None
    event_time_percent: float | None
    quarantined: int
    incidents_open: int
    agents: int
    available: int
    connected: int
    routable: int


class Board(Struct, kw_only=True):
    """The supervisors' figures. Rows are sorted by ``id``.

    Figures of queues and ``totals.answered`` and ``abandoned`` are of the day that began at
    ``figures_since`` (UTC); ``totals.entered`` and ``ended`` count since the workspace was opened.
    """

    as_of: At
    position: LogPosition
    workspace: str
    figures_since: At
    figures_day: Literal["utc"]
    repairs_frozen: FreezeShape | None
    totals: BoardTotals
    queues: list[BoardQueue]
    agents: list[BoardAgent]


class BoardChanges(Struct, kw_only=True):
    """What changed on the board.

    Rows of ``queues`` and ``agents`` carry ``id`` and the fields that changed: merge them by ``id``
    (an unknown ``id`` is a new, whole row). Ids in ``queues_removed`` and ``agents_removed`` go.
    Every other key replaces the old value. The result is what a fresh snapshot would be.
    """

    as_of: At | None = None
    position: LogPosition | None = None
    workspace: str | None = None
    figures_since: At | None = None
    figures_day: str | None = None
    repairs_frozen: FreezeShape | None = None
    totals: BoardTotals | None = None
    queues: list[dict[str, Any]] | None = None
    agents: list[dict[str, Any]] | None = None
    queues_removed: list[str] | None = None
    agents_removed: list[str] | None = None
