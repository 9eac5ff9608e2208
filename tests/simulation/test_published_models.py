"""Contact-centre models with results that others published: in their interval, give or take 2 %.

A thousand days take long, so the sample runs fewer and may miss the interval by three of its own
standard errors. The days of SimpleMSK differ by a gamma factor of which the tail decides; it is
taken at its quantiles instead of drawn, so that few days need no allowance at all.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt
from statistics import fmean, stdev

import pytest

from app.domain.interval_figures import IntervalRecord
from app.domain.settings import QueueSettings, ServiceLevelRule
from app.simulation.runs import Run, simulate
from app.simulation.scenario import SimulatedAgent
from app.simulation.traffic import Spec, Traffic, generated
from tests.simulation.centre import agent
from tests.simulation.measure import MINUTE_MS
from tests.simulation.models import pools

DAYS = 1_000
SAMPLE = 9
GIVE_OR_TAKE = 0.02
TARGET = ServiceLevelRule(target_ms=MINUTE_MS // 3)
Part = Callable[[Run, IntervalRecord], float]


@dataclass(slots=True, frozen=True)
class Published:
    """An interval, and the two sums over all days whose ratio should lie in it (a service level of
    many days is of their conversations, not the mean of the days' levels).
    """

    least: float
    most: float
    above: Part
    below: Part = lambda run, total: 1.0

    def fault(self, name: str, days: list[tuple[Run, IntervalRecord]], errors: float) -> str | None:
        """What is wrong, with an allowance of so many standard errors; None: nothing."""
        above = [self.above(run, total) for run, total in days]
        below = [self.below(run, total) for run, total in days]
        ratio = sum(above) / sum(below)
        rests = [one - ratio * two for one, two in zip(above, below, strict=True)]
        slack = errors * stdev(rests) / fmean(below) / sqrt(len(days))
        low = self.least * (1 - GIVE_OR_TAKE) - slack
        high = self.most * (1 + GIVE_OR_TAKE) + slack
        return None if low <= ratio <= high else f"{name}: {ratio:.5g} not in {low:.5g}, {high:.5g}"


def served(run: Run, total: IntervalRecord) -> float:
    return total.served


def in_target(run: Run, total: IntervalRecord) -> float:
    return total.served_within_target


def abandoned(run: Run, total: IntervalRecord) -> float:
    return total.abandoned


def done_but_early_leavers(run: Run, total: IntervalRecord) -> float:
    return total.served + total.abandoned - total.abandoned_within_target


def waited_min(run: Run, total: IntervalRecord) -> float:
    return total.wait_served_sum_ms / MINUTE_MS


def busy(run: Run, total: IntervalRecord) -> float:
    return run.tally.of().busy_ms


def work(run: Run, total: IntervalRecord) -> float:
    return run.tally.of().work_ms


def compare(
    spec: Spec,
    published: dict[str, Published],
    factors: list[float | None],
    agents: dict[str, SimulatedAgent],
    errors: float,
) -> None:
    """Run a day for each factor; each figure must lie in its widened interval."""
    queues = {
        one.queue: QueueSettings(name=one.queue, service_level=TARGET)
        for one in spec.traffic.values()
    }
    days = []
    for seed, factor in enumerate(factors, 1):
        run = simulate(replace(generated(spec, seed, queues, factor=factor), agents=agents))
        days.append((run, run.figures.total()))
    faults = [one.fault(name, days, errors) for name, one in published.items()]
    assert not any(faults), faults


def mmc(patience: float = 0.0) -> Spec:
    traffic = Traffic(
        queue="q",
        per_period=(480 * 4.2,),
        period_ms=480 * MINUTE_MS,
        service_ms=(MINUTE_MS / 0.5,),
        patience_ms=(MINUTE_MS / patience,) if patience else (),
        channel="call",
    )
    return Spec(name="MMC", traffic={"q": traffic}, staff={})


@pytest.mark.slow
def test_mmc(truths: object, all_of_it: bool) -> None:
    published = {
        "service_level": Published(0.900, 0.904, in_target, served),
        "speed_of_answer_min": Published(0.097, 0.102, waited_min, served),
        "occupancy": Published(0.694, 0.697, busy, work),
        "served_within_target": Published(1812.6, 1819.7, in_target),
    }
    days: list[float | None] = [None] * (DAYS if all_of_it else SAMPLE)
    compare(mmc(), published, days, pools(all=(12, {"q": 1})), 0 if all_of_it else 3)


@pytest.mark.slow
def test_mmc_with_impatience(truths: object, all_of_it: bool) -> None:
    published = {
        "abandoned": Published(57.66, 59.56, abandoned),
        "served_within_target": Published(1903.8, 1908.2, in_target),
        "service_level": Published(0.974, 0.975, in_target, served),
        "service_level_with_abandonment": Published(
            0.968, 0.969, in_target, done_but_early_leavers
        ),
        "speed_of_answer_min": Published(0.023, 0.024, waited_min, served),
        "occupancy": Published(0.674, 0.677, busy, work),
    }
    days: list[float | None] = [None] * (DAYS if all_of_it else SAMPLE)
    compare(mmc(1.0), published, days, pools(all=(12, {"q": 1})), 0 if all_of_it else 3)


PERIOD_MS = 120 * MINUTE_MS
SHAPE = 28.7


def msk() -> Spec:
    rates = {"0": (4.2, 5.3, 3.2), "1": (5.1, 4.3, 4.8), "2": (6.3, 5.2, 4.8)}
    return Spec(
        name="SimpleMSK",
        traffic={
            id_: Traffic(
                queue=id_,
                per_period=tuple(120 * rate for rate in own),
                period_ms=PERIOD_MS,
                service_ms=tuple(MINUTE_MS / rate for rate in (0.5, 0.6, 0.4)),
                patience_ms=tuple(MINUTE_MS / rate for rate in (0.3, 0.4, 0.2)),
                channel="call",
            )
            for id_, own in rates.items()
        },
        staff={},
        day_spread=SHAPE**-0.5,
    )


def msk_agents() -> dict[str, SimulatedAgent]:
    sizes = {"pool0": (12, 18, 9), "pool1": (15, 20, 11)}
    queues = {"pool0": {"0": 1, "1": 1}, "pool1": {"1": 2, "2": 1}}
    return {
        f"{pool}-{number}": agent(queues[pool], shifts=_shifts(number, counts), group=pool)
        for pool, counts in sizes.items()
        for number in range(max(counts))
    }


def _shifts(number: int, counts: tuple[int, ...]) -> tuple[tuple[int, int | None], ...]:
    """The periods in which the agent of this number is wanted; the last one has no end."""
    last = len(counts) - 1
    return tuple(
        (period * PERIOD_MS, None if period == last else (period + 1) * PERIOD_MS)
        for period, count in enumerate(counts)
        if number < count
    )


def quantiles(count: int) -> list[float | None]:
    """Day factors that stand for equal shares of all days: the means of as many slices."""
    chance = random.Random(1)
    drawn = sorted(chance.gammavariate(SHAPE, 1 / SHAPE) for _ in range(1_000 * count))
    return [fmean(drawn[1_000 * one : 1_000 * (one + 1)]) for one in range(count)]


def pool0_busy(run: Run, total: IntervalRecord) -> float:
    return run.tally.of(_pool0(run)).busy_ms


def pool0_work(run: Run, total: IntervalRecord) -> float:
    """Time scheduled, and beyond that the time still busy."""
    return run.tally.of(_pool0(run)).work_ms


def _pool0(run: Run) -> list[str]:
    return [id_ for id_, one in run.scenario.agents.items() if one.group == "pool0"]


@pytest.mark.slow
def test_simple_msk(truths: object, all_of_it: bool) -> None:
    published = {
        "served": Published(4270.2, 4324.5, served),
        "abandoned": Published(876.1, 944.5, abandoned),
        "service_level": Published(0.494, 0.509, in_target, done_but_early_leavers),
        "occupancy_pool0": Published(0.877, 0.884, pool0_busy, pool0_work),
    }
    compare(msk(), published, quantiles(100 if all_of_it else SAMPLE), msk_agents(), 0)
