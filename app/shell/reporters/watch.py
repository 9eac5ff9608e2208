"""Asks every reporter twice a second and hands what they found to the watchdog.

MUST NOT await anything between looking and reporting, and MUST NOT judge while this node is not
the owner or is draining: then sockets go because they are sent away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from app.domain import events as e
from app.domain.engine import Engine
from app.domain.watch import Cause, Finding
from app.shell.board_feed import BoardFeed
from app.shell.hub import Hub
from app.shell.reporters.hearing import Hearing
from app.shell.reporters.of_node import BoardWatch, ClockWatch, LoadWatch, Ms
from app.shell.reporters.of_owners import OwnerWatch
from app.shell.reporters.of_people import Ghosts, Losses
from app.shell.reporters.of_store import StoreWatch, passed_by, short_of
from app.shell.router import Router
from app.shell.work import Answer, Trouble

EVERY_S: Final = 0.5


class Reporters:
    """Of one node. ``report`` is ``Watchdog.report``."""

    def __init__(
        self,
        router: Router,
        hub: Hub,
        feed: BoardFeed,
        hearing: Hearing,
        report: Callable[[Finding], None],
        *,
        grace_ms: int,
        ran_ms: Ms,
        wall_ms: Ms | None = None,
    ) -> None:
        """``ran_ms`` and ``wall_ms`` are the clocks that ours is held against."""
        self._router, self._feed, self._report = router, feed, report
        self._clock = ClockWatch(router.now_ms, ran_ms, wall_ms)
        self._engine: Engine | None = None
        self._mass = (0, 0, 0)
        self._ghosts, self._losses = Ghosts(hub.live, grace_ms), Losses()
        self._store = StoreWatch(hearing, router.outage)
        self._owners = OwnerWatch(hearing)
        self._load = LoadWatch(hearing)
        self._board = BoardWatch(feed, lambda: str(router.position))

    def observe(self, engine: Engine, events: list[e.Event]) -> None:
        """Note what a durable batch says about owners and connections."""
        for event in events:
            if type(event) is e.EpochOpened:
                self._owners.note(engine, event)
                self._losses.forget()
            elif type(event) is e.ConnectionChanged:
                self._losses.note(engine.state, event)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            for finding in [*self._clock.look(), *self.look(self._router.now_ms())]:
                self._report(finding)

    def look(self, now: int) -> Iterator[Finding]:
        """What all of them find."""
        opened = self._router.opened
        if opened is None:
            self._owners.lost(now)
            return
        yield from self._owners.look(now)
        yield from self._store.look(now)
        yield from self._load.look(now)
        if opened.engine is not self._engine:
            self._engine = opened.engine
            yield from passed_by(opened, now)
            yield from short_of(opened, now)
        if opened.mass.last != self._mass and opened.mass.last[0]:
            self._mass = opened.mass.last
            yield opened.mass.finding()
        if not self._router.draining:
            agents = opened.engine.state.agents
            yield from self._ghosts.look(agents, now)
            yield from self._losses.look(agents, now)
            for finding in self._board.look(now):
                self._router.post(None, self._feed_again)
                yield finding

    def cannot_trust(self, why: str) -> None:
        """The follower says that the log, or this memory of it, is not as it should be."""
        now = self._router.now_ms()
        self._report(Finding(Cause.ENCODING_MISMATCH, now, why, grave=True))

    def _feed_again(self, result: Answer | Trouble) -> None:
        """All that was decided is durable: show it, whatever the feed's own task hangs at."""
        if isinstance(result, Answer):
            self._feed.feed()
