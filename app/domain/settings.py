"""What an operator may say about a queue or an agent: PROTOCOL "Queue and agent settings", with
defaults.

Plain values only; every duration is in milliseconds. Bounds are checked where settings enter the
system (``app.wire``); the engine trusts them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.domain.words import Presence, Strategy


@dataclass(slots=True, frozen=True, kw_only=True)
class OfferRule:
    """How an offer is made. ``fan_out``: how many agents get it at once under ``all_at_once``."""

    strategy: Strategy = Strategy.LONGEST_IDLE
    timeout_ms: int = 20_000
    timeouts_by_channel: dict[str, int] = field(default_factory=dict)
    fan_out: int = 5
    respect_levels: bool = True


@dataclass(slots=True, frozen=True, kw_only=True)
class Ring:
    """From ``after_ms`` of waiting on, members up to ``max_level`` may serve; ``relax_skills`` are
    no longer asked.
    """

    after_ms: int = 0
    max_level: int = 1_000
    relax_skills: list[str] = field(default_factory=list)


@dataclass(slots=True, frozen=True, kw_only=True)
class PreferredRule:
    """How long a conversation is kept for its preferred agent while that agent is online, and
    while not.
    """

    online_ms: int = 30_000
    offline_ms: int = 0


@dataclass(slots=True, frozen=True, kw_only=True)
class DeclineReason:
    """One reason an agent may give. ``again``: may this agent be offered the conversation again."""

    code: str
    again: bool = True


@dataclass(slots=True, frozen=True, kw_only=True)
class DeclineRule:
    """After a decline or a missed offer the agent is passed over for this conversation for
    ``cooldown_ms``.
    """

    cooldown_ms: int = 60_000
    reasons: list[DeclineReason] = field(default_factory=list)


@dataclass(slots=True, frozen=True, kw_only=True)
class BackOffRule:
    """How long an agent is offered nothing at all after an offer ended this way (0: no rest).

    ``busy_ms`` replaces ``declined_ms`` where the reason given is ``busy`` (FreeSWITCH has one
    delay per cause: reject, busy, no answer, unregistered).
    """

    declined_ms: int = 0
    busy_ms: int = 0
    missed_ms: int = 0
    undelivered_ms: int = 5_000


@dataclass(slots=True, frozen=True, kw_only=True)
class NoAnswerRule:
    """After ``streak`` missed offers in a row the agent is set to ``presence``, a custom one too
    (0: never).
    """

    streak: int = 2
    presence: str = "away"


@dataclass(slots=True, frozen=True, kw_only=True)
class WrapUpRule:
    """Time after a conversation during which its units stay reserved (0: none)."""

    ms: int = 0
    extendable: bool = True


@dataclass(slots=True, frozen=True, kw_only=True)
class IdleRule:
    """A held conversation without activity for ``after_ms`` gives its units back until it wakes
    (0: never).
    """

    after_ms: int = 0


@dataclass(slots=True, frozen=True, kw_only=True)
class ServiceLevelRule:
    """``percent`` of conversations answered within ``target_ms``, counted by ``variant``."""

    target_ms: int = 20_000
    percent: float = 80.0
    variant: str = "event_time"
    short_abandon_ms: int = 5_000


@dataclass(slots=True, frozen=True, kw_only=True)
class OverflowRule:
    """``when`` its condition holds, a waiting conversation goes ``to`` another queue, is closed, or
    is given a ``message`` and waits on.

    ``value``: for ``after_ms`` the time in this queue; for ``depth`` how many wait before one who
    joins; for ``no_agents`` how long nobody has been on (ms); for ``closed`` how long the
    conversation has stood before a closed door (ms).
    """

    when: str
    value: int = 0
    to: str = "queue"
    queue: str | None = None
    message: str | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class AgeingRule:
    """Priority grows by this much per minute of waiting, so that nothing starves."""

    priority_per_min: float = 0.0


@dataclass(slots=True, frozen=True, kw_only=True)
class HoursRule:
    """When the queue is open: ``weekly`` {"mon": [["09:00", "17:00"]], …} in ``zone``; empty:
    always.
    """

    zone: str = "UTC"
    weekly: dict[str, list[list[str]]] = field(default_factory=dict)
    holidays: list[str] = field(default_factory=list)


@dataclass(slots=True, frozen=True, kw_only=True)
class QueueSettings:
    """All that can be configured of one queue. ``priority``: higher is served first by a shared
    agent.
    """

    name: str
    priority: int = 0
    offer: OfferRule = field(default_factory=OfferRule)
    rings: list[Ring] = field(default_factory=list)
    preferred: PreferredRule = field(default_factory=PreferredRule)
    decline: DeclineRule = field(default_factory=DeclineRule)
    back_off: BackOffRule = field(default_factory=BackOffRule)
    no_answer: NoAnswerRule = field(default_factory=NoAnswerRule)
    wrap_up: WrapUpRule = field(default_factory=WrapUpRule)
    idle: IdleRule = field(default_factory=IdleRule)
    service_level: ServiceLevelRule = field(default_factory=ServiceLevelRule)
    overflow: list[OverflowRule] = field(default_factory=list)
    max_waiting: int = 0
    ageing: AgeingRule = field(default_factory=AgeingRule)
    hours: HoursRule = field(default_factory=HoursRule)
    weight_by_channel: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, frozen=True, kw_only=True)
class AgentSettings:
    """All that can be configured of one agent.

    ``queues`` {queue id: level, lower first}; ``skills`` {skill: level}; ``capacity`` {channel:
    units}; ``units``: bound on the units of all channels together (absent: only the channels
    bound). ``blocks`` {channel: channels}: while the agent has work on the first, nothing is
    offered on the others (a call blocks chats). ``wrap_up_ms`` replaces that of every queue;
    ``pull``: may pick from his queues without being offered.
    """

    name: str
    queues: dict[str, int] = field(default_factory=dict)
    skills: dict[str, int] = field(default_factory=dict)
    capacity: dict[str, int] = field(default_factory=lambda: {"chat": 1})
    units: int | None = None
    blocks: dict[str, list[str]] = field(default_factory=dict)
    wrap_up_ms: int | None = None
    pull: bool = False


@dataclass(slots=True, frozen=True, kw_only=True)
class PresenceSettings:
    """A custom presence: a name for one of the three, and which channels it leaves open.

    ``channels``: only these are offered (absent: all); has a meaning for ``available`` only.
    """

    name: str
    presence: Presence = Presence.AWAY
    channels: list[str] | None = None
