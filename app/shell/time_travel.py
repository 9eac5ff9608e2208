"""The board as it was: an earlier state folded from a snapshot or the log, beside the living one.

MUST NOT touch the router's state, and MUST NOT fill a gap: where the log was trimmed and no older
snapshot is left, nobody can say any more, and that is the answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from app.codec.chain import LogReader
from app.codec.envelope import NO_RECORD
from app.codec.errors import BrokenChain, Unreadable
from app.domain.engine import Engine
from app.domain.events import Event
from app.domain.fold import fold
from app.domain.state import State
from app.ports import START, Position, Record, Store
from app.shell.journal import Journal
from app.shell.rebuilding import CannotApply, Rebuilt, begin_with, log_key
from app.wire.board_rows import board_view
from app.wire.views import View

SLICE: Final = 200
"""Records folded in one go."""
SHARE_MAX: Final = 0.2

Moment = int | Position
"""An instant in ms, or a place in the log."""
Travel = Callable[[Moment], Awaitable[View]]
"""The board at a moment. Raises OutOfReach, StoreUnavailable."""


class OutOfReach(Exception):
    """Nothing that is stored leads to that moment."""


async def board_at(store: Store, workspace: str, moment: Moment, *, share: float = 1.0) -> View:
    """The board after all that was written up to and at ``moment``.

    ``share`` of the time is taken at most; 1 in a process of its own. Raises OutOfReach,
    CannotApply, StoreUnavailable.
    """
    end = await store.log.written() or await store.log.last()
    if end is None:
        raise OutOfReach("there is no log yet")
    found = await _beginning(store, workspace, moment)
    started, count, last = time.perf_counter(), 0, found.last
    async for position, record in store.log.read(last, end):
        if isinstance(moment, Position) and position > moment:
            break
        event = _read(found, position, record)
        if not isinstance(moment, Position) and event.at > moment:
            break
        fold(found.state, event)
        last, count = position, count + 1
        if count % SLICE == 0 and share < 1:
            took_s = time.perf_counter() - started
            await asyncio.sleep(took_s / share - took_s)
            started = time.perf_counter()
    state = found.state
    if last == START or not state.gen:
        raise OutOfReach("there was nothing yet")
    now = state.last_at if isinstance(moment, Position) else moment
    engine = Engine(state)
    engine.matcher.line_up(now)
    return board_view(engine, now, position=str(last))


def board_of(store: Store, workspace: str) -> Travel:
    """Travels in this process, in slices."""

    async def travel(moment: Moment) -> View:
        return await board_at(store, workspace, moment, share=SHARE_MAX)

    return travel


async def _beginning(store: Store, workspace: str, moment: Moment) -> Rebuilt:
    """The newest snapshot before the moment, else nothing."""
    for at in await store.snapshots.positions():
        if isinstance(moment, Position) and at > moment:
            continue
        try:
            found = await begin_with(store, workspace, at)
        except Unreadable:
            continue
        if isinstance(moment, Position) or found.state.last_at <= moment:
            return found
    return Rebuilt(workspace, State(), Journal(), LogReader(workspace, log_key(workspace)))


def _read(found: Rebuilt, position: Position, record: Record) -> Event:
    """The next record of the log. Raises OutOfReach, CannotApply."""
    begins = found.reader.prev == NO_RECORD
    try:
        return found.reader.decode(record)
    except BrokenChain as error:
        if begins:
            raise OutOfReach("the log does not reach back so far any more") from error
        raise CannotApply(position, str(error)) from error
    except Unreadable as error:
        raise CannotApply(position, str(error)) from error
