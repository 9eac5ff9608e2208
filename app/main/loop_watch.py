"""A thread that sees the event loop stand still, which the loop itself cannot see.

It writes down where the loop hangs while it hangs, and ends the process when it hangs for too long:
the lease has lapsed long before, and whoever keeps the process alive starts a sound one. MUST NOT
touch anything that belongs to the loop but its beat.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.domain.watch import Cause, Finding

if TYPE_CHECKING:
    from app.config.sections import Watchdog

BEAT_S = 0.1
LATE_S = 0.5
EXIT_CODE = 70
JUMP_GRAVE_S = 5
FRAMES = 12


class LoopWatch:
    """``beat`` is called by the loop; the thread looks how long ago that was."""

    def __init__(self, blocked_ms: int, exit_ms: int) -> None:
        self._blocked_s, self._exit_s = blocked_ms / 1000, exit_ms / 1000
        self._loop_thread = threading.get_ident()
        self._beat_at = time.monotonic()
        self._stopped = threading.Event()
        self.stack = ""
        self.thread = threading.Thread(target=self._watch, name="loop watch", daemon=True)

    def beat(self) -> float:
        """The loop runs; how long ago it last did, in seconds."""
        now = time.monotonic()
        gap_s, self._beat_at = now - self._beat_at, now
        return gap_s

    def take_stack(self) -> str:
        """Where it hung since it was last asked; "" when the thread did not run either."""
        stack, self.stack = self.stack, ""
        return stack

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()

    def _watch(self) -> None:
        dumped_for, beat_at, frozen_s = 0.0, self._beat_at, 0.0
        looked_at = time.monotonic()
        while not self._stopped.wait(BEAT_S):
            late_s = time.monotonic() - looked_at - BEAT_S
            looked_at += late_s + BEAT_S
            if self._beat_at != beat_at:
                beat_at, frozen_s = self._beat_at, 0.0
            if late_s > LATE_S:
                # This thread did not run either: the process was frozen, and the loop is not hung.
                frozen_s += late_s
            still_s = looked_at - beat_at - frozen_s
            if still_s >= self._blocked_s and dumped_for != beat_at:
                dumped_for = beat_at
                self.stack = self._where()
                print(
                    f"interlock: the event loop stands still since {still_s:.1f} s", file=sys.stderr
                )
                faulthandler.dump_traceback(all_threads=True)
            if still_s >= self._exit_s:
                print("interlock: the event loop does not come back; ending", file=sys.stderr)
                sys.stderr.flush()
                os._exit(EXIT_CODE)

    def _where(self) -> str:
        frame = sys._current_frames().get(self._loop_thread)
        lines = traceback.extract_stack(frame)[-FRAMES:] if frame else []
        return "; ".join(
            f"{one.name} ({os.path.basename(one.filename)}:{one.lineno})" for one in lines
        )


async def watch_loop_thread(settings: Watchdog, report: Callable[[Finding], None]) -> None:
    """Beat until cancelled; a standstill is reported once the loop runs again."""
    watch = LoopWatch(settings.loop_blocked_ms, settings.loop_exit_ms)
    watch.thread.start()
    try:
        while True:
            await asyncio.sleep(BEAT_S)
            gap_s = watch.beat()
            if gap_s * 1000 >= settings.loop_blocked_ms:
                report(blocked(gap_s, watch.take_stack()))
    finally:
        watch.stop()


def blocked(gap_s: float, stack: str) -> Finding:
    """What is told of a standstill that is over."""
    since = int((time.time() - gap_s) * 1000)
    text = f"The server stood still for {gap_s:.1f} s; nobody was offered anything meanwhile."
    if stack:
        return Finding(Cause.LOOP_BLOCKED, since, text, evidence={"at": stack}, grave=True)
    text = f"{text} All of the process did: it was frozen, suspended or starved."
    return Finding(Cause.CLOCK_JUMP, since, text, grave=gap_s > JUMP_GRAVE_S)
