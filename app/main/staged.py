"""``python -m app.main.staged serve …``: ``interlock serve`` on a clock that stands until moved.

For pictures that come out the same twice. The file that ``INTERLOCK_STAGE_CLOCK`` names holds the
instant in ms as 8 bytes; without it this is the ordinary program, which has no such clock.
"""

from __future__ import annotations

import mmap
import os
from types import SimpleNamespace

CLOCK = "INTERLOCK_STAGE_CLOCK"


def main() -> None:
    """Stop the clock, if a file for it is named, and run the command line."""
    from app.main import cli

    path = os.environ.get(CLOCK)
    if path:
        stop_clock(path)
    cli()


def stop_clock(path: str) -> None:
    """From now on the time of this process is what the file says."""
    from app.adapters.clock import SystemClock
    from app.main import node

    with open(path, "rb") as file:
        stage = mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ)

    def now_ms() -> int:
        return int.from_bytes(stage[:8], "big")

    SystemClock.now_ms = lambda self: now_ms()  # type: ignore[method-assign]
    # Who watches for clocks that jump must not see two kinds of time.
    of_stage = SimpleNamespace(
        monotonic_ns=lambda: now_ms() * 1_000_000, time_ns=lambda: now_ms() * 1_000_000
    )
    vars(node).update(time=of_stage)


if __name__ == "__main__":
    main()
