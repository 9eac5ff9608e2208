"""What was and what may be, over HTTP: the course of the day, and how long the next one would wait.

MUST NOT make anything up for a time when this server was not running.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from app.edge.call import Call, answer
from app.edge.problems import ProblemError
from app.edge.query import bad_query, known_query, number_of
from app.shell.history import History
from app.wire.codes import Problem
from app.wire.day_intervals import MINUTE_MS, QUARTER_MS
from app.wire.estimates import QUEUES_MAX, estimates_view
from app.wire.fields import INT_MAX
from app.wire.history_calls import CSV_HEAD, EVERY_MIN, csv_lines
from app.wire.scope import Scope

DAY_MS = 86_400_000
CSV = "text/csv; charset=utf-8"
INTERVALS_MAX = 20_000
QUEUES_AT_ONCE = 50
ATTACHED = {"Content-Disposition": 'attachment; filename="interlock-history.csv"'}


async def get_history(call: Call) -> Response:
    """All queues together, or one."""
    queue = known_query(call).get("queue")
    if queue is None and call.scope.is_limited:
        message = "Your key is limited to some queues: choose one of them."
        raise ProblemError(Problem.FORBIDDEN, message)
    every_min = number_of(call, "every_min", max(EVERY_MIN)) or EVERY_MIN[0]
    if every_min not in EVERY_MIN:
        raise bad_query("every_min", f"must be one of {', '.join(map(str, EVERY_MIN))}")
    history = call.edge.hub.board.history
    known, position = await call.router.read(lambda engine, _now: queue in engine.state.queues)
    since, until = _span(call, history)
    if queue is not None and not known and queue not in history.queues():
        raise ProblemError("unknown_queue")
    if (until - since) // (every_min * MINUTE_MS) > INTERVALS_MAX:
        raise bad_query("from", f"asks for more than {INTERVALS_MAX} intervals: name longer ones")
    view = await history.view(queue, since, until, every_min * MINUTE_MS)
    return answer(view | {"position": str(position)})


async def get_history_csv(call: Call) -> Response:
    """By quarter hours: all together, then each queue."""
    known_query(call)
    history = call.edge.hub.board.history
    since, until = _span(call, history)
    table = _table(history, call.scope, since, until)
    return StreamingResponse(table, headers=ATTACHED, media_type=CSV)


async def _table(history: History, scope: Scope, since: int, until: int) -> AsyncIterator[str]:
    """Some queues at a time: a table of a large floor must not hold the others up."""
    yield f"{CSV_HEAD}\n"
    queues = [queue for queue in history.queues() if scope.sees_queue(queue)]
    turns: list[list[str | None]] = [] if scope.is_limited else [[None]]
    for at in range(0, len(queues), QUEUES_AT_ONCE):
        turns.append([*queues[at : at + QUEUES_AT_ONCE]])
    for ids in turns:
        for view in await history.views(ids, since, until, QUARTER_MS):
            yield "".join(f"{line}\n" for line in csv_lines(view))
            await asyncio.sleep(0)


async def get_estimates(call: Call) -> Response:
    """Of the queues that are asked for by name."""
    queues = [id_ for id_ in known_query(call).get("queues", "").split(",") if id_]
    if not 1 <= len(queues) <= QUEUES_MAX:
        raise bad_query("queues", f"must name 1 to {QUEUES_MAX} queues, with commas between them")
    for queue in queues:
        call.check_queue(queue)
    look = lambda engine, now: estimates_view(engine, queues, now)  # noqa: E731
    return answer(await call.show(look, "unknown_queue"))


def _span(call: Call, history: History) -> tuple[int, int]:
    """What is asked for, as far as anything is known."""
    until = number_of(call, "until", INT_MAX) or call.router.now_ms() + 1
    since = number_of(call, "from", INT_MAX) or until - DAY_MS
    return max(since, (history.since or since) - QUARTER_MS), until
