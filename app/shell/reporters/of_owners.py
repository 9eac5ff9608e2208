"""Ownership: nobody had it, two believed that they had, or it changes hands too often.

MUST be told of every event: the first one of an epoch says for how long nobody decided.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from app.domain import events as e
from app.domain.engine import Engine
from app.domain.watch import Cause, Finding
from app.domain.words import ConversationState
from app.shell.reporters.hearing import Hearing

GAP_MS: Final = 10_000
FIGHTS, FIGHT_MS = 3, 300_000
FENCED: Final = ("StoreFenced", "StoreConflict")


class OwnerWatch:
    """Keeps what it saw until this node owns the workspace again."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._fenced = self._foreign = 0
        self._fenced_at = 0
        self._takeovers: deque[int] = deque(maxlen=FIGHTS + 1)
        self._gaps: list[Finding] = []

    def note(self, engine: Engine, event: e.EpochOpened) -> None:
        """An owner begins: this one."""
        self._takeovers.append(event.at)
        first = self._takeovers[0]
        fight = len(self._takeovers) > FIGHTS and event.at - first <= FIGHT_MS
        queues = engine.state.queues.values()
        waited = sum(queue.counts[ConversationState.WAITING] for queue in queues)
        if fight or (event.gap_ms > GAP_MS and waited):
            text = f"Nobody decided for {event.gap_ms / 1000:.1f} s while {waited} waited."
            if fight:
                text += f" Taken over {FIGHTS} times within 5 minutes: that is a fight."
            evidence = {"gap_ms": event.gap_ms, "epoch": event.epoch, "waiting": waited}
            since = event.at - event.gap_ms
            found = Finding(Cause.NO_OWNER, since, text, evidence=evidence, grave=fight)
            self._gaps.append(found)

    def lost(self, now: int) -> None:
        """Asked while this node does not own the workspace."""
        if not self._fenced_at:
            self._fenced_at = now

    def look(self, now: int) -> Iterator[Finding]:
        """What is new since the last look; asked while this node owns the workspace."""
        gaps, self._gaps = self._gaps, []
        yield from gaps
        counts = self._hearing.counts
        fenced = sum(counts[reason] for reason in FENCED)
        if fenced > self._fenced:
            self._fenced = fenced
            why = next(reason for reason in reversed(FENCED) if counts[reason])
            yield Finding(
                Cause.TWO_OWNERS,
                self._fenced_at or now,
                "This node was told by the store that another one owns the workspace: it forgot"
                " all it knew, and nothing of it was written.",
                evidence={"reason": why},
                grave=counts["StoreConflict"] > 0,
            )
        self._fenced_at = 0
        if counts["foreign_records_total"] > self._foreign:
            self._foreign = counts["foreign_records_total"]
            text = "Somebody wrote to the log who does not own it; the records were put aside."
            yield Finding(Cause.TWO_OWNERS, now, text, grave=True)
