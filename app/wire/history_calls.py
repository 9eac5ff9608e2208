"""The course of the day as answered: its shape, its table for spreadsheets, and the calls for it.

MUST NOT hold names or customers' words: queues go by their ids, which need no quoting.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from app.domain.refusals import Refusal as R
from app.wire.day_intervals import COLUMNS
from app.wire.fields import INT_MAX
from app.wire.route import ID, SUPERVISE, Query, Route
from app.wire.shapes import At, LogPosition, Ms
from app.wire.views import View

EVERY_MIN: Final = (1, 5, 15, 30, 60)


class AgentsByState(Struct, kw_only=True):
    """Agents at the end of each interval. ``free``: available with nothing in hand."""

    free: list[int]
    working: list[int]
    unreachable: list[int]
    away: list[int]
    offline: list[int]


class HistoryShape(Struct, kw_only=True):
    """Intervals side by side, the oldest first; ``at``: when each began.

    ``queue`` null: all together, by the minute or longer; one queue: by quarter hours or longer,
    and no ``agents``. ``waiting`` and ``oldest_wait_ms``: the largest seen. ``service_level``: in
    percent by event time, null where nothing was to be judged. ``since``: before it nothing is
    known; a minute nobody saw is left out. ``being_read_back``: the server was started lately, and
    what was before is not all here yet. ``kept_ms``: how long it is kept.
    """

    queue: str | None
    every_ms: Ms
    since: At | None
    being_read_back: bool
    kept_ms: Ms
    at: list[At]
    waiting: list[int]
    oldest_wait_ms: list[Ms]
    service_level: list[float | None]
    offers: list[int]
    answered: list[int]
    abandoned: list[int]
    agents: AgentsByState | None
    position: LogPosition


CSV_HEAD: Final = ",".join(("queue", "starts_at", "every_min", *COLUMNS))


def csv_lines(view: View) -> Iterator[str]:
    """Lines for a spreadsheet: ``queue`` is empty for all together; instants in ISO 8601, UTC."""
    for index, at in enumerate(view["at"]):
        starts = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        figures = (view[name][index] for name in COLUMNS)
        cells = ("" if figure is None else str(figure) for figure in figures)
        yield ",".join((view["queue"] or "", starts, str(view["every_ms"] // 60_000), *cells))


_INSTANT: Final = {"type": "integer", "minimum": 1, "maximum": INT_MAX}
_QUERY: Final = (
    Query("queue", ID, "Of this queue; default: all together."),
    Query("from", _INSTANT, "Intervals that begin at or after this instant; default: a day ago."),
    Query("until", _INSTANT, "Intervals that begin before this instant; default: now."),
    Query("every_min", {"type": "integer", "enum": list(EVERY_MIN)}, "Length; default: 1."),
)
HISTORY: Final = (
    Route(
        "GET",
        "/v1/history",
        "get_history",
        "The course of the last days, as far as a server of this workspace saw it.",
        SUPERVISE,
        {200: (HistoryShape, "Found.")},
        refusals=(R.UNKNOWN_QUEUE,),
        query=_QUERY,
    ),
    Route(
        "GET",
        "/v1/history.csv",
        "get_history_csv",
        "The same by quarter hours for a spreadsheet: all together, then each queue.",
        SUPERVISE,
        {200: (str, "Comma-separated values.")},
        query=_QUERY[1:3],
        media="text/csv",
    ),
)
