"""One append, carried through: definite trouble is retried, indefinite trouble is settled by
reading the tail, and an end of the log that is not ours is looked at before it is believed.

MUST NOT write under other ids than it started with, and MUST NOT give an answer that it does not
know. Only being fenced ends it early (reliability E5: a retry without known ids wrote one event
twice). A conflict means that the store still knows us as the owner, so three things can have
happened: a tail of ours was lost (written again from memory, under the same ids), somebody wrote
past the fence (put aside: nobody else may write), or a new owner begins (we step down).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from app.codec.envelope import previous_hash, record_hash
from app.codec.errors import DamagedRecord, Unreadable
from app.codec.events import decode
from app.domain.events import EpochOpened
from app.ports import (
    START,
    Ownership,
    Position,
    Record,
    Store,
    StoreConflict,
    StoreFenced,
    StoreGone,
    StoreUnavailable,
    StoreUncertain,
)
from app.shell.meter import Meter
from app.shell.rebuilding import log_key
from app.shell.ring import Ring

log = logging.getLogger(__name__)
RETRY_MIN_S = 0.05
RETRY_MAX_S = 0.4
REPAIRED_PER_CALL = 256


class Committer:
    """Appends batches of one workspace, one at a time. ``ring`` holds what was acknowledged."""

    def __init__(self, store: Store, meter: Meter, workspace: str) -> None:
        self._store, self._meter, self._workspace = store, meter, workspace
        self.ring = Ring()

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
        StoreFenced and its kinds when this node may no longer write, when another owner's record
        stands at the end, or when more was lost than is remembered.
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
                break
            except StoreConflict as conflict:
                try:
                    # An earlier try of ours may have arrived after all.
                    if conflict.found == end and await self._is_ours(end, records[-1]):
                        break
                    await self._settle(owner, expected, records, conflict)
                except (StoreUnavailable, StoreUncertain):
                    on_trouble()
            except StoreUncertain:
                self._meter.count("append_trouble_total", kind="uncertain")
                on_trouble()
                if await self._arrived(expected, end, records[-1]):
                    break
            except StoreUnavailable:
                self._meter.count("append_trouble_total", kind="unavailable")
                on_trouble()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, RETRY_MAX_S)
        self.ring.note(expected, end, records)
        return end

    async def _settle(
        self,
        owner: Ownership,
        expected: Position,
        records: Sequence[Record],
        conflict: StoreConflict,
    ) -> None:
        """Make ``expected`` the end of the log again. Raises the conflict when that is not ours to
        do; StoreGone when acknowledged records are lost.
        """
        if conflict.found < expected:
            await self._write_again(owner, expected, conflict.found)
        elif await self._is_new_owners(owner, expected, records[0]):
            raise conflict
        else:
            await self._put_aside(owner, expected, records[0], conflict)

    async def keep_tail(self, owner: Ownership) -> None:
        """The memory is given up, what it wrote is not: write again what the store lost of it.

        Called while the workspace is still ``owner``'s. What cannot be done now is told by whoever
        opens the workspace next.
        """
        try:
            found = await self._store.log.last()
            if found is not None and found < self.ring.end:
                await self._write_again(owner, self.ring.end, found)
        except (StoreFenced, StoreUnavailable, StoreUncertain) as error:
            log.warning("whether the tail is there could not be seen to: %s", error)

    async def _write_again(self, owner: Ownership, expected: Position, found: Position) -> None:
        """The store came back without our last records: a lost tail."""
        at = (await self._store.log.get([found]))[0]
        damaged = at is not None and self._is_damaged(at)
        known = self.ring.end == expected
        missing = self.ring.after(found, at, damaged=damaged) if known else None
        if missing is None:
            self._meter.count("tail_lost_total")
            raise StoreGone(
                f"the log ends at {found}, but {expected} was acknowledged: its tail was lost and"
                " is not remembered. Restore the store's data; a restart goes on without the tail"
            )
        log.critical(
            "the log ends at %s instead of %s: writing %d records again",
            found,
            expected,
            len(missing),
        )
        while missing:
            part, missing = missing[:REPAIRED_PER_CALL], missing[REPAIRED_PER_CALL:]
            found = await self._store.log.append(owner, found, part)
        assert found == expected
        self._meter.count("tail_repaired_total")

    def _is_damaged(self, record: Record) -> bool:
        """Not another record, but none: what it was is remembered, and its place was ours."""
        try:
            decode(self._workspace, log_key(self._workspace), record)
        except DamagedRecord:
            return True
        except Unreadable:
            return False
        return False

    async def _is_new_owners(self, owner: Ownership, expected: Position, ours: Record) -> bool:
        """Whether an owner of a later epoch begins after our end, with a record chained to ours."""
        async for place, record in self._store.log.read(expected):
            try:
                event, prev = decode(self._workspace, log_key(self._workspace), record)
            except Unreadable:
                return False
            begins = isinstance(event, EpochOpened) and event.epoch == place.epoch > owner.epoch
            return begins and prev == previous_hash(ours)
        return False

    async def _put_aside(
        self, owner: Ownership, expected: Position, ours: Record, conflict: StoreConflict
    ) -> None:
        """Somebody wrote past the fence while we own the log: it is none of the log's records."""
        at = (await self._store.log.get([expected]))[0]
        if at is None or record_hash(at) != previous_hash(ours):
            if await self._store.log.last() == conflict.found:
                raise conflict
            # The store has lost its tail since it told of the conflict: the next try tells anew.
            return
        log.critical(
            "records after %s up to %s were written by nobody who owns the log: putting them aside",
            expected,
            conflict.found,
        )
        count = await self._store.log.put_aside(owner, expected)
        self._meter.count("foreign_records_total", count)

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
