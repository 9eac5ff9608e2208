"""The network between one page and one socket of a server, as bad as a seed wants it.

Frames travel in order, as a stream's do; a damaged way may lose, double or overtake them all the
same, for whoever stands in between may be anything. A page that does not read fills its window and
then holds the sender up. MUST show the witness every frame as it leaves the server.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

import orjson

from app.campaign.sim.processes import later

WINDOW = 40
"""Frames that the network takes from a sender whose reader has stopped."""


@dataclass(slots=True)
class Roughness:
    """Chances for each frame; ``delay_s`` is the longest way."""

    lost: float = 0.0
    doubled: float = 0.0
    overtaken: float = 0.0
    delay_s: float = 0.03

    def clear(self) -> None:
        """A good network."""
        self.lost = self.doubled = self.overtaken = 0.0
        self.delay_s = 0.03


class Ear(Protocol):
    """The page's end."""

    def hear(self, line: Line, frame: dict[str, Any]) -> None:
        """A frame came."""
        ...

    def over(self, line: Line, code: int) -> None:
        """The socket is closed: with this code, 1006 for none."""
        ...


class Line:
    """One WebSocket. ``frozen``: the page does not read. A page that is gone without a word leaves
    a server that writes into the void until the window is full.
    """

    def __init__(
        self,
        ear: Ear,
        leaves: Callable[[Line, dict[str, Any]], None],
        rough: Roughness,
        chance: Random,
        faults: Counter[str],
        closed: Counter[str],
    ) -> None:
        self._closed = closed
        self._ear, self._leaves, self._rough = ear, leaves, rough
        self._chance, self._faults = chance, faults
        self.frozen = self.page_gone = self.server_gone = False
        self.hello: dict[str, Any] = {}
        self.session, self.next_seq = "", 0
        self._inbox: deque[dict[str, Any]] = deque([{"type": "websocket.connect"}])
        self._reader: asyncio.Future[None] | None = None
        self._unread: deque[dict[str, Any]] = deque()
        self._room: asyncio.Future[None] | None = None
        self._down_at = self._up_at = 0.0

    # The server's side: what an ASGI server hands to an application.

    async def receive(self) -> dict[str, Any]:
        """The next message for the server."""
        while not self._inbox:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        return self._inbox.popleft()

    async def send(self, message: dict[str, Any]) -> None:
        """A message of the server's. Raises OSError where nobody is any more."""
        if self.server_gone:
            raise OSError("the socket is gone")
        if message["type"] == "websocket.close":
            code = int(message.get("code", 1000))
            self._closed[f"close {code}"] += 1
            self._server_over(code)
            self._down(self._page_over, code)
        elif message["type"] == "websocket.send":
            frame = orjson.loads(message["text"])
            self._leaves(self, frame)
            while len(self._unread) >= WINDOW:
                self._room = asyncio.get_running_loop().create_future()
                await self._room
                if self.server_gone:
                    raise OSError("the socket is gone")
            self._travel(self._down, self._arrive, frame)

    def hang_up(self) -> None:
        """The server's application is done with it."""
        if not self.server_gone:
            self._server_over(1006)
            self._down(self._page_over, 1006)

    def _server_over(self, code: int) -> None:
        if not self.server_gone:
            self.server_gone = True
            self._take({"type": "websocket.disconnect", "code": code})
            self._make_room()

    def _take(self, message: dict[str, Any]) -> None:
        self._inbox.append(message)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _make_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    # The page's side.

    def say(self, frame: dict[str, Any] | str | bytes) -> None:
        """Send a frame, or whatever text or bytes it is."""
        if self.page_gone:
            return
        if isinstance(frame, dict):
            frame = orjson.dumps(frame).decode()
        kind = "bytes" if isinstance(frame, bytes) else "text"
        self._travel(self._up, self._reach, {"type": "websocket.receive", kind: frame})

    def cut(self, code: int = 1006, *, silent: bool = False) -> None:
        """The connection is gone; ``silent``: the server is not told."""
        if not self.page_gone:
            if not silent:
                self._up(self._server_over, code)
            self._page_over(code)

    def thaw(self) -> None:
        """The page reads again."""
        self.frozen = False
        unread, self._unread = self._unread, deque()
        for frame in unread:
            self._down(self._arrive, frame)
        self._make_room()

    def _page_over(self, code: int) -> None:
        if not self.page_gone:
            self.page_gone = True
            self._ear.over(self, code)

    # The way between.

    def _travel(
        self, way: Callable[..., None], arrive: Callable[..., None], what: dict[str, Any]
    ) -> None:
        rough, chance = self._rough, self._chance
        if rough.lost and chance.random() < rough.lost:
            self._faults["frame lost"] += 1
            return
        if rough.overtaken and chance.random() < rough.overtaken:
            self._faults["frame overtaken"] += 1
            later(chance.uniform(0.05, 0.5), arrive, what)
            return
        way(arrive, what)
        if rough.doubled and chance.random() < rough.doubled:
            self._faults["frame doubled"] += 1
            way(arrive, what)

    def _down(self, do: Callable[..., None], *given: Any) -> None:
        self._down_at = self._on_the_way(self._down_at, do, given)

    def _up(self, do: Callable[..., None], *given: Any) -> None:
        self._up_at = self._on_the_way(self._up_at, do, given)

    def _on_the_way(self, last: float, do: Callable[..., None], given: tuple[Any, ...]) -> float:
        loop = asyncio.get_running_loop()
        at = max(last, loop.time() + self._chance.random() * self._rough.delay_s)
        loop.call_at(at, do, *given, context=Context())
        return at

    def _arrive(self, frame: dict[str, Any]) -> None:
        if self.frozen or self.page_gone:
            self._unread.append(frame)
        else:
            self._ear.hear(self, frame)

    def _reach(self, message: dict[str, Any]) -> None:
        if not self.server_gone:
            self._take(message)


def scope() -> dict[str, Any]:
    """What an ASGI server says of a new socket."""
    return {
        "type": "websocket",
        "path": "/ws",
        "headers": [],
        "query_string": b"",
        "subprotocols": ["interlock.v1"],
    }
