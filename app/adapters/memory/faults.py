"""What can be made to go wrong with a memory store, for simulations and tests.

Holds no rule of the store: it only says what the next calls suffer. A store without a ``Faults``
never fails. The faults are those of a network between us and a healthy store; a store that breaks
its promises is made by editing the ``MemoryDisk``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from enum import StrEnum

from app.ports import StoreUnavailable


class Fault(StrEnum):
    """What befalls one append."""

    UNAVAILABLE = "unavailable"
    """Nothing was written and the writer knows: ``StoreUnavailable``."""
    LOST_REQUEST = "lost_request"
    """Nothing was written and the writer cannot know: ``StoreUncertain``."""
    LOST_REPLY = "lost_reply"
    """Everything was written and the writer cannot know: ``StoreUncertain``."""


class Faults:
    """Set by a simulation, obeyed by the ``MemoryStore`` objects that were given it.

    ``down`` makes every call raise ``StoreUnavailable`` while it is true. ``delay_ms`` is added
    to every append, in time of the running event loop.
    """

    def __init__(self) -> None:
        self.down = False
        self.delay_ms = 0
        self._appends: deque[Fault] = deque()
        self._open = asyncio.Event()
        self._open.set()
        self._reached = asyncio.Event()

    def next_append(self, *faults: Fault) -> None:
        """The next appends suffer these, one each and in order."""
        self._appends.extend(faults)

    def hold(self) -> None:
        """From now on appends hang before they write, until ``release``."""
        self._open.clear()
        self._reached.clear()

    def release(self) -> None:
        """Let the held appends go on."""
        self._open.set()

    async def held(self) -> None:
        """Wait until an append hangs."""
        await self._reached.wait()

    def check(self) -> None:
        """Called by the store first in every call. Raises StoreUnavailable while ``down``."""
        if self.down:
            raise StoreUnavailable("down by order of a simulation")

    async def before_append(self) -> Fault | None:
        """Called by the store before it writes: wait as ordered, return what shall go wrong."""
        await asyncio.sleep(self.delay_ms / 1000)
        if not self._open.is_set():
            self._reached.set()
            await self._open.wait()
        self.check()
        fault = self._appends.popleft() if self._appends else None
        if fault is Fault.UNAVAILABLE:
            raise StoreUnavailable("refused by order of a simulation")
        return fault
