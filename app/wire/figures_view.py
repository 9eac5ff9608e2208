"""The figures that are read off the state when somebody scrapes, instead of being counted along.

MUST stay cheap: one pass over the queues, none over agents or conversations.
"""

from __future__ import annotations

from app.domain.engine import Engine
from app.domain.figures import QueueFigures
from app.domain.words import MS_PER_DAY
from app.wire.views import View

_OUTCOMES = ("made", "accepted", "declined", "timed_out", "undelivered", "rescinded")


def figures_view(engine: Engine, now: int) -> View:
    """Lifetime totals, offers of the UTC day by outcome, and each queue's line."""
    state = engine.state
    offers_today = dict.fromkeys(_OUTCOMES, 0)
    queues = []
    for queue in state.queues.values():
        figures = queue.figures if queue.figures.day == now // MS_PER_DAY else QueueFigures()
        for outcome in _OUTCOMES:
            offers_today[outcome] += getattr(figures, f"offers_{outcome}")
        oldest_at = engine.oldest_waiting_at(queue.id)
        queues.append(
            {
                "id": queue.id,
                "oldest_wait_ms": 0 if oldest_at is None else max(0, now - oldest_at),
                **{str(name): count for name, count in queue.counts.items()},
            }
        )
    return {
        "entered": state.totals.entered,
        "ended": state.totals.ended,
        "offers_made": state.offers_made,
        "offers_today": offers_today,
        "agents": len(state.agents),
        "queues": queues,
    }
