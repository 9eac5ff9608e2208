"""The only writer of a workspace: inbox, ``Engine.apply``, one append in flight, then release.

Rules. Nothing that the engine decided leaves before its log position is durable (output commit).
While an append is in flight nothing else is decided, so what is visible between two batches is
always durable. When the store goes away, what was decided stays as it is and is written under the
same ids when the store is back; what was not yet decided is refused or, on a socket, answered
``pending``. A writer that is fenced throws its memory away. No rollback exists.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from app.codec.errors import WriteVerifyFailed
from app.domain import commands as c
from app.domain.engine import Engine
from app.domain.events import Event
from app.domain.state import State
from app.ports import (
    START,
    Clock,
    Durability,
    Position,
    Store,
    StoreFenced,
    StoreHeld,
    StoreUnavailable,
)
from app.shell.batch import Batch, EngineBroken
from app.shell.collecting import free_given_up, no_collection
from app.shell.committer import Committer
from app.shell.inbox import Inbox, answer_to
from app.shell.limits import Health, RouterLimits
from app.shell.meter import Meter
from app.shell.opening import Opened, take_over
from app.shell.outage import Outage
from app.shell.pulse import Pulse
from app.shell.rebuilding import CannotApply, FormatNotRead, log_key, read_records
from app.shell.shadow import Shadow
from app.shell.suspects import STRIKES, Suspects
from app.shell.work import Answer, Broken, Done, NotOwner, StoreDown

log = logging.getLogger(__name__)
T = TypeVar("T")
Publish = Callable[[Engine, list[Event], int], None]


class Router:
    """Owns one workspace. Construct, ``await open``, then let ``run`` go on as a task."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        workspace: str,
        node: str,
        *,
        gen: str,
        known_gen: str = "",
        seen_end: Position = START,
        limits: RouterLimits,
        meter: Meter,
        publish: Publish,
        forget: Callable[[], None],
    ) -> None:
        """``publish`` gets each batch once it is durable; ``forget`` is called when ownership ends.

        ``gen`` names the log if this node has to start one; ``known_gen`` is the one it must find.
        ``seen_end``: up to where it was once seen; one that ends before is told about, and served.
        """
        self.workspace, self.draining = workspace, False
        self.durability: Durability | None = None
        self.store, self._clock, self._node, self._gen = store, clock, node, gen
        self._limits, self._meter = limits, meter
        self._publish, self._forget = publish, forget
        self._opened: Opened | None = None
        self._inbox = Inbox(limits.inbox_max, meter)
        self._idle = asyncio.Event()
        self._idle.set()
        self._committer = Committer(store, meter, workspace)
        self.nodes, self.shadow = store.nodes, Shadow(workspace, log_key(workspace), meter)
        self.outage = Outage(limits.gap_min_ms)
        self._fenced: StoreFenced | None = None
        self._pulse = Pulse(clock.now_ms, limits.gap_min_ms, limits.lease_ttl_ms)
        self._why_not_owner = "opening"
        self.known_gen, self._seen_end, self._distrusted = known_gen, seen_end, ""
        self._suspects = Suspects()

    @property
    def engine(self) -> Engine:
        """The engine, to be read only. Raises NotOwner."""
        if self._opened is None:
            raise NotOwner(self._why_not_owner)
        return self._opened.engine

    @property
    def state(self) -> State:
        """The state, to be read only. Raises NotOwner."""
        return self.engine.state

    @property
    def opened(self) -> Opened | None:
        """What is owned, to be read only; durable and at rest in the ``done`` of a command."""
        return self._opened

    @property
    def owns(self) -> bool:
        """Whether this node owns the workspace now."""
        return self._opened is not None

    def now_ms(self) -> int:
        """The present instant."""
        return self._clock.now_ms()

    def post(
        self, command: c.Command | None, done: Done, pending: Callable[[], None] | None = None
    ) -> None:
        """Hand a command in; ``done`` is called exactly once, maybe at once. Never blocks."""
        if self._opened is None:
            return done(NotOwner(self._why_not_owner))
        self._inbox.put(command, done, pending)

    async def submit(self, command: c.Command | None) -> Answer:
        """Hand a command in and wait until what it did is durable. Raises Trouble."""
        return await answer_to(lambda done: self.post(command, done), self._limits.patience_ms)

    async def read(self, look: Callable[[Engine, int], T]) -> tuple[T, Position]:
        """What ``look`` sees now, once all of it is durable. Raises Trouble."""
        await self._confirm_for_reading()
        value = look(self.engine, self.now_ms())
        if not self._idle.is_set():
            if self.outage.is_on:
                raise StoreDown("the store is away")
            opened = self._opened
            try:
                async with asyncio.timeout(self._limits.patience_ms / 1000):
                    await self._idle.wait()
            except TimeoutError:
                raise StoreDown("the store is away") from None
            if self._opened is not opened:
                raise NotOwner(self._why_not_owner)
        return value, self.position

    async def records(self, positions: Sequence[Position]) -> list[tuple[Position, Event] | None]:
        """The events at these log positions; None where the log was trimmed."""
        return await read_records(self.store, self.workspace, positions)

    def timeline_positions(self, conversation_id: str) -> list[Position]:
        """Where the conversation's events are in the log."""
        return self._opened.journal.of(conversation_id) if self._opened else []

    @property
    def position(self) -> Position:
        """The durable end of the log."""
        return self._opened.last if self._opened else START

    def distrust(self, why: str) -> None:
        """Somebody found this memory to differ from the log: rebuild it from there."""
        self._distrusted = why
        self._inbox.wake.set()

    def health(self) -> Health:
        """Whether this router serves."""
        reasons = []
        if self._opened is None:
            reasons.append(f"not the owner of {self.workspace}: {self._why_not_owner}")
        if self.outage.is_on:
            reasons.append("the store does not answer")
        if self.draining:
            reasons.append("draining")
        at = self._opened.owner.epoch if self._opened else 0
        return Health(not reasons, reasons, self.workspace, at, self.position, self.durability)

    async def open(self, *, force: bool = False) -> None:
        """Take the workspace over; ``force``: its former owner is known to be dead. Raises
        StoreHeld, StoreFenced, StoreUnavailable, CannotApply.
        """
        with no_collection():
            for _ in range(STRIKES):
                with contextlib.suppress(EngineBroken):
                    return await self._open(force)
                force = True  # the lease is ours
            await self._open(force)

    async def _open(self, force: bool) -> None:
        limits = self._limits
        owner = await self.store.lease.acquire(self._node, limits.lease_ttl_ms, force=force)
        opened = await take_over(
            self.store,
            self.workspace,
            owner,
            retention_ms=limits.retention_ms,
            known_gen=self.known_gen,
            known_end=self._committer.ring.end,
            seen_end=self._seen_end,
        )
        self._fenced = None
        now = self.now_ms()
        first = opened.first_commands(self._gen, self._node, limits.grace_ms, now)
        events = opened.begin(first, now, self._suspects)
        await opened.write(self.store, events, self._committer.ring)
        self.known_gen, self._seen_end = opened.engine.state.gen, START
        self._opened = opened
        self._pulse.restart(now)
        self._publish(opened.engine, events, now)

    async def run(self) -> None:
        """Serve until cancelled, whenever it can be owned. Raises FormatNotRead: never again."""
        helpers = [
            asyncio.create_task(self._renew_lease(), name="lease"),
            asyncio.create_task(self._pulse.run(), name="pulse"),
        ]
        try:
            while True:
                try:
                    if self._opened is None:
                        free_given_up()
                        await self.open()
                    await self._serve()
                except EngineBroken as error:
                    if await self._disown(error):
                        continue
                except StoreFenced as error:
                    self._step_down(error)
                except FormatNotRead:
                    raise
                except (StoreUnavailable, StoreHeld, CannotApply) as error:
                    self._why_not_owner = str(error)
                await asyncio.sleep(self._limits.lease_renew_ms / 1000)
        finally:
            for helper in helpers:
                helper.cancel()

    async def close(self) -> None:
        """Let the next owner in at once. Call after ``run`` has ended."""
        if self._opened is not None:
            owner = self._opened.owner
            self._opened, self._why_not_owner = None, "stopped"
            with contextlib.suppress(StoreUnavailable):
                await self.store.lease.release(owner)

    async def _serve(self) -> None:
        opened = self._opened
        assert opened is not None
        while True:
            await self._until_work(opened)
            if not self._pulse.sure and not await self._confirm(opened):
                continue
            now = self.now_ms()
            # Neither an outage of the store nor a pause of our own is anybody's fault but ours.
            own = opened.own(self.outage.take_gap_ms() + self._pulse.paused_ms(), now)
            limit, batch = self._limits.batch_records_max, Batch()
            batch.decide(opened.engine, self._inbox, own, now, limit, self._meter)
            if batch.events:
                self._idle.clear()
                try:
                    await self._commit(opened, batch)
                finally:
                    self._idle.set()
                self._meter.observe("batch_records", len(batch.events))
                self._tell(opened, batch, now)
            # Events first: an answer may bring a snapshot, and that holds them already.
            batch.release(opened.last)

    def _tell(self, opened: Opened, batch: Batch, now: int) -> None:
        """Publish what is durable. A fault there is no reason to stop deciding for good."""
        try:
            self._publish(opened.engine, batch.events, now)
        except Exception as error:  # any fault of the telling: all come back and get snapshots
            log.exception("publishing stopped")
            batch.release(opened.last)
            raise EngineBroken(f"{type(error).__name__} while publishing") from error

    async def _until_work(self, opened: Opened) -> None:
        """Return when there is something to decide and the store is there."""
        while True:
            if self._fenced is not None:
                raise self._fenced
            if self._distrusted:
                why, self._distrusted = self._distrusted, ""
                raise EngineBroken(why)
            await self.outage.up.wait()
            due_ms = opened.due_ms(self.now_ms())
            if self._inbox or self.outage.has_gap or (due_ms is not None and due_ms <= 0):
                return
            self._inbox.wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if due_ms is None else due_ms / 1000):
                    await self._inbox.wake.wait()

    async def _commit(self, opened: Opened, batch: Batch) -> None:
        """Make the batch durable, however long the store is away."""
        try:
            records, prev = opened.seal(batch.events)
        except WriteVerifyFailed as error:
            log.exception("an event cannot be stored")
            batch.fail(Broken(str(error)))
            raise EngineBroken(str(error)) from error
        asked_at = self.now_ms()
        self.shadow.write(batch.events, opened.in_format, asked_at)
        try:
            end = await self._committer.append(
                opened.owner,
                opened.last,
                records,
                on_trouble=lambda: self._store_lost(batch, asked_at),
            )
        except StoreFenced:
            batch.fail(NotOwner("another node owns the workspace now"))
            raise
        self._pulse.confirm(asked_at)
        if self.outage.waited(asked_at, self.now_ms()):
            self._pulse.paused_ms()  # what stood still meanwhile is in it
        self._store_found()
        opened.note(batch.events, end, prev)

    def _store_lost(self, batch: Batch | None, asked_at: int | None = None) -> None:
        """The store does not answer, since ``asked_at`` at least: whoever can wait is told so."""
        paused_ms = self._pulse.paused_ms()
        if not self.outage.begin(asked_at or self.now_ms(), 0 if asked_at else paused_ms):
            return
        log.error("the store does not answer; deciding stops")
        if batch is not None:
            batch.wait()
        self._inbox.store_lost()

    def _store_found(self) -> None:
        """The store answers again; running deadlines are moved by the time it was away."""
        away_ms = self.outage.end(self.now_ms())
        if away_ms is None:
            return
        self._pulse.paused_ms()  # what stood still meanwhile is in it
        self._inbox.store_away = False
        log.warning("the store answers again after %d ms", away_ms)
        self._inbox.wake.set()

    async def _renew_lease(self) -> None:
        """Keep the lease, and notice a store that went away while nothing was written."""
        while True:
            await asyncio.sleep(0.2 if self.outage.is_on else self._limits.lease_renew_ms / 1000)
            if self._opened is not None:
                await self._confirm(self._opened)

    async def _confirm(self, opened: Opened) -> bool:
        """Ask the store whether we are still the owner, and renew the lease."""
        asked_at = self.now_ms()
        try:
            await self.store.lease.renew(opened.owner, self._limits.lease_ttl_ms)
        except StoreFenced as error:
            if self._opened is opened:
                self._fenced = error
                self.outage.up.set()
                self._inbox.wake.set()
        except StoreUnavailable:
            if self._idle.is_set():
                self.outage.up.clear()
                self._store_lost(None)
        else:
            self._pulse.confirm(asked_at)
            if self._idle.is_set():
                self._store_found()
            return True
        return False

    async def _confirm_for_reading(self) -> None:
        """What is shown is the state of the owner, not of somebody who once was."""
        opened = self._opened
        if opened is None or self._pulse.sure or await self._confirm(opened):
            return
        if self._fenced is not None:
            raise NotOwner(str(self._fenced))
        raise StoreDown("the store is away")

    async def _disown(self, error: EngineBroken) -> bool:
        """The engine is at fault, not the ownership: forget the memory, let the lease go."""
        if self._opened is None:
            self._why_not_owner = str(error)
            return False
        owner = self._opened.owner
        self._suspects.note(error.suspect)
        self._step_down(error)
        await self._committer.keep_tail(owner)
        with contextlib.suppress(StoreUnavailable):
            await self.store.lease.release(owner)
        return True

    def _step_down(self, error: Exception) -> None:
        """Forget everything; the log is the truth, and whoever owns it next rebuilds."""
        log.error("stepping down: %s", error)
        self._meter.count("step_downs_total", reason=type(error).__name__)
        self._opened, self._why_not_owner = None, str(error)
        self.outage.forget()
        self._fenced, self._inbox.store_away = None, False
        self._inbox.fail(NotOwner(str(error)))
        self._forget()
