"""What became of a command."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.domain.events import Event
from app.domain.refusals import Refusal, Refused


class Done(Enum):
    """The command was carried out now, or had been before (answered ``ok, already``)."""

    NOW = "now"
    ALREADY = "already"


Verdict = Done | Refused


@dataclass(slots=True, frozen=True)
class Outcome:
    """``events`` is empty when the command was refused or already done, unless time had its
    effect.
    """

    refusal: Refused | None
    already: bool
    events: list[Event]


def refuse(code: Refusal, message: str) -> Refused:
    """A refusal with its sentence."""
    return Refused(code, message)
