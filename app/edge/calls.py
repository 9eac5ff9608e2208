"""How often one caller may call: people and programs each have their own rate.

MUST come after it is known who calls, and before a body is read. Strangers are not counted here:
they get 401 without any work, and keeping a flood of them out is a proxy's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from app.edge.limits import CallLimits
from app.edge.pace import Pace
from app.edge.problems import ProblemError
from app.shell.meter import Meter
from app.wire.codes import Problem

PEOPLE = frozenset({"agent", "viewer"})


class Caller(Protocol):
    """Who calls, as far as the rate cares."""

    @property
    def role(self) -> str:
        """The role."""
        ...

    @property
    def key_id(self) -> str:
        """The key in hand, or behind the sign-in."""
        ...

    @property
    def login(self) -> str:
        """The browser's sign-in; empty without."""
        ...


class CallPace:
    """The rates of all callers of this process."""

    def __init__(self, limits: CallLimits, meter: Meter, now: Callable[[], float]) -> None:
        """``now`` in seconds, never going back."""
        self._meter = meter
        self._people = Pace(limits.per_s, limits.burst, now)
        self._programs = Pace(limits.program_per_s, limits.program_burst, now)

    def check(self, who: Caller | None) -> None:
        """Count one call. Raises ProblemError rate_limited, with the seconds to wait."""
        if who is None:
            return
        if who.login:
            wait_s, setting = self._people.take(f"login:{who.login}"), "calls_per_s"
        elif who.role in PEOPLE:
            wait_s, setting = self._people.take(f"key:{who.key_id}"), "calls_per_s"
        elif who.role != "admin":
            wait_s, setting = self._programs.take(who.key_id), "program_calls_per_s"
        else:
            return
        if wait_s:
            self._meter.count("refusals_total", reason=setting)
            headers = {"Retry-After": str(math.ceil(wait_s))}
            detail = "Slow down; nothing was taken. Retry-After says when to go on."
            raise ProblemError(Problem.RATE_LIMITED, detail, headers=headers)
