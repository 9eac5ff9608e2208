"""One agent of the load: takes offers and works in human time, over one socket after another.

A machine of callbacks, no task: thousands sit in one process. MUST NOT judge the server beyond the
order of its pushes: it tells what it heard, with the time, and the ledger judges. The rules: what
is told as certain was heard on a session in order (``firm``); after a new connection that is so
once the answer to a command that was sent after the hello has come.
"""

from __future__ import annotations

import time
from random import Random
from typing import Any, Protocol

import orjson

from app.load.line import Line
from app.load.plan import People, meant

Json = dict[str, Any]

TIMED = {"accept": "accept", "decline": "decline", "complete": "complete"}
"""Command -> what its answer time is called in the figures."""
EXPECTED = {"offer_expired", "offer_taken", "offer_rescinded", "pending"}
"""Refusals that belong to the game: people are sometimes too late."""
TROUBLE = {"store_unavailable", "outcome_unknown", "overloaded", "not_owner", "internal"}
AGAIN_S = 1.0


class Room(Protocol):
    """What a seat needs from its process."""

    people: People
    chance: Random
    base_s: float

    def tell(self, *event: Any) -> None:
        """Report one event."""

    def time(self, name: str, seconds: float) -> None:
        """Report one measured time."""

    def count(self, name: str) -> None:
        """Report that something happened."""

    def later(self, delay_s: float, call: Any, *words: Any) -> None:
        """Call after a while."""

    def come_back(self, seat: Seat) -> None:
        """Connect this seat again, at the time it wants."""


