"""Processes on one event loop: each can be frozen, woken and killed as the system's own can.

What a process set going carries its mark, through tasks, timers and futures. A frozen one runs
nothing, and on waking finds in order all that came meanwhile; a killed one never runs again, not
even what it had for cleaning up. MUST NOT let work of the world itself carry a mark.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any

from app.campaign.virtual_time import EPOCH_MS, JumpingLoop

BURY_S = 60.0
_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


Own = list[tuple[asyncio.Handle, Context]]
"""What was made for a callback, and where it runs; there once it is made."""
Missed = tuple[asyncio.Handle, Context, Callable[..., Any], tuple[Any, ...]]


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
        self._missed: list[Missed] = []
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
        missed, self._missed = self._missed, []
        for handle, context, callback, given in missed:
            self._loop.call_soon(self._late, handle, callback, given, context=context)

    def kill(self) -> None:
        """SIGKILL."""
        self.dead = True

    def _late(
        self, handle: asyncio.Handle, callback: Callable[..., Any], given: tuple[Any, ...]
    ) -> None:
        if not handle.cancelled():
            callback(*given)

    def gate(self, own: Own, callback: Callable[..., Any], given: tuple[Any, ...]) -> None:
        """Run what is due, or keep it."""
        if self.frozen or self.dead:
            self._missed.append((*own[0], callback, given))
        else:
            callback(*given)

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

    Nothing outside of it is ever waited for, so the system is not asked.
    """

    def __init__(self) -> None:
        super().__init__()
        selector = self._jumping

        def select(timeout: float | None = None) -> list[Any]:
            if timeout is None:
                raise RuntimeError("everything waits and no timer is set: the world would hang")
            selector.now_s += max(timeout, 0.0)
            return []

        setattr(selector, "select", select)  # noqa: B010

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """As in asyncio."""
        context = context if context is not None else copy_context()
        process = context.get(_PROCESS)
        if process is None:
            return super().call_soon(callback, *args, context=context)
        own: Own = []
        handle = super().call_soon(process.gate, own, callback, args, context=context)
        own.append((handle, context))
        return handle

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """As in asyncio."""
        context = context if context is not None else copy_context()
        process = context.get(_PROCESS)
        if process is None:
            return super().call_at(when, callback, *args, context=context)
        own: Own = []
        handle = super().call_at(when, process.gate, own, callback, args, context=context)
        own.append((handle, context))
        return handle


def later(seconds: float, do: Callable[..., Any], *given: Any) -> asyncio.TimerHandle:
    """Have the world do it, whoever asks."""
    return Context().run(asyncio.get_running_loop().call_later, seconds, do, *given)
