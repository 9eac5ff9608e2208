"""One page's connection: it comes, resumes, counts what it takes, and comes back.

As a well-made client does: pushes are taken in their order and once; what is missing is asked for
by coming back; a close code says whether to return. MUST NOT know what the pushes mean.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any, Protocol

from app.campaign.sim.node import Node
from app.campaign.sim.processes import later
from app.campaign.sim.wire import Line, Roughness, scope
from app.campaign.sim.witness import Frame, Witness

HELLO_S = 6.0
GAP_S = 1.0
STAY_AWAY = 4_500
NEVER_MIND = (4_500, 4_501, 4_502)
"""Close codes after which a page signs in anew instead of giving up for good."""


class Place(Protocol):
    """What a page needs of the world."""

    witness: Witness
    rough: Roughness
    faults: Counter[str]
    closed: Counter[str]

    def pick(self) -> Node | None:
        """The node that a load balancer chooses."""
        ...


class Link:
    """One page, or one tab, of somebody. Subclasses say what the pushes mean (``_take``)."""

    def __init__(self, place: Place, name: str, agent: str | None, seed: int) -> None:
        self.place, self.name, self.agent = place, name, agent
        self.chance = Random(seed)
        self.line: Line | None = None
        self.key: str | None = None
        self.at: Node | None = None
        self.home = False
        """Whether its person has gone home: it does not come back."""
        self._resume: dict[str, Any] | None = None
        self._seq = 0
        self._early: dict[int, Frame] = {}
        self._welcomed = False
        self._refs = 0
        self._tries = 0

    # Coming and going.

    def come(self, *, hello: Frame | str | None = None, ticket: str = "") -> None:
        """Open a socket wherever the balancer sends us; again later where that fails."""
        if self.home or (self.line is not None and not self.line.page_gone):
            return
        node = self.place.pick()
        if node is None or node.process.frozen:
            later(self.chance.uniform(0.5, 2.0), self.come)
            return
        try:
            ticket = ticket or node.door.ticket(self.agent, self.key)
        except LookupError:
            later(self.chance.uniform(0.5, 2.0), self.come)
            return
        line = Line(
            self,
            self.place.witness.leaves,
            self.place.rough,
            Random(self.chance.random()),
            self.place.faults,
            self.place.closed,
        )
        self.line, self.at, self._welcomed, self._early = line, node, False, {}
        node.process.spawn(_serve(node, line), "socket")
        self._refs += 1
        said: Frame = {"type": "hello", "ref": f"{self.name}.{self._refs}", "ticket": ticket}
        said["client"] = self.agent or "board"
        if self._resume is not None:
            said["resume"] = {**self._resume, "seq": self._seq}
        line.hello = said
        line.say(hello if hello is not None else said)
        later(HELLO_S, self._given_up, line)

    def _given_up(self, line: Line) -> None:
        """Nobody answered the hello."""
        if line is self.line and not self._welcomed and not line.page_gone:
            self._resume = None
            line.cut()

    def reload(self) -> None:
        """The page is loaded anew and has forgotten everything."""
        self._resume = None
        if self.line is not None:
            self.line.cut(1001)
        self._forget()

    def leave(self) -> None:
        """Its person goes home."""
        self.home = True
        self.reload()

    def resume_of(self) -> dict[str, Any] | None:
        """What somebody would need to take the session over."""
        return None if self._resume is None else {**self._resume, "seq": self._seq}

    def take_over(self, resume: dict[str, Any], *, right: bool) -> None:
        """Come with the session of another page, with the right secret or a guessed one."""
        if self.line is not None:
            self.line.cut()
        self._resume = {**resume, "secret": resume["secret"] if right else "guessed"}
        self._seq = self._resume.pop("seq")
        self.come()

    def over(self, line: Line, code: int) -> None:
        """See ``wire.Ear``."""
        self.place.witness.note(f"{self.name} closed {code}")
        if line is not self.line:
            return
        self._welcomed = False
        if code == 4_001 or code >= STAY_AWAY:
            self._resume = None
        later(self.chance.uniform(0.3, 1.5), self.come)

    # What is heard.

    def hear(self, line: Line, frame: Frame) -> None:
        """See ``wire.Ear``."""
        if line is not self.line:
            return
        if frame["type"] == "reply":
            self._reply(frame)
        else:
            self._early[frame["seq"]] = frame
        if self._welcomed:
            self._in_order()

    def _reply(self, frame: Frame) -> None:
        assert self.line is not None
        if frame["ref"] != self.line.hello["ref"]:
            self.place.witness.hears(self.name, frame)
            self._answered(frame)
        elif frame["ok"] and not self._welcomed:
            if frame["mode"] == "snapshot":
                self._seq = 0
            self._resume = {name: frame[name] for name in ("session", "secret", "gen")}
            self._welcomed = True

    def _in_order(self) -> None:
        for seq in [seq for seq in self._early if seq <= self._seq]:
            del self._early[seq]
        while (frame := self._early.pop(self._seq + 1, None)) is not None:
            self._seq += 1
            self._take(frame)
        if self._early:
            later(GAP_S, self._gap, self.line, self._seq)

    def _gap(self, line: Line, seq: int) -> None:
        """What is missing has not come: come back and be told again."""
        if line is self.line and seq == self._seq and self._early and not line.page_gone:
            line.cut()

    # What is said.

    def say(self, kind: str, **fields: Any) -> str:
        """Send a command; its ref."""
        self._refs += 1
        ref = f"{self.name}.{self._refs}"
        self.send({"type": kind, "ref": ref, **fields})
        return ref

    def send(self, frame: Frame) -> None:
        """Send this command, maybe not for the first time."""
        if self.line is None or self.line.page_gone or not self._welcomed:
            return
        self.place.witness.asks(self.name, frame)
        self.line.say(frame)

    def pong(self, frame: Frame) -> None:
        """Answer a ping."""
        if self.line is not None:
            self.line.say({"type": "pong", "ping": frame["ping"]})

    def _take(self, frame: Frame) -> None:
        """The next push."""

    def _answered(self, frame: Frame) -> None:
        """A reply to a command."""

    def _forget(self) -> None:
        """What was on the screen is gone."""


async def _serve(node: Node, line: Line) -> None:
    """As an ASGI server does: what the application leaves open is closed behind it."""
    try:
        await node.door.serve(scope(), line.receive, line.send)
    finally:
        line.hang_up()
