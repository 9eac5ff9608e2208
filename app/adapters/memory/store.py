"""The ports on a ``MemoryDisk``: adds the waiting, the faults and the time.

MUST NOT hold state of its own, so that a second store on the same disk sees exactly what a second
node would. Every call asks the faults first; an append also yields to the loop, as a real one
must.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence

from app.adapters.memory.disk import MemoryDisk, MemoryWorkspace
from app.adapters.memory.faults import Fault, Faults
from app.ports import (
    Chronicle,
    Clock,
    Durability,
    Facts,
    Lease,
    Log,
    Nodes,
    Ownership,
    Position,
    Record,
    Snapshots,
    StoreUncertain,
    Vault,
)


def _machine_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class MemoryStore:
    """A whole store in memory. ``clock`` times the lease; without one it is the machine's."""

    def __init__(
        self,
        disk: MemoryDisk | None = None,
        *,
        workspace: str = "main",
        clock: Clock | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.disk = disk or MemoryDisk()
        self.faults = faults or Faults()
        now_ms = clock.now_ms if clock else _machine_ms
        self.log: Log = MemoryLog(self.disk, workspace, self.faults)
        self.lease: Lease = MemoryLease(self.disk, workspace, self.faults, now_ms)
        self.snapshots: Snapshots = MemorySnapshots(self.disk, workspace, self.faults)
        self.nodes: Nodes = MemoryNodes(self.disk, workspace, self.faults, now_ms)
        self.chronicle: Chronicle = MemoryChronicle(self.disk, workspace, self.faults)
        self.vault: Vault = MemoryVault(self.disk, workspace, self.faults)

    async def durability(self) -> Durability:
        """Always ``memory``."""
        self.faults.check()
        return Durability("memory", "nothing outlives this process")

    async def aclose(self) -> None:
        """There is nothing to close; the disk stays."""


class _Part:
    def __init__(self, disk: MemoryDisk, workspace: str, faults: Faults) -> None:
        self._disk = disk
        self._name = workspace
        self._faults = faults

    def _workspace(self) -> MemoryWorkspace:
        self._faults.check()
        # Looked up each time: a wiped disk has new ones.
        return self._disk.workspace(self._name)


class MemoryLog(_Part):
    """``ports.Log`` in memory."""

    async def append(
        self, owner: Ownership, expected: Position, records: Sequence[Record]
    ) -> Position:
        """See ``ports.Log.append``. Raises ValueError for no records."""
        if not records:
            raise ValueError("nothing to append")
        self._faults.check()
        fault = await self._faults.before_append()
        if fault is Fault.LOST_REQUEST:
            raise StoreUncertain("the request was lost by order of a simulation")
        end = self._workspace().append(owner, expected, records)
        if fault is Fault.LOST_REPLY:
            raise StoreUncertain("the reply was lost by order of a simulation")
        return end

    async def last(self) -> Position | None:
        """See ``ports.Log.last``."""
        return self._workspace().last

    async def written(self) -> Position | None:
        """See ``ports.Log.written``."""
        kept = self._workspace()
        return kept.end if kept.born else None

    async def read(
        self, after: Position, until: Position | None = None
    ) -> AsyncIterator[tuple[Position, Record]]:
        """See ``ports.Log.read``; ends at what was the end when it began."""
        for entry in self._workspace().between(after, until):
            yield entry

    async def get(self, positions: Sequence[Position]) -> list[Record | None]:
        """See ``ports.Log.get``."""
        entries = self._workspace().entries
        return [entries.get(place) for place in positions]

    async def trim(self, before: Position) -> int:
        """See ``ports.Log.trim``."""
        return self._workspace().trim(before)

    async def put_aside(self, owner: Ownership, end: Position) -> int:
        """See ``ports.Log.put_aside``."""
        return self._workspace().put_aside(owner, end)

    async def size(self) -> tuple[int, int]:
        """See ``ports.Log.size``."""
        entries = self._workspace().entries
        return len(entries), sum(map(len, entries.values()))


class MemoryLease(_Part):
    """``ports.Lease`` in memory."""

    def __init__(
        self, disk: MemoryDisk, workspace: str, faults: Faults, now_ms: Callable[[], int]
    ) -> None:
        super().__init__(disk, workspace, faults)
        self._now_ms = now_ms

    async def acquire(self, node: str, ttl_ms: int, *, force: bool = False) -> Ownership:
        """See ``ports.Lease.acquire``; StoreGone where a log once was and is no more."""
        nonce = self._disk.next_nonce()
        return self._workspace().acquire(nonce, self._now_ms(), ttl_ms, force=force)

    async def renew(self, owner: Ownership, ttl_ms: int) -> None:
        """See ``ports.Lease.renew``."""
        self._workspace().renew(owner, self._now_ms(), ttl_ms)

    async def release(self, owner: Ownership) -> None:
        """See ``ports.Lease.release``."""
        self._workspace().release(owner)


class MemorySnapshots(_Part):
    """``ports.Snapshots`` in memory."""

    async def save(self, at: Position, chunks: Sequence[Record]) -> None:
        """See ``ports.Snapshots.save``."""
        self._workspace().save(at, chunks)

    async def positions(self) -> list[Position]:
        """See ``ports.Snapshots.positions``."""
        return sorted(self._workspace().snapshots, reverse=True)

    async def load(self, at: Position) -> list[Record]:
        """See ``ports.Snapshots.load``."""
        return list(self._workspace().snapshots.get(at, ()))

    async def drop(self, at: Position) -> None:
        """See ``ports.Snapshots.drop``."""
        self._workspace().snapshots.pop(at, None)


class MemoryNodes(_Part):
    """``ports.Nodes`` in memory."""

    def __init__(
        self, disk: MemoryDisk, workspace: str, faults: Faults, now_ms: Callable[[], int]
    ) -> None:
        super().__init__(disk, workspace, faults)
        self._now_ms = now_ms

    async def announce(self, node: str, facts: Facts, ttl_ms: int) -> None:
        """See ``ports.Nodes.announce``."""
        self._workspace().nodes[node] = (self._now_ms() + ttl_ms, dict(facts))

    async def all(self) -> dict[str, Facts]:
        """See ``ports.Nodes.all``."""
        return dict(self._workspace().nodes_at(self._now_ms()))

    async def withdraw(self, node: str) -> None:
        """See ``ports.Nodes.withdraw``."""
        self._workspace().nodes.pop(node, None)


class MemoryChronicle(_Part):
    """``ports.Chronicle`` in memory."""

    async def add(self, series: str, at: int, record: Record) -> bool:
        """See ``ports.Chronicle.add``."""
        kept = self._workspace().chronicle.setdefault(series, {})
        if at <= max(kept, default=0):
            return False
        kept[at] = record
        return True

    async def read(
        self, series: str, since: int, until: int, limit: int
    ) -> list[tuple[int, Record]]:
        """See ``ports.Chronicle.read``."""
        kept = self._workspace().chronicle.get(series, {})
        return [one for one in kept.items() if since <= one[0] < until][:limit]

    async def trim(self, series: str, before: int) -> int:
        """See ``ports.Chronicle.trim``."""
        kept = self._workspace().chronicle.get(series, {})
        gone = [at for at in kept if at < before]
        for at in gone:
            del kept[at]
        return len(gone)


class MemoryVault(_Part):
    """``ports.Vault`` in memory."""

    async def secret(self, name: str, candidate: bytes) -> bytes:
        """See ``ports.Vault.secret``."""
        return self._workspace().vault.setdefault(name, candidate)
