"""A sorted sequence whose insert, remove and rank stay cheap at 500,000 items.

Two levels of sorted lists: every operation bisects the list of chunk maxima, then one chunk of at
most ``CHUNK`` items, so nothing ever shifts more than a chunk.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Any

CHUNK = 512
Rank = tuple[Any, ...]


class Line:
    """Distinct, mutually comparable ranks in ascending order."""

    __slots__ = ("_chunks", "_maxima", "_size")

    def __init__(self) -> None:
        self._chunks: list[list[Rank]] = []
        self._maxima: list[Rank] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Rank]:
        for chunk in self._chunks:
            yield from chunk

    def first(self) -> Rank | None:
        """The smallest rank."""
        return self._chunks[0][0] if self._chunks else None

    def add(self, rank: Rank) -> None:
        """Insert a rank that is not there."""
        self._size += 1
        if not self._maxima or rank > self._maxima[-1]:
            self._append(rank)
            return
        at = bisect_left(self._maxima, rank)
        chunk = self._chunks[at]
        insort(chunk, rank)
        if len(chunk) > CHUNK:
            self._chunks.insert(at + 1, chunk[CHUNK // 2 :])
            del chunk[CHUNK // 2 :]
            self._maxima.insert(at, chunk[-1])

    def _append(self, rank: Rank) -> None:
        """At the end: where nearly everyone goes, and all of them when a line is made anew."""
        if self._chunks and len(self._chunks[-1]) < CHUNK:
            self._chunks[-1].append(rank)
            self._maxima[-1] = rank
        else:
            self._chunks.append([rank])
            self._maxima.append(rank)

    def remove(self, rank: Rank) -> None:
        """Take out a rank that is there. Raises KeyError otherwise."""
        at = bisect_left(self._maxima, rank)
        if at == len(self._chunks):
            raise KeyError(rank)
        chunk = self._chunks[at]
        inside = bisect_left(chunk, rank)
        if inside == len(chunk) or chunk[inside] != rank:
            raise KeyError(rank)
        del chunk[inside]
        self._size -= 1
        if chunk:
            self._maxima[at] = chunk[-1]
        else:
            del self._chunks[at], self._maxima[at]

    def count_below(self, rank: Rank) -> int:
        """How many ranks are smaller than ``rank``."""
        at = bisect_left(self._maxima, rank)
        before = sum(map(len, self._chunks[:at]))
        return before if at == len(self._chunks) else before + bisect_left(self._chunks[at], rank)
