"""The wallboard for everybody's eyes: what a room may see of the board, and nothing else.

MUST name what it shows: a figure that the board gains is not on the wall until it stands here. The
rule: no agent, no customer, no conversation and no sentence (a diagnosis may name people).
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from app.domain.words import QueueStatus
from app.wire.board_shapes import BoardTotals, HealthState, ServiceLevelShape
from app.wire.route import WATCH, Route
from app.wire.shapes import At, LogPosition, Ms
from app.wire.views import View


class WallHealth(Struct, kw_only=True):
    """How a queue does, and since when."""

    state: HealthState
    since: At


class WallQueue(Struct, kw_only=True):
    """One queue; see ``BoardQueue``."""

    id: str
    name: str
    waiting: int
    oldest_wait_ms: Ms | None
    capacity_free: int
    service_level: ServiceLevelShape
    last_offer_at: At | None
    abandoned: int
    answered: int
    status: QueueStatus
    open: bool
    health: WallHealth


class Wall(Struct, kw_only=True):
    """The figures of a wallboard; it names no person."""

    as_of: At
    position: LogPosition
    totals: BoardTotals
    queues: list[WallQueue]


_QUEUE: Final = tuple(WallQueue.__struct_fields__)


def wall_view(board: View) -> View:
    """What a room may see of a board."""
    return {
        "as_of": board["as_of"],
        "position": board["position"],
        "totals": {name: board["totals"][name] for name in BoardTotals.__struct_fields__},
        "queues": [_queue(row) for row in board["queues"]],
    }


def _queue(row: View) -> dict[str, Any]:
    health = {"state": row["health"]["state"], "since": row["health"]["since"]}
    return {name: row[name] for name in _QUEUE} | {"health": health}


WALL: Final = (
    Route(
        "GET",
        "/v1/wall",
        "get_wall",
        "The figures of a wallboard, without persons; made anew at most twice a second.",
        WATCH,
        {200: (Wall, "The figures now.")},
    ),
)
