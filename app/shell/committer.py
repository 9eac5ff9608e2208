"""One append, carried through: definite trouble is retried, indefinite trouble is settled by
reading the tail.

MUST NOT write under other ids than it started with, and MUST NOT give an answer that it does not
know. Only being fenced ends it early (reliability E5: a retry without known ids wrote one event
twice).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from app.ports import (
    START,
    Ownership,
    Position,
    Record,
    Store,
    StoreConflict,
    StoreGone,
    StoreUnavailable,
    StoreUncertain,
)
from app.shell.meter import Meter

RETRY_MIN_S = 0.05
RETRY_MAX_S = 1.0


class Committer:
    """Appends batches of one workspace, one at a time."""

    def __init__(self, store: Store, meter: Meter) -> None:
        self._store = store
        self._meter = meter

    async def append(
        self,
        owner: Ownership,
        expected: Position,
        records: Sequence[Record],
        *,
        on_trouble: Callable[[], None],
    ) -> Position:
        """The log's new end once ``records`` are durable after ``expected``.

        ``on_trouble`` is called when that takes longer because the store is away. Raises
        StoreFenced and its kinds when this node may no longer write, or when a foreign record
        stands at the end.
        """
        first = expected.n + 1 if expected.epoch == owner.epoch else 0
        end = Position(owner.epoch, first + len(records) - 1)
        pause_s = RETRY_MIN_S
        while True:
            try:
                started = time.perf_counter()
                written = await self._store.log.append(owner, expected, records)
                self._meter.observe("append_seconds", time.perf_counter() - started)
                assert written == end
                return end
            except StoreConflict as conflict:
                # An earlier try of ours may have arrived after all.
                if conflict.found == end and await self._is_ours(end, records[-1]):
                    return end
                raise
            except StoreUncertain:
                self._meter.count("append_trouble_total", kind="uncertain")
                on_trouble()
                if await self._arrived(expected, end, records[-1]):
                    return end
            except StoreUnavailable:
                self._meter.count("append_trouble_total", kind="unavailable")
                on_trouble()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, RETRY_MAX_S)

    async def _arrived(self, expected: Position, end: Position, record: Record) -> bool:
        """Whether an unanswered append was written after all; False while that cannot be asked."""
        try:
            last = await self._store.log.last()
            if last is None and expected != START:
                raise StoreGone("the log vanished")
            return last == end and await self._is_ours(end, record)
        except StoreUnavailable:
            return False

    async def _is_ours(self, end: Position, record: Record) -> bool:
        return (await self._store.log.get([end]))[0] == record
