"""A real event loop that is blocked on purpose, for ``interlock campaign stalls``.

The virtual clock cannot stand still, so this one runs in a thread of its own for under a second,
with the very watch that a server has. Its dumps go nowhere.
"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.watch import Finding

BLOCKED_MS = 200
HANGS_S = 0.35
BEATS_S = 0.12


def standstill() -> Finding:
    """What was told of it once the loop ran again."""
    found: list[Finding] = []
    errors, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        thread = threading.Thread(target=lambda: asyncio.run(_hang(found)))
        thread.start()
        thread.join()
    finally:
        os.dup2(errors, 2)
        os.close(errors)
        os.close(nowhere)
    return found[0]


async def _hang(found: list[Finding]) -> None:
    from app.config.sections import Watchdog
    from app.main.loop_watch import watch_loop_thread

    told = asyncio.Event()

    def report(finding: Finding) -> None:
        found.append(finding)
        told.set()

    settings = Watchdog(loop_blocked_ms=BLOCKED_MS, loop_exit_ms=60_000)
    watching = asyncio.create_task(watch_loop_thread(settings, report))
    await asyncio.sleep(BEATS_S)
    hang()
    await told.wait()
    watching.cancel()


def hang() -> None:
    """What no code of a server may do: wait on its event loop."""
    threading.Event().wait(HANGS_S)
