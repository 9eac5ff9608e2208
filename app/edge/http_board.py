"""The supervisors' board over HTTP: the same shape as the WebSocket's snapshot.

MUST NOT show what is not durable.
"""

from __future__ import annotations

from starlette.responses import Response

from app.edge.call import Call, answer
from app.wire.board_rows import board_view


async def get_board(call: Call) -> Response:
    """The board now."""
    board, position = await call.router.read(
        lambda engine, now: board_view(engine, now, position="0-0")
    )
    board["position"] = str(position)
    return answer(board)


async def get_wall(call: Call) -> Response:
    """The figures of a wallboard."""
    feed = call.edge.hub.board
    wall, _ = await call.router.read(lambda _engine, _now: feed.wall())
    return answer(wall)