class Seat:
    """The agent ``name``, whether connected or not."""

    __slots__ = (
        "_gen",
        "_pending",
        "_planned",
        "_ref",
        "_room",
        "_secret",
        "_seq",
        "_session",
        "_wanted",
        "failures",
        "firm",
        "frozen",
        "held",
        "leaving",
        "line",
        "name",
        "offers",
        "queues",
        "wanted_at",
    )

    def __init__(self, room: Room, name: str, queues: frozenset[str]) -> None:
        self._room, self.name, self.queues = room, name, queues
        self.line: Line | None = None
        self.offers: dict[str, str] = {}
        self.held: dict[str, None] = {}
        self.firm = self.frozen = self.leaving = False
        self.wanted_at = 0.0
        self.failures = 0
        self._session = self._secret = self._gen = ""
        self._seq = 0
        self._ref = 0
        self._pending: dict[str, tuple[str, float, str]] = {}
        self._planned: set[str] = set()
        self._wanted: dict[str, tuple[str, float]] = {}

    def hello(self, line: Line, ticket: str) -> None:
        """Begin on an open line, where the last session ended if there was one."""
        self.line = line
        frame: Json = {"type": "hello", "ref": "hello", "ticket": ticket, "client": "load"}
        if self._session:
            frame["resume"] = {
                "session": self._session,
                "secret": self._secret,
                "gen": self._gen,
                "seq": self._seq,
            }
        line.say(orjson.dumps(frame))

    def heard(self, data: bytes) -> None:
        """Take one frame."""
        frame: Json = orjson.loads(data)
        kind = frame["type"]
        if kind == "reply":
            if frame["ref"] == "hello":
                self._welcome(frame)
            else:
                self._reply(frame)
            return
        seq = frame["seq"]
        if seq != self._seq + 1:
            self._room.tell("wrong", self._now(), f"{self.name}: push {seq} after {self._seq}")
            self._session = ""
            self.drop()
            return
        self._seq = seq
        handler = _HANDLERS.get(kind)
        if handler is not None:
            handler(self, frame)

    def ended(self, code: int) -> None:
        """The connection is over; come back unless told otherwise."""
        self.line = None
        self._pending.clear()
        if self.firm:
            self._unsure()
        self._room.count(f"closed {code}")
        if self.leaving:
            return
        if code == 4001:
            self._session = ""
        elif code >= 4501:
            self._room.tell("wrong", self._now(), f"{self.name}: closed for good with {code}")
        self.frozen = False
        self.wanted_at = max(self._now(), self.wanted_at)
        self._room.come_back(self)

    def drop(self) -> None:
        """Lose the connection."""
        if self.line is not None:
            self.line.drop()

    def freeze(self) -> None:
        """Stop reading; what is known of this agent is not certain any more."""
        if self.line is not None:
            self.frozen = True
            if self.firm:
                self._unsure()
            self.line.freeze()

    def thaw(self) -> None:
        """Read on; certain again after everything that was missed."""
        if self.line is not None and self.frozen:
            self.frozen = False
            self.line.thaw()
            self._sync()

    def leave(self) -> None:
        """Sign off for good."""
        self.leaving = True
        if self.line is not None:
            self.line.close()

    def _now(self) -> float:
        return time.monotonic() - self._room.base_s

    def _unsure(self) -> None:
        self.firm = False
        self._room.tell("gone", self._now(), self.name)

    def _say(self, kind: str, due_s: float, subject: str, **fields: Any) -> None:
        self._ref += 1
        ref = str(self._ref)
        self._pending[ref] = (kind, due_s, subject)
        if self.line is not None:
            self.line.say(orjson.dumps({"type": kind, "ref": ref, **fields}))

    def _sync(self) -> None:
        """Its answer comes after all that the server had to say before."""
        self._say("set_presence", self._now(), "", presence="available")

    def _welcome(self, frame: Json) -> None:
        if not frame["ok"]:
            self._room.count(f"hello refused: {frame['code']}")
            self._session = ""
            self.drop()
            return
        if frame["mode"] == "snapshot":
            self._seq = 0
        self._session, self._secret, self._gen = frame["session"], frame["secret"], frame["gen"]
        self._room.time("connect", self._now() - self.wanted_at)
        self._room.count(f"welcome {frame['mode']}")
        self._sync()

    def _reply(self, frame: Json) -> None:
        ref, ok = frame["ref"], frame["ok"]
        if not ok and frame["code"] == "pending":
            return
        kind, due_s, subject = self._pending.pop(ref, ("", 0.0, ""))
        if not ok and frame["code"] in TROUBLE:
            self._room.count(f"trouble: {frame['code']}")
            self._room.later(AGAIN_S, self._repeat, kind, due_s, subject)
            return
        now = self._now()
        self._wanted.pop(subject, None)
        if kind in TIMED:
            self._room.time(TIMED[kind], now - due_s)
        if kind == "set_presence" and ok:
            self._settled(now)
        elif kind == "complete" and ok:
            self._room.tell("done", now, self.name, subject)
        if not ok:
            known = frame["code"] in EXPECTED
            self._room.count(f"{'late' if known else 'refused'} {kind}: {frame['code']}")

    def _repeat(self, kind: str, due_s: float, subject: str) -> None:
        if kind == "set_presence":
            self._sync()
        elif kind in ("accept", "decline") and subject in self.offers:
            self._say(kind, due_s, subject, offer=subject)
        elif kind == "complete" and subject in self.held:
            self._say(kind, due_s, subject, conversation=subject)

    def _settled(self, now: float) -> None:
        """All that was missed has been heard: from here on what is told is certain."""
        if not self.firm and not self.frozen:
            self.firm = True
            self.failures = 0
            self._room.tell("snap", now, self.name, list(self.offers.items()), list(self.held))
        mine = self.offers.keys() | self.held.keys()
        self._wanted = {it: said for it, said in self._wanted.items() if it in mine}
        for subject, (kind, due_s) in self._wanted.items():
            self._repeat(kind, due_s, subject)
        for offer in self.offers:
            self._consider(offer)
        for conversation in self.held:
            self._work(conversation)

    def _consider(self, offer: str) -> None:
        """Look at an offer as long as a person would, once."""
        if offer in self._planned or offer in self._wanted:
            return
        self._planned.add(offer)
        room = self._room
        delay_s = room.people.draw(room.chance, room.people.ring_s)
        kind = "decline" if room.chance.random() < room.people.decline else "accept"
        room.later(delay_s, self._decide, kind, offer, self._now() + delay_s)

    def _decide(self, kind: str, offer: str, due_s: float) -> None:
        self._planned.discard(offer)
        if offer in self.offers:
            self._want(kind, offer, meant(due_s, self._now()))

    def _work(self, conversation: str) -> None:
        """Serve a conversation as long as a person would, once."""
        if conversation in self._planned or conversation in self._wanted:
            return
        self._planned.add(conversation)
        room = self._room
        delay_s = room.people.draw(room.chance, room.people.work_s)
        room.later(delay_s, self._complete, conversation, self._now() + delay_s)

    def _complete(self, conversation: str, due_s: float) -> None:
        self._planned.discard(conversation)
        if conversation in self.held:
            self._want("complete", conversation, meant(due_s, self._now()))

    def _want(self, kind: str, subject: str, due_s: float) -> None:
        """Say it, or say it when there is a session again; it counts from when it was due."""
        self._wanted[subject] = (kind, due_s)
        if self.firm:
            self._repeat(kind, due_s, subject)

    def _on_snapshot(self, frame: Json) -> None:
        self.offers = {offer["id"]: offer["conversation"] for offer in frame["offers"]}
        self.held = dict.fromkeys(held["id"] for held in frame["conversations"])
        for offer in frame["offers"]:
            self._offered(offer, firm=False)

    def _on_offer(self, frame: Json) -> None:
        offer = frame["offer"]
        self.offers[offer["id"]] = offer["conversation"]
        self._offered(offer, firm=self.firm)
        if self.firm:
            self._consider(offer["id"])

    def _offered(self, offer: Json, *, firm: bool) -> None:
        id_, conversation, queue = offer["id"], offer["conversation"], offer["queue"]
        now = self._now()
        due_s = now + offer["expires_in_ms"] / 1000
        self._room.tell("offer", now, self.name, id_, conversation, queue, due_s, firm)
        self._say("received", now, id_, offer=id_)
        if queue not in self.queues:
            self._room.tell("wrong", now, f"{self.name} was offered {id_} of queue {queue}")

    def _on_offer_ended(self, frame: Json) -> None:
        self.offers.pop(frame["offer"], None)
        self._wanted.pop(frame["offer"], None)
        self._room.count(f"offer {frame['outcome']}")
        if self.firm:
            self._room.tell("end", self._now(), self.name, frame["offer"], frame["outcome"])

    def _on_assigned(self, frame: Json) -> None:
        conversation = frame["conversation"]["id"]
        self.held[conversation] = None
        if self.firm:
            self._room.tell("hold", self._now(), self.name, conversation)
            self._work(conversation)

    def _on_conversation_ended(self, frame: Json) -> None:
        self.held.pop(frame["conversation"], None)
        self._wanted.pop(frame["conversation"], None)
        if self.firm:
            self._room.tell("free", self._now(), self.name, frame["conversation"])

    def _on_ping(self, frame: Json) -> None:
        # A pong is not answered.
        if self.line is not None:
            self.line.say(orjson.dumps({"type": "pong", "ping": frame["ping"]}))

    def _on_draining(self, frame: Json) -> None:
        self.wanted_at = self._now() + frame["reconnect_in_ms"] / 1000


_HANDLERS = {
    "snapshot": Seat._on_snapshot,
    "offer": Seat._on_offer,
    "offer_ended": Seat._on_offer_ended,
    "assigned": Seat._on_assigned,
    "conversation_ended": Seat._on_conversation_ended,
    "ping": Seat._on_ping,
    "draining": Seat._on_draining,
}
