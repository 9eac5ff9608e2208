"""The last records that this owner wrote, so that a tail the store has lost can be written again.

Bounded in records and bytes. MUST hold only what the store once acknowledged, in an unbroken line:
a gap would be taken for the log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from app.codec.envelope import previous_hash, record_hash
from app.ports import START, Position, Record

RECORDS_MAX = 10_000
BYTES_MAX = 16 << 20


class Ring:
    """``base`` is the place before the first record it holds, ``end`` that of the last one."""

    __slots__ = ("_bytes", "_bytes_max", "_places", "_records", "_records_max", "base", "end")

    def __init__(self, records_max: int = RECORDS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._records_max, self._bytes_max = records_max, bytes_max
        self._records: deque[Record] = deque()
        self._places: deque[Position] = deque()
        self._bytes = 0
        self.base = self.end = START

    def note(self, expected: Position, end: Position, records: Sequence[Record]) -> None:
        """These came after ``expected``; what does not follow on begins a new line."""
        if expected != self.end or not self._records:
            self._records.clear()
            self._places.clear()
            self._bytes, self.base = 0, expected
        first = end.n - len(records) + 1
        for n, record in enumerate(records, first):
            self._records.append(record)
            self._places.append(Position(end.epoch, n))
            self._bytes += len(record)
        self.end = end
        while len(self._records) > self._records_max or self._bytes > self._bytes_max:
            self._bytes -= len(self._records.popleft())
            self.base = self._places.popleft()

    def after(
        self, found: Position, record: Record | None, *, damaged: bool = False
    ) -> list[Record] | None:
        """What came after ``found``, if ``record``, which stands there, is the one that stood there
        (None: this ring cannot prove it). ``damaged``: nobody can read it, so that it is nobody
        else's either; the place alone decides.
        """
        if record is None or not self.base <= found < self.end:
            return None
        if damaged:
            return self._after(found)
        if found == self.base:
            # It is not held, but the first one that is carries its hash.
            same = previous_hash(self._records[0]) == record_hash(record)
            return list(self._records) if same else None
        if found not in self._places or self._records[self._places.index(found)] != record:
            return None
        return self._after(found)

    def _after(self, found: Position) -> list[Record] | None:
        if found == self.base:
            return list(self._records)
        if found not in self._places:
            return None
        return list(self._records)[self._places.index(found) + 1 :]
