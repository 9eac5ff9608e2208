"""A small contact centre on the real engine, for tests that look at it.

Holds no expectations: it only moves the clock and lets things happen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from app.domain import commands as c
from app.domain.engine import Engine
from app.domain.events import Event
from app.domain.outcome import Outcome
from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from app.domain.words import Presence

NOON = 1_790_000_000_000
BY = "admin:test"


class Floor:
    """An engine, a clock, and every event so far."""

    def __init__(self) -> None:
        self.now = NOON
        self.engine = Engine()
        self.events: list[Event] = []
        self.do(c.OpenWorkspace("main", "gen-1"))
        self.do(c.OpenEpoch(1, "node", 20_000))

    def do(self, command: c.Command) -> Outcome:
        """Apply one command now."""
        outcome = self.engine.apply(command, self.now)
        self.events += outcome.events
        return outcome

    def wait(self, ms: int) -> None:
        """Let time pass, and its effects happen."""
        self.now += ms
        self.do(c.Tick())

    def queue(self, id_: str, **settings: object) -> None:
        """Configure a queue."""
        record = msgspec.convert({"name": id_.title(), **settings}, QueueSettings)
        self.do(c.PutQueue(id_, record, BY))

    def agent(self, id_: str, *queues: str, online: bool = True, **settings: object) -> None:
        """Configure an agent; ``online``: connected and available."""
        given = {"name": id_.title(), "queues": dict.fromkeys(queues, 1), **settings}
        self.do(c.PutAgent(id_, msgspec.convert(given, AgentSettings), BY))
        if online:
            self.do(c.ConnectAgent(id_))
            self.do(c.SetPresence(id_, Presence.AVAILABLE, "", f"agent:{id_}"))

    def presence(self, id_: str, **settings: object) -> None:
        """Configure a custom presence."""
        record = msgspec.convert({"name": id_.title(), **settings}, PresenceSettings)
        self.do(c.PutPresence(id_, record, BY))

    def set(self, agent: str, presence: str, **more: Any) -> None:
        """The agent says what he intends."""
        self.do(c.SetPresence(agent, presence, "", f"agent:{agent}", **more))

    def accept(self, agent: str) -> str:
        """The agent takes his first offer: the id of the conversation."""
        offer = self.engine.state.offers[self.offer_of(agent)]
        self.do(c.AcceptOffer(offer.id, agent))
        return offer.conversation

    def enter(self, id_: str, queue: str, **fields: Any) -> None:
        """A conversation comes in."""
        command = c.EnterConversation(id_, queue, "chat", "ingest:k")
        self.do(replace(command, **fields))

    def offer_of(self, agent: str) -> str:
        """The first live offer of an agent."""
        return next(iter(self.engine.state.agents[agent].offers))
