"""The state at a place in the log: from the newest snapshot that can be read and what came after.

A snapshot that cannot be read, or does not fit the log, is passed by for the one before it and at
last for the log from its beginning: it costs time and nothing else. MUST NOT skip a record of the
log. A log that was trimmed and has no readable snapshot before what is left is refused.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from app.codec.chain import LogReader
from app.codec.errors import BrokenChain, UnknownFormat, Unreadable, WrongIdentity
from app.codec.events import decode
from app.codec.formats import NEWEST, reads_text
from app.codec.snapshot import read_snapshot
from app.domain.events import Event, FormatFinalized
from app.domain.fold import fold
from app.domain.state import State
from app.ports import START, Position, Record, Store
from app.shell.journal import Journal

log = logging.getLogger(__name__)


class CannotApply(Exception):
    """A record of the log cannot be read or does not fit; this build must not own the workspace."""

    def __init__(self, position: Position, why: str) -> None:
        super().__init__(f"log record {position}: {why}")
        self.position = position


class FormatNotRead(CannotApply):
    """The log is finalized at a stored format that came after this build."""

    def __init__(self, position: Position, found: int) -> None:
        super().__init__(position, f"{reads_text()}, the log is finalized at {found}")


@dataclass(slots=True)
class Rebuilt:
    """A workspace at ``last``. ``since``: the snapshot it began with (START: none)."""

    workspace: str
    state: State
    journal: Journal
    reader: LogReader
    last: Position = START
    since: Position = START
    passed_by: list[str] = field(default_factory=list)

    def apply(self, position: Position, record: Record) -> Event:
        """Take the next record in. Raises CannotApply, and then stays where it was."""
        try:
            event = self.reader.decode(record)
            fold(self.state, event)
        except (Unreadable, AssertionError, LookupError) as error:
            raise CannotApply(position, f"{type(error).__name__}: {error}") from error
        if isinstance(event, FormatFinalized) and event.format > NEWEST:
            raise FormatNotRead(position, event.format)
        self.journal.note(event, position)
        self.last = position
        return event


def log_key(workspace: str) -> bytes:
    """The name that every record of the log is bound to."""
    return f"{{{workspace}}}:log".encode()


def snapshot_key(workspace: str, at: Position) -> bytes:
    """The name that every record of one snapshot is bound to."""
    return f"{{{workspace}}}:snap:{at}".encode()


async def read_records(
    store: Store, workspace: str, positions: Sequence[Position]
) -> list[tuple[Position, Event] | None]:
    """Single events by their places; None where the log was trimmed or cannot be read any more."""
    key = log_key(workspace)
    found: list[tuple[Position, Event] | None] = []
    for position, record in zip(positions, await store.log.get(positions), strict=True):
        try:
            found.append((position, decode(workspace, key, record)[0]) if record else None)
        except Unreadable as error:
            log.error("log record %s cannot be shown: %s", position, error)
            found.append(None)
    return found


async def rebuild(
    store: Store, workspace: str, until: Position, *, among: Sequence[Position] | None = None
) -> Rebuilt:
    """The workspace after the record at ``until``. Raises CannotApply, StoreUnavailable.

    ``among``: begin with one of these snapshots only (absent: with any).
    """
    passed_by: list[str] = []
    unread: list[int] = []
    if among is None:
        among = await store.snapshots.positions() if until != START else []
    async for rebuilt in _beginnings(store, workspace, until, among, passed_by, unread):
        try:
            if rebuilt.last != until:
                async for position, record in store.log.read(rebuilt.last, until):
                    rebuilt.apply(position, record)
            if rebuilt.last != until:
                why = f"is missing: the log ends there, and its last record is {rebuilt.last}"
                raise CannotApply(until, why)
        except CannotApply as error:
            if rebuilt.since == START:
                raise _named(error, rebuilt, passed_by, unread) from error
            # Maybe the snapshot is what does not fit: the log alone will tell.
            passed_by.append(f"snapshot {rebuilt.since}: {error}")
            continue
        for why in passed_by:
            log.error("passed by: %s", why)
        rebuilt.passed_by = passed_by
        return rebuilt
    raise AssertionError("the log from its beginning is always tried")


def _named(
    error: CannotApply, rebuilt: Rebuilt, passed_by: list[str], unread: list[int]
) -> CannotApply:
    """What the operator has to know: the record, or that the beginning of the log is gone."""
    if unread and not isinstance(error, FormatNotRead):
        return FormatNotRead(error.position, max(unread))
    if rebuilt.last != START or not isinstance(error.__cause__, BrokenChain):
        return error
    why = "the log begins here, what came before was trimmed, and no snapshot of it can be read"
    return CannotApply(error.position, "; ".join([why, *passed_by]))


async def _beginnings(
    store: Store,
    workspace: str,
    until: Position,
    among: Sequence[Position],
    passed_by: list[str],
    unread: list[int],
) -> AsyncIterator[Rebuilt]:
    """What to start from, best first: snapshots, newest first, then nothing.

    ``unread`` gets the formats of those that only a newer build can read.
    """
    for at in among:
        try:
            beginning = await begin_with(store, workspace, at)
        except Unreadable as error:
            kind = "of another workspace" if isinstance(error, WrongIdentity) else "unreadable"
            passed_by.append(f"snapshot {at} is {kind}: {error}")
            unread += [error.found] if isinstance(error, UnknownFormat) else []
            continue
        if at > until:
            why = f"the log ends at {until}, but a snapshot was taken at {at}: its tail was lost"
            raise CannotApply(until, why)
        yield beginning
    yield Rebuilt(workspace, State(), Journal(), LogReader(workspace, log_key(workspace)))


async def begin_with(store: Store, workspace: str, at: Position) -> Rebuilt:
    """The workspace at one snapshot. Raises Unreadable, StoreUnavailable."""
    chunks = await store.snapshots.load(at)
    snapshot = read_snapshot(snapshot_key(workspace, at), workspace, chunks)
    if snapshot.at != str(at):
        raise WrongIdentity(snapshot.at, str(at))
    journal = Journal(snapshot.places, snapshot.count)
    reader = LogReader(workspace, log_key(workspace), snapshot.prev)
    return Rebuilt(workspace, snapshot.state, journal, reader, at, at)
