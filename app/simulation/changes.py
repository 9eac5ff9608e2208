"""What if: the same conversations with other people or other rules.

Reads the short forms of the command line and applies them to a scenario. MUST NOT change who comes
when, how long the talk is or how patient somebody is. The rule: a change that would change nothing
(a name nobody has) is refused, not ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from app.domain.settings import AgentSettings, QueueSettings, Ring
from app.domain.words import Strategy
from app.simulation.scenario import Habits, Scenario, SimulatedAgent

Shifts = tuple[tuple[int, int | None], ...]


class ChangeInvalid(Exception):
    """The change cannot be made; says what would do."""


@dataclass(slots=True, frozen=True)
class Headcount:
    """``by`` agents more (or less) who are like ``like``: an agent, a group, or all-rounders."""

    by: int
    like: str = ""


@dataclass(slots=True, frozen=True, kw_only=True)
class Changes:
    """What is to be different. None and empty: as it is. ``queues`` replaces those of its ids."""

    headcounts: tuple[Headcount, ...] = ()
    queues: Mapping[str, QueueSettings] = field(default_factory=dict)
    agents: Mapping[str, AgentSettings] = field(default_factory=dict)
    strategy: Strategy | None = None
    rings: tuple[Ring, ...] | None = None
    wrap_up_ms: int | None = None
    capacity: Mapping[str, int] = field(default_factory=dict)


def parse_headcount(text: str) -> Headcount:
    """``+2``, ``-1``, ``+2:anna``. Raises ChangeInvalid."""
    found = re.fullmatch(r"([+-]\d{1,4})(?::(.+))?", text)
    if not found or not int(found[1]):
        raise ChangeInvalid(f"{text!r}: write +2, -1, or +2:NAME for some like an agent or group")
    return Headcount(int(found[1]), found[2] or "")


def parse_strategy(text: str) -> Strategy:
    """The name of a strategy. Raises ChangeInvalid."""
    try:
        return Strategy(text)
    except ValueError:
        raise ChangeInvalid(f"{text!r}: a strategy is one of {', '.join(Strategy)}") from None


def parse_rings(text: str) -> tuple[Ring, ...]:
    """``0:1,30:2,120:2-french``: seconds, highest level, skills no longer asked for.

    ``none`` asks for no rings at all. Raises ChangeInvalid.
    """
    if text == "none":
        return ()
    rings: list[Ring] = []
    for part in text.split(","):
        found = re.fullmatch(r"(\d+(?:\.\d+)?):(\d+)((?:-[\w.:]+)*)", part.strip())
        if not found:
            raise ChangeInvalid(
                f"{part!r}: write SECONDS:LEVEL or SECONDS:LEVEL-SKILL, as in 0:1,30:2,120:2-french"
            )
        after_ms = round(1_000 * float(found[1]))
        if rings and after_ms <= rings[-1].after_ms:
            raise ChangeInvalid(f"{part!r}: a ring opens later than the one in front of it")
        skills = [skill for skill in found[3].split("-") if skill]
        rings.append(Ring(after_ms=after_ms, max_level=int(found[2]), relax_skills=skills))
    return tuple(rings)


def parse_capacity(texts: Iterable[str]) -> dict[str, int]:
    """``chat=3`` for each channel. Raises ChangeInvalid."""
    capacity = {}
    for text in texts:
        found = re.fullmatch(r"([\w.:-]+)=(\d{1,4})", text)
        if not found:
            raise ChangeInvalid(f"{text!r}: write CHANNEL=UNITS, as in chat=3")
        capacity[found[1]] = int(found[2])
    return capacity


def changed(scenario: Scenario, changes: Changes) -> Scenario:
    """The scenario with the changes made. Raises ChangeInvalid."""
    agents = {
        id_: replace(agent, settings=changes.agents.get(id_, agent.settings))
        for id_, agent in scenario.agents.items()
    }
    if changes.capacity:
        agents = {
            id_: replace(agent, settings=_with_capacity(agent.settings, changes.capacity))
            for id_, agent in agents.items()
        }
    for headcount in changes.headcounts:
        agents = _with_headcount(agents, headcount)
    queues = {**scenario.queues, **changes.queues}
    return replace(
        scenario,
        queues={id_: _with_rules(queue, changes) for id_, queue in queues.items()},
        agents=agents,
    )


def with_habits(
    scenario: Scenario,
    *,
    accept_delay_ms: int | None = None,
    declines: float | None = None,
    misses: float | None = None,
) -> Scenario:
    """The scenario with agents who answer so (None: as it is)."""
    given = {"accept_delay_ms": accept_delay_ms, "declines": declines, "misses": misses}
    wanted = {name: value for name, value in given.items() if value is not None}
    return replace(
        scenario,
        agents={
            id_: replace(agent, habits=_habits(agent.habits, wanted))
            for id_, agent in scenario.agents.items()
        },
    )


def _habits(habits: Habits, wanted: Mapping[str, float]) -> Habits:
    return replace(habits, **wanted)  # type: ignore[arg-type]


def _with_rules(queue: QueueSettings, changes: Changes) -> QueueSettings:
    if changes.strategy is not None:
        queue = replace(queue, offer=replace(queue.offer, strategy=changes.strategy))
    if changes.rings is not None:
        queue = replace(queue, rings=[*changes.rings])
    if changes.wrap_up_ms is not None:
        queue = replace(queue, wrap_up=replace(queue.wrap_up, ms=changes.wrap_up_ms))
    return queue


def _with_capacity(settings: AgentSettings, capacity: Mapping[str, int]) -> AgentSettings:
    """More on one channel makes the bound over all channels no smaller than that."""
    units = settings.units and max(settings.units, *capacity.values())
    return replace(settings, capacity={**settings.capacity, **capacity}, units=units)


def _with_headcount(
    agents: dict[str, SimulatedAgent], headcount: Headcount
) -> dict[str, SimulatedAgent]:
    alike = [id_ for id_, one in agents.items() if headcount.like in ("", id_, one.group)]
    if not alike:
        known = ", ".join(dict.fromkeys(one.group or id_ for id_, one in agents.items()))
        raise ChangeInvalid(f"nobody is called {headcount.like!r}; there are {known}")
    if headcount.by < 0:
        if -headcount.by > len(alike):
            raise ChangeInvalid(f"only {len(alike)} can go, not {-headcount.by}")
        gone = set(alike[headcount.by :])
        return {id_: agent for id_, agent in agents.items() if id_ not in gone}
    model = agents[alike[0]] if headcount.like else _all_rounder(agents.values())
    names = (f"extra-{number}" for number in count(1))
    free = (name for name in names if name not in agents)
    return agents | {next(free): model for _ in range(headcount.by)}


def _all_rounder(agents: Iterable[SimulatedAgent]) -> SimulatedAgent:
    """Serves every queue on the best level that somebody has there, with everybody's skills and
    the largest capacity, from the first moment somebody is there to the last.
    """
    everybody = [*agents]
    known = [one.settings for one in everybody]
    units = [one.units for one in known]
    return SimulatedAgent(
        settings=AgentSettings(
            name="extra",
            queues=_best(min, (one.queues for one in known)),
            skills=_best(max, (one.skills for one in known)),
            capacity=_best(max, (one.capacity for one in known)),
            units=None if None in units else max(one for one in units if one is not None),
        ),
        shifts=_span(shift for one in everybody for shift in one.shifts),
        habits=everybody[0].habits,
    )


def _best(choose: Callable[[int, int], int], tables: Iterator[dict[str, int]]) -> dict[str, int]:
    best: dict[str, int] = {}
    for table in tables:
        for name, value in table.items():
            best[name] = choose(best.get(name, value), value)
    return best


def _span(shifts: Iterator[tuple[int, int | None]]) -> Shifts:
    found = [*shifts]
    ends = [off for _, off in found]
    last = None if None in ends else max((off for off in ends if off is not None), default=None)
    return ((min((on for on, _ in found), default=0), last),)
