"""What a load run shall do, and the part of it that one client process gets.

Plain data that travels as JSON. MUST NOT act. The rule: the same plan and seed give the same
arrivals and the same human times.
"""

from __future__ import annotations

import math
from random import Random

from msgspec import Struct

SCENARIOS = {
    "steady": "the same rate all the time",
    "ramp": "the rate grows in ten steps up to --rate, and the knee is named",
    "storm": "all agents drop at once and come back, at a third and at two thirds",
    "slow": "one agent in ten stops reading for the middle half",
    "flap": "every agent drops and comes back again and again",
    "deploy": "the server is drained and started again under load, twice (own server only)",
    "board": "a hundred supervisors watch the board",
    "soak": "steady and long; what memory does is told",
}
SOCKETS_PER_PROCESS = 5_000
"""Beyond this one client process is likelier to be the bottleneck than its server."""


class People(Struct, frozen=True, kw_only=True):
    """How simulated agents behave; medians in seconds, ``decline`` a share between 0 and 1.

    Times are drawn log-normal, as those of people are: never near zero, with a long tail.
    """

    ring_s: float = 2.0
    work_s: float = 10.0
    decline: float = 0.03
    spread: float = 0.5

    def draw(self, chance: Random, median_s: float) -> float:
        """One human time in seconds."""
        return median_s * math.exp(self.spread * chance.gauss(0.0, 1.0))

    @property
    def held_s(self) -> float:
        """How long one conversation takes an agent on average, in seconds."""
        return float((self.ring_s + self.work_s) * math.exp(self.spread**2 / 2))


class Plan(Struct, frozen=True, kw_only=True):
    """One run. ``rate`` in conversations per second, ``burst`` how many arrive at once.

    ``day``: intended arrivals in seconds from the start, instead of ``rate``. ``p99_ms``: the
    longest p99 of the offer time that still passes; 0: none is asked for.
    """

    scenario: str = "steady"
    agents: int = 100
    rate: float = 5.0
    seconds: float = 30.0
    burst: int = 1
    day: tuple[float, ...] = ()
    queues: int = 10
    per_agent: int = 2
    supervisors: int = 0
    processes: int = 1
    connecting: int = 64
    people: People = People()
    offer_timeout_ms: int = 20_000
    drain_s: float = 60.0
    p99_ms: float = 0.0
    seed: int = 1

    @property
    def arrivals_per_s(self) -> float:
        """The mean rate of arrivals."""
        return len(self.day) / self.seconds if self.day else self.rate

    @property
    def occupancy(self) -> float:
        """The share of all agents' time that the arrivals will ask for; above 1 queues grow."""
        return self.arrivals_per_s * self.people.held_s / max(1, self.agents)

    @property
    def sockets(self) -> int:
        """How many sockets are held open."""
        return self.agents + self.supervisors


class Share(Struct, frozen=True, kw_only=True):
    """What one client process is told at its start: the agents ``first`` to ``first + count``.

    ``base_s`` is the zero of all times in reports: the machine's monotonic clock, which every
    process on it shares. ``source`` is the address to connect from; empty: any.
    """

    plan: Plan
    number: int
    first: int
    count: int
    supervisors: int
    day: tuple[float, ...]
    url: str
    key: str
    prefix: str
    base_s: float
    source: str = ""


GRAIN_S = 0.002
"""Event loops keep time to a millisecond or so: a delay below this is the clock's own."""


def meant(due_s: float, now_s: float) -> float:
    """From when a delay counts: from when the thing was due, unless only the clock was coarse."""
    return now_s if 0 <= now_s - due_s < GRAIN_S else due_s


def queue_name(prefix: str, number: int) -> str:
    """The id of a queue."""
    return f"{prefix}q{number}"


def agent_name(prefix: str, number: int) -> str:
    """The id of an agent."""
    return f"{prefix}a{number}"


def conversation_name(prefix: str, process: int, number: int, queue: int, intended_s: float) -> str:
    """The id of a conversation: it carries its queue and when it was meant to be sent."""
    return f"{prefix}c{process}.{number}.{queue}.{round(intended_s * 1e6)}"


def intended_at(conversation: str) -> float:
    """When a conversation was meant to be sent, in seconds of the run."""
    return int(conversation.rpartition(".")[2]) / 1e6


def queue_of(prefix: str, conversation: str) -> str:
    """The queue that a conversation was sent to."""
    return queue_name(prefix, int(conversation.split(".")[-2]))


def queues_of(plan: Plan, agent: int) -> list[int]:
    """The numbers of the queues that an agent is a member of."""
    many = min(plan.per_agent, plan.queues)
    return sorted({(agent + step) % plan.queues for step in range(many)})


def shares(
    plan: Plan, *, url: str, key: str, prefix: str, base_s: float, local: bool
) -> list[Share]:
    """Split a run over its client processes; ``local``: each from a loopback address of its own."""
    many = plan.processes

    def part(total: int, number: int) -> int:
        return total * number // many

    return [
        Share(
            plan=plan,
            number=number,
            first=part(plan.agents, number),
            count=part(plan.agents, number + 1) - part(plan.agents, number),
            supervisors=part(plan.supervisors, number + 1) - part(plan.supervisors, number),
            day=plan.day[number::many],
            url=url,
            key=key,
            prefix=prefix,
            base_s=base_s,
            source=f"127.0.0.{10 + number % 200}" if local else "",
        )
        for number in range(many)
    ]
