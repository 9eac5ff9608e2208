"""Made-up days: who comes when, drawn by lot from rates, talks and patience that one can state.

MUST NOT read a clock or the global source of chance. The rule: a seed fixes the whole day, whoever
serves it: the same customers with the same talks and the same patience, so that two runs of one
seed differ by what was changed alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge
from math import log, sqrt

from app.domain.settings import AgentSettings, QueueSettings
from app.simulation.scenario import (
    MONDAY_MS,
    WHOLE_TIME,
    Arrival,
    Habits,
    Scenario,
    SimulatedAgent,
)

Draw = Callable[[], float]


@dataclass(slots=True, frozen=True, kw_only=True)
class Traffic:
    """What comes into one queue: on average ``per_period`` conversations in each period of
    ``period_ms``, by a Poisson process.

    ``service_ms`` and ``patience_ms`` are means, one for each period of arrival or one for all.
    Service is exponential, or log-normal with the coefficient of variation ``spread``; patience is
    exponential (none: for ever).
    """

    queue: str
    per_period: tuple[float, ...]
    period_ms: int
    service_ms: tuple[float, ...]
    spread: float | None = None
    patience_ms: tuple[float, ...] = ()
    channel: str = "chat"
    priority: int = 0
    skills: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, frozen=True, kw_only=True)
class Staff:
    """``count`` agents who are alike; ``shifts`` as in ``SimulatedAgent``."""

    count: int
    settings: AgentSettings
    shifts: tuple[tuple[int, int | None], ...] = WHOLE_TIME
    habits: Habits = field(default_factory=Habits)


@dataclass(slots=True, frozen=True, kw_only=True)
class Spec:
    """A kind of day. ``opens_ms``: when the first period begins, after midnight.

    ``day_spread``: how much whole days differ, as the coefficient of variation of a gamma factor on
    all rates of a day (Avramidis, Deslauriers, L'Ecuyer 2004); 0: not at all. ``starts_at``: the
    midnight of its date.
    """

    name: str
    traffic: Mapping[str, Traffic]
    staff: Mapping[str, Staff]
    opens_ms: int = 0
    day_spread: float = 0.0
    starts_at: int = MONDAY_MS


class Arrivals:
    """The conversations of one day, drawn anew and alike each time they are gone through."""

    def __init__(self, spec: Spec, seed: int, factor: float | None = None) -> None:
        """``factor`` on all rates; None: drawn by ``day_spread``."""
        self._spec, self._seed = spec, seed
        self._factor = self._drawn_factor() if factor is None else factor

    def _drawn_factor(self) -> float:
        if not self._spec.day_spread:
            return 1.0
        shape = self._spec.day_spread**-2
        return random.Random(f"{self._seed} day").gammavariate(shape, 1 / shape)

    def __iter__(self) -> Iterator[Arrival]:
        """In order of time."""
        return merge(*(self._stream(name, one) for name, one in self._spec.traffic.items()))

    def _stream(self, name: str, traffic: Traffic) -> Iterator[Arrival]:
        chance = random.Random(f"{self._seed} {name}")
        number = 0
        for period, expected in enumerate(traffic.per_period):
            rate = self._factor * expected / traffic.period_ms
            if not rate:
                continue
            service = _service(chance, _of(traffic.service_ms, period), traffic.spread)
            patience_ms = _of(traffic.patience_ms, period)
            at = float(self._spec.opens_ms + period * traffic.period_ms)
            until = at + traffic.period_ms
            while (at := at + chance.expovariate(rate)) < until:
                number += 1
                yield Arrival(
                    int(at),
                    f"{name}-{number}",
                    traffic.queue,
                    max(1, round(service())),
                    round(chance.expovariate(1 / patience_ms)) if patience_ms else None,
                    traffic.priority,
                    traffic.channel,
                    traffic.skills,
                )


def generated(
    spec: Spec,
    seed: int,
    queues: Mapping[str, QueueSettings] | None = None,
    *,
    factor: float | None = None,
) -> Scenario:
    """One day of this kind. ``queues`` says how those of these ids are set; others are default."""
    asked = [one.queue for one in spec.traffic.values()]
    served = [id_ for staff in spec.staff.values() for id_ in staff.settings.queues]
    named = {id_: QueueSettings(name=id_) for id_ in dict.fromkeys([*asked, *served])}
    return Scenario(
        name=spec.name,
        queues=named | dict(queues or {}),
        agents={
            _name(group, number, staff.count): SimulatedAgent(
                settings=staff.settings, shifts=staff.shifts, habits=staff.habits, group=group
            )
            for group, staff in spec.staff.items()
            for number in range(1, staff.count + 1)
        },
        arrivals=Arrivals(spec, seed, factor),
        starts_at=spec.starts_at,
    )


def _name(group: str, number: int, count: int) -> str:
    return group if count == 1 else f"{group}-{number:0{len(str(count))}}"


def _of(means: tuple[float, ...], period: int) -> float:
    """The mean of the period; one mean is for all of them, none is 0."""
    if not means:
        return 0.0
    return means[0] if len(means) == 1 else means[period]


def _service(chance: random.Random, mean_ms: float, spread: float | None) -> Draw:
    if spread is None:
        return lambda: chance.expovariate(1 / mean_ms)
    if not spread:
        return lambda: mean_ms
    variance = log(1 + spread * spread)
    middle = log(mean_ms) - variance / 2
    return lambda: chance.lognormvariate(middle, sqrt(variance))
