"""The way to the store, as bad as a seed wants it, and the store's own accidents.

Each call is a request that travels, is carried out in the store's time, and is answered: either
half can be lost, late, or wait for a store that stands still. What was sent is carried out even
when its sender was killed. MUST keep the meaning of the ports' troubles: unavailable is definite.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from app.adapters.memory import MemoryDisk, MemoryStore
from app.campaign.sim.ledger import Ledger
from app.campaign.sim.processes import later
from app.ports import (
    Clock,
    Durability,
    Facts,
    Ownership,
    Position,
    Record,
    StoreFenced,
    StoreHeld,
    StoreUnavailable,
    StoreUncertain,
)

T = TypeVar("T")
TIMEOUT_S = 1.0
TROUBLES = (StoreFenced, StoreHeld, StoreUnavailable, StoreUncertain)


@dataclass(slots=True)
class Weather:
    """What befalls calls: chances of one in one. ``holding``: the store stands still."""

    lost_request: float = 0.0
    lost_reply: float = 0.0
    late: float = 0.0
    refused: float = 0.0
    slow: float = 0.0
    slow_s: float = 0.3
    holding: bool = False
    held: list[Callable[[], None]] = field(default_factory=list)

    def clear(self) -> None:
        """Everything works."""
        self.lost_request = self.lost_reply = self.late = self.refused = self.slow = 0.0
        self.release()

    def release(self) -> None:
        """The store goes on, with what it found waiting."""
        self.holding = False
        held, self.held = self.held, []
        for one in held:
            one()


class Way:
    """From one process to the store. ``cut``: nothing gets through."""

    def __init__(self, weather: Weather, chance: Random, faults: Counter[str]) -> None:
        self.weather, self._chance, self._faults = weather, chance, faults
        self.cut = False

    async def call(self, do: Callable[[], T], lost: type[Exception] = StoreUnavailable) -> T:
        """Have the store do it. ``lost`` is raised when no answer comes in time."""
        loop, weather, chance = asyncio.get_running_loop(), self.weather, self._chance
        if self.cut or (weather.refused and chance.random() < weather.refused):
            self._faults["store: refused"] += 1
            await asyncio.sleep(0.002)
            raise StoreUnavailable("connection refused")
        answer: asyncio.Future[tuple[bool, Any]] = loop.create_future()
        lot = chance.random()
        late_s = self._late_s(lot)
        if late_s is not None:
            later(late_s, self._arrive, do, answer, lot < weather.lost_request + weather.lost_reply)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                good, result = await answer
        except TimeoutError:
            raise lost("no answer in time") from None
        if good:
            return result  # type: ignore[no-any-return]
        raise result

    def _late_s(self, lot: float) -> float | None:
        """How long the request travels; None: it is lost."""
        weather, chance = self.weather, self._chance
        if lot < weather.lost_request:
            self._faults["store: request lost"] += 1
            return None
        if lot < weather.lost_request + weather.lost_reply:
            self._faults["store: reply lost"] += 1
            return 0.001
        if lot < weather.lost_request + weather.lost_reply + weather.late:
            self._faults["store: carried out late"] += 1
            return TIMEOUT_S + chance.uniform(0.01, 3.0)
        if weather.slow and chance.random() < weather.slow:
            self._faults["store: slow"] += 1
            return chance.uniform(0.0, weather.slow_s)
        return 0.001

    def _arrive(
        self, do: Callable[[], Any], answer: asyncio.Future[tuple[bool, Any]], mute: bool
    ) -> None:
        if self.weather.holding:
            self.weather.held.append(lambda: self._arrive(do, answer, mute))
            return
        try:
            result = (True, do())
        except TROUBLES as trouble:
            result = (False, trouble)
        if not mute:
            later(0.001, self._reply, answer, result)

    def _reply(self, answer: asyncio.Future[tuple[bool, Any]], result: tuple[bool, Any]) -> None:
        if not answer.done() and not self.cut:
            answer.set_result(result)


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    work.close()
    raise AssertionError("it waits")


class WorldStore:
    """``app.ports.Store`` for one process."""

    def __init__(
        self, disk: MemoryDisk, workspace: str, clock: Clock, ledger: Ledger, way: Way
    ) -> None:
        inner = MemoryStore(disk, workspace=workspace, clock=clock)
        self.way = way
        self.log = WorldLog(disk, workspace, ledger, way)
        self.lease = _Parted(inner.lease, way)
        self.snapshots = _Parted(inner.snapshots, way)
        self.nodes = _Parted(inner.nodes, way)
        self.chronicle = _Parted(inner.chronicle, way)
        self.vault = _Parted(inner.vault, way)

    async def durability(self) -> Durability:
        """That of a memory."""
        return Durability("memory", "nothing outlives this process")

    async def aclose(self) -> None:
        """There is nothing to close."""


class _Parted:
    """Lease, snapshots, nodes, chronicle and vault: each method is one call over the way."""

    def __init__(self, inner: Any, way: Way) -> None:
        self._inner, self._way = inner, way

    async def acquire(self, node: str, ttl_ms: int, *, force: bool = False) -> Ownership:
        """See ``ports.Lease``."""
        return await self._call(lambda: self._inner.acquire(node, ttl_ms, force=force))

    async def renew(self, owner: Ownership, ttl_ms: int) -> None:
        """See ``ports.Lease``."""
        await self._call(lambda: self._inner.renew(owner, ttl_ms))

    async def release(self, owner: Ownership) -> None:
        """See ``ports.Lease``."""
        await self._call(lambda: self._inner.release(owner))

    async def save(self, at: Position, chunks: Sequence[Record]) -> None:
        """See ``ports.Snapshots``."""
        await self._call(lambda: self._inner.save(at, chunks))

    async def positions(self) -> list[Position]:
        """See ``ports.Snapshots``."""
        return await self._call(self._inner.positions)

    async def load(self, at: Position) -> list[Record]:
        """See ``ports.Snapshots``."""
        return await self._call(lambda: self._inner.load(at))

    async def drop(self, at: Position) -> None:
        """See ``ports.Snapshots``."""
        await self._call(lambda: self._inner.drop(at))

    async def announce(self, node: str, facts: Facts, ttl_ms: int) -> None:
        """See ``ports.Nodes``."""
        await self._call(lambda: self._inner.announce(node, facts, ttl_ms))

    async def all(self) -> dict[str, Facts]:
        """See ``ports.Nodes``."""
        return await self._call(self._inner.all)

    async def withdraw(self, node: str) -> None:
        """See ``ports.Nodes``."""
        await self._call(lambda: self._inner.withdraw(node))

    async def add(self, series: str, at: int, record: Record) -> bool:
        """See ``ports.Chronicle``."""
        return await self._call(lambda: self._inner.add(series, at, record))

    async def read(
        self, series: str, since: int, until: int, limit: int
    ) -> list[tuple[int, Record]]:
        """See ``ports.Chronicle``."""
        return await self._call(lambda: self._inner.read(series, since, until, limit))

    async def trim(self, series: str, before: int) -> int:
        """See ``ports.Chronicle``."""
        return await self._call(lambda: self._inner.trim(series, before))

    async def secret(self, name: str, candidate: bytes) -> bytes:
        """See ``ports.Vault``."""
        return await self._call(lambda: self._inner.secret(name, candidate))

    async def _call(self, ask: Callable[[], Awaitable[T]]) -> T:
        def do() -> T:
            work: Any = ask()
            result: T = at_once(work)
            return result

        return await self._way.call(do)


class WorldLog:
    """``app.ports.Log``: what it writes is noted by the ledger as it is written."""

    def __init__(self, disk: MemoryDisk, workspace: str, ledger: Ledger, way: Way) -> None:
        self._disk, self._name, self._ledger, self._way = disk, workspace, ledger, way

    @property
    def _kept(self) -> Any:
        return self._disk.workspace(self._name)

    async def append(
        self, owner: Ownership, expected: Position, records: Sequence[Record]
    ) -> Position:
        """See ``ports.Log``."""
        sent = list(records)

        def do() -> Position:
            end: Position = self._kept.append(owner, expected, sent)
            self._ledger.write(end, sent)
            return end

        return await self._way.call(do, StoreUncertain)

    async def last(self) -> Position | None:
        """See ``ports.Log``."""
        return await self._way.call(lambda: self._kept.last)

    async def written(self) -> Position | None:
        """See ``ports.Log``."""
        return await self._way.call(lambda: self._kept.end if self._kept.born else None)

    async def read(
        self, after: Position, until: Position | None = None
    ) -> AsyncIterator[tuple[Position, Record]]:
        """See ``ports.Log``."""
        for entry in await self._way.call(lambda: self._kept.between(after, until)):
            yield entry

    async def get(self, positions: Sequence[Position]) -> list[Record | None]:
        """See ``ports.Log``."""
        return await self._way.call(lambda: [self._kept.entries.get(at) for at in positions])

    async def trim(self, before: Position) -> int:
        """See ``ports.Log``."""
        return await self._way.call(lambda: int(self._kept.trim(before)))

    async def put_aside(self, owner: Ownership, end: Position) -> int:
        """See ``ports.Log``."""

        # As the swap of a real store: looked at first, and done only if it is still so.
        seen = self._kept.between(end, None)

        def do() -> int:
            if self._kept.between(end, None) != seen:
                raise StoreUncertain("the log changed meanwhile")
            count = int(self._kept.put_aside(owner, end))
            self._ledger.put_aside(end)
            return count

        return await self._way.call(do, StoreUncertain)

    async def size(self) -> tuple[int, int]:
        """See ``ports.Log``."""
        return await self._way.call(
            lambda: (len(self._kept.entries), sum(map(len, self._kept.entries.values())))
        )
