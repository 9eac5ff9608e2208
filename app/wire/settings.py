"""Queue and agent settings as they arrive: the bounds that the engine may trust.

Each Struct mirrors a record of ``app.domain.settings`` field by field, defaults included (a test
compares them), and adds what a stranger must not exceed. MUST NOT hold a rule of offering.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct, field

from app.domain.commands import PutAgent, PutPresence, PutQueue
from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from app.domain.words import Presence, Strategy
from app.wire.fields import (
    Count,
    DurationMs,
    Id,
    Level,
    Name,
    Notice,
    OfferTimeoutMs,
    Priority,
    SkillLevel,
    Units,
    Weight,
    WrapUpMs,
    wrong,
)

Variant = Literal[
    "event_time",
    "answered_only",
    "abandoned_ignored",
    "abandoned_negative",
    "abandoned_positive",
    "short_abandon_excluded",
]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_FEW: Final = Meta(max_length=64)
_MANY: Final = Meta(max_length=2_000)


class OfferBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """How an offer is made; ``fan_out`` counts under ``all_at_once`` only."""

    strategy: Strategy = Strategy.LONGEST_IDLE
    timeout_ms: OfferTimeoutMs = 20_000
    timeouts_by_channel: Annotated[dict[Id, OfferTimeoutMs], _FEW] = field(default_factory=dict)
    fan_out: Annotated[int, Meta(ge=1, le=100)] = 5
    respect_levels: bool = True


class RingBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """From ``after_ms`` on: members up to ``max_level`` serve, ``relax_skills`` are not asked."""

    after_ms: DurationMs = 0
    max_level: Level = 1_000
    relax_skills: Annotated[list[Id], _FEW] = field(default_factory=list)


class PreferredBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """How long a conversation is kept for its preferred agent, online and not."""

    online_ms: DurationMs = 30_000
    offline_ms: DurationMs = 0


class DeclineReasonBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """One reason an agent may give; ``again``: may be offered the same conversation again."""

    code: Id
    again: bool = True


class DeclineBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """How long an agent who declined or missed is passed over for that conversation."""

    cooldown_ms: DurationMs = 60_000
    reasons: Annotated[list[DeclineReasonBody], _FEW] = field(default_factory=list)


class BackOffBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """How long an agent is offered nothing after an offer ended so; 0: no rest.

    ``busy_ms`` replaces ``declined_ms`` where the reason given is ``busy``.
    """

    declined_ms: DurationMs = 0
    busy_ms: DurationMs = 0
    missed_ms: DurationMs = 0
    undelivered_ms: DurationMs = 5_000


class NoAnswerBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """After ``streak`` missed offers in a row the agent is set to ``presence``; 0: never."""

    streak: Annotated[int, Meta(ge=0, le=1_000)] = 2
    presence: Annotated[
        Id, Meta(description="away, offline, or the id of a custom presence; not available.")
    ] = "away"

    def __post_init__(self) -> None:
        if self.presence == Presence.AVAILABLE:
            message = "an agent who does not answer is not available: use away, offline or custom"
            raise wrong("presence", message)


class WrapUpBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Time after a conversation during which its units stay reserved; 0: none."""

    ms: WrapUpMs = 0
    extendable: bool = True


class IdleBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """A held conversation without activity for ``after_ms`` gives its units back; 0: never."""

    after_ms: DurationMs = 0


class ServiceLevelBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """The promise: ``percent`` answered within ``target_ms``, counted by ``variant``."""

    target_ms: Annotated[int, Meta(ge=1, le=366 * 86_400_000)] = 20_000
    percent: Annotated[float, Meta(ge=0, le=100)] = 80.0
    variant: Variant = "event_time"
    short_abandon_ms: DurationMs = 5_000


class OverflowBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """When the condition holds: go to another queue, close, or give the customer a message."""

    when: Literal["after_ms", "depth", "no_agents", "closed"]
    value: Annotated[
        Count,
        Meta(
            description="after_ms: milliseconds in this queue. depth: how many wait before one who "
            "joins. no_agents, closed: milliseconds that nobody has been on, or that it has waited "
            "in the closed queue."
        ),
    ] = 0
    to: Literal["queue", "close", "message"] = "queue"
    queue: Annotated[Id, Meta(description="The target of to: queue, and only there.")] | None = None
    message: (
        Annotated[Notice, Meta(description="What to: message tells, and only there.")] | None
    ) = None

    def __post_init__(self) -> None:
        for name in ("queue", "message"):
            given, wanted = getattr(self, name) is not None, self.to == name
            if given != wanted:
                raise wrong(name, f'stands exactly where "to" is "{name}": {_add(wanted)}')


class AgeingBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Priority grows by this much per minute of waiting."""

    priority_per_min: Annotated[float, Meta(ge=0, le=1_000_000)] = 0.0


Date = Annotated[str, Meta(extra_json_schema={"format": "date"})]


class HoursBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """When it is open: ``weekly`` {"mon": [["09:00", "17:00"]]} in ``zone``; empty: always."""

    zone: Annotated[str, Meta(min_length=1, max_length=64)] = "UTC"
    weekly: dict[Day, Annotated[list[Annotated[list[str], Meta(max_length=2)]], _FEW]] = field(
        default_factory=dict
    )
    holidays: Annotated[list[Date], Meta(max_length=400)] = field(default_factory=list)

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (OSError, ValueError, LookupError):
            raise wrong("zone", f"{self.zone!r} is unknown: use one like Europe/Oslo") from None
        for day, spans in self.weekly.items():
            for at, span in enumerate(spans):
                _check_span(f"weekly.{day}[{at}]", span)
        for at, text in enumerate(self.holidays):
            _check_date(f"holidays[{at}]", text)


class QueueBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """All settings of one queue; what is left out takes its default."""

    name: Name
    priority: Priority = 0
    offer: OfferBody = field(default_factory=OfferBody)
    rings: Annotated[list[RingBody], Meta(max_length=20)] = field(default_factory=list)
    preferred: PreferredBody = field(default_factory=PreferredBody)
    decline: DeclineBody = field(default_factory=DeclineBody)
    back_off: BackOffBody = field(default_factory=BackOffBody)
    no_answer: NoAnswerBody = field(default_factory=NoAnswerBody)
    wrap_up: WrapUpBody = field(default_factory=WrapUpBody)
    idle: IdleBody = field(default_factory=IdleBody)
    service_level: ServiceLevelBody = field(default_factory=ServiceLevelBody)
    overflow: Annotated[list[OverflowBody], Meta(max_length=20)] = field(default_factory=list)
    max_waiting: Annotated[Count, Meta(description="0: no limit.")] = 0
    ageing: AgeingBody = field(default_factory=AgeingBody)
    hours: HoursBody = field(default_factory=HoursBody)
    weight_by_channel: Annotated[dict[Id, Weight], _FEW] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(a.after_ms >= b.after_ms for a, b in zip(self.rings, self.rings[1:], strict=False)):
            raise wrong("rings", "must be in rising order of after_ms")

    def settings(self) -> QueueSettings:
        """The same as the domain's record."""
        return msgspec.convert(self, QueueSettings, from_attributes=True)

    def command(self, queue: str, by: str) -> PutQueue:
        """As a command."""
        return PutQueue(queue, self.settings(), by)


class AgentBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """All settings of one agent; ``units`` bounds the units of all channels together."""

    name: Name
    queues: Annotated[dict[Id, Level], _MANY] = field(default_factory=dict)
    skills: Annotated[dict[Id, SkillLevel], _MANY] = field(default_factory=dict)
    capacity: Annotated[dict[Id, Units], _FEW] = field(default_factory=lambda: {"chat": 1})
    units: Annotated[Units, Meta(description="Absent: only the channels bound.")] | None = None
    blocks: Annotated[
        dict[Id, Annotated[list[Id], _FEW]],
        Meta(
            max_length=64,
            description="{channel: channels}: while there is work on the first, nothing is offered "
            "on the others.",
        ),
    ] = field(default_factory=dict)
    wrap_up_ms: Annotated[WrapUpMs, Meta(description="Replaces that of every queue.")] | None = None
    pull: Annotated[bool, Meta(description="May pick from the queues without an offer.")] = False

    def settings(self) -> AgentSettings:
        """The same as the domain's record."""
        return msgspec.convert(self, AgentSettings, from_attributes=True)

    def command(self, agent: str, by: str) -> PutAgent:
        """As a command."""
        return PutAgent(agent, self.settings(), by)


class PresenceBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """A custom presence: a name for one of the three, and the channels it leaves open."""

    name: Name
    presence: Presence = Presence.AWAY
    channels: (
        Annotated[
            list[Id],
            Meta(max_length=64, description="Only these are offered; absent: all. For available."),
        ]
        | None
    ) = None

    def settings(self) -> PresenceSettings:
        """The same as the domain's record."""
        return msgspec.convert(self, PresenceSettings, from_attributes=True)

    def command(self, presence: str, by: str) -> PutPresence:
        """As a command."""
        return PutPresence(presence, self.settings(), by)


def _add(wanted: bool) -> str:
    return "add it" if wanted else "leave it out"


def _check_span(field: str, span: list[str]) -> None:
    if len(span) != 2 or not all(_CLOCK.fullmatch(one) for one in span) or span[0] >= span[1]:
        raise wrong(field, 'must be like ["09:00", "17:00"], start before end')


def _check_date(field: str, text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise wrong(field, "must be a date like 2026-12-25") from None
