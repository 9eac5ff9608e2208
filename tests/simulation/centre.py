"""Small contact centres for these tests: agents who are alike, one queue or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.settings import AgentSettings, QueueSettings
from app.simulation.scenario import WHOLE_TIME, Arrival, Habits, Scenario, SimulatedAgent
from app.simulation.waits import Waits
from app.simulation.world import World


def agent(
    queues: Mapping[str, int] | Iterable[str] = ("q",),
    *,
    shifts: tuple[tuple[int, int | None], ...] = WHOLE_TIME,
    capacity: Mapping[str, int] | None = None,
    skills: Mapping[str, int] | None = None,
    group: str = "",
    **habits: Any,
) -> SimulatedAgent:
    """One agent; queues without a level are on level 1."""
    levels = dict(queues) if isinstance(queues, Mapping) else dict.fromkeys(queues, 1)
    settings = AgentSettings(
        name="somebody",
        queues=levels,
        capacity=dict(capacity or {"call": 1}),
        skills=dict(skills or {}),
    )
    return SimulatedAgent(settings=settings, shifts=shifts, habits=Habits(**habits), group=group)


def alike(
    count: int, queues: Mapping[str, int] | Iterable[str] = ("q",), **how: Any
) -> dict[str, SimulatedAgent]:
    """Some agents who are alike."""
    return {f"a{number}": agent(queues, **how) for number in range(count)}


def centre(
    arrivals: Iterable[Arrival],
    agents: Mapping[str, SimulatedAgent],
    **queues: QueueSettings,
) -> Scenario:
    """A scenario; queues that are not named are default."""
    ids = {queue for one in agents.values() for queue in one.settings.queues}
    named = {id_: QueueSettings(name=id_) for id_ in sorted(ids)}
    return Scenario(name="test", queues=named | queues, agents=dict(agents), arrivals=arrivals)


def run(scenario: Scenario, **how: Any) -> tuple[Waits, World]:
    """Let everything happen; the waits, and the world as it was left."""
    waits = Waits()
    return waits, World(scenario, [waits.see], **how).run()
