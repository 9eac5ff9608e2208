"""Many offers that run out at the same moment: not the agents' doing, as likely as not.

Before the deadlines take effect everybody gets a little more time, once; who then still does not
answer is judged as ever. MUST NOT be asked more than once for each batch.
"""

from __future__ import annotations

from typing import Final

from app.domain.engine import Engine
from app.domain.watch import Cause, Finding
from app.domain.words import ConversationState

MANY: Final = 5
SHARE: Final = 0.3
MORE_MS: Final = 5_000
AGAIN_MS: Final = 60_000


class MassTimeout:
    """``last`` is when it last was so, and how many of how many offered (0: never)."""

    __slots__ = ("_again_at", "last")

    def __init__(self) -> None:
        self.last = (0, 0, 0)
        self._again_at = 0

    def grace_ms(self, engine: Engine, now: int) -> int:
        """By how much all deadlines are to be moved; 0 as it should be."""
        if now < self._again_at:
            return 0
        due = engine.timers.offered_until(now, engine.state.offers)
        if due < MANY:
            return 0
        open_ = sum(
            queue.counts[ConversationState.OFFERED] for queue in engine.state.queues.values()
        )
        if due <= SHARE * open_:
            return 0
        self.last, self._again_at = (now, due, open_), now + AGAIN_MS
        return MORE_MS

    def finding(self) -> Finding:
        """What is told of the last time."""
        at, due, open_ = self.last
        return Finding(
            Cause.MASS_TIMEOUT,
            at,
            f"{due} of {open_} offers ran out at the same moment, hardly the agents' doing:"
            f" all got {MORE_MS // 1000} s more.",
            evidence={"due": due, "open": open_},
            grave=True,
        )
