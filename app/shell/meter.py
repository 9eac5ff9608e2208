"""What the shell counts, without knowing who keeps the counters."""

from __future__ import annotations

from typing import Protocol


class Meter(Protocol):
    """Counters and distributions by name; names and labels are declared where they are kept."""

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        ...

    def observe(self, name: str, value: float) -> None:
        """Add one value to a distribution."""
        ...


class NullMeter:
    """Counts nothing."""

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Forget it."""

    def observe(self, name: str, value: float) -> None:
        """Forget it."""
