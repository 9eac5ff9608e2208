"""The supervisors' board: one snapshot on joining, then what changed, at most four times a second.

All boards get the same encoded change; one that is slow to read is skipped and gets, when it can,
one change from what it last saw to the newest (conflation), never a backlog. Who is limited to some
queues gets the board of those. MUST NOT send the shared change to a limited session.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from app.domain.engine import Engine
from app.domain.events import Event
from app.shell.history import History
from app.shell.session import Session
from app.shell.time_travel import Travel
from app.shell.work import Trouble
from app.wire.board import View, diff
from app.wire.board_keeper import BoardKeeper
from app.wire.outgoing import Push
from app.wire.scope import Scope
from app.wire.scoped import scoped_board
from app.wire.wall import wall_view

log = logging.getLogger(__name__)
EVERY_S = 0.25
WALL_EVERY_MS = 500
SHARE_MAX = 0.1
ON_THE_WAY = 1
"""A push of this very moment may not have left yet; a reader who is behind has more."""


class BoardFeed:
    """Keeps one board for everybody who watches.

    ``now`` and ``position`` tell the instant and the durable end of the log; ``settled`` returns
    when the state is durable, so that ``look`` shows nothing a crash could take back.
    """

    def __init__(
        self,
        now: Callable[[], int],
        position: Callable[[], str],
        settled: Callable[[], Awaitable[object]],
        history: History | None = None,
        travel: Travel | None = None,
    ) -> None:
        self._now, self._position, self._settled = now, position, settled
        self.history = history or History(now)
        self.travel = travel
        self._keeper: BoardKeeper | None = None
        self._engine: Engine | None = None
        self._sessions: dict[str, Session] = {}
        self._board: View | None = None
        self._wall: View | None = None
        self._someone = asyncio.Event()

    def observe(self, engine: Engine, events: list[Event]) -> None:
        """Note what a durable batch changed."""
        if self._engine is not engine:
            self._engine, self._keeper, self._wall = engine, BoardKeeper(engine), None
        assert self._keeper is not None
        for event in events:
            self._keeper.observe(event)
        self.history.look(engine, self._now())

    def look(self) -> View:
        """The board as it is. Call where the state is durable."""
        assert self._keeper is not None, "the router publishes its first batch when it opens"
        return self._keeper.view(self._now(), position=self._position())

    def wall(self) -> View:
        """The wallboard, made anew at most twice a second. Call where the state is durable."""
        if self._wall is None or self._now() - self._wall["as_of"] >= WALL_EVERY_MS:
            self._wall = wall_view(self.look())
        return self._wall

    def join(self, session: Session, engine: Engine, now: int) -> None:
        """Start a board. Called where the state, which is that of ``engine``, is durable."""
        if self._board is None or not self._sessions:
            self._board = self.look()
        session.base = scoped_board(engine, self._board, session.speaker.scope)
        session.push(Push("snapshot", now, {"board": session.base}))
        self.resume(session)

    def resume(self, session: Session) -> None:
        """Go on with a board whose missed changes were replayed."""
        self._sessions[session.id] = session
        self._someone.set()

    def leave(self, session: Session) -> None:
        """The board's socket is gone."""
        self._sessions.pop(session.id, None)
        if not self._sessions:
            self._someone.clear()

    @property
    def shown(self) -> str | None:
        """The position of the newest board that watchers were shown; None: nobody watches."""
        return str(self._board["position"]) if self._sessions and self._board else None

    async def run(self) -> None:
        """Feed until cancelled; looking never takes more than a tenth of the time."""
        while True:
            await self._someone.wait()
            took_s = 0.0
            # While the store is away boards say how old they are; nothing is invented.
            try:
                await self._settled()
                started = time.perf_counter()
                self.feed()
                took_s = time.perf_counter() - started
            except Trouble:
                pass
            except Exception:  # any fault of a memory: the board grows old and says so
                log.exception("the board could not be made")
            await asyncio.sleep(max(EVERY_S, took_s / SHARE_MAX - took_s))

    def feed(self) -> None:
        """Show the board as it is. Called where the state is durable."""
        former, board = self._board, self.look()
        self._board = board
        shared: Push | None = None
        shown: dict[Scope, View] = {}
        for session in self._sessions.values():
            if session.transport is None or session.transport.backlog > ON_THE_WAY:
                continue
            view, scope = board, session.speaker.scope
            if scope.is_limited:
                view = shown.get(scope) or self._scoped(board, scope)
                shown[scope] = view
            if session.base is former and former is not None:
                shared = shared or _change(former, board)
                push = shared
            else:
                push = _change(session.base or view, view)
            session.base = view
            session.push(push)

    def _scoped(self, board: View, scope: Scope) -> View:
        assert self._engine is not None, "the router publishes its first batch when it opens"
        return scoped_board(self._engine, board, scope)


def _change(old: View, new: View) -> Push:
    return Push("delta", new["as_of"], {"changes": diff(old, new)})
