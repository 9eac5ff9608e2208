"""A memory that cannot even be looked at is not to be trusted: it is made anew from the log.

MUST NOT do so over and over: where the new one cannot be looked at either, it is the looking that
is at fault, and a person is called while the engine goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from app.domain.watch import Cause, Finding

log = logging.getLogger(__name__)
AGAIN_MS = 600_000


class Doubt:
    """``distrust`` as ``Router.distrust``, ``report`` as ``Watchdog.report``."""

    def __init__(self, distrust: Callable[[str], None], report: Callable[[Finding], None]) -> None:
        self._distrust, self._report = distrust, report
        self._doubted_at: int | None = None

    def look(self, look: Callable[[], list[Finding]], now: int) -> list[Finding] | None:
        """What the look finds; None: it failed, and that is seen to."""
        try:
            return look()
        except Exception as error:  # any fault of a memory: what it says is worth nothing
            log.exception("the watchdog cannot look at the memory")
            self._answer(f"{type(error).__name__}: {error}", now)
            return None

    def _answer(self, why: str, now: int) -> None:
        since, self._doubted_at = self._doubted_at, now
        if since is None or now - since > AGAIN_MS:
            self._distrust(f"the watchdog cannot look at it: {why}")
            text = "The memory could not be looked at; it was made anew from the log."
        else:
            text = "The memory cannot be looked at, although it is new: the rules are at fault."
        self._report(
            Finding(Cause.ENCODING_MISMATCH, now, text, evidence={"error": why}, grave=True)
        )
