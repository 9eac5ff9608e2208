"""Plain columns for people. Prints nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The rows as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def moment(at: int | None) -> str:
    """Milliseconds since the epoch as UTC; '' for none."""
    if not at:
        return ""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
