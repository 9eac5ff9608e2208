"""This process: its clock, its inbox, and how old its board is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from app.domain.watch import Cause, Finding
from app.shell.board_feed import BoardFeed
from app.shell.reporters.hearing import Hearing

JUMP_MS: Final = 500
JUMP_GRAVE_MS: Final = 5_000
OVERLOAD_GRAVE_MS: Final = 60_000
STALE_MS: Final = 2_000
STALE_GRAVE_MS: Final = 30_000
Ms = Callable[[], int]


class ClockWatch:
    """Holds the server's clock against one that only runs while the process can (``ran_ms``), and
    against the machine's wall clock, which anybody can set.
    """

    def __init__(self, now_ms: Ms, ran_ms: Ms, wall_ms: Ms | None) -> None:
        self._now_ms, self._ran_ms, self._wall_ms = now_ms, ran_ms, wall_ms
        self._before = self._read()

    def _read(self) -> tuple[int, int, int]:
        now = self._now_ms()
        return now, self._ran_ms(), self._wall_ms() if self._wall_ms else now

    def look(self) -> Iterator[Finding]:
        """What moved since the last look and should not have."""
        before, now = self._before, self._read()
        self._before = now
        passed, ran, wall = (new - old for new, old in zip(now, before, strict=True))
        jumped = passed - ran
        if abs(jumped) > JUMP_MS:
            text = f"The clock moved by {jumped / 1000:.1f} s while the process did not run."
            yield self._finding(now[0] - max(jumped, 0), text, {"jumped_ms": jumped}, jumped)
        set_by = wall - passed
        if abs(set_by) > JUMP_MS:
            text = f"The machine's clock was set by {set_by / 1000:+.1f} s; deadlines stay."
            yield self._finding(now[0], text, {"set_by_ms": set_by}, set_by)

    def _finding(self, since: int, text: str, evidence: dict[str, int], by_ms: int) -> Finding:
        grave = abs(by_ms) > JUMP_GRAVE_MS
        return Finding(Cause.CLOCK_JUMP, since, text, evidence=evidence, grave=grave)


class LoadWatch:
    """Work that was refused because too much waited."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._refused = 0
        self._since = self._last = 0

    def look(self, now: int) -> Iterator[Finding]:
        """While it lasts."""
        refused = self._hearing.counts["overloaded_total"]
        if refused == self._refused:
            return
        count, self._refused = refused - self._refused, refused
        if now - self._last > STALE_MS:
            self._since = now
        self._last = now
        text = f"{count} commands were refused within a moment: more comes in than can be done."
        grave = now - self._since > OVERLOAD_GRAVE_MS
        evidence = {"refused": count}
        yield Finding(Cause.OVERLOAD, self._since, text, evidence=evidence, grave=grave)


class BoardWatch:
    """The board that supervisors see, held against the durable end of the log."""

    def __init__(self, feed: BoardFeed, position: Callable[[], str]) -> None:
        self._feed, self._position = feed, position
        self._fresh_at = 0
        self._shown = ""

    def look(self, now: int) -> Iterator[Finding]:
        """While somebody watches a board that does not move although the log does."""
        shown = self._feed.shown
        moves = shown is None or shown != self._shown
        if shown is None or moves or shown == self._position():
            self._shown, self._fresh_at = shown or "", now
            return
        behind_ms = now - self._fresh_at
        if behind_ms < STALE_MS:
            return
        text = f"The board is {behind_ms / 1000:.1f} s behind what was decided."
        yield Finding(
            Cause.BOARD_STALE,
            self._fresh_at,
            text,
            evidence={"shown": shown, "behind_ms": behind_ms},
            grave=behind_ms > STALE_GRAVE_MS,
        )
