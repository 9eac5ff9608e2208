"""Reads along with the log on another core: takes the snapshots, checks them, trims the log.

A snapshot counts once it was read back from the store and gave the same state. The log is trimmed
only behind the older of two that count, and only what history does not need any more. What a
restart would read is looked at again and again: when a stored record no longer reads as it did, or
the newest snapshot is not what it was, a snapshot is taken at once, so that the damage lies before
it; a snapshot that has gone bad is dropped, for it is no generation. MUST NOT write to the log or
own anything: killed at any instant it costs nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from app.codec.envelope import NO_RECORD
from app.codec.errors import DamagedRecord, NotARecord, Unreadable
from app.codec.snapshot import Snapshot, write_snapshot
from app.codec.state_form import state_hash
from app.codec.witness import Witness
from app.domain.events import StateWitnessed
from app.ports import START, Position, Store
from app.shell.auditing import Audit
from app.shell.rebuilding import Rebuilt, begin_with, rebuild, snapshot_key
from app.shell.scrub import Scrub, digest_of

log = logging.getLogger(__name__)
GENERATIONS = 2
REST_EVERY = 1_000
"""Records after which the auditor may speak while there is more to read."""


@dataclass(slots=True, frozen=True)
class FollowerLimits:
    """How often, and how much of the log stays.

    A snapshot is taken after ``snapshot_records`` records, or ``snapshot_ms`` when there was any,
    and at once when another stored format is in force: a build that goes back needs it.
    Records younger than ``keep_ms`` stay for history, unless the log is larger than ``keep_bytes``.
    Between two polls ``scrub_records`` of those that a restart would read are looked at again, and
    after ``scrub_ms`` the newest snapshot.
    """

    poll_ms: int = 200
    snapshot_records: int = 100_000
    snapshot_ms: int = 600_000
    keep_ms: int = 86_400_000
    keep_bytes: int = 2_000_000_000
    scrub_records: int = 1_000
    scrub_ms: int = 60_000


class MemoryDiffers(Exception):
    """The owner holds another state than its log makes: it must rebuild."""


class Follower:
    """Follows one workspace. ``run`` ends only by cancellation, CannotApply or MemoryDiffers."""

    def __init__(
        self,
        store: Store,
        workspace: str,
        now_ms: Callable[[], int],
        limits: FollowerLimits | None = None,
        audit: Audit | None = None,
    ) -> None:
        """``audit`` reads along, once everything that was there is read."""
        self._audit = audit
        self._store, self._workspace, self._now_ms = store, workspace, now_ms
        self._limits = limits or FollowerLimits()
        self._at: Rebuilt | None = None
        self._taken_at_ms = 0
        self._taken_count = 0
        self._taken_format = 0
        self._young: list[tuple[int, Position]] = []
        self._witness = Witness()
        self._scrub = Scrub(store, workspace, self._limits.scrub_records)
        self._damaged = False
        self._newest = (START, b"")
        self._looked_at_ms = 0

    @property
    def position(self) -> Position:
        """Up to where it has read."""
        return self._at.last if self._at else START

    async def run(self) -> None:
        """Follow for ever. Raises CannotApply, MemoryDiffers, StoreUnavailable."""
        await self.begin()
        while True:
            count = await self.catch_up()
            if self._audit is not None:
                self._audit.rest(self.position, idle=count == 0)
            await self.look_again()
            if self.is_due():
                await self.take_snapshot()
            await asyncio.sleep(self._limits.poll_ms / 1000)

    async def begin(self) -> None:
        """Read what is there. Raises CannotApply, StoreUnavailable."""
        if self._audit is not None:
            self._audit.busy("reading the log")
        # Not what somebody wrote past the fence: a snapshot of that would poison a restart.
        last = await self._store.log.written() or await self._store.log.last()
        self._at = await rebuild(self._store, self._workspace, last or START)
        kept = await self._store.snapshots.positions()
        await self._drop_damaged([place for place in kept if place > self._at.since])
        await self._begin_scrub(self._at.since)
        self._witness = Witness()
        if self._audit is not None:
            self._audit.begin(self._at.state)
        self._taken_at_ms, self._taken_format = self._now_ms(), self._at.state.format
        since = self._at.since
        self._taken_count = self._at.journal.count if since == self._at.last else 0

    async def catch_up(self) -> int:
        """Take in what was written since; how many records. Raises CannotApply, MemoryDiffers."""
        at = self._at
        assert at is not None, "begin first"
        count = 0
        until = await self._store.log.written()
        async for position, record in self._store.log.read(at.last, until):
            event = at.apply(position, record)
            if isinstance(event, StateWitnessed):
                self._hold_to(event)
            self._witness.see(event)
            count += 1
            if self._audit is not None:
                self._audit.see(event, position)
                if count % REST_EVERY == 0:
                    self._audit.rest(position, idle=False)
        return count

    async def look_again(self) -> None:
        """Look at some of what a restart would read; take a snapshot when that has gone bad.

        Raises StoreUnavailable.
        """
        at = self._at
        assert at is not None, "begin first"
        wrong = await self._scrub.look(at) or await self._look_at_snapshot()
        if wrong:
            log.critical("%s; a snapshot is taken behind it", wrong)
            # The older of two would still be read through the damage: soon another one.
            self._damaged = await self.take_snapshot() is not None

    async def _begin_scrub(self, since: Position) -> None:
        """A restart would begin with this snapshot, and read the log after it."""
        self._newest, self._looked_at_ms = (START, b""), self._now_ms()
        if since == START:
            return
        with contextlib.suppress(Unreadable):
            prev = (await begin_with(self._store, self._workspace, since)).reader.prev
            self._scrub.begin_after(since, prev or NO_RECORD)
            self._newest = (since, digest_of(await self._store.snapshots.load(since)))

    async def _look_at_snapshot(self) -> str:
        """What is wrong with the newest snapshot, or "". Raises StoreUnavailable."""
        place, digest = self._newest
        if place == START or self._now_ms() - self._looked_at_ms < self._limits.scrub_ms:
            return ""
        self._looked_at_ms = self._now_ms()
        same = digest_of(await self._store.snapshots.load(place)) == digest
        return "" if same else f"snapshot {place} is not what it was"

    def _hold_to(self, event: StateWitnessed) -> None:
        """The writer's memory and ours must be the same; a stretch we saw half of is not judged."""
        at = self._at
        if at is None or self._witness.events != event.events:
            return
        found = self._witness.digest(at.state)
        if found != event.digest:
            raise MemoryDiffers(
                f"at {at.last} the owner's memory hashed to {event.digest}, the log to {found}"
            )

    def is_due(self) -> bool:
        """Whether it is time for a snapshot."""
        at = self._at
        assert at is not None, "begin first"
        records = at.journal.count - self._taken_count
        if at.state.format != self._taken_format:
            return True
        old = self._damaged or self._now_ms() - self._taken_at_ms >= self._limits.snapshot_ms
        return records >= self._limits.snapshot_records or (old and records > 0)

    async def take_snapshot(self) -> Position | None:
        """Write one, read it back, and trim the log; None when it did not come back as it was."""
        at = self._at
        assert at is not None and at.reader.prev is not None
        if self._audit is not None:
            self._audit.busy("taking a snapshot")
        self._taken_at_ms, self._taken_count = self._now_ms(), at.journal.count
        self._taken_format = at.state.format
        snapshot = Snapshot(
            self._workspace,
            str(at.last),
            at.reader.prev,
            at.journal.count,
            at.state,
            at.journal.places,
        )
        chunks, written = write_snapshot(snapshot_key(self._workspace, at.last), snapshot)
        newest, digest = self._newest
        if newest != START and digest_of(await self._store.snapshots.load(newest)) != digest:
            await self._drop_damaged([newest])
        await self._store.snapshots.save(at.last, chunks)
        if not await self._comes_back(at.last, written):
            return None
        log.info("snapshot at %s, state %s", at.last, written)
        self._damaged = False
        self._scrub.begin_after(at.last, at.reader.prev)
        self._newest, self._looked_at_ms = (at.last, digest_of(chunks)), self._now_ms()
        await self._trim(at)
        return at.last

    async def _drop_damaged(self, places: list[Position]) -> None:
        """What has gone bad is no generation: it would push out one that can be read, and the log
        would be trimmed behind it. One that another build wrote is left alone.
        """
        for place in places:
            try:
                await begin_with(self._store, self._workspace, place)
            except (DamagedRecord, NotARecord) as error:
                log.critical("snapshot %s is dropped: %s", place, error)
                await self._store.snapshots.drop(place)
            except Unreadable as error:
                log.error("snapshot %s cannot be read here: %s", place, error)

    async def _comes_back(self, at: Position, written: str) -> bool:
        try:
            found = state_hash((await begin_with(self._store, self._workspace, at)).state)
        except Unreadable as error:
            found = str(error)
        if found == written:
            return True
        log.error("snapshot %s did not come back as it was written: %s", at, found)
        await self._store.snapshots.drop(at)
        return False

    async def _trim(self, at: Rebuilt) -> None:
        """Drop what the older of two snapshots holds and history does not need."""
        self._young.append((at.state.last_at, at.last))
        kept = await self._store.snapshots.positions()
        if len(kept) < GENERATIONS:
            return
        oldest_kept = kept[GENERATIONS - 1]
        _, used = await self._store.log.size()
        before = oldest_kept if used > self._limits.keep_bytes else self._history_from(oldest_kept)
        if before is not None:
            gone = await self._store.log.trim(before)
            log.info("trimmed %d records before %s", gone, before)

    def _history_from(self, oldest_kept: Position) -> Position | None:
        """The newest place that is old enough for history and behind the older snapshot."""
        bound = self._now_ms() - self._limits.keep_ms
        old = [place for at_ms, place in self._young if at_ms <= bound and place <= oldest_kept]
        if not old:
            return None
        self._young = [one for one in self._young if one[1] >= old[-1]]
        return old[-1]
