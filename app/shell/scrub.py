"""Looks again at records that were read before: do the stored bytes still say what they said?

A restart reads the newest snapshot and every record after it, so it is there that damage would
stop it. Looks at a page at a time, over and over. MUST NOT decide what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.codec.envelope import NO_RECORD, record_hash
from app.codec.errors import Unreadable
from app.codec.events import decode
from app.ports import START, Position, Record, Store
from app.shell.rebuilding import Rebuilt, log_key


class Scrub:
    """Walks from ``base``, a place and the hash of its record, to where somebody has read."""

    def __init__(self, store: Store, workspace: str, page: int) -> None:
        self._store, self._workspace, self._page = store, workspace, page
        self._base = self._cursor = (START, NO_RECORD)

    def begin_after(self, place: Position, prev: bytes) -> None:
        """From here on a restart reads: what is before does not matter any more."""
        self._base = self._cursor = (place, prev)

    async def look(self, at: Rebuilt) -> str:
        """Look at the next page; what is wrong with it, or "". Raises StoreUnavailable."""
        place, prev = self._cursor
        count, key = 0, log_key(self._workspace)
        async for position, record in self._store.log.read(place, at.last):
            try:
                _, found = decode(self._workspace, key, record)
            except Unreadable as error:
                return f"log record {position} no longer reads: {type(error).__name__}: {error}"
            if found != prev:
                return f"log record {position} no longer follows the one before it"
            place, prev = position, record_hash(record)
            count += 1
            if count == self._page:
                self._cursor = (place, prev)
                return ""
        self._cursor = self._base
        if (place, prev) != (at.last, at.reader.prev):
            return f"log record {at.last} is missing or another one"
        return ""


def digest_of(records: Iterable[Record]) -> bytes:
    """One hash of several records in their order."""
    return record_hash(b"".join(record_hash(record) for record in records))
