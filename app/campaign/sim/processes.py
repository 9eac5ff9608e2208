"""Processes on one event loop: each can be frozen, woken and killed as the system's own can.

What a process set going carries its mark, through tasks, timers and futures. A frozen one runs
nothing, and on waking finds in order all that came meanwhile; a killed one never runs again, not
even what it had for cleaning up. MUST NOT let work of the world itself carry a mark.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextvars import Context, ContextVar, copy_context
from heapq import heappop, heappush
from typing import Any

from app.campaign.virtual_time import EPOCH_MS, JumpingLoop

BURY_S = 60.0
_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


class Due(asyncio.TimerHandle):
    """What is to be run, and for which process (None: the world itself)."""

    __slots__ = ("process",)

    def __init__(
        self,
        when: float,
        callback: Callable[..., Any],
        args: tuple[Any, ...],
        loop: WorldLoop,
        context: Context | None,
    ) -> None:
        # Not the parent's, which asks the loop for its mode of debugging at each of millions.
        self._when, self._callback, self._args, self._loop = when, callback, args, loop
        self._context = context = context if context is not None else copy_context()
        self._cancelled = self._scheduled = False
        self._repr = self._source_traceback = None
        self.process: Process | None = context.get(_PROCESS)

    def run(self) -> None:
        """Run it, or keep it for when its process wakes."""
        process = self.process
        if process is not None and (process.frozen or process.dead):
            process.missed.append(self)
        else:
            self._run()


class Suspension:
    """How long the whole machine was suspended (ms): every clock of it went on meanwhile."""

    def __init__(self) -> None:
        self.ms = 0


class Process:
    """One process of the world. Its clock may be ``skew_ms`` off (``app.ports.Clock``)."""

    def __init__(self, name: str, loop: WorldLoop, suspension: Suspension, skew_ms: int) -> None:
        self.name, self._loop = name, loop
        self._suspension, self.skew_ms = suspension, skew_ms
        self.dead = self.frozen = False
        self.wall_ms = 0
        self.missed: list[Due] = []
        self._context = Context()
        self._context.run(_PROCESS.set, self)
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        passed_ms = -int(-self._loop.time() * 1000 // 1)
        return EPOCH_MS + self._suspension.ms + self.skew_ms + passed_ms

    def ran_ms(self) -> int:
        """Of a clock that stands still while the machine is suspended."""
        return int(self._loop.time() * 1000)

    def machine_ms(self) -> int:
        """Of the clock on the wall, which anybody can set."""
        return self.now_ms() + self.wall_ms

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Have the process do this."""
        context = self._context.copy()
        task = self._loop.create_task(work, name=f"{self.name} {name}", context=context)
        self._tasks[task] = None
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)

    def freeze(self) -> None:
        """SIGSTOP."""
        self.frozen = True

    def thaw(self) -> None:
        """SIGCONT."""
        self.frozen = False
        missed, self.missed = self.missed, []
        self._loop.run_soon(missed)

    def kill(self) -> None:
        """SIGKILL."""
        self.dead = True

    async def bury(self) -> None:
        """End what is left of it in good order, once everything was judged."""
        self.dead = False
        self.thaw()
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=BURY_S)


class WorldLoop(JumpingLoop):
    """A loop whose clock jumps, and which asks the process before anything of it runs.

    Nothing outside of it is ever waited for, so the system is not asked. What is due at one instant
    runs in the order in which it was asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._due: deque[Due] = deque()
        self._timers: list[tuple[float, int, Due]] = []
        self._asked = 0

    def time(self) -> float:
        """Seconds that were jumped over."""
        return self._now

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """As in asyncio."""
        self._check_closed()  # type: ignore[attr-defined]
        due = Due(self._now, callback, args, self, context)
        self._due.append(due)
        return due

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """As in asyncio."""
        self._check_closed()  # type: ignore[attr-defined]
        due = Due(when, callback, args, self, context)
        self._asked += 1
        heappush(self._timers, (when, self._asked, due))
        return due

    def close(self) -> None:
        """As in asyncio: what was still to come is forgotten."""
        self._due.clear()
        self._timers.clear()
        super().close()

    def run_soon(self, missed: Iterable[Due]) -> None:
        """What its process missed."""
        self._due.extend(missed)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""

    def _run_once(self) -> None:
        """One round, as in asyncio: all that is due now, and nothing that this sets going."""
        due, timers = self._due, self._timers
        while timers and timers[0][2].cancelled():
            heappop(timers)
        if not due and not timers:
            raise RuntimeError("everything waits and no timer is set: the world would hang")
        if not due:
            self._now = max(self._now, timers[0][0])
        while timers and timers[0][0] <= self._now:
            due.append(heappop(timers)[2])
        for _ in range(len(due)):
            one = due.popleft()
            if not one.cancelled():
                one.run()


def later(seconds: float, do: Callable[..., Any], *given: Any) -> asyncio.TimerHandle:
    """Have the world do it, whoever asks."""
    return Context().run(asyncio.get_running_loop().call_later, seconds, do, *given)
