"""What ``interlock doctor`` found. The rule: whatever is not good carries its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a finding counts."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "PROBLEM"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``remedy`` says what to do when it is not OK."""

    name: str
    level: Level
    text: str
    remedy: str = ""

    def lines(self) -> Iterator[str]:
        """The finding for people."""
        yield f"{self.level:7}  {self.name}: {self.text}"
        if self.remedy:
            yield f"         remedy: {self.remedy}"
