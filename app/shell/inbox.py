"""The line before the router: bounded, and honest about a store that is away.

Commands of people at work (those with ``pending``) are the last to be shed, and wait through an
outage; everything else is refused at once with nothing taken.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from app.domain.commands import Command
from app.shell.meter import Meter
from app.shell.work import (
    Answer,
    Done,
    OutcomeUnknown,
    Overloaded,
    StoreDown,
    Trouble,
    Work,
)


class Inbox:
    """Work that is not yet decided. ``wake`` is set when there is some."""

    def __init__(self, limit: int, meter: Meter) -> None:
        self.wake = asyncio.Event()
        self.store_away = False
        self._limit, self._meter = limit, meter
        self._works: deque[Work] = deque()

    def __len__(self) -> int:
        return len(self._works)

    def put(self, command: Command | None, done: Done, pending: Callable[[], None] | None) -> None:
        """Take a command, or call ``done`` with Overloaded or StoreDown at once."""
        if len(self._works) >= (self._limit if pending else self._limit // 2):
            self._meter.count("overloaded_total")
            done(Overloaded("too many commands wait; nothing was taken"))
            return
        if self.store_away:
            if pending is None:
                done(_down())
                return
            pending()
        self._works.append(Work(command, done, pending))
        self.wake.set()

    def take(self) -> Work:
        """The work that has waited longest. Raises IndexError."""
        return self._works.popleft()

    def store_lost(self) -> None:
        """The store does not answer: whoever can wait is told so, the others are refused."""
        self.store_away = True
        waiting, self._works = self._works, deque()
        for work in waiting:
            if work.pending is None:
                work.done(_down())
            else:
                work.pending()
                self._works.append(work)

    def fail(self, trouble: Trouble) -> None:
        """Nothing that waits here will be decided here."""
        waiting, self._works = self._works, deque()
        for work in waiting:
            work.done(trouble)


def _down() -> StoreDown:
    return StoreDown("the store is away; nothing was taken")


async def answer_to(post: Callable[[Done], None], patience_ms: int) -> Answer:
    """Hand a command in with ``post`` and wait until what it did is durable.

    Raises Trouble; OutcomeUnknown after ``patience_ms``.
    """
    answer: asyncio.Future[Answer | Trouble] = asyncio.get_running_loop().create_future()

    def done(result: Answer | Trouble) -> None:
        if not answer.done():
            answer.set_result(result)

    post(done)
    try:
        async with asyncio.timeout(patience_ms / 1000):
            result = await answer
    except TimeoutError:
        message = "the store went away meanwhile; repeat the request with the same id"
        raise OutcomeUnknown(message) from None
    if isinstance(result, Trouble):
        raise result
    return result
