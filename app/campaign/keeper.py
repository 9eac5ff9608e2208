"""Copies the log out of a store while it grows, so that what is trimmed is not lost to the judge.

MUST NOT write into the store.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from app.adapters.redis import RedisStore
from app.campaign.export import Line, export
from app.campaign.machine import WORKSPACE
from app.ports import START, Position, StoreUnavailable

KEEP_S = 1.0


class Keeper:
    """The lines of the log so far, and where they end."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lines: list[bytes] = []
        self.last: Position = START

    async def run(self) -> None:
        """Copy every second, until cancelled; a store that does not answer is asked again."""
        while True:
            await asyncio.sleep(KEEP_S)
            with contextlib.suppress(StoreUnavailable):
                await self.take()

    async def take(self) -> None:
        """Copy what came since. Raises StoreUnavailable."""
        store = RedisStore(self._url, WORKSPACE, timeout_s=5.0)
        try:
            lines: list[bytes] = []
            self.last = await export(store, WORKSPACE, lines.append, after=self.last)
            self._lines += lines
        finally:
            await store.aclose()

    def lines(self) -> Iterator[Line]:
        """All of it, in order."""
        yield from map(msgspec.json.decode, self._lines)


def process_lives(pid: int) -> bool:
    """Whether there is such a process, and it is not merely waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
