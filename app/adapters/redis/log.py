"""``ports.Log`` on a Redis Stream: one entry per record, ids that are the fence.

Appends go through the writer's link and the append script; bulk reading goes through the other
client. MUST NOT retry an append: only the caller knows what else depends on its outcome.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import cast

from redis.asyncio import Redis

from app.adapters.redis.keys import Keys
from app.adapters.redis.link import Link, Refused
from app.adapters.redis.reading import unavailable
from app.adapters.redis.scripts import Script, run
from app.adapters.redis.swapping import put_aside
from app.ports import (
    Ownership,
    Position,
    Record,
    StoreConflict,
    StoreFenced,
    StoreGone,
    StoreUnavailable,
    StoreUncertain,
)

FIELD = b"r"
NO_RECORD = b""
"""What an entry holds that is none of ours: nobody can read it, and it is not missing."""
TRIMMED_PER_CALL = 5_000

_Entries = list[tuple[bytes, dict[bytes, bytes]]]


class RedisLog:
    """The log of one workspace. With ``replicas`` an append also waits for that many replicas."""

    def __init__(
        self,
        link: Link,
        reader: Redis,
        keys: Keys,
        *,
        page: int,
        replicas: int = 0,
        replica_timeout_ms: int = 500,
    ) -> None:
        self._link = link
        self._reader = reader
        self._keys = keys
        self._page = page
        self._replicas = replicas
        self._replica_timeout_ms = replica_timeout_ms
        self._append = Script.load("append")
        self._last = Script.load("last")

    async def append(
        self, owner: Ownership, expected: Position, records: Sequence[Record]
    ) -> Position:
        """See ``ports.Log.append``. Raises ValueError for no records."""
        if not records:
            raise ValueError("nothing to append")
        first = expected.n + 1 if expected.epoch == owner.epoch else 0
        answer = await run(
            self._link,
            self._append,
            [self._keys.log, self._keys.own],
            b"%d" % owner.epoch,
            owner.nonce.encode(),
            str(expected).encode(),
            b"%d" % first,
            *records,
        )
        match answer:
            case ["OK"]:
                await self._await_replicas()
                return Position(owner.epoch, first + len(records) - 1)
            case ["FENCED"]:
                raise StoreFenced(f"epoch {owner.epoch} of {self._keys.workspace} is over")
            case ["CONFLICT", found]:
                # The caller may find its own records there and call them durable.
                if self._replicas:
                    await self._tail()
                raise StoreConflict(Position.parse(found))
            case ["GONE"]:
                raise StoreGone(gone_text(self._keys))
            case _:
                raise StoreUncertain(f"the append script answered {answer}")

    async def last(self) -> Position | None:
        """See ``ports.Log.last``; asked of a primary, on the writer's own connection."""
        try:
            return await self._tail()
        except StoreUncertain as unanswered:
            raise StoreUnavailable(str(unanswered)) from unanswered

    async def written(self) -> Position | None:
        """See ``ports.Log.written``: the owner record has it, written with the records."""
        with unavailable():
            end = cast("bytes | None", await self._reader.hget(self._keys.own, "end"))
        return Position.parse(end.decode()) if end else None

    async def read(
        self, after: Position, until: Position | None = None
    ) -> AsyncIterator[tuple[Position, Record]]:
        """See ``ports.Log.read``. Raises StoreUnavailable between two pages."""
        end = str(until) if until else "+"
        while True:
            with unavailable():
                page = await self._reader.xrange(
                    self._keys.log, min=f"({after}", max=end, count=self._page
                )
            entries = cast(_Entries, page)
            for place, fields in entries:
                after = Position.parse(place.decode())
                yield after, fields.get(FIELD, NO_RECORD)
            if len(entries) < self._page:
                return

    async def get(self, positions: Sequence[Position]) -> list[Record | None]:
        """See ``ports.Log.get``."""
        with unavailable():
            async with self._reader.pipeline(transaction=False) as pipe:
                for place in positions:
                    pipe.xrange(self._keys.log, min=str(place), max=str(place))
                found = await pipe.execute()
        return [entries[0][1].get(FIELD, NO_RECORD) if entries else None for entries in found]

    async def trim(self, before: Position) -> int:
        """See ``ports.Log.trim``: whole nodes of the stream only, some thousand records a call."""
        last = await self.last()
        if last is None:
            return 0
        place, gone = str(min(before, last)), 0
        with unavailable():
            while True:
                went = await self._reader.xtrim(
                    self._keys.log, minid=place, approximate=True, limit=TRIMMED_PER_CALL
                )
                gone += int(went)
                if not went:
                    return gone

    async def put_aside(self, owner: Ownership, end: Position) -> int:
        """See ``ports.Log.put_aside``. Raises StoreUncertain when the log changed meanwhile."""
        return await put_aside(self._link, self._reader, self._keys, owner, end)

    async def size(self) -> tuple[int, int]:
        """See ``ports.Log.size``; the bytes are the server's estimate."""
        with unavailable():
            count = await self._reader.xlen(self._keys.log)
            used = await self._reader.memory_usage(self._keys.log)
        return int(count), int(used or 0)

    async def _tail(self) -> Position | None:
        """The log's end, once replicas have all up to it. Raises as ``append`` does."""
        keys = [self._keys.log, self._keys.barrier]
        answer = await run(self._link, self._last, keys, b"1" if self._replicas else b"0")
        await self._await_replicas()
        return Position.parse(answer[1]) if answer[0] == "OK" else None

    async def _await_replicas(self) -> None:
        """Raises StoreUncertain when too few replicas confirmed: a failover could lose it."""
        if not self._replicas:
            return
        wanted, limit = b"%d" % self._replicas, b"%d" % self._replica_timeout_ms
        try:
            confirmed = int(await self._link.call(b"WAIT", wanted, limit) or 0)
        except (Refused, StoreUnavailable) as trouble:
            raise StoreUncertain(f"written, replicas not asked: {trouble}") from trouble
        if confirmed < self._replicas:
            raise StoreUncertain(f"written, confirmed by {confirmed} of {self._replicas} replicas")


def gone_text(keys: Keys) -> str:
    """What to tell the operator when a log vanished."""
    return (
        f"the log of workspace {keys.workspace} vanished: restore {keys.log} from a backup, or"
        f" delete {keys.own} as well to begin with an empty one"
    )


def lost_text(keys: Keys, last: str, end: str) -> str:
    """What to tell the operator when a log ends before what was once written to it."""
    return (
        f"the log of workspace {keys.workspace} ends at {last}, but {end} was written: its tail was"
        f" lost. Restore {keys.log} from a newer backup, or remove the field end of {keys.own} to"
        " go on without it"
    )
