"""The owner's end: runs the application for every conversation that a gateway passes on.

MUST treat them as if they had come to this process: the application cannot tell. A gateway that is
gone is for each of its conversations a network that is gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from app.gateway.link import Link, Message, Noted, Stream

App = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]

log = logging.getLogger("interlock.gateway")
CUT: Final = 1006


class Back:
    """What one gateway passes on, for ``app``. ``noted`` is called with each of its notes."""

    def __init__(self, app: App, noted: Noted) -> None:
        self._app = app
        self._tasks: set[asyncio.Task[None]] = set()
        self.link = Link(says="websocket.receive", opened=self._open, noted=noted)

    def _open(self, stream: Stream, scope: Message) -> None:
        task = asyncio.create_task(self._run(stream, scope))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._over(done, stream, scope))

    async def _run(self, stream: Stream, scope: Message) -> None:
        gone: Message = {"type": f"{scope['type']}.disconnect"}
        if scope["type"] == "websocket":
            gone["code"] = CUT
        for key in ("client", "server"):
            if scope.get(key) is not None:
                scope[key] = tuple(scope[key])

        async def receive() -> Message:
            return await stream.get() or gone

        await self._app(scope, receive, stream.put)

    def _over(self, task: asyncio.Task[None], stream: Stream, scope: Message) -> None:
        self._tasks.discard(task)
        failed: Any = None if task.cancelled() else task.exception()
        if failed is not None and not stream.over:
            log.error("the application failed at %s", scope["path"], exc_info=failed)
        stream.end(well=failed is None)

    async def finish(self, timeout_s: float) -> None:
        """Wait for what still runs, and end it after that time."""
        if self._tasks:
            await asyncio.wait([*self._tasks], timeout=timeout_s)
        for task in [*self._tasks]:
            task.cancel()
