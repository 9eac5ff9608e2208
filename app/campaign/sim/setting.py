"""What a seed makes of a contact centre: its queues, its agents, its traffic, its bounds.

Small on purpose, so that the rare ways are common. The rule: one agent can serve whatever may
come, so that in the end everything can be served.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from app.campaign.sim.node import Sizes
from app.domain.settings import (
    AgeingRule,
    AgentSettings,
    BackOffRule,
    DeclineReason,
    DeclineRule,
    HoursRule,
    IdleRule,
    NoAnswerRule,
    OfferRule,
    OverflowRule,
    PreferredRule,
    QueueSettings,
    Ring,
    WrapUpRule,
)
from app.domain.words import Strategy

CHANNELS = ("chat", "mail", "call")
SKILLS = ("german", "billing")
SOLID = "a0"
"""The agent who can do everything."""


@dataclass(slots=True)
class Setting:
    """``rush_s``: mean time between two customers; ``nodes``: how many wait to be owner."""

    queues: dict[str, QueueSettings]
    agents: dict[str, AgentSettings]
    sizes: Sizes
    rush_s: float
    nodes: int
    tabs: dict[str, int]
    boards: int
    old_format: bool
    faults: list[str] = field(default_factory=list)


def draw(chance: Random) -> Setting:
    """The seed's own."""
    queues = {f"q{n}": queue(chance, n) for n in range(chance.randint(1, 3))}
    agents = {f"a{n}": agent(chance, n, list(queues)) for n in range(chance.randint(2, 6))}
    sizes = Sizes(
        inbox_max=chance.choice((6, 40, 400)),
        batch_max=chance.choice((1, 8, 256)),
        retention_ms=chance.choice((120_000, 240_000)),
        resume_frames=chance.choice((5, 40, 300)),
        resume_ms=chance.choice((5_000, 120_000)),
        snapshot_records=chance.choice((60, 300, 2_000)),
        keep_ms=chance.choice((20_000, 120_000, 3_600_000)),
        canary_s=chance.choice((0.0, 0.0, 10.0)),
    )
    return Setting(
        queues,
        agents,
        sizes,
        rush_s=chance.choice((0.7, 2.0, 5.0)) * 4 / len(agents),
        nodes=chance.choice((1, 1, 2, 3)),
        tabs={id_: 1 + (chance.random() < 0.25) for id_ in agents},
        boards=chance.choice((0, 1, 1, 2)),
        old_format=chance.random() < 0.15,
    )


def queue(chance: Random, number: int) -> QueueSettings:
    """One queue; the first is never closed by the clock."""
    pick = chance.choice
    return QueueSettings(
        name=f"Queue {number}",
        priority=pick((0, 0, 5)),
        offer=OfferRule(
            strategy=pick([*Strategy]),
            timeout_ms=pick((2_000, 6_000, 15_000)),
            fan_out=pick((1, 2, 5)),
            respect_levels=pick((True, False)),
        ),
        rings=pick(
            ([], [Ring(max_level=1), Ring(after_ms=8_000, relax_skills=list(SKILLS))], [Ring()])
        ),
        preferred=PreferredRule(online_ms=pick((0, 5_000)), offline_ms=pick((0, 3_000))),
        decline=DeclineRule(
            cooldown_ms=pick((0, 4_000, 30_000)),
            reasons=pick(([], [DeclineReason(code="never", again=False)])),
        ),
        back_off=BackOffRule(
            declined_ms=pick((0, 3_000)), missed_ms=pick((0, 4_000)), busy_ms=pick((0, 2_000))
        ),
        no_answer=NoAnswerRule(streak=pick((0, 2)), presence="away"),
        wrap_up=WrapUpRule(ms=pick((0, 3_000, 10_000)), extendable=pick((True, True, False))),
        idle=IdleRule(after_ms=pick((0, 0, 6_000))),
        overflow=overflow(chance, number),
        max_waiting=pick((0, 0, 6)),
        ageing=AgeingRule(priority_per_min=pick((0.0, 0.0, 30.0))),
        hours=HoursRule(holidays=["2027-01-15"]) if number == 2 else HoursRule(),
        weight_by_channel=pick(({}, {"call": 2})),
    )


def overflow(chance: Random, number: int) -> list[OverflowRule]:
    """Where those go who wait too long, if anywhere."""
    rules = [
        OverflowRule(when="after_ms", value=12_000, to="queue", queue="q0"),
        OverflowRule(when="depth", value=8, to="close"),
        OverflowRule(when="no_agents", value=5_000, to="message", message="we are sorry"),
        OverflowRule(when="closed", value=0, to="queue", queue="q0"),
    ]
    return [rule for rule in rules if number and chance.random() < 0.25]


def agent(chance: Random, number: int, queues: list[str]) -> AgentSettings:
    """One agent; the first can do everything."""
    if number == 0:
        return AgentSettings(
            name="Solid",
            queues=dict.fromkeys(queues, 1),
            skills=dict.fromkeys(SKILLS, 5),
            capacity=dict.fromkeys(CHANNELS, 2),
            pull=True,
        )
    own = [id_ for id_ in queues if chance.random() < 0.7] or queues[:1]
    return AgentSettings(
        name=f"Agent {number}",
        queues={id_: chance.randint(1, 2) for id_ in own},
        skills={name: chance.randint(1, 5) for name in SKILLS if chance.random() < 0.6},
        capacity={name: chance.randint(1, 3) for name in CHANNELS if chance.random() < 0.8},
        units=chance.choice((None, None, 2)),
        blocks=chance.choice(({}, {"call": ["chat"]})),
        wrap_up_ms=chance.choice((None, None, 1_000)),
        pull=chance.random() < 0.5,
    )
