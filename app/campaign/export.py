"""The log as lines of JSON that need nothing of ours to be read: one record a line.

MUST show what cannot be read as just that, with its bytes, and go on: an export is for looking.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from app.codec.envelope import open_, record_hash
from app.codec.errors import Unreadable
from app.codec.events import TABLE, decode
from app.ports import START, Position, Record, Store
from app.shell.rebuilding import log_key

Line = dict[str, object]


def line_of(workspace: str, position: Position, record: Record) -> Line:
    """One record: where it is, what it is chained to, what kind it is, and its fields."""
    line: Line = {"position": str(position), "hash": record_hash(record).hex()}
    try:
        opened = open_(log_key(workspace), record)
        line |= {"prev": opened.prev.hex(), "number": opened.kind, "schema": opened.schema}
        event, _ = decode(workspace, log_key(workspace), record, TABLE)
    except Unreadable as error:
        return line | {"unreadable": f"{type(error).__name__}: {error}", "bytes": record.hex()}
    return line | {"kind": type(event).__name__, "fields": msgspec.to_builtins(event)}


async def export(
    store: Store,
    workspace: str,
    write: Callable[[bytes], object],
    *,
    after: Position = START,
    until: Position | None = None,
) -> Position:
    """Write every record after ``after`` as a line, and return where it ended.

    Raises StoreUnavailable.
    """
    async for position, record in store.log.read(after, until):
        write(msgspec.json.encode(line_of(workspace, position, record)) + b"\n")
        after = position
    return after
