"""How long the next one would wait in each of some queues, for a board that shows those rows.

MUST be asked for few queues at a time: an estimate looks at the members of its queue, so it is not
part of the board, which is made four times a second for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from app.domain.engine import Engine
from app.domain.expect import queue_wait
from app.domain.state import Queue
from app.wire.route import SUPERVISE, Query, Route
from app.wire.shapes import At, LogPosition, WaitShape
from app.wire.views import View

QUEUES_MAX: Final = 30
CHANNEL: Final = "chat"


class QueueEstimate(Struct, kw_only=True):
    """For the one who would come next, on ``channel``: that of the first in line, else chat."""

    queue: str
    channel: str
    estimated_wait: WaitShape


class EstimateList(Struct, kw_only=True):
    """Of the queues asked for, those that exist."""

    estimates: list[QueueEstimate]
    as_of: At
    position: LogPosition


def estimates_view(engine: Engine, queues: Iterable[str], now: int) -> View:
    """One line for each known queue."""
    known = (engine.state.queues[id_] for id_ in queues if id_ in engine.state.queues)
    return {"estimates": [_estimate(engine, queue, now) for queue in known], "as_of": now}


def _estimate(engine: Engine, queue: Queue, now: int) -> View:
    channel = _channel_of(engine, queue.id)
    place = engine.waiting_count(queue.id) + 1
    wait = queue_wait(engine, queue, channel, place, now)
    if not queue.open:
        wait = "closed"
    told = (
        {"unknown": str(wait)}
        if isinstance(wait, str)
        else {"p50_ms": wait.p50_ms, "p90_ms": wait.p90_ms}
    )
    return {"queue": queue.id, "channel": channel, "estimated_wait": told}


def _channel_of(engine: Engine, queue: str) -> str:
    line = engine.matcher.waiting.queues.get(queue)
    first = next(iter(line.line), None) if line is not None else None
    return CHANNEL if first is None else engine.state.conversations[first[-1]].channel


ESTIMATES: Final = (
    Route(
        "GET",
        "/v1/estimates",
        "get_estimates",
        "How long the next one would wait in each of some queues.",
        SUPERVISE,
        {200: (EstimateList, "Found.")},
        query=(
            Query(
                "queues",
                {"type": "string", "minLength": 1},
                f"Ids of at most {QUEUES_MAX} queues, with commas between them.",
                required=True,
            ),
        ),
    ),
)
