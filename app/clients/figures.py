"""The few numbers by which two runs of a day are compared: waits of those served, in seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SOON_S = 20.0


@dataclass(slots=True, frozen=True)
class Figures:
    """``soon``: served after at most 20 s. The rest of ``offered`` left (or was turned away)."""

    offered: int
    served: int
    soon: int
    wait_sum_s: float

    @property
    def left(self) -> int:
        """Those who were not served."""
        return self.offered - self.served

    @property
    def mean_wait_s(self) -> float:
        """Mean wait of those served; 0 when nobody was."""
        return self.wait_sum_s / self.served if self.served else 0.0

    @property
    def soon_share(self) -> float:
        """Served within 20 s, as a share of all offered; 0 when nobody came."""
        return self.soon / self.offered if self.offered else 0.0

    @classmethod
    def of(cls, offered: int, waits_s: Iterable[float]) -> Figures:
        """From the waits of those served."""
        waits = list(waits_s)
        return cls(offered, len(waits), sum(wait <= SOON_S for wait in waits), sum(waits))
