"""The supervisors' board from the state: totals, one row per queue, one row per agent.

MUST NOT claim more than is known: a queue where somebody waits although a member is routable is
never called ok. Figures such as ``answered``, ``asa_ms`` and ``service_level`` are of the current
UTC day (``figures_since``); ``totals.entered`` and ``totals.ended`` count since the workspace was
opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from app.domain.engine import Engine
from app.domain.figures import QueueFigures
from app.domain.interval_figures import percent_in_target
from app.domain.routability import why_not_routable
from app.domain.settings import ServiceLevelRule
from app.domain.state import Agent, Queue
from app.domain.words import MS_PER_DAY, Connection, ConversationState, Presence
from app.wire.agent_views import blocked_channels, capacity_of, presence_of
from app.wire.board_health import (
    Share,
    health_by_incident,
    health_of,
    oldest_eligible_at,
    quarantined,
)
from app.wire.incidents import open_incidents
from app.wire.reserved import open_ids, own_of
from app.wire.supervision import freeze_view
from app.wire.views import View, figures_on

_COUNTED: Final = ("waiting", "offered", "assigned", "wrapping")
_OFFERS: Final = ("made", "accepted", "declined", "timed_out")
_AGENT_TOTALS: Final = ("agents", "available", "connected", "routable")


class Tally:
    """Sums over agent rows, kept by adding and taking away single rows."""

    __slots__ = ("offers", "shares", "totals")

    def __init__(self) -> None:
        self.shares: dict[str, Share] = {}
        self.totals = dict.fromkeys(_AGENT_TOTALS, 0)
        self.offers: dict[str, None] = {}

    def share(self, queue: str) -> Share:
        """The sums of one queue."""
        return self.shares.get(queue) or _NOTHING

    def add(self, row: View) -> None:
        """Count a row in."""
        self._count(row, 1)
        self.offers.update(dict.fromkeys(row["offers"]))

    def drop(self, row: View) -> None:
        """Count a row out that was counted in."""
        self._count(row, -1)
        for offer in row["offers"]:
            del self.offers[offer]

    def _count(self, row: View, sign: int) -> None:
        connected = row["connection"] == Connection.CONNECTED
        available = row["presence"] == Presence.AVAILABLE
        free = free_units(row) if row["routable"] else 0
        for queue in row["queues"]:
            share = self.shares.setdefault(queue, Share())
            share.members += sign
            share.present += sign * (connected and available)
            share.routable += sign * row["routable"]
            share.capacity_free += sign * free
        self.totals["agents"] += sign
        self.totals["available"] += sign * available
        self.totals["connected"] += sign * connected
        self.totals["routable"] += sign * row["routable"]


_NOTHING: Final = Share()


def free_units(row: View) -> int:
    """Units an agent's row has free over the channels that take work now, never below 0."""
    used, capacity = row["load_by_channel"], row["capacity_by_channel"]
    by_channel: int = sum(
        max(0, capacity[channel] - used.get(channel, 0))
        for channel in row["channels"]
        if channel not in row["blocked"]
    )
    in_all: int = row["capacity"] - row["load"]
    return max(0, min(by_channel, in_all))


def board_view(
    engine: Engine, now: int, *, position: str, health: Mapping[str, View] | None = None
) -> View:
    """The whole board at ``now``.

    ``position`` is the log position of the state. ``health`` {queue: health} is what the watchdog
    found; it goes before what can be told from the state alone.
    """
    agents, tally = [], Tally()
    for id_ in open_ids(engine.state.agents):
        row = agent_row(engine, engine.state.agents[id_], now)
        agents.append(row)
        tally.add(row)
    return assemble(
        engine,
        now,
        agents,
        tally,
        position=position,
        aside=quarantined(engine),
        health=health or {},
    )


def assemble(
    engine: Engine,
    now: int,
    agents: list[View],
    tally: Tally,
    *,
    position: str,
    aside: int,
    health: Mapping[str, View],
) -> View:
    """The board from agent rows and their tally; ``aside`` conversations are in quarantine."""
    state = engine.state
    health = {**health_by_incident(engine), **health}
    late = _late_offered(engine, tally, now)
    queues = [
        queue_row(
            engine, state.queues[id_], tally.share(id_), now, late.get(id_, 0), health.get(id_)
        )
        for id_ in open_ids(state.queues)
    ]
    return {
        "as_of": now,
        "position": position,
        "workspace": state.workspace,
        "figures_since": now - now % MS_PER_DAY,
        "figures_day": "utc",
        "repairs_frozen": freeze_view(state, now),
        "totals": _totals(engine, queues, aside) | tally.totals,
        "queues": queues,
        "agents": agents,
    }


def _late_offered(engine: Engine, tally: Tally, now: int) -> Counter[str]:
    """Per queue, the conversations on offer that nobody has answered within the target."""
    state = engine.state
    offered = {state.offers[offer].conversation for offer in tally.offers}
    late: Counter[str] = Counter()
    for conversation in map(state.conversations.__getitem__, offered):
        rule = state.queues[conversation.queue].settings.service_level
        late[conversation.queue] += now - conversation.enqueued_at > rule.target_ms
    return late


