"""One scenario run through, and several runs taken together.

MUST NOT compute a figure of its own: waits and service levels come from the one place that knows
them (``app.domain.interval_figures``), work from ``tally``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from app.domain.interval_figures import IntervalFigures, IntervalRecord
from app.domain.settings import ServiceLevelRule
from app.simulation.scenario import Scenario
from app.simulation.tally import AgentFigures, Tally
from app.simulation.world import See, World

T = TypeVar("T", int, float)
INTERVAL_MS = 1_800_000


@dataclass(slots=True, frozen=True)
class Run:
    """What came out of one run. ``unfinished``: live when nothing more could happen."""

    scenario: Scenario
    figures: IntervalFigures
    tally: Tally
    turned_away: int
    unfinished: int
    ended_at: int


def simulate(
    scenario: Scenario,
    seed: int = 1,
    *,
    interval_ms: int = INTERVAL_MS,
    rules: Mapping[str, ServiceLevelRule] | None = None,
    watchers: Iterable[See] = (),
) -> Run:
    """Run a scenario. ``rules`` judge waits instead of the queues' own."""
    figures, tally = IntervalFigures(interval_ms, rules or {}), Tally(scenario.agents)
    world = World(scenario, (figures.see, tally.see, *watchers), seed=seed).run()
    figures.advance(world.now)
    tally.close(world.now)
    return Run(scenario, figures, tally, world.turned_away, world.unfinished, world.now)


@dataclass(slots=True)
class Pool:
    """Several runs of one kind of day, added up interval by interval and agent by agent.

    ``agents`` {id: figures}, ``groups`` {id: its group}; ``staff`` of the first run, as in
    ``Tally``. ``target_ms``, ``percent``: the promise, when it is the same for all queues.
    """

    runs: int = 0
    starts_at: int = 0
    interval_ms: int = INTERVAL_MS
    intervals: dict[int, IntervalRecord] = field(default_factory=dict)
    agents: dict[str, AgentFigures] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    staff: list[tuple[int, int]] = field(default_factory=list)
    target_ms: int | None = None
    percent: float | None = None

    def add(self, run: Run) -> None:
        """Take a run in."""
        if not self.runs:
            self.starts_at = run.scenario.starts_at
            self.interval_ms = run.figures.interval_ms
            self.groups = {id_: agent.group for id_, agent in run.scenario.agents.items()}
            self.staff = run.tally.staff
            rules = [run.figures.rule_of(queue) for queue in run.scenario.queues]
            self.target_ms = _common([rule.target_ms for rule in rules])
            self.percent = _common([rule.percent for rule in rules])
        self.runs += 1
        for record in run.figures.overall():
            known = self.intervals.setdefault(
                record.starts_at, IntervalRecord(None, record.starts_at)
            )
            known.add(record)
        for id_ in run.scenario.agents:
            self.agents.setdefault(id_, AgentFigures()).add(run.tally.of([id_]))

    def by_group(self) -> dict[str, AgentFigures]:
        """The agents' figures added up by group."""
        groups: dict[str, AgentFigures] = {}
        for id_, figures in self.agents.items():
            groups.setdefault(self.groups[id_] or id_, AgentFigures()).add(figures)
        return groups


def _common(values: Sequence[T]) -> T | None:
    return values[0] if len({*values}) == 1 else None
