"""Counters of one queue, kept at each transition; the formulas of the board.

Durations are sums in milliseconds. ``day`` is the UTC day (days since the epoch) that the counters
are of; they start again at 0 with the first event of another day. Sources of the formulas: Cisco
ICM (service-level events), Genesys and Connect (speed of answer).
"""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.settings import ServiceLevelRule
from app.domain.words import MS_PER_DAY, OfferState


@dataclass(slots=True)
class QueueFigures:
    """What happened in one queue on one day."""

    day: int = 0
    entered: int = 0
    answered: int = 0
    answered_in_target: int = 0
    answer_wait_ms: int = 0
    abandoned: int = 0
    abandoned_in_target: int = 0
    abandoned_short: int = 0
    overflowed: int = 0
    offers_made: int = 0
    offers_accepted: int = 0
    offers_declined: int = 0
    offers_timed_out: int = 0
    offers_undelivered: int = 0
    offers_rescinded: int = 0

    def on(self, at: int) -> QueueFigures:
        """These counters, set to 0 first when ``at`` is on another day."""
        day = at // MS_PER_DAY
        if day != self.day:
            for name in self.__slots__:
                setattr(self, name, 0)
            self.day = day
        return self

    def count_answer(self, wait_ms: int, rule: ServiceLevelRule) -> None:
        """One conversation was answered after ``wait_ms``."""
        self.answered += 1
        self.answer_wait_ms += wait_ms
        if wait_ms <= rule.target_ms:
            self.answered_in_target += 1

    def count_abandon(self, wait_ms: int, rule: ServiceLevelRule) -> None:
        """One customer left unanswered after ``wait_ms``."""
        self.abandoned += 1
        if wait_ms <= rule.target_ms:
            self.abandoned_in_target += 1
        if wait_ms <= rule.short_abandon_ms:
            self.abandoned_short += 1

    def count_offer(self, outcome: OfferState) -> None:
        """One offer ended."""
        name = f"offers_{outcome}"
        setattr(self, name, getattr(self, name) + 1)

    def asa_ms(self) -> float | None:
        """Average speed of answer: waiting time of the answered / answered, from enqueue; None
        without data.
        """
        return self.answer_wait_ms / self.answered if self.answered else None
