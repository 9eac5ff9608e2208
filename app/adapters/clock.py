"""The machine's time as the ports want it: a wall clock that cannot jump.

MUST NOT read the wall clock more than once. The wall is read at construction and from then on
only the boot-time clock moves it, so neither a correction by NTP, nor an operator's ``date -s``,
nor a suspended laptop can fire every timer at once or freeze them.
"""

from __future__ import annotations

import time

NS_PER_MS = 1_000_000

# CLOCK_MONOTONIC stands still while Linux is suspended. Elsewhere there is no CLOCK_BOOTTIME, and
# on macOS CLOCK_MONOTONIC goes on counting in sleep.
BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """Milliseconds since the Unix epoch, never going back within a process."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.clock_gettime_ns(BOOT_CLOCK)

    def now_ms(self) -> int:
        """The time, as the wall had it at construction plus what the machine has lived since."""
        return (self._offset_ns + time.clock_gettime_ns(BOOT_CLOCK)) // NS_PER_MS
