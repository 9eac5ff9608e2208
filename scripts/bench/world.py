"""The made-up contact centre that every benchmark runs: queues, agents, conversations.

The same shape gives the same world. Skills, three levels and three rings are in use, and the last
ring relaxes every skill, so that nobody starves and a backlog stays as long as it was made. Time
moves with the work: each agent ends one conversation in ``PACE_MS``, however many agents there are.
MUST NOT touch the engine except through its commands.
"""

from __future__ import annotations

import gc
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from time import perf_counter_ns

from app.codec.formats import NEWEST
from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.settings import AgentSettings, QueueSettings, Ring
from app.domain.words import OfferState, Presence

START_MS = 1_700_000_000_000
PACE_MS = 60_000
CAPACITY = 2
RETAINED = 1_000
RINGS = [
    Ring(after_ms=0, max_level=1),
    Ring(after_ms=30_000, max_level=2),
    Ring(after_ms=60_000, max_level=3, relax_skills=["german", "billing"]),
]
ASKED: list[dict[str, int]] = [{}, {"german": 2}, {"billing": 1}, {"german": 1, "billing": 1}]
OPEN = c.OpenWorkspace("bench", "g1")
FORMAT = c.FinalizeFormat(NEWEST, "system")
EPOCH = c.OpenEpoch(1, "n1", 20_000)
NAMES = ["Ada Okafor", "Chen Wei", "Maria Silva", "Jonas Lindqvist", "Priya Raman"]


@dataclass(frozen=True)
class Shape:
    """How large a world is. ``waiting`` 0: half of the capacity is free."""

    agents: int
    waiting: int
    queues: int

    def __str__(self) -> str:
        return f"{self.agents:,} x {self.waiting:,} x {self.queues:,}"


def furniture(shape: Shape) -> Iterator[c.Command]:
    """Queues and agents, all of whom are there and want work."""
    for q in range(shape.queues):
        yield c.PutQueue(f"q{q}", QueueSettings(name=f"Queue {q}", rings=RINGS), "bench")
    chance = random.Random(7)
    apart = shape.queues // 3 or 1
    for a in range(shape.agents):
        agent = AgentSettings(
            name=f"Agent {a}",
            queues={f"q{(a + k * apart) % shape.queues}": k + 1 for k in range(3)},
            skills={"german": chance.randrange(5), "billing": chance.randrange(3)},
            capacity={"chat": CAPACITY},
        )
        yield c.PutAgent(f"a{a}", agent, "bench")
    for a in range(shape.agents):
        yield c.SetPresence(f"a{a}", Presence.AVAILABLE, "", f"agent:a{a}")
        yield c.ConnectAgent(f"a{a}")


def request(number: int, queues: int) -> c.EnterConversation:
    """The conversation of this number, with what a web shop sends along."""
    return c.EnterConversation(
        f"c{number}",
        f"q{number % queues}",
        "chat",
        "ingest:shop",
        skills=dict(ASKED[number // queues % len(ASKED)]),
        customer={"name": NAMES[number % len(NAMES)], "id": f"customer-{number}"},
        subject=f"Order {number} has not arrived",
        attributes={"order": f"{number:08d}", "page": "/orders", "tier": "gold"},
        fingerprint=sha256(b"%d" % number).hexdigest(),
    )


def history(shape: Shape) -> Iterator[e.Event]:
    """What the log of a full world holds: agents at capacity, the rest waiting, a ms apart."""
    furnisher, now = Engine(), START_MS
    for command in (OPEN, FORMAT, EPOCH, *furniture(shape)):
        yield from furnisher.apply(command, now).events
    held = CAPACITY * shape.agents
    for number in range(held + shape.waiting):
        now += 1
        agent = number % shape.agents
        asked = request(number if number >= held else agent, shape.queues)
        fields = {name: getattr(asked, name) for name in asked.__slots__}
        conversation = fields["conversation"] = f"c{number}"
        yield e.ConversationEntered(at=now, **fields)
        if number < held:
            offer, who, queue = f"o{number + 1}", f"a{agent}", asked.queue
            yield e.OfferMade(now, offer, conversation, queue, who, 1, now + 20_000, 1, {})
            taken = OfferState.ACCEPTED
            yield e.OfferEnded(now, offer, conversation, queue, who, taken, "", f"agent:{who}")


@dataclass
class World:
    """One engine at work. ``spent`` {command: nanoseconds of each one}; ``offers`` counts them."""

    shape: Shape
    engine: Engine = field(init=False)
    now: int = START_MS
    entered: int = 0
    offers: int = 0
    held: deque[tuple[str, str]] = field(default_factory=deque)
    spent: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open, furnish, and let conversations come until as many live as the shape wants."""
        self.step_ms = max(1, PACE_MS // self.shape.agents)
        self.engine = Engine(retention_ms=RETAINED * self.step_ms)
        for command in (OPEN, EPOCH, *furniture(self.shape)):
            self.apply(command)
        held = self.shape.agents * (CAPACITY if self.shape.waiting else CAPACITY // 2)
        for _ in range(held + self.shape.waiting):
            self.arrive()
        self.offers = 0
        self.spent.clear()

    def apply(self, command: c.Command) -> list[e.Event]:
        """Let the engine decide, with a stopwatch."""
        started = perf_counter_ns()
        outcome = self.engine.apply(command, self.now)
        took = perf_counter_ns() - started
        assert outcome.refusal is None, (command, outcome.refusal)
        self.spent.setdefault(type(command).__name__, []).append(took)
        return outcome.events

    def arrive(self) -> None:
        """A moment passes, what is due happens, one conversation enters."""
        self.now += self.step_ms
        while (due_at := self.engine.next_deadline()) is not None and due_at <= self.now:
            self.serve(self.apply(c.Tick()))
        self.serve(self.apply(request(self.entered, self.shape.queues)))
        self.entered += 1

    def serve(self, events: list[e.Event]) -> None:
        """Every agent who got an offer takes it."""
        for event in events:
            if isinstance(event, e.OfferMade):
                self.offers += 1
                self.apply(c.MarkDelivered(event.offer, event.agent))
                self.apply(c.AcceptOffer(event.offer, event.agent))
                self.held.append((event.conversation, event.agent))

    def cycle(self) -> None:
        """One enters, and the one held longest is completed: its agent is offered the next."""
        self.arrive()
        if self.held:
            self.serve(self.apply(c.CompleteConversation(*self.held.popleft())))


def settle_memory() -> None:
    """Collect as the server does when it is ready: what lives long is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
