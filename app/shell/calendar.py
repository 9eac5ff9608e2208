"""What the opening hours of the queues say now, as commands, and when they will say otherwise.

The rule: asked before anything else is decided, so a conversation that comes at closing time finds
the door shut. MUST NOT decide what a closed queue does, and MUST NOT act by itself: the commands
are the router's own, so they come from a node that owns the workspace or not at all.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from app.domain import commands as c
from app.domain.settings import HoursRule
from app.domain.state import Queue, State
from app.hours import Opening, Timetable, UnreadableHours

log = logging.getLogger(__name__)

LOOK_AGAIN_MS = 30_000
"""The longest wait for an instant: timers stand still while the machine sleeps, the clock does not,
so it is looked at again.
"""
_NOW = 0


@dataclass(slots=True)
class _Page:
    """The hours of one queue; ``opening`` is what was read last."""

    rule: HoursRule
    timetable: Timetable | None
    opening: Opening | None = None


class Calendar:
    """The hours of all queues of one workspace in memory."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._pages: dict[str, _Page] = {}
        self._version = -1
        self._next_at: int | None = None

    def next_at(self) -> int | None:
        """From when on ``due`` may have something to say (None: never, as things are)."""
        return self._next_at if self._version == self._state.version else _NOW

    def due(self, now: int) -> list[c.SetQueueHours]:
        """What to tell the engine at ``now`` before anything else; nothing while all is as it was.

        A queue whose hours this machine cannot read stays as it is.
        """
        # As in the engine: a former owner whose clock was ahead must not see its day repeated.
        now = max(now, self._state.last_at)
        next_at = self.next_at()
        if next_at is None or now < next_at:
            return []
        queues = self._state.queues
        self._pages = {queue.id: self._page(queue) for queue in queues.values()}
        openings = {id_: self._read(page, now) for id_, page in self._pages.items()}
        self._version = self._state.version
        self._next_at = min(
            (said.changes_at for said in openings.values() if said and said.changes_at is not None),
            default=None,
        )
        return [
            c.SetQueueHours(id_, said.open)
            for id_, said in openings.items()
            if said and said.open is not queues[id_].open
        ]

    def _page(self, queue: Queue) -> _Page:
        """Its page as it is, or a new one for other hours."""
        rule = queue.settings.hours
        page = self._pages.get(queue.id)
        if page is not None and page.rule is rule:
            return page
        try:
            return _Page(rule, Timetable(rule))
        except UnreadableHours as error:
            log.error("queue %s stays as it is, its hours cannot be read: %s", queue.id, error)
            return _Page(rule, None)

    def _read(self, page: _Page, now: int) -> Opening | None:
        """What the page says now; None where it cannot be read."""
        if page.timetable is None:
            return None
        said = page.opening
        if said is None or (said.changes_at is not None and said.changes_at <= now):
            said = page.opening = page.timetable.opening_at(now)
        return said
