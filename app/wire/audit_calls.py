"""The audit as answered: its shape, its tables, and the calls for it.

MUST write no cell that a spreadsheet would take for a formula, and no line that text could break.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from app.wire.fields import INT_MAX
from app.wire.route import ADMIN, ID, Query, Route, at_most
from app.wire.shapes import At, LogPosition

View = dict[str, Any]
PAGE_MAX: Final = 1_000
PAGE_DEFAULT: Final = 100


class AuditEntry(Struct, kw_only=True):
    """One thing that was done. ``by``: ``role:KEY``, ``agent:ID``, or ``config`` (the file).

    ``kind`` and ``id`` say to what. ``before`` and ``after``: what it changed, as far as it is
    known; of configuration the paths that differ. ``address``: from where, as ``audit.address``
    wants it; null where the stored format or the settings do not say.
    """

    position: LogPosition
    at: At
    by: str
    address: str | None
    action: str
    kind: str
    id: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditShape(Struct, kw_only=True):
    """The oldest first. ``next_after``: ask on with it as ``after``; null at the end."""

    entries: list[AuditEntry]
    next_after: LogPosition | None


COLUMNS: Final = (
    *("position", "at", "by", "address", "action", "kind", "id", "reason", "before", "after"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_line(entry: View | None) -> str:
    """One line for a spreadsheet, which takes no cell of it for a formula; None: the head."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(COLUMNS if entry is None else [_cell(name, entry[name]) for name in COLUMNS])
    return line.getvalue()


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "at":
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA) else text


def json_line(entry: View) -> str:
    """One line of NDJSON; control characters are escaped in it."""
    return json.dumps(entry) + "\n"


def lines_of(call: str) -> tuple[str, Callable[[View], str]]:
    """The head of a table (maybe empty), and what makes a line of an entry."""
    return (csv_line(None), csv_line) if call == "get_audit_csv" else ("", json_line)


_INSTANT: Final = {"type": "integer", "minimum": 1, "maximum": INT_MAX}
_QUERY: Final = (
    Query("from", _INSTANT, "What was done at or after this instant; default: a day ago."),
    Query("until", _INSTANT, "What was done before this instant; default: now."),
    Query("actor", ID, "By this one: ``supervisor:KEY``, ``agent:ID``, ``config``."),
    Query("subject", ID, "To what has this id."),
    Query("work", {"enum": ["true", "false"]}, "Also what agents and programs do all day."),
)
AUDIT: Final = (
    Route(
        "GET",
        "/v1/audit",
        "get_audit",
        "Who did what, from where and why, page by page, as far back as the log is kept.",
        ADMIN,
        {200: (AuditShape, "Found.")},
        query=(
            *_QUERY,
            Query("after", ID, "Behind this place of the log: ``next_after`` of the page before."),
            at_most(PAGE_MAX),
        ),
    ),
    Route(
        "GET",
        "/v1/audit.csv",
        "get_audit_csv",
        "All of it for a spreadsheet; no cell is a formula.",
        ADMIN,
        {200: (str, "Comma-separated values.")},
        query=_QUERY,
        media="text/csv",
    ),
    Route(
        "GET",
        "/v1/audit.ndjson",
        "get_audit_ndjson",
        "All of it, one JSON object a line.",
        ADMIN,
        {200: (str, "One entry a line.")},
        query=_QUERY,
        media="application/x-ndjson",
    ),
)
