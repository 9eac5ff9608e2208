"""A lived-in workspace for campaigns: queues, agents, conversations in every stage of their lives.

The same each time: no chance, no clock. What each conversation was entered for is in its id, so
that whoever meets it later knows its queue without asking the program.
"""

from __future__ import annotations

from app.domain import commands as c
from app.domain.engine import Engine
from app.domain.events import Event
from app.domain.settings import AgentSettings, DeclineRule, OfferRule, QueueSettings
from app.domain.state import State

START_AT = 1_790_000_000_000
RETENTION_MS = 60_000
QUEUES = ("billing", "support", "orders", "idle")
"""Nobody serves the last one."""
AGENTS = {
    "ann": ("billing",),
    "bob": ("support", "billing"),
    "cid": ("orders",),
    "dee": ("orders", "support"),
    "eve": ("billing", "support", "orders"),
}
BY = "campaign"


def queue_of(conversation: str) -> str:
    """The queue that a conversation of a campaign was entered for."""
    return conversation.partition(".")[0]


class History:
    """Lives a workspace. ``events`` holds all that happened, in order."""

    def __init__(self, workspace: str, engine: Engine | None = None, now: int = START_AT) -> None:
        self.engine, self.now = engine or Engine(retention_ms=RETENTION_MS), now
        self.events: list[Event] = []
        self._workspace = workspace
        self._count = 0

    def ask(self, *commands: c.Command) -> None:
        """Carry out each one; a refused one is nothing."""
        for command in commands:
            self.events += self.engine.apply(command, self.now).events

    def begin(self) -> None:
        """A new log, its owner, its queues and its people."""
        self.ask(c.OpenWorkspace(self._workspace, f"gen-{self._workspace}"))
        self.own(1)
        rules = OfferRule(timeout_ms=8_000)
        for queue in QUEUES:
            line = QueueSettings(name=queue, offer=rules, decline=DeclineRule(cooldown_ms=500))
            self.ask(c.PutQueue(queue, line, BY))
        for agent, queues in AGENTS.items():
            settings = AgentSettings(
                name=agent, queues=dict.fromkeys(queues, 1), capacity={"chat": 2}
            )
            self.ask(c.PutAgent(agent, settings, BY), c.ConnectAgent(agent))
            self.ask(c.SetPresence(agent, "available", "", BY))
        self.ask(c.CreateKey("key-1", "A desk", "agent", "ab" * 32, "ann", BY))

    def own(self, epoch: int) -> None:
        """An owner takes over."""
        self.ask(c.OpenEpoch(epoch, f"node-{epoch}", 20_000))
        for agent in self.engine.state.agents:
            self.ask(c.ConnectAgent(agent))

    def round(self) -> None:
        """Some come, some are served, one leaves, one is declined, time passes."""
        for queue in QUEUES:
            self._count += 1
            self.ask(c.EnterConversation(f"{queue}.{self.now}.{self._count}", queue, "chat", BY))
        state = self.engine.state
        for number, (offer, made) in enumerate([*state.offers.items()]):
            if made.ended_at or made.state not in ("created", "delivered"):
                continue
            self.ask(c.MarkDelivered(offer, made.agent))
            if number % 5 == 3:
                self.ask(c.DeclineOffer(offer, made.agent, "busy"))
            elif number % 5 != 4:
                self.ask(c.AcceptOffer(offer, made.agent))
        for agent in state.agents.values():
            for place, held in enumerate([*agent.conversations]):
                if place % 2 == 0:
                    self.ask(c.CompleteConversation(held, agent.id))
        idle = self._waiting("idle")
        if len(idle) > 3:
            self.ask(c.CancelConversation(idle[0], True, "left", BY))
        self._pass_ms(3_000)

    def _waiting(self, queue: str) -> list[str]:
        return [
            id_
            for id_, one in self.engine.state.conversations.items()
            if one.queue == queue and one.state == "waiting"
        ]

    def _pass_ms(self, ms: int) -> None:
        until = self.now + ms
        while (due := self.engine.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.ask(c.Tick())
        self.now = until


def lived_state(workspace: str, rounds: int) -> tuple[State, list[Event]]:
    """The state after some rounds, and the events that made it."""
    history = History(workspace)
    history.begin()
    for _ in range(rounds):
        history.round()
    return history.engine.state, history.events
