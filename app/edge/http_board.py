"""The supervisors' board over HTTP: the same shape as the WebSocket's snapshot.

MUST NOT show what is not durable.
"""

from __future__ import annotations

import re
from typing import Any, Final

from starlette.responses import Response

from app.edge.call import Call, answer
from app.edge.problems import ProblemError
from app.edge.query import bad_query, known_query
from app.ports import Position
from app.shell.rebuilding import CannotApply
from app.shell.time_travel import OutOfReach
from app.wire.board_rows import board_view
from app.wire.codes import Problem
from app.wire.scoped import scoped_board
from app.wire.wall import wall_view

MOMENT: Final = re.compile(r"[0-9]{1,15}(-[0-9]{1,15})?", re.ASCII)


async def get_board(call: Call) -> Response:
    """The board now, or as it was."""
    at = known_query(call).get("at")
    if at is not None:
        return await _as_it_was(call, at)
    scope = call.scope
    board, position = await call.router.read(
        lambda engine, now: scoped_board(engine, board_view(engine, now, position="0-0"), scope)
    )
    board["position"] = str(position)
    return answer(board)


async def _as_it_was(call: Call, at: str) -> Response:
    """Folded beside the living state, from what is stored: who was in a team then is not known."""
    if call.scope.is_limited:
        message = "Your key is limited to some queues: it sees the board as it is now only."
        raise ProblemError(Problem.FORBIDDEN, message)
    travel = call.edge.hub.board.travel
    await call.router.read(lambda _engine, _now: None)
    if not MOMENT.fullmatch(at):
        raise bad_query("at", "must be an instant in ms, or a place in the log as 3-141")
    moment = Position.parse(at) if "-" in at else int(at)
    if isinstance(moment, int) and moment > call.router.now_ms():
        raise bad_query("at", "must not be in the future")
    if travel is None:
        raise bad_query("at", "is not kept by this server")
    try:
        return answer(await travel(moment))
    except (OutOfReach, CannotApply) as error:
        raise bad_query("at", f"is out of reach: {error}") from None


async def get_wall(call: Call) -> Response:
    """The figures of a wallboard."""
    feed, scope = call.edge.hub.board, call.scope

    def look(engine: Any, _now: int) -> dict[str, Any]:
        if not scope.is_limited:
            return feed.wall()
        return wall_view(scoped_board(engine, feed.look(), scope))

    wall, _ = await call.router.read(look)
    return answer(wall)
