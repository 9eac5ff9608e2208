"""Means of long runs with their standard errors, by batch means.

Conversations are taken in the order in which they came, the first ones (the empty start) left out,
and the rest cut into batches so long that neighbours hardly know of each other: the batches' means
are then as good as independent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt
from statistics import fmean, stdev

from app.domain import events as e
from app.simulation.scenario import Scenario
from app.simulation.tally import Tally
from app.simulation.waits import Waits
from app.simulation.world import World

MINUTE_MS = 600_000
"""A minute of a textbook's model here: ten times finer than real, so that rounding to whole
milliseconds is far below every standard error."""
FEWEST, MOST, LONG = 20, 50, 400
"""How many batches: as many as there can be of this length, within the bounds."""
EMPTY_START = 0.02


@dataclass(slots=True, frozen=True)
class Visit:
    """One conversation. ``wait`` in minutes of the model."""

    queue: str
    wait: float
    served: bool


@dataclass(slots=True, frozen=True)
class Estimate:
    """A figure and its standard error."""

    value: float
    error: float

    def off_by(self, truth: float, error_of_truth: float = 0.0) -> float:
        """Distance from the truth in standard errors."""
        return abs(self.value - truth) / sqrt(self.error**2 + error_of_truth**2)


@dataclass(slots=True, frozen=True)
class Measured:
    """One long run; ``work`` at the bounds of the batches."""

    visits: list[Visit]
    work: list[Work]

    def of(self, queue: str) -> Measured:
        """The part of one queue."""
        return Measured([one for one in self.visits if one.queue == queue], self.work)

    def ratio(
        self, above: Callable[[Visit], float], below: Callable[[Visit], float] = lambda _: 1.0
    ) -> Estimate:
        """Sum of one thing by sum of another over the run."""
        batches = self._batches()
        values = [sum(map(above, batch)) / sum(map(below, batch)) for batch in batches]
        whole = sum(map(above, self.visits)) / sum(map(below, self.visits))
        return Estimate(whole, stdev(values) / sqrt(len(values)))

    def _batches(self) -> list[list[Visit]]:
        count = _batch_count(len(self.visits))
        long = len(self.visits) // count
        return [self.visits[number * long : (number + 1) * long] for number in range(count)]

    def wait(self) -> Estimate:
        """Mean wait of everybody."""
        return self.ratio(lambda one: one.wait)

    def wait_of_served(self) -> Estimate:
        """Mean wait of the served."""
        return self.ratio(lambda one: one.wait * one.served, lambda one: one.served)

    def waited(self) -> Estimate:
        """Share of those who waited at all."""
        return self.ratio(lambda one: one.wait > 0)

    def abandoned(self) -> Estimate:
        """Share of those who left."""
        return self.ratio(lambda one: not one.served)

    def occupancy(self, group: str | None = None) -> Estimate:
        """Share of their time that these agents (an id or a group; None: all) were in talks."""
        values = []
        for before, after in pairwise(self.work):
            busy = work = 0
            for (id_, in_group), figures in after.items():
                if group in (None, id_, in_group):
                    busy += figures[0] - before[id_, in_group][0]
                    work += figures[1] - before[id_, in_group][1]
            values.append(busy / work)
        return Estimate(fmean(values), stdev(values) / sqrt(len(values)))


Work = dict[tuple[str, str], tuple[int, int]]
"""(agent, group) -> (busy time, time at work) so far."""


def _batch_count(conversations: int) -> int:
    return max(FEWEST, min(MOST, conversations // LONG))


class _Slices:
    """A watcher behind a tally: writes down the work done so far, once a batch."""

    def __init__(self, scenario: Scenario, tally: Tally, conversations: int) -> None:
        self.taken: list[Work] = []
        self._groups = {id_: one.group for id_, one in scenario.agents.items()}
        self._tally = tally
        first = round(EMPTY_START * conversations)
        self.wanted = _batch_count(conversations) + 1
        long = (conversations - first) // (self.wanted - 1)
        self._at = {first + number * long for number in range(self.wanted)}
        self._came = 0

    def see(self, event: e.Event) -> None:
        if isinstance(event, e.ConversationEntered):
            if self._came in self._at:
                self.take(event.at)
            self._came += 1

    def take(self, at: int) -> None:
        self._tally.close(at)
        figures = {id_: self._tally.of([id_]) for id_ in self._groups}
        self.taken.append(
            {(id_, self._groups[id_]): (one.busy_ms, one.work_ms) for id_, one in figures.items()}
        )


def measured(scenario: Scenario, seed: int = 1) -> Measured:
    """Run the scenario and look at every conversation but the first ones."""
    waits, tally = Waits(), Tally(scenario.agents)
    arrivals = list(scenario.arrivals)
    slices = _Slices(scenario, tally, len(arrivals))
    watchers = [waits.see, tally.see, slices.see]
    world = World(replace(scenario, arrivals=arrivals), watchers, seed=seed).run()
    if len(slices.taken) < slices.wanted:
        slices.take(world.now)
    assert world.unfinished == world.turned_away == 0
    visits = [
        Visit(
            one.queue,
            (waits.served[one.id] if one.id in waits.served else waits.left[one.id]) / MINUTE_MS,
            one.id in waits.served,
        )
        for one in arrivals
    ]
    visits = visits[round(EMPTY_START * len(visits)) :]
    return Measured(visits, slices.taken)


def far(found: Iterable[tuple[str, Estimate, float]], limit: float) -> Sequence[str]:
    """What lies further from its truth than ``limit`` standard errors."""
    return [
        f"{name}: {seen.value:.5g} ± {seen.error:.2g}, truth {truth:.5g}, {seen.off_by(truth):.1f}"
        for name, seen, truth in found
        if seen.off_by(truth) > limit
    ]
