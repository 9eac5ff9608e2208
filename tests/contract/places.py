"""Where a store can live: one way to open nodes on it and to do what only an operator does."""

from __future__ import annotations

from typing import Protocol

from redis.asyncio import Redis

from app.adapters.memory import MemoryDisk, MemoryStore
from app.adapters.redis import RedisStore
from app.ports import Position, Record, Store

PAGE = 100
"""Small, so that the suite reads many pages."""


PATIENCE_S = 20.0
"""For an answer: a busy machine is no failure of the contract."""


class Place(Protocol):
    """A database, whatever its kind."""

    levels: frozenset[str]

    def open(self, workspace: str) -> Store:
        """A new node on this place."""
        ...

    async def lose_log(self, workspace: str) -> None:
        """DEL of the log alone."""
        ...

    async def wipe(self) -> None:
        """FLUSHALL."""
        ...

    async def intrude(self, workspace: str, place: Position, record: Record) -> None:
        """XADD past every script."""
        ...

    async def roll_back(self, workspace: str, records: list[Record]) -> None:
        """An older copy of the log in its place: these are its records, of epoch 1."""
        ...


class MemoryPlace:
    """A disk in this process."""

    levels = frozenset({"memory"})

    def __init__(self) -> None:
        self.disk = MemoryDisk()

    def open(self, workspace: str) -> Store:
        return MemoryStore(self.disk, workspace=workspace)

    async def lose_log(self, workspace: str) -> None:
        self.disk.workspace(workspace).lose_log()

    async def wipe(self) -> None:
        self.disk.wipe()

    async def intrude(self, workspace: str, place: Position, record: Record) -> None:
        kept = self.disk.workspace(workspace)
        kept.places.append(place)
        kept.entries[place], kept.last = record, place

    async def roll_back(self, workspace: str, records: list[Record]) -> None:
        kept = self.disk.workspace(workspace)
        kept.places = [Position(1, n) for n in range(len(records))]
        kept.entries = dict(zip(kept.places, records, strict=True))
        kept.last = kept.places[-1]


class RedisPlace:
    """A server on a unix socket."""

    levels = frozenset({"always"})

    def __init__(self, socket: str) -> None:
        self.socket = socket

    def open(self, workspace: str) -> Store:
        return RedisStore(self.socket, workspace, page=PAGE, timeout_s=PATIENCE_S)

    async def lose_log(self, workspace: str) -> None:
        async with self._admin() as admin:
            assert await admin.delete(f"{{{workspace}}}:log") == 1

    async def wipe(self) -> None:
        async with self._admin() as admin:
            await admin.flushall()

    async def intrude(self, workspace: str, place: Position, record: Record) -> None:
        async with self._admin() as admin:
            await admin.xadd(f"{{{workspace}}}:log", {"r": record}, id=str(place))

    async def roll_back(self, workspace: str, records: list[Record]) -> None:
        await self.lose_log(workspace)
        for n, record in enumerate(records):
            await self.intrude(workspace, Position(1, n), record)

    def _admin(self) -> Redis:
        return Redis(unix_socket_path=self.socket)
