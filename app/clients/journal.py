"""A record of everything a client heard and said, for a checker that trusts nobody.

MUST NOT interpret a frame. The rule: one entry per frame, stamped with the machine's monotonic
clock at the moment it was handed over or taken, in that order; journals of several processes on one
machine can be merged.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import orjson


class Journal(Protocol):
    """Where entries go. ``event`` is one of connected, sent, received, closed."""

    def note(self, who: str, event: str, detail: Mapping[str, Any]) -> None:
        """Write one entry now."""
        ...


class NoJournal:
    """Keeps nothing."""

    def note(self, who: str, event: str, detail: Mapping[str, Any]) -> None:
        """Drop the entry."""


class MemoryJournal:
    """Keeps the entries in a list: ``{"at_ns", "who", "event", "detail"}``."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def note(self, who: str, event: str, detail: Mapping[str, Any]) -> None:
        """Append one entry."""
        self.entries.append(_entry(who, event, detail))


class FileJournal:
    """Appends the entries to a JSON Lines file; use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def note(self, who: str, event: str, detail: Mapping[str, Any]) -> None:
        """Append one line."""
        self._file.write(orjson.dumps(_entry(who, event, detail)) + b"\n")


def _entry(who: str, event: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    return {"at_ns": time.monotonic_ns(), "who": who, "event": event, "detail": dict(detail)}
