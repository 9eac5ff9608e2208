"""The figures that are read off the state when somebody scrapes, instead of being counted along.

MUST stay cheap: one pass over the queues, none over agents or conversations (unless some are set
aside).
"""

from __future__ import annotations

from app.domain.engine import Engine
from app.domain.figures import QueueFigures
from app.domain.state import Queue
from app.domain.supervision import freeze_at
from app.domain.words import MS_PER_DAY
from app.wire.board_health import oldest_eligible_at, quarantined
from app.wire.causes import CAUSES, OTHER, cause_label
from app.wire.incidents import open_incidents
from app.wire.reserved import open_ids, own_of
from app.wire.views import View

_OUTCOMES = ("made", "accepted", "declined", "timed_out", "undelivered", "rescinded")


def figures_view(engine: Engine, now: int) -> View:
    """Lifetime totals, offers of the UTC day by outcome, open incidents, and each queue's line."""
    state, own = engine.state, own_of(engine.state)
    offers_today = dict.fromkeys(_OUTCOMES, 0)
    queues = []
    for queue in map(state.queues.__getitem__, open_ids(state.queues)):
        figures = queue.figures if queue.figures.day == now // MS_PER_DAY else QueueFigures()
        for outcome in _OUTCOMES:
            offers_today[outcome] += getattr(figures, f"offers_{outcome}")
        oldest_at = engine.oldest_waiting_at(queue.id)
        queues.append(
            {
                "id": queue.id,
                "oldest_wait_ms": 0 if oldest_at is None else max(0, now - oldest_at),
                "oldest_matchable_wait_ms": _matchable_wait_ms(engine, queue, now),
                **{str(name): count for name, count in queue.counts.items()},
            }
        )
    incidents = dict.fromkeys((*CAUSES, OTHER), 0)
    for incident in open_incidents(state):
        incidents[cause_label(incident.cause)] += 1
    return {
        "incidents_open": incidents,
        "quarantined": quarantined(engine),
        "repairs_frozen": int(freeze_at(state, now) is not None),
        "entered": state.totals.entered - own.entered,
        "ended": state.totals.ended - own.ended,
        "offers_made": state.offers_made - own.offers_made,
        "offers_today": offers_today,
        "agents": len(state.agents) - own.agents,
        "queues": queues,
    }


def _matchable_wait_ms(engine: Engine, queue: Queue, now: int) -> int:
    """How long the first one waits, while somebody there could be offered and is not."""
    oldest_at = oldest_eligible_at(engine, queue)
    if oldest_at is None or engine.unoffered(queue.id, now) is None:
        return 0
    return max(0, now - oldest_at)
