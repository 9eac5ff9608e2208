"""What the shell needs from the world, as Protocols; the adapters fulfil them.

Exactly three kinds of trouble exist. ``StoreFenced`` is definite: nothing was written and this
node no longer owns the workspace. ``StoreUnavailable`` is definite: nothing was written.
``StoreUncertain`` is indefinite: the write may or may not have happened, and only reading the tail
back can tell.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Record = bytes
"""One encoded, self-describing stored record (see ``app.codec``); opaque to every adapter."""


@dataclass(slots=True, frozen=True, order=True)
class Position:
    """Place in the log: the ``<epoch>-<n>`` of a Redis Stream id. ``Position(0, 0)`` is before the
    first.
    """

    epoch: int
    n: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.n}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read ``<epoch>-<n>``. Raises ValueError on anything else."""
        epoch, _, n = text.partition("-")
        return cls(int(epoch), int(n))


START = Position(0, 0)


@dataclass(slots=True, frozen=True)
class Ownership:
    """Proof of owning a workspace: ``nonce`` is random per takeover, ``last`` the log's end at
    that moment.
    """

    epoch: int
    nonce: str
    last: Position


class StoreFenced(Exception):
    """Another node owns the workspace now. Definite: this write was not done. MUST step down."""


class StoreConflict(StoreFenced):
    """The log's end is not where this writer left it: ``found`` is where it is."""

    def __init__(self, found: Position) -> None:
        super().__init__(f"log ends at {found}")
        self.found = found


class StoreGone(StoreFenced):
    """The log vanished (FLUSHALL, DEL). Never answered by starting empty."""


class StoreHeld(Exception):
    """The lease belongs to another living node for at most ``for_ms`` more."""

    def __init__(self, for_ms: int) -> None:
        super().__init__(f"owned by another node for at most {for_ms} ms")
        self.for_ms = for_ms


class StoreUnavailable(Exception):
    """Definite: the store could not be asked, nothing was written."""


class StoreUncertain(Exception):
    """Indefinite: asked, but no answer came."""


class Log(Protocol):
    """The only truth: an append-only stream of records per workspace."""

    async def append(
        self, owner: Ownership, expected: Position, records: Sequence[Record]
    ) -> Position:
        """Write ``records`` as ``<owner.epoch>-<n+1…>`` after ``expected``, all or nothing, and
        return the new end.

        ``n`` continues from ``expected`` when its epoch is the owner's, else starts at 0. Durable
        as the store's level promises when this returns. MUST NOT retry by itself. Raises
        StoreFenced, StoreConflict, StoreGone, StoreUnavailable, StoreUncertain.
        """
        ...

    async def last(self) -> Position | None:
        """The log's end; None when there is no log. Raises StoreUnavailable."""
        ...

    async def written(self) -> Position | None:
        """Up to where owners wrote; what stands after it, nobody wrote who may. None: not known.

        Raises StoreUnavailable.
        """
        ...

    def read(
        self, after: Position, until: Position | None = None
    ) -> AsyncIterator[tuple[Position, Record]]:
        """Every record after ``after`` (exclusive) up to ``until`` (inclusive), in order, in
        pages.
        """
        ...

    async def get(self, positions: Sequence[Position]) -> list[Record | None]:
        """The records at these places (None: trimmed away)."""
        ...

    async def trim(self, before: Position) -> int:
        """Drop records before this place, never the last one, and return how many went.

        Some may stay that could go. Only what a snapshot holds may be dropped: that is the caller's
        to know. Raises StoreUnavailable.
        """
        ...

    async def put_aside(self, owner: Ownership, end: Position) -> int:
        """Make ``end``, where a record stands, the log's end again, and return how many records
        stood after it. What was there is kept out of the way, as evidence.

        Only for records that nobody wrote who owned the log. Raises StoreFenced, StoreConflict
        (nothing stands at ``end``), StoreGone, StoreUnavailable, StoreUncertain.
        """
        ...

    async def size(self) -> tuple[int, int]:
        """(records, bytes in the store). Raises StoreUnavailable."""
        ...


class Lease(Protocol):
    """Who owns a workspace. The lease is for liveness only; the fence is in ``Log.append``."""

    async def acquire(self, node: str, ttl_ms: int, *, force: bool = False) -> Ownership:
        """Take ownership with epoch + 1 and a new nonce. Raises StoreHeld unless ``force``;
        StoreGone where a log once was; StoreUnavailable.
        """
        ...

    async def renew(self, owner: Ownership, ttl_ms: int) -> None:
        """Stay owner. Raises StoreFenced when another took over; StoreUnavailable."""
        ...

    async def release(self, owner: Ownership) -> None:
        """Let the next owner in at once. Never raises StoreFenced."""
        ...


class Snapshots(Protocol):
    """Derived data: whole states at a position. An unreadable one costs time, and loses nothing
    while the generation before it or the log from its beginning is there.
    """

    async def save(self, at: Position, chunks: Sequence[Record]) -> None:
        """Store a snapshot under its position; two generations are kept."""
        ...

    async def positions(self) -> list[Position]:
        """Where there are snapshots, newest first."""
        ...

    async def load(self, at: Position) -> list[Record]:
        """The chunks of one; none when it is not there, or not whole."""
        ...

    async def drop(self, at: Position) -> None:
        """Forget one that cannot be read."""
        ...


Facts = Mapping[str, str | int]
"""What a node says of itself. One of another build may say more, or less."""


class Nodes(Protocol):
    """Who is there, and what each can do. Hints for people and for caution: nothing is fenced by
    them.
    """

    async def announce(self, node: str, facts: Facts, ttl_ms: int) -> None:
        """Say that ``node`` is there for the next ``ttl_ms``. Raises StoreUnavailable."""
        ...

    async def all(self) -> dict[str, Facts]:
        """Those who are there, by name. Raises StoreUnavailable."""
        ...

    async def withdraw(self, node: str) -> None:
        """It is not there any more. Raises StoreUnavailable."""
        ...


class Chronicle(Protocol):
    """Samples by the instant they are of, in series. Derived data: nothing is decided by it, and
    one that is lost is a gap in a chart.
    """

    async def add(self, series: str, at: int, record: Record) -> bool:
        """Keep a sample of ``at`` (ms, above 0). False: that instant, or a later one, is there.

        Raises StoreUnavailable.
        """
        ...

    async def read(
        self, series: str, since: int, until: int, limit: int
    ) -> list[tuple[int, Record]]:
        """Those of [since, until), the oldest first, at most ``limit``. Raises StoreUnavailable."""
        ...

    async def trim(self, series: str, before: int) -> int:
        """Drop what is of before this instant; how many went. Raises StoreUnavailable."""
        ...


class Vault(Protocol):
    """Small secrets of the installation (cookie signing), created once."""

    async def secret(self, name: str, candidate: bytes) -> bytes:
        """The stored value of ``name``; ``candidate`` becomes it if there is none."""
        ...


@dataclass(slots=True, frozen=True)
class Durability:
    """What the store promises, in words for the operator: level is always, everysec, replicated or
    memory.
    """

    level: str
    detail: str


class Store(Protocol):
    """All ports of one workspace in one place; ``aclose`` lets its connections go."""

    log: Log
    lease: Lease
    snapshots: Snapshots
    nodes: Nodes
    chronicle: Chronicle
    vault: Vault

    async def durability(self) -> Durability:
        """The level in force. Raises StoreUnavailable."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class Clock(Protocol):
    """Time. Wall jumps do not show: it advances with the machine's boot-time clock."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, never going back within a process."""
        ...
