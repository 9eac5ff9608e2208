"""Counters of one queue, kept at each transition; the formulas of the board.

Durations are sums in milliseconds. ``day`` is the UTC day (days since the epoch) that the counters are of;
they start again at 0 with the first event of another day. Source of the formulas: Cisco ICM (service-level
events), Genesys and Connect (ASA).
"""

from __future__ import annotations

from dataclasses import dataclass


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
    offers_made: int = 0
    offers_accepted: int = 0
    offers_declined: int = 0
    offers_timed_out: int = 0
    offers_undelivered: int = 0
    offers_rescinded: int = 0

    def asa_ms(self) -> float | None:
        """Average speed of answer: waiting time of the answered / answered, clock from enqueue; None without data."""
        return self.answer_wait_ms / self.answered if self.answered else None
