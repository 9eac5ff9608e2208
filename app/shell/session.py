"""One client's session: its numbered pushes, kept for a while, and the socket it has now, if any.

A session outlives its socket: the client comes back with the last ``seq`` it took and gets what it
missed, all or nothing. MUST NOT block: a transport that cannot keep up closes itself, and the
client resumes.
"""

from __future__ import annotations

import hmac
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from app.wire.board import View
from app.wire.outgoing import Push
from app.wire.scope import EVERYTHING, Scope

TOLD_MAX = 64


class Transport(Protocol):
    """A socket, as far as the shell cares."""

    @property
    def backlog(self) -> int:
        """Frames not yet taken by the network."""
        ...

    def send(self, text: str) -> None:
        """Queue a frame. MUST NOT block; over its bound the transport closes itself."""
        ...

    def close(self, code: int, reason: str) -> None:
        """End the socket with this close code."""
        ...

    async def ended(self) -> None:
        """Return when everything that was queued is written or the socket is gone."""
        ...


@dataclass(slots=True, frozen=True)
class Speaker:
    """Who is on the other end. ``by`` is the actor in events; ``agent`` is set for agents.

    ``login`` names the browser session that the ticket came from, if one did; ``desk`` the agent
    as whom a supervisor had signed in there. ``scope``: what a supervisor sees.
    """

    role: str
    by: str
    agent: str | None
    key: str
    login: str = ""
    desk: str | None = None
    scope: Scope = EVERYTHING


class Session:
    """See the module. ``ping`` counts pings sent, ``ponged_at`` is when the last answer came (ms).

    ``told`` {frame: answer} holds the last answers to frames that would do more when carried out
    again; an empty answer is still on its way. ``warned_of``: the end of a sign-in (ms) that the
    client was told of. ``works`` is False for one that only watches: nobody can count on it.
    """

    __slots__ = (
        "base",
        "detached_at",
        "history",
        "id",
        "lane",
        "ping",
        "ponged_at",
        "routable",
        "secret",
        "seq",
        "speaker",
        "told",
        "transport",
        "unconfirmed",
        "warned_of",
        "works",
    )

    def __init__(
        self, id_: str, secret: str, speaker: Speaker, keep: int, now: int, works: bool = True
    ) -> None:
        self.id = id_
        self.secret = secret
        self.speaker = speaker
        self.seq = 0
        self.history: deque[str] = deque(maxlen=keep)
        self.transport: Transport | None = None
        self.detached_at = 0
        self.lane = 0
        self.ping = 0
        self.ponged_at = now
        self.routable: tuple[str, ...] | None = None
        self.unconfirmed: dict[str, int] = {}
        self.base: View | None = None
        self.told: dict[str, str] = {}
        self.warned_of = 0
        self.works = works

    def warn(self, ends_at: int, now: int) -> None:
        """The sign-in ends soon; each end is told once, however often the socket changes."""
        if self.warned_of != ends_at:
            self.warned_of = ends_at
            self.push(Push("reauth_required", now, {"by": ends_at}))

    def push(self, push: Push) -> None:
        """Number a push, keep it, and send it if somebody is there."""
        self.seq += 1
        text = push.text(self.seq)
        self.history.append(text)
        if self.transport is not None:
            self.transport.send(text)

    def remember(self, frame: str, answer: str) -> None:
        """Keep the answer to a frame that must not be carried out twice."""
        while len(self.told) >= TOLD_MAX:
            del self.told[next(iter(self.told))]
        self.told[frame] = answer

    def forget(self, frame: str) -> None:
        """The frame was not carried out after all."""
        self.told.pop(frame, None)

    def attach(self, transport: Transport, now: int) -> None:
        """Take a new socket."""
        self.transport = transport
        self.ponged_at, self.detached_at = now, 0

    def detach(self, transport: Transport, now: int) -> bool:
        """The socket is gone; False when another one took over before."""
        if self.transport is not transport:
            return False
        self.transport, self.detached_at = None, now
        return True

    def knows(self, secret: str) -> bool:
        """Whether ``secret`` is this session's."""
        return hmac.compare_digest(self.secret, secret)

    def missed(self, seq: int) -> list[str] | None:
        """The pushes after number ``seq``; None when they are no longer all there."""
        gap = self.seq - seq
        if gap < 0 or gap > len(self.history):
            return None
        return list(self.history)[len(self.history) - gap :]
