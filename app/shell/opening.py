"""Taking a workspace over: the lease, then the whole log, then an epoch of our own.

MUST NOT skip a record that cannot be read: this node then refuses to own the workspace. MUST NOT
start empty where a log has been.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.codec.chain import LogReader
from app.codec.errors import Unreadable
from app.domain.engine import Engine
from app.domain.events import Event
from app.domain.fold import fold
from app.domain.state import State
from app.ports import START, Ownership, Position, Store, StoreGone
from app.shell.journal import Journal


class CannotApply(Exception):
    """A record of the log cannot be read or does not fit; this build must not own the workspace."""

    def __init__(self, position: Position, why: str) -> None:
        super().__init__(f"log record {position}: {why}")
        self.position = position


@dataclass(slots=True)
class Opened:
    """A workspace in memory: ``prev`` is the hash that the next record carries."""

    owner: Ownership
    engine: Engine
    journal: Journal
    last: Position
    prev: bytes

    def note(self, events: list[Event], end: Position, prev: bytes) -> None:
        """These events are durable now, the last one at ``end``."""
        for n, event in enumerate(events, end.n - len(events) + 1):
            self.journal.note(event, Position(end.epoch, n))
        self.last, self.prev = end, prev


def log_key(workspace: str) -> bytes:
    """The name that every record of the log is bound to."""
    return f"{{{workspace}}}:log".encode()


async def replay(
    store: Store, workspace: str, until: Position
) -> tuple[State, Journal, bytes | None]:
    """The state after the record at ``until``. Raises CannotApply, StoreUnavailable."""
    state, journal = State(), Journal()
    reader = LogReader(workspace, log_key(workspace))
    if until != START:
        async for position, record in store.log.read(START, until):
            journal.note(_apply(state, reader, position, record), position)
    return state, journal, reader.prev


def _apply(state: State, reader: LogReader, position: Position, record: bytes) -> Event:
    try:
        event = reader.decode(record)
        fold(state, event)
    except (Unreadable, AssertionError, KeyError) as error:
        raise CannotApply(position, f"{type(error).__name__}: {error}") from error
    return event


async def take_over(
    store: Store, workspace: str, owner: Ownership, *, retention_ms: int, known_gen: str
) -> Opened:
    """Rebuild the workspace whose lease was just taken; it is let go again when that fails.

    ``known_gen`` is the log that this process has served before ('': none): another one under its
    name is never taken for it. Raises CannotApply, StoreGone, StoreUnavailable.
    """
    try:
        state, journal, prev = await replay(store, workspace, owner.last)
        if known_gen not in ("", state.gen):
            message = f"the log of {workspace} vanished: restore the store's data, then restart"
            raise StoreGone(message)
    except (CannotApply, StoreGone):
        # A node that can read the log may have it; this one must not.
        await store.lease.release(owner)
        raise
    assert prev is not None
    engine = Engine(state, retention_ms=retention_ms)
    return Opened(owner, engine, journal, owner.last, prev)
