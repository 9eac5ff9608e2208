"""Taking a workspace over: the lease, then snapshot and log, then an epoch of our own.

MUST NOT skip a record that cannot be read: this node then refuses to own the workspace. MUST NOT
start empty where a log has been.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.codec.chain import seal_batch
from app.codec.formats import NEWEST
from app.codec.witness import Witness
from app.domain import commands as c
from app.domain.engine import Engine
from app.domain.events import Event, FormatFinalized
from app.ports import (
    START,
    Ownership,
    Position,
    Record,
    Store,
    StoreGone,
    StoreUnavailable,
    StoreUncertain,
)
from app.shell.batch import EngineBroken, carry_out
from app.shell.calendar import LOOK_AGAIN_MS, Calendar
from app.shell.journal import Journal
from app.shell.mass_timeout import MassTimeout
from app.shell.rebuilding import CannotApply, log_key, rebuild
from app.shell.ring import Ring
from app.shell.suspects import Suspects


@dataclass(slots=True)
class Opened:
    """A workspace in memory: ``prev`` is the hash that the next record carries, ``in_format`` the
    stored format it is written in, ``passed_by`` the snapshots that could not be read,
    ``short_of`` a place that the log once reached and does not any more (START: none is known).
    """

    workspace: str
    owner: Ownership
    engine: Engine
    journal: Journal
    last: Position
    prev: bytes
    in_format: int
    calendar: Calendar
    witness: Witness = field(default_factory=Witness)
    passed_by: list[str] = field(default_factory=list)
    short_of: Position = START
    mass: MassTimeout = field(default_factory=MassTimeout)

    def first_commands(self, gen: str, node: str, grace_ms: int, now: int) -> list[c.Command]:
        """The opening of our epoch, doors included: before it nothing may be decided.

        Before it the log ``gen`` is opened, if there is none: with no past that another build must
        read, it begins in the newest format.
        """
        epoch = c.OpenEpoch(self.owner.epoch, node, grace_ms, self.calendar.due(now))
        if self.engine.state.gen:
            return [epoch]
        new = c.OpenWorkspace(self.workspace, gen)
        return [new, c.FinalizeFormat(NEWEST, "system"), epoch]

    def begin(self, commands: list[c.Command], now: int, suspects: Suspects) -> list[Event]:
        """Carry out the first commands; the convicted are skipped, then set aside.

        Raises EngineBroken.
        """
        self.engine.matcher.aside = suspects.convicted()
        events: list[Event] = []
        try:
            for command in (*commands, *suspects.commands()):
                events += carry_out(self.engine, command, now).events
        except EngineBroken as error:
            suspects.note(error.suspect)
            raise
        suspects.forget_convicted()
        self.engine.matcher.aside = frozenset()
        return events

    async def write(self, store: Store, events: list[Event], ring: Ring) -> None:
        """The first append of an epoch: no memory to keep yet, so any trouble ends the attempt.

        Raises StoreFenced, StoreUnavailable.
        """
        records, prev = self.seal(events)
        try:
            end = await store.log.append(self.owner, self.last, records)
        except StoreUncertain as error:
            raise StoreUnavailable(str(error)) from error
        ring.note(self.last, end, records)
        self.note(events, end, prev)

    def own(self, gap_ms: int, now: int) -> list[c.Command]:
        """What the owner has to say itself, before anything else is decided.

        ``gap_ms``: for how long nobody could decide.
        """
        own: list[c.Command] = []
        if self.witness.is_due:
            digest = self.witness.digest(self.engine.state)
            own.append(c.WitnessState(self.witness.events, digest))
        gap_ms = gap_ms or self.mass.grace_ms(self.engine, now)
        if gap_ms:
            own.append(c.ExtendDeadlines(gap_ms))
        return [*own, *self.calendar.due(now)]

    def due_ms(self, now: int) -> int | None:
        """How long to wait before looking again at what is due (None: nothing is, ever)."""
        instants = (self.engine.next_deadline(), self.calendar.next_at())
        due = [at for at in instants if at is not None]
        return min(min(due) - now, LOOK_AGAIN_MS) if due else None

    def seal(self, events: list[Event]) -> tuple[list[Record], bytes]:
        """The next records, and the hash of the last one. Raises WriteVerifyFailed."""
        key = log_key(self.workspace)
        return seal_batch(self.workspace, key, self.prev, events, in_format=self.in_format)

    def note(self, events: list[Event], end: Position, prev: bytes) -> None:
        """These events are durable now, the last one at ``end``."""
        for n, event in enumerate(events, end.n - len(events) + 1):
            if isinstance(event, FormatFinalized):
                self.in_format = event.format
            self.journal.note(event, Position(end.epoch, n))
            self.witness.see(event)
        self.last, self.prev = end, prev


async def take_over(
    store: Store,
    workspace: str,
    owner: Ownership,
    *,
    retention_ms: int,
    known_gen: str,
    known_end: Position = START,
    seen_end: Position = START,
) -> Opened:
    """Rebuild the workspace whose lease was just taken; it is let go again when that fails.

    ``known_gen`` is the log that this process has served before ('': none): another one under its
    name is never taken for it. ``known_end``: up to where this process had records acknowledged; a
    log that ends before has lost some. ``seen_end`` is what a process before this one saw: nobody
    has the records any more, so that one is told about. Raises CannotApply, StoreGone,
    StoreUnavailable.
    """
    try:
        found = await rebuild(store, workspace, owner.last)
        if known_gen not in ("", found.state.gen):
            message = f"the log of {workspace} vanished: restore the store's data, then restart"
            raise StoreGone(message)
        if owner.last < known_end:
            why = f"the log of {workspace} ends at {owner.last}, but {known_end} was acknowledged"
            raise StoreGone(
                f"{why}: its tail was lost. Restore the store's data; a restart goes on without it"
            )
    except (CannotApply, StoreGone):
        # A node that can read the log may have it; this one must not.
        await store.lease.release(owner)
        raise
    assert found.reader.prev is not None
    engine = Engine(found.state, retention_ms=retention_ms)
    return Opened(
        workspace,
        owner,
        engine,
        found.journal,
        owner.last,
        found.reader.prev,
        engine.state.format,
        Calendar(engine.state),
        passed_by=found.passed_by,
        short_of=seen_end if owner.last < seen_end else START,
    )
