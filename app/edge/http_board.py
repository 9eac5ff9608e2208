"""The supervisors' board over HTTP: the same shape as the WebSocket's snapshot.

MUST NOT show what is not durable.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import Response

from app.edge.call import Call, answer
from app.edge.query import bad_query, known_query
from app.ports import Position
from app.shell.rebuilding import CannotApply
from app.shell.time_travel import OutOfReach
from app.wire.board_rows import board_view

MOMENT: Final = re.compile(r"[0-9]{1,15}(-[0-9]{1,15})?", re.ASCII)


async def get_board(call: Call) -> Response:
    """The board now, or as it was."""
    at = known_query(call).get("at")
    if at is not None:
        return await _as_it_was(call, at)
    board, position = await call.router.read(
        lambda engine, now: board_view(engine, now, position="0-0")
    )
    board["position"] = str(position)
    return answer(board)


async def _as_it_was(call: Call, at: str) -> Response:
    """Folded beside the living state, from what is stored."""
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
    feed = call.edge.hub.board
    wall, _ = await call.router.read(lambda _engine, _now: feed.wall())
    return answer(wall)
