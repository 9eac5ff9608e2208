"""The log from some instant on, for who reads much of it: as far back as it is kept.

MUST leave most of the time to those who wait for an offer, and MUST NOT hold the log in memory.
A record that cannot be read is passed over here: what is wrong with it is told elsewhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final

from app.codec.errors import Unreadable
from app.codec.events import decode
from app.domain.events import Event
from app.ports import START, Position
from app.shell.looking_back import Stretch, first_since, instant_of, last_of
from app.shell.rebuilding import log_key
from app.shell.router import Router

SLICE: Final = 100
"""Records read in one go."""
SHARE_MAX: Final = 0.2
EPOCHS_MAX: Final = 100
Trail = AsyncIterator[list[tuple[Position, Event]]]


async def trail(router: Router, since: int, until: int, after: Position = START) -> Trail:
    """The events decided in [since, until) behind ``after``, in pieces; an empty piece is a sign
    that it goes on. Raises StoreUnavailable.
    """
    start, end = max(after, await _before(router, since)), router.position
    key, piece = log_key(router.workspace), []
    started, seen = time.perf_counter(), 0
    async with aclosing(router.store.log.read(start, end)) as records:  # type: ignore[type-var]
        async for position, record in records:
            seen += 1
            try:
                event = decode(router.workspace, key, record)[0]
            except Unreadable:
                continue
            if event.at >= until:
                break
            if event.at >= since:
                piece.append((position, event))
            if seen % SLICE == 0:
                yield piece
                piece = []
                took_s = time.perf_counter() - started
                await asyncio.sleep(took_s / SHARE_MAX - took_s)
                started = time.perf_counter()
    yield piece


async def _before(router: Router, since: int) -> Position:
    """A place that all from ``since`` on stands behind, and not much else; START: not found."""
    end = router.position
    for epoch in range(end.epoch, max(end.epoch - EPOCHS_MAX, 0), -1):
        is_last = epoch == end.epoch
        begun = await instant_of(router, Position(epoch, 0))
        if not is_last and (begun is None or begun >= since):
            continue
        last = end.n if is_last else await last_of(router, epoch)
        if last is None:
            continue
        n = await first_since(router, Stretch(epoch, 0, last), since) - 1
        if n >= 0 and await instant_of(router, Position(epoch, n)) is not None:
            return Position(epoch, n)
    return START
