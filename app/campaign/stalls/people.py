"""Agents, supervisors and customers with their habits, on the near side of the sockets.

They see frames and answer them, as a page does; they know nothing of the engine. Whoever has no
socket comes back after a second to whichever node owns the workspace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import orjson

from app.campaign.stalls.site import GRACE_MS, Site
from app.domain import commands as c
from app.domain.words import Presence
from app.shell.attendance import arrive, confirm, depart, stay
from app.shell.hub import TooManySockets
from app.shell.session import Session, Speaker
from app.shell.work import Answer, Trouble

BACK_S = 1.0
OPEN_S = 0.1


def ignore(_: Answer | Trouble) -> None:
    """Nobody waits for it."""


class Socket:
    """A transport whose frames go to its person at once."""

    backlog = 0

    def __init__(self, hears: Callable[[dict[str, Any]], None], ends: Callable[[], None]) -> None:
        self._hears, self._ends = hears, ends
        self.open = True

    def send(self, text: str) -> None:
        """Hand a frame to the page."""
        if self.open:
            self._hears(orjson.loads(text))

    def close(self, code: int, reason: str) -> None:
        """The server ends the socket."""
        if self.open:
            self.open = False
            asyncio.get_running_loop().call_soon(self._ends)

    async def ended(self) -> None:
        """Nothing is queued."""


class Person:
    """One page: an agent's, or a supervisor's (``agent`` None).

    ``mute``: sees and does nothing. ``frozen``: does not even answer pings. ``declines``: takes
    nothing. ``sound``: accepts all.
    """

    def __init__(self, agent: str | None, site: Callable[[], Site | None], seed: int) -> None:
        self.agent, self._site, self._chance = agent, site, Random(seed)
        self.mute = self.frozen = self.declines = self.sound = self.away = False
        self.boards: list[str] = []
        self._at: Site | None = None
        self._socket: Socket | None = None
        self._session: Session | None = None

    def come(self) -> None:
        """Open a socket to the owner; again later when there is none."""
        loop, site = asyncio.get_running_loop(), self._site()
        if site is None or not site.router.owns:
            loop.call_later(BACK_S, self.come)
            return
        self._at, socket = site, Socket(self._hears, self._over)
        self._socket = socket
        welcome = partial(self._welcome, site, socket)
        arrive(site.router, self.agent, "", welcome, _wait)

    def _welcome(self, site: Site, socket: Socket, result: Answer | Trouble) -> None:
        if isinstance(result, Trouble) or not site.router.owns:
            socket.close(0, "trouble")
            return
        now = site.router.now_ms()
        name = f"agent:{self.agent}" if self.agent else "supervisor"
        speaker = Speaker("agent" if self.agent else "supervisor", name, self.agent, "key")
        try:
            welcome = site.hub.join(speaker, socket, None, site.router.state.gen, now)
        except TooManySockets:
            socket.close(0, "too many")
            return
        self._session = welcome.session
        stay(site.router, self.agent)
        site.hub.send_snapshot(welcome.session, site.router.engine, now)

    def _over(self) -> None:
        site, socket, session = self._at, self._socket, self._session
        self._socket = self._session = None
        if site is not None and session is not None and socket is not None:
            last = site.hub.leave(session, socket, site.router.now_ms())
            if last and self.agent and site.router.owns:
                depart(site.router, self.agent, GRACE_MS)
        if not self.away:
            asyncio.get_running_loop().call_later(BACK_S, self.come)

    def reload(self) -> None:
        """The page is loaded anew."""
        if self._socket is not None:
            self._socket.close(1000, "reload")

    def vanish(self, *, tell: bool) -> None:
        """The socket is gone for good; ``tell`` False is a fault port: nobody is told."""
        site, socket, session = self._at, self._socket, self._session
        if site is None or socket is None or session is None:
            return
        self.away, socket.open = True, False
        self._socket = self._session = None
        last = site.hub.leave(session, socket, site.router.now_ms())
        if tell and last and self.agent:
            depart(site.router, self.agent, GRACE_MS)

    def _hears(self, frame: dict[str, Any]) -> None:
        if frame["type"] in ("snapshot", "delta") and self.agent is None:
            self.boards.append(frame["type"])
            return
        if frame["type"] == "ping" and not self.frozen and self._at and self._session:
            now = self._at.router.now_ms()
            for offer in self._at.hub.pong(self._session, frame["ping"], now):
                confirm(self._at.router, str(self.agent), offer)
        elif self.agent is not None and not self.mute and not self.frozen:
            self._work(frame)

    def _work(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        offers = frame["offers"] if kind == "snapshot" else []
        held = frame["conversations"] if kind == "snapshot" else []
        for offer in [frame["offer"]] if kind == "offer" else offers:
            self._offered(offer["id"])
        for one in [frame["conversation"]] if kind == "assigned" else held:
            if one.get("state") != "wrapping":
                self._later(2, 12, partial(self._completes, one["id"]))
        if kind == "presence" and frame["presence"] == Presence.AWAY and frame["by"] == "system":
            # Sent away for not answering: comes back when it is noticed.
            self._later(5, 60, self._returns)

    def _returns(self) -> None:
        self._say(c.SetPresence(str(self.agent), Presence.AVAILABLE, "", f"agent:{self.agent}"))

    def _offered(self, offer: str) -> None:
        self._say(c.MarkSeen(offer, str(self.agent)))
        lot = 0.0 if self.sound else self._chance.random()
        if self.declines or 0.88 <= lot < 0.95:
            self._later(0.2, 1.5, lambda: self._say(c.DeclineOffer(offer, str(self.agent), "")))
        elif lot < 0.88:
            self._later(0.3, 2.5, lambda: self._say(c.AcceptOffer(offer, str(self.agent))))

    def _completes(self, conversation: str) -> None:
        self._say(c.CompleteConversation(conversation, str(self.agent)))

    def _later(self, least_s: float, most_s: float, do: Callable[[], None]) -> None:
        after_s = self._chance.uniform(least_s, most_s)
        asyncio.get_running_loop().call_later(after_s, do)

    def _say(self, command: c.Command) -> None:
        if self._at is not None and self._socket is not None and not self.mute:
            self._at.router.post(command, ignore, _wait)


def _wait() -> None:
    """It takes longer."""
