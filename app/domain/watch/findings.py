"""A finding: one thing that looks wrong at one instant, and the causes there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Cause(StrEnum):
    """Why something stands still or may be wrong. What no rule here sees, others report."""

    POISON_HEAD = "poison_head"
    LOST_WAKE_UP = "lost_wake_up"
    ORPHAN_RESERVATION = "orphan_reservation"
    GHOST_AGENT = "ghost_agent"
    LEAKED_CAPACITY = "leaked_capacity"
    NO_OWNER = "no_owner"
    TWO_OWNERS = "two_owners"
    CLOCK_JUMP = "clock_jump"
    LOOP_BLOCKED = "loop_blocked"
    STORE_TROUBLE = "store_trouble"
    NOBODY_CAN_SERVE = "nobody_can_serve"
    PING_PONG = "ping_pong"
    ENCODING_MISMATCH = "encoding_mismatch"
    BOARD_STALE = "board_stale"
    LOST_TAIL = "lost_tail"
    LIMBO = "limbo"
    MASS_TIMEOUT = "mass_timeout"
    OVERLOAD = "overload"


About = tuple[str, str | None, str | None, str | None]


@dataclass(slots=True, frozen=True)
class Finding:
    """``since``: from when on it was so, as far as the state tells; ``text`` is for people.

    ``sure``: a state at rest can never look like this, so two looks are enough. ``grave``: a person
    is called at once, whatever is repaired.
    """

    cause: Cause
    since: int
    text: str
    queue: str | None = None
    conversation: str | None = None
    agent: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    sure: bool = False
    grave: bool = False

    @property
    def about(self) -> About:
        """Two findings about the same are one, seen twice."""
        return str(self.cause), self.queue, self.conversation, self.agent
