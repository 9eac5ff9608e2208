"""How fast offers leave: the service level indicator "matchable conversations offered in time".

What is measured, and why: in the very step in which a conversation begins to wait or an agent
becomes able, the engine makes every offer that is possible, so the instant of an offer *is* the
later of the two. What can still cost time is the way from there to the agent's socket: waiting for
the append to be durable, and telling. That is what is measured for each offer. A stall that the
watchdog proves is the exception to that rule, so each conversation that it hit counts as one more
that was not offered in time. MUST NOT be asked before the events are durable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from app.domain import events as e
from app.domain.engine import Engine
from app.shell.meter import Meter
from app.wire.causes import cause_label
from app.wire.incidents import incident_of
from app.wire.reserved import is_reserved

IN_TIME_MS: Final = 2_000
STALLS: Final = frozenset({"lost_wake_up", "orphan_reservation", "poison_head", "limbo"})
"""Causes for which somebody was not offered who should have been."""


class OfferPace:
    """Counts what is told. ``now_ms`` is the present instant, not that of the decision."""

    def __init__(self, now_ms: Callable[[], int], meter: Meter) -> None:
        self._now_ms, self._meter = now_ms, meter

    def observe(self, engine: Engine, events: list[e.Event]) -> None:
        """Count a batch that has just been told."""
        matchable = in_time = 0
        for event in events:
            if type(event) is e.OfferMade and is_reserved(event.queue):
                continue
            if type(event) is e.OfferMade:
                took_ms = max(0, self._now_ms() - event.at)
                matchable += 1
                in_time += took_ms <= IN_TIME_MS
                conversation = engine.state.conversations.get(event.conversation)
                if conversation is not None and conversation.waiting_since == event.at:
                    self._meter.observe("offer_seconds", took_ms / 1000)
            elif incident_of(event) is not None:
                matchable += self._missed(engine, event)
        if matchable:
            self._meter.count("matchable_total", matchable)
        if in_time:
            self._meter.count("matchable_in_time_total", in_time)

    def _missed(self, engine: Engine, event: e.Event) -> int:
        """Conversations that were not offered in time: one at once, all when they are known."""
        if isinstance(event, e.IncidentOpened):
            return int(event.cause in STALLS)
        if not isinstance(event, e.IncidentNoted | e.IncidentResolved):
            return 0
        incident = engine.state.incidents.get(event.incident)
        if incident is None:
            return 0
        if isinstance(event, e.IncidentNoted):
            if event.step == "escalated":
                self._meter.count("escalations_total", cause=cause_label(incident.cause))
            return 0
        return max(0, event.conversations - 1) if incident.cause in STALLS else 0
