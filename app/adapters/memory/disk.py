"""What a memory store keeps: the rules of the log and of its ownership, without any waiting.

The rules are those of the Lua scripts of the Redis adapter, in the same order of refusal, so that a
simulation meets the same answers. MUST NOT await: a call is atomic because nothing runs in between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.ports import (
    START,
    Ownership,
    Position,
    Record,
    StoreConflict,
    StoreFenced,
    StoreGone,
    StoreHeld,
)

SNAPSHOTS_KEPT = 2


@dataclass(slots=True)
class MemoryWorkspace:
    """Everything of one workspace. ``born`` outlives the log, so that a vanished log is noticed."""

    places: list[Position] = field(default_factory=list)
    entries: dict[Position, Record] = field(default_factory=dict)
    last: Position | None = None
    born: bool = False
    end: Position = START
    epoch: int = 0
    nonce: str = ""
    lease_nonce: str = ""
    lease_until_ms: int = 0
    snapshots: dict[Position, tuple[Record, ...]] = field(default_factory=dict)
    nodes: dict[str, tuple[int, dict[str, str | int]]] = field(default_factory=dict)
    chronicle: dict[str, dict[int, Record]] = field(default_factory=dict)
    vault: dict[str, bytes] = field(default_factory=dict)
    aside: list[tuple[Position, Record]] = field(default_factory=list)

    def append(self, owner: Ownership, expected: Position, records: Sequence[Record]) -> Position:
        """Write after ``expected`` or refuse: gone, fenced, conflict, in this order."""
        if self.last is None and (self.born or expected != START):
            raise StoreGone("the log vanished")
        self._check_owner(owner)
        found = self.last or START
        if found != expected:
            raise StoreConflict(found)
        first = expected.n + 1 if expected.epoch == owner.epoch else 0
        places = [Position(owner.epoch, first + i) for i in range(len(records))]
        self.places.extend(places)
        self.entries.update(zip(places, records, strict=True))
        self.last = self.end = places[-1]
        self.born = True
        return places[-1]

    def between(self, after: Position, until: Position | None) -> list[tuple[Position, Record]]:
        """What was written after ``after`` up to and including ``until``."""
        first = bisect_right(self.places, after)
        last = len(self.places) if until is None else bisect_right(self.places, until)
        return [(place, self.entries[place]) for place in self.places[first:last]]

    def trim(self, before: Position) -> int:
        """Drop what was written before this place, never the last record."""
        gone = min(bisect_left(self.places, before), max(len(self.places) - 1, 0))
        for place in self.places[:gone]:
            del self.entries[place]
        del self.places[:gone]
        return gone

    def put_aside(self, owner: Ownership, end: Position) -> int:
        """Take away what stands after ``end``. Raises StoreGone, StoreFenced, StoreConflict."""
        if self.last is None:
            raise StoreGone("the log vanished")
        self._check_owner(owner)
        if end not in self.entries:
            raise StoreConflict(self.last)
        foreign = self.between(end, None)
        self.aside += foreign
        del self.places[len(self.places) - len(foreign) :]
        for place, _ in foreign:
            del self.entries[place]
        # What was put aside may have been the owner's own, written and never acknowledged.
        self.last = self.end = end
        return len(foreign)

    def acquire(self, nonce: str, now_ms: int, ttl_ms: int, *, force: bool) -> Ownership:
        """Open the next epoch. Raises StoreHeld while a lease lives, StoreGone without a log."""
        if self.lease_nonce and now_ms < self.lease_until_ms and not force:
            raise StoreHeld(self.lease_until_ms - now_ms)
        if self.last is None and self.born:
            raise StoreGone("the log vanished")
        last = self.last or START
        if last < self.end:
            raise StoreGone(
                f"the log ends at {last}, but {self.end} was written: its tail was lost"
            )
        self.epoch, self.nonce = max(self.epoch, last.epoch) + 1, nonce
        self._lend(now_ms + ttl_ms)
        return Ownership(self.epoch, nonce, last)

    def renew(self, owner: Ownership, now_ms: int, ttl_ms: int) -> None:
        """Lengthen the lease, also one that ran out while nobody took over."""
        self._check_owner(owner)
        self._lend(now_ms + ttl_ms)

    def release(self, owner: Ownership) -> None:
        """End the lease if it is this owner's."""
        if self.lease_nonce == owner.nonce:
            self.lease_nonce = ""

    def save(self, at: Position, chunks: Sequence[Record]) -> None:
        """Keep the snapshot and the newest other one. Raises ValueError for no chunks."""
        if not chunks:
            raise ValueError("nothing to save")
        self.snapshots[at] = tuple(chunks)
        for old in sorted(self.snapshots, reverse=True)[SNAPSHOTS_KEPT:]:
            del self.snapshots[old]

    def nodes_at(self, now_ms: int) -> dict[str, dict[str, str | int]]:
        """Who is there now, by name; the others are forgotten."""
        self.nodes = {name: node for name, node in self.nodes.items() if node[0] > now_ms}
        return {name: dict(self.nodes[name][1]) for name in sorted(self.nodes)}

    def lose_log(self) -> None:
        """What DEL of the log key does to a real store."""
        self.places.clear()
        self.entries.clear()
        self.last = None

    def _check_owner(self, owner: Ownership) -> None:
        if (owner.epoch, owner.nonce) != (self.epoch, self.nonce):
            raise StoreFenced(f"epoch {owner.epoch} is over")

    def _lend(self, until_ms: int) -> None:
        self.lease_nonce, self.lease_until_ms = self.nonce, until_ms


class MemoryDisk:
    """What outlives a ``MemoryStore``: stores that share a disk are nodes on one database."""

    def __init__(self) -> None:
        self.workspaces: dict[str, MemoryWorkspace] = {}
        self._takeovers = 0

    def workspace(self, name: str) -> MemoryWorkspace:
        """The workspace of this name, made on first use."""
        return self.workspaces.setdefault(name, MemoryWorkspace())

    def next_nonce(self) -> str:
        """Never the same twice, and the same in every run of one simulation."""
        self._takeovers += 1
        return f"{self._takeovers:016x}"

    def wipe(self) -> None:
        """What FLUSHALL does to a real store."""
        self.workspaces.clear()
