"""What was and what may be, over HTTP: the course of the day, and how long the next one would wait.

MUST NOT make anything up for a time when this server was not running.
"""

from __future__ import annotations

from starlette.responses import Response

from app.edge.call import Call, answer
from app.edge.problems import ProblemError
from app.edge.query import bad_query, known_query, number_of
from app.wire.day_history import QUARTER_MS
from app.wire.estimates import QUEUES_MAX, estimates_view
from app.wire.fields import INT_MAX
from app.wire.history_calls import EVERY_MIN, history_csv

DAY_MS = 86_400_000
CSV = "text/csv; charset=utf-8"
ATTACHED = {"Content-Disposition": 'attachment; filename="interlock-history.csv"'}


async def get_history(call: Call) -> Response:
    """All queues together, or one."""
    queue = known_query(call).get("queue")
    every_min = number_of(call, "every_min", max(EVERY_MIN)) or EVERY_MIN[0]
    if every_min not in EVERY_MIN:
        raise bad_query("every_min", f"must be one of {', '.join(map(str, EVERY_MIN))}")
    history = call.edge.hub.board.history
    _, position = await call.router.read(lambda _engine, _now: {})
    since, until = _span(call)
    if queue is not None and queue not in history.queues():
        raise ProblemError("unknown_queue")
    view = history.view(queue, since, until, every_min * 60_000)
    return answer(view | {"position": str(position)})


async def get_history_csv(call: Call) -> Response:
    """By quarter hours: all together, then each queue."""
    known_query(call)
    history = call.edge.hub.board.history
    since, until = _span(call)
    views = (history.view(id_, since, until, QUARTER_MS) for id_ in (None, *history.queues()))
    return Response("\n".join([*history_csv(views), ""]), headers=ATTACHED, media_type=CSV)


async def get_estimates(call: Call) -> Response:
    """Of the queues that are asked for by name."""
    queues = [id_ for id_ in known_query(call).get("queues", "").split(",") if id_]
    if not 1 <= len(queues) <= QUEUES_MAX:
        raise bad_query("queues", f"must name 1 to {QUEUES_MAX} queues, with commas between them")
    look = lambda engine, now: estimates_view(engine, queues, now)  # noqa: E731
    return answer(await call.show(look, "unknown_queue"))


def _span(call: Call) -> tuple[int, int]:
    until = number_of(call, "until", INT_MAX) or call.router.now_ms() + 1
    return number_of(call, "from", INT_MAX) or until - DAY_MS, until
