"""One supervisor of the load: holds a board open and measures how old what it shows is.

MUST NOT judge. The rule: the age of a change is told against the server's own clock, which is read
at the hello, so that two machines need not agree on the time.
"""

from __future__ import annotations

import time
from typing import Any, Protocol

import orjson

from app.load.line import Line

Json = dict[str, Any]


class Hall(Protocol):
    """What a watcher needs from its process."""

    base_s: float

    def time(self, name: str, seconds: float) -> None:
        """Report one measured time."""

    def count(self, name: str, many: int = 1) -> None:
        """Report that something happened."""

    def come_back(self, seat: Any) -> None:
        """Connect again."""


class Watcher:
    """A supervisor's page."""

    __slots__ = (
        "_asked_at",
        "_hall",
        "_offset_s",
        "failures",
        "firm",
        "leaving",
        "line",
        "wanted_at",
    )

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self.line: Line | None = None
        self.firm = self.leaving = False
        self.wanted_at = self._asked_at = self._offset_s = 0.0
        self.failures = 0

    def hello(self, line: Line, ticket: str) -> None:
        """Begin on an open line."""
        self.line = line
        self._asked_at = time.monotonic()
        line.say(orjson.dumps({"type": "hello", "ref": "hello", "ticket": ticket}))

    def heard(self, data: bytes) -> None:
        """Take one frame."""
        frame: Json = orjson.loads(data)
        self._hall.count("board bytes", len(data))
        kind = frame["type"]
        if kind == "reply":
            self._welcome(frame)
        elif kind == "ping" and self.line is not None:
            self.line.say(orjson.dumps({"type": "pong", "ping": frame["ping"]}))
        elif kind == "delta":
            self._hall.count("board changes")
            self._hall.time("board age", time.monotonic() + self._offset_s - frame["at"] / 1000)
        elif kind == "snapshot":
            self.firm = True
            self.failures = 0
            self._hall.count("board snapshots")
            self._hall.time("board first", time.monotonic() - self._hall.base_s - self.wanted_at)

    def ended(self, code: int) -> None:
        """The connection is over; come back unless told otherwise."""
        self.line = None
        self.firm = False
        self._hall.count(f"board closed {code}")
        if not self.leaving:
            self.wanted_at = max(time.monotonic() - self._hall.base_s, self.wanted_at)
            self._hall.come_back(self)

    def drop(self) -> None:
        """Lose the connection."""
        if self.line is not None:
            self.line.drop()

    def leave(self) -> None:
        """Sign off for good."""
        self.leaving = True
        if self.line is not None:
            self.line.close()

    def _welcome(self, frame: Json) -> None:
        if not frame["ok"]:
            self.drop()
            return
        now = time.monotonic()
        # The server's clock was read about half way between question and answer.
        self._offset_s = frame["server_time"] / 1000 - (now + self._asked_at) / 2
