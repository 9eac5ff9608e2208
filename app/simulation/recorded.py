"""A recorded day as a scenario: its conversations, its shifts, and the queues as one likes them.

MUST NOT read a file: days come from ``app.clients``. The rule: who came when, how long the talk was
and how long they would have waited is the record's; everything else may be changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from app.clients.day import Conversation, Day
from app.domain.settings import AgeingRule, AgentSettings, QueueSettings
from app.simulation.scenario import (
    MONDAY_MS,
    Arrival,
    Habits,
    Scenario,
    SimulatedAgent,
    midnight,
)

PER_SECOND = AgeingRule(priority_per_min=60.0)
"""Priority grows by one a second, so that a priority is a head start in seconds, and exactly so."""


def recorded(
    day: Day,
    queues: Mapping[str, QueueSettings] | None = None,
    agents: Mapping[str, AgentSettings] | None = None,
    *,
    head_start_s: int | None = None,
) -> Scenario:
    """The scenario of a day.

    ``queues`` and ``agents`` say how those of these ids are set; the others are as plain as can be:
    one conversation at a time, no wrap-up. ``head_start_s``: each step of priority counts as so
    many seconds waited already (0: priorities are ignored; None: they are what the queue makes of
    them).
    """
    named = {id_: QueueSettings(name=id_) for id_ in day.queues} | dict(queues or {})
    if head_start_s is not None:
        named = {id_: replace(queue, ageing=PER_SECOND) for id_, queue in named.items()}
    return Scenario(
        name=day.name,
        queues=named,
        agents=dict(_agents(day, agents or {})),
        arrivals=tuple(_arrival(one, head_start_s) for one in day.conversations),
        starts_at=_midnight(day.name),
    )


def _agents(day: Day, known: Mapping[str, AgentSettings]) -> Iterator[tuple[str, SimulatedAgent]]:
    shifts = {
        id_: tuple((_ms(one.on_s), _ms(one.off_s)) for one in own)
        for id_, own in groupby(day.shifts, key=lambda shift: shift.agent)
    }
    for id_, agent in day.agents.items():
        plain = AgentSettings(
            name=id_,
            queues=dict(agent.queues),
            skills=dict(agent.skills),
            capacity=dict.fromkeys(day.channels, 1),
            units=1,
        )
        settings = known.get(id_, plain)
        yield id_, SimulatedAgent(settings=settings, shifts=shifts.get(id_, ()), habits=Habits())


def _arrival(one: Conversation, head_start_s: int | None) -> Arrival:
    step = 1 if head_start_s is None else head_start_s
    return Arrival(
        at_ms=_ms(one.arrived_s),
        id=one.id,
        queue=one.queue,
        service_ms=_ms(one.service_s),
        patience_ms=None if one.patience_s is None else _ms(one.patience_s),
        priority=step * one.priority,
        channel=one.channel,
        skills=dict(one.skills),
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1_000)


def _midnight(name: str) -> int:
    """The first instant of the date or month that the day is called by; any Monday if by none."""
    try:
        return midnight(f"{name}-01" if len(name) == len("1999-02") else name)
    except ValueError:
        return MONDAY_MS
