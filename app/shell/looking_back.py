"""What the log holds around a span of time, for a report: found by halving, read in bounded pieces.

The instants of a log never go back, so a place is found in a few single reads. MUST NOT read more
than the bounds below, however long the span is: what lies between its two ends is left out, and
said to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain.events import Event
from app.ports import Position

BEFORE_MS = 300_000
"""The causes of what went wrong are looked for in so much time before it."""
AFTER_MS = 60_000
BESIDE_START = 1_500
BESIDE_END = 500
EPOCHS_MAX = 5
CONVERSATION_MAX = 200
PAGE = 100
"""A page is decoded in one go, and nothing is decided meanwhile."""


class Records(Protocol):
    """The part of a router that reads the log."""

    @property
    def position(self) -> Position:
        """The durable end of the log."""
        ...

    async def records(self, positions: Sequence[Position]) -> list[tuple[Position, Event] | None]:
        """The events at these places; None where there is none."""
        ...

    def timeline_positions(self, conversation_id: str) -> list[Position]:
        """Where one conversation's events are."""
        ...


@dataclass(slots=True, frozen=True)
class Past:
    """Events in the order of the log; ``whole``: nothing of the span is left out."""

    events: list[tuple[Position, Event]]
    whole: bool


@dataclass(slots=True, frozen=True)
class Stretch:
    """The records of one epoch, ``first`` to ``last``."""

    epoch: int
    first: int
    last: int


async def look_back(
    records: Records, since: int, until: int, conversation: str | None = None
) -> Past:
    """The log from a while before ``since`` to a while after ``until`` (ms).

    All that is kept of ``conversation`` comes too, bounded, whenever it was. Raises
    StoreUnavailable, Unreadable.
    """
    stretches, whole = await _stretches(records, since - BEFORE_MS)
    wanted: dict[Position, None] = {}
    for stretch in stretches:
        start = await first_since(records, stretch, since)
        end = await first_since(records, stretch, until)
        near_start = (start - BESIDE_START, start + BESIDE_START)
        near_end = (end - BESIDE_END, end + BESIDE_END)
        whole = whole and near_start[1] >= near_end[0]
        for low, high in (near_start, near_end):
            span = range(max(low, stretch.first), min(high, stretch.last + 1))
            wanted.update(dict.fromkeys(Position(stretch.epoch, n) for n in span))
    found = {
        position: event
        for position, event in await _read(records, list(wanted))
        if since - BEFORE_MS <= event.at <= until + AFTER_MS
    }
    if conversation is not None:
        end_of_log = records.position
        own = [at for at in records.timeline_positions(conversation) if at <= end_of_log]
        found.update(await _read(records, own[-CONVERSATION_MAX:]))
    return Past(sorted(found.items(), key=lambda one: one[0]), whole)


async def _stretches(records: Records, since: int) -> tuple[list[Stretch], bool]:
    """The epochs that reach back to ``since``, the oldest first; whether they do."""
    end = records.position
    found: list[Stretch] = []
    whole = end.epoch <= EPOCHS_MAX
    for epoch in range(end.epoch, max(end.epoch - EPOCHS_MAX, 0), -1):
        last = end.n if epoch == end.epoch else await last_of(records, epoch)
        if last is None:
            # It wrote nothing, or its beginning was trimmed.
            whole = False
            continue
        found.insert(0, Stretch(epoch, 0, last))
        first_at = await instant_of(records, Position(epoch, 0))
        if first_at is None or first_at < since:
            return found, first_at is not None
    return found, whole


async def last_of(records: Records, epoch: int) -> int | None:
    """The last record of a former epoch; None when its beginning is not there."""
    if await instant_of(records, Position(epoch, 0)) is None:
        return None
    low, step = 0, 1
    while await instant_of(records, Position(epoch, low + step)) is not None:
        low, step = low + step, 2 * step
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        if await instant_of(records, Position(epoch, middle)) is None:
            high = middle
        else:
            low = middle
    return low


async def first_since(records: Records, stretch: Stretch, at: int) -> int:
    """The number of the first record not before ``at``; one past the last when all are before."""
    low, high = stretch.first, stretch.last + 1
    while low < high:
        middle = (low + high) // 2
        instant = await instant_of(records, Position(stretch.epoch, middle))
        # Trimmed records are the oldest ones.
        if instant is None or instant < at:
            low = middle + 1
        else:
            high = middle
    return low


async def instant_of(records: Records, position: Position) -> int | None:
    """When the event at this place was decided; None when there is none."""
    found = (await records.records([position]))[0]
    return None if found is None else found[1].at


async def _read(records: Records, positions: list[Position]) -> list[tuple[Position, Event]]:
    found: list[tuple[Position, Event]] = []
    for start in range(0, len(positions), PAGE):
        page = await records.records(positions[start : start + PAGE])
        found += [one for one in page if one is not None]
    return found
