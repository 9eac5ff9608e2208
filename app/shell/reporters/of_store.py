"""The store: slow, away, without its last records, or with records that cannot be read.

While it is away nothing can be written; how long that was is told when it answers again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from app.domain.watch import Cause, Finding
from app.ports import START
from app.shell.opening import Opened
from app.shell.outage import Outage
from app.shell.reporters.hearing import Hearing

AWAY_MS: Final = 1_000
GRAVE_MS: Final = 10_000
UNCLEAR: Final = 3
"""Appends of one moment without a clear answer."""


class StoreWatch:
    """Looks at one router's store."""

    def __init__(self, hearing: Hearing, outage: Outage) -> None:
        self._hearing, self._outage = hearing, outage
        self._told = outage.last
        self._repaired = self._lost = self._unclear = 0

    def look(self, now: int) -> Iterator[Finding]:
        """What is new since the last look."""
        slow = self._hearing.slow_appends()
        if slow:
            text = f"The store takes {max(slow):.1f} s for an append: everything waits for it."
            evidence = {"seconds": [round(one, 3) for one in slow]}
            yield Finding(Cause.STORE_TROUBLE, now, text, evidence=evidence)
        if self._outage.last != self._told:
            since, away_ms = self._told = self._outage.last
            if away_ms >= AWAY_MS:
                self._unclear = self._hearing.counts["append_trouble_total"]
                yield _was_away(since, away_ms)
        counts = self._hearing.counts
        if not self._outage.is_on:
            unclear = counts["append_trouble_total"] - self._unclear
            self._unclear += unclear
            if unclear >= UNCLEAR:
                text = f"{unclear} appends of one moment got no clear answer of the store."
                yield Finding(Cause.STORE_TROUBLE, now, text, evidence={"unclear": unclear})
        if counts["tail_repaired_total"] > self._repaired:
            self._repaired = counts["tail_repaired_total"]
            text = "The store lost records that it had acknowledged; they were written again."
            yield Finding(Cause.LOST_TAIL, now, text, grave=True)
        if counts["tail_lost_total"] > self._lost:
            self._lost = counts["tail_lost_total"]
            text = "The store lost records that it had acknowledged, and memory had lost them too."
            yield Finding(Cause.LOST_TAIL, now, text, grave=True)


def _was_away(since: int, away_ms: int) -> Finding:
    return Finding(
        Cause.STORE_TROUBLE,
        since,
        f"The store did not answer for {away_ms / 1000:.1f} s; nothing was decided meanwhile, and"
        " running deadlines were moved.",
        evidence={"away_ms": away_ms},
        grave=away_ms > GRAVE_MS,
    )


def short_of(opened: Opened, now: int) -> Iterator[Finding]:
    """Records that were durable before this process started, and were not there when it opened."""
    if opened.short_of != START:
        text = f"The log ended before {opened.short_of}, which a server before had seen durable."
        evidence = {"seen": str(opened.short_of), "found": str(opened.owner.last)}
        yield Finding(Cause.LOST_TAIL, now, text, evidence=evidence, grave=True)


def passed_by(opened: Opened, now: int) -> Iterator[Finding]:
    """Snapshots that could not be read when the workspace was opened."""
    if opened.passed_by:
        yield Finding(
            Cause.ENCODING_MISMATCH,
            now,
            f"{len(opened.passed_by)} stored snapshots were passed by: {opened.passed_by[0]}",
            evidence={"passed_by": opened.passed_by[:10]},
            grave=True,
        )
