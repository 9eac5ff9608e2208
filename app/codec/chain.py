"""A log as a chain: every record carries the hash of the one before it.

The writing side keeps no state: the caller makes the returned end its own once the batch is
durable, so a refused batch advances nothing. The reading side MUST refuse whatever does not follow,
and then stays where it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.codec.envelope import NO_RECORD, record_hash
from app.codec.errors import BrokenChain
from app.codec.events import TABLE, decode, encode
from app.codec.table import EventTable
from app.domain.events import Event, FormatFinalized


def seal_batch(
    workspace: str,
    key: bytes,
    prev: bytes,
    events: Iterable[Event],
    table: EventTable = TABLE,
    in_format: int | None = None,
) -> tuple[list[bytes], bytes]:
    """The records of ``events``, each read back and compared, and the hash of the last one.

    ``in_format`` is in force before the first of them (None: all in their newest versions); one
    that finalizes another is itself still written in the one before, so that whoever cannot read
    on is told so. Of no events: ``prev``. Raises WriteVerifyFailed if one would not come back,
    NotInFormat if it cannot be said; then write none.
    """
    records = []
    for event in events:
        record = encode(workspace, key, prev, event, table, in_format)
        if in_format is not None and isinstance(event, FormatFinalized):
            in_format = event.format
        prev = record_hash(record)
        records.append(record)
    return records, prev


class LogReader:
    """Reads the records of one log in their order.

    ``prev`` is the hash of the record last read: what the next one must carry, and where a writer
    who continues here starts. None: reading starts in the middle and believes the first record.
    """

    __slots__ = ("_key", "_table", "_workspace", "prev")

    def __init__(
        self,
        workspace: str,
        key: bytes,
        prev: bytes | None = NO_RECORD,
        table: EventTable = TABLE,
    ) -> None:
        self._workspace, self._key, self._table = workspace, key, table
        self.prev = prev

    def decode(self, record: bytes) -> Event:
        """The event in the next record. Raises Unreadable (BrokenChain: not the next one)."""
        event, prev = decode(self._workspace, self._key, record, self._table)
        if self.prev is not None and prev != self.prev:
            raise BrokenChain(prev, self.prev)
        self.prev = record_hash(record)
        return event