def agent_row(engine: Engine, agent: Agent, now: int) -> View:
    """One agent. ``load`` and ``capacity`` are units over all channels."""
    why_not = why_not_routable(engine.state, agent, now)
    return {
        "id": agent.id,
        "name": agent.settings.name,
        **presence_of(agent),
        "connection": str(agent.connection),
        "routable": not why_not,
        "why_not": why_not,
        "blocked": blocked_channels(agent),
        "load": agent.load_units,
        "capacity": capacity_of(agent.settings),
        "load_by_channel": dict(agent.load),
        "capacity_by_channel": dict(agent.settings.capacity),
        "since": agent.presence_since,
        "missed_streak": agent.missed_streak,
        "queues": sorted(agent.settings.queues),
        "conversations": list(agent.conversations),
        "offers": list(agent.offers),
    }


def queue_row(
    engine: Engine,
    queue: Queue,
    share: Share,
    now: int,
    late_offered: int = 0,
    health: View | None = None,
) -> View:
    """One queue with the figures of the day."""
    figures = figures_on(queue, now)
    rule = queue.settings.service_level
    counts = {name: queue.counts.get(ConversationState(name), 0) for name in _COUNTED}
    oldest_at = oldest_eligible_at(engine, queue)
    ages = waiting_by_age(engine, queue.id, counts["waiting"], rule.target_ms, now)
    late = late_offered + ages["over_target"] + ages["over_3_targets"]
    asa_ms = figures.asa_ms()
    row: View = {
        "id": queue.id,
        "name": queue.settings.name,
        **counts,
        "oldest_wait_ms": None if oldest_at is None else max(0, now - oldest_at),
        "waiting_by_age": ages,
        "members": share.members,
        "members_on": engine.staff.on(queue.id),
        "routable": share.routable,
        "capacity_free": share.capacity_free,
        "service_level": {
            "percent": percent_of(figures, rule, late),
            "target_ms": rule.target_ms,
            "variant": rule.variant,
            "promise_percent": rule.percent,
            "hits": figures.answered_in_target,
            "judged": judged_by_instant(figures, late),
        },
        "asa_ms": None if asa_ms is None else round(asa_ms),
        "aht_ms": round(queue.handle_ms) if queue.handled else None,
        "last_offer_at": queue.last_offer_at or None,
        "abandoned": figures.abandoned,
        "answered": figures.answered,
        "overflowed": figures.overflowed,
        "offers": {
            "made": figures.offers_made,
            "accepted": figures.offers_accepted,
            "declined": figures.offers_declined,
            "timed_out": figures.offers_timed_out,
            "rescinded": figures.offers_rescinded,
            "undelivered": figures.offers_undelivered,
        },
        "status": str(queue.status),
        "open": queue.open,
    }
    row["health"] = health or health_of(engine, queue, row, share, oldest_at, now)
    return row


def waiting_by_age(
    engine: Engine, queue: str, waiting: int, target_ms: int, now: int
) -> dict[str, int]:
    """Those who wait, by how long they have, in parts of the queue's target of service level."""
    over = engine.waiting_over(queue, now - target_ms) if waiting else 0
    long_over = engine.waiting_over(queue, now - 3 * target_ms) if over else 0
    return {
        "within_target": max(0, waiting - over),
        "over_target": over - long_over,
        "over_3_targets": long_over,
    }


def judged_by_instant(figures: QueueFigures, late: int) -> int:
    """How many service-level events the day has had, ``late`` ones who wait still among them."""
    return figures.answered + figures.abandoned - figures.abandoned_in_target + late


def percent_of(figures: QueueFigures, rule: ServiceLevelRule, late: int) -> float | None:
    """The service level in percent by the rule's variant; None without anything to judge.

    ``late`` counts those still unanswered past the target: only ``event_time`` sees them, so it
    alone falls while a queue is blocked (Cisco ICM: service-level events).
    """
    percent = percent_in_target(
        rule.variant,
        answered=figures.answered,
        answered_in_target=figures.answered_in_target,
        abandoned=figures.abandoned,
        abandoned_in_target=figures.abandoned_in_target,
        abandoned_short=figures.abandoned_short,
        missed=judged_by_instant(figures, late) - figures.answered_in_target,
    )
    return None if percent is None else round(percent, 2)


def _totals(engine: Engine, queues: Iterable[View], aside: int) -> View:
    totals = queue_sums(queues)
    own = own_of(engine.state)
    totals["entered"] = engine.state.totals.entered - own.entered
    totals["ended"] = engine.state.totals.ended - own.ended
    totals["quarantined"] = aside
    totals["incidents_open"] = len(open_incidents(engine.state))
    return totals


def agent_sums(agents: Iterable[View]) -> View:
    """What ``totals`` says of these agents' rows."""
    tally = Tally()
    for row in agents:
        tally.add(row)
    return tally.totals


def queue_sums(queues: Iterable[View]) -> View:
    """What ``totals`` says of these queues' rows."""
    totals: View = dict.fromkeys((*_COUNTED, "answered", "abandoned"), 0)
    offers = dict.fromkeys(_OFFERS, 0)
    hits, judged, oldest_ms = 0, 0, None
    for row in queues:
        for name in (*_COUNTED, "answered", "abandoned"):
            totals[name] += row[name]
        for name in _OFFERS:
            offers[name] += row["offers"][name]
        hits += row["service_level"]["hits"]
        judged += row["service_level"]["judged"]
        if row["oldest_wait_ms"] is not None:
            oldest_ms = max(oldest_ms or 0, row["oldest_wait_ms"])
    totals["offers"] = offers
    totals["oldest_wait_ms"] = oldest_ms
    totals["event_time_percent"] = round(100 * hits / judged, 2) if judged > 0 else None
    return totals
