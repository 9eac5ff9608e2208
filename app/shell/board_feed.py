"""The supervisors' board: one snapshot on joining, then what changed, at most four times a second.

All boards get the same encoded change; one that is slow to read is skipped and gets, when it can,
one change from what it last saw to the newest (conflation), never a backlog.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from app.shell.session import Session
from app.shell.work import Trouble
from app.wire.board import View, diff
from app.wire.outgoing import Push

EVERY_S = 0.25
SHARE_MAX = 0.1


class BoardFeed:
    """``look`` gives the durable board, later; ``look_now`` the same where state is known to be
    durable.
    """

    def __init__(self, look_now: Callable[[], View], settled: Callable[[], object]) -> None:
        self._look_now = look_now
        self._settled = settled
        self._sessions: dict[str, Session] = {}
        self._board: View | None = None
        self._someone = asyncio.Event()

    def join(self, session: Session, now: int) -> None:
        """Start a board. Called where the state is durable."""
        if self._board is None or not self._sessions:
            self._board = self._look_now()
        session.base = self._board
        session.push(Push("snapshot", now, {"board": self._board}))
        self._sessions[session.id] = session
        self._someone.set()

    def resume(self, session: Session) -> None:
        """Go on with a board whose missed changes were replayed."""
        self._sessions[session.id] = session
        self._someone.set()

    def leave(self, session: Session) -> None:
        """The board's socket is gone."""
        self._sessions.pop(session.id, None)
        if not self._sessions:
            self._someone.clear()

    async def run(self) -> None:
        """Feed until cancelled; a look never takes more than a tenth of the time."""
        while True:
            await self._someone.wait()
            started = time.perf_counter()
            try:
                await self._settled()  # type: ignore[misc]
                self._feed()
            except Trouble:
                pass  # the store is away: boards say how old they are, nothing is invented
            took_s = time.perf_counter() - started
            await asyncio.sleep(max(EVERY_S, took_s / SHARE_MAX - took_s))

    def _feed(self) -> None:
        former, board = self._board, self._look_now()
        self._board = board
        shared: Push | None = None
        for session in self._sessions.values():
            if session.transport is None or session.transport.backlog:
                continue
            if session.base is former and former is not None:
                shared = shared or _change(former, board)
                push = shared
            else:
                push = _change(session.base or board, board)
            session.base = board
            session.push(push)


def _change(old: View, new: View) -> Push:
    return Push("delta", new["as_of"], {"changes": diff(old, new)})
