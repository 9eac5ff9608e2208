"""A question put to the simulation: a kind of day as it is and, for the same days, as it might be.

MUST NOT print or read. The rule: both sides see the same seeds in the same order, so that the
difference is of the change and not of the lot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.settings import ServiceLevelRule
from app.simulation.changes import Changes, changed
from app.simulation.runs import INTERVAL_MS, Pool, simulate
from app.simulation.scenario import Scenario
from app.simulation.summary import Compared, Row, compare, summary


@dataclass(slots=True, frozen=True, kw_only=True)
class Question:
    """``make(seed)`` is the day as it is; ``changes`` None: nothing else is asked.

    ``target_ms``: judge every wait by this target instead of its queue's own.
    """

    make: Callable[[int], Scenario]
    changes: Changes | None = None
    seeds: Sequence[int] = (1,)
    interval_ms: int = INTERVAL_MS
    target_ms: int | None = None


@dataclass(slots=True)
class Answer:
    """The figures side by side, and the runs behind them. ``other`` None: nothing was changed."""

    base: Pool = field(default_factory=Pool)
    other: Pool | None = None
    rows: list[Compared] = field(default_factory=list)


def ask(question: Question, progress: Callable[[int], None] = lambda done: None) -> Answer:
    """Run everything. ``progress`` is told how many runs are done. Raises ChangeInvalid."""
    answer = Answer(other=None if question.changes is None else Pool())
    before: list[Row] = []
    after: list[Row] = []
    for seed in question.seeds:
        scenario = question.make(seed)
        before.append(_run(question, scenario, seed, answer.base))
        progress(len(before) + len(after))
        if question.changes is not None and answer.other is not None:
            other = changed(scenario, question.changes)
            after.append(_run(question, other, seed, answer.other))
            progress(len(before) + len(after))
    answer.rows = list(compare(before, after if question.changes is not None else None))
    return answer


def _run(question: Question, scenario: Scenario, seed: int, pool: Pool) -> Row:
    run = simulate(
        scenario,
        seed,
        interval_ms=question.interval_ms,
        rules=_rules(question, scenario),
    )
    pool.add(run)
    return summary(run)


def _rules(question: Question, scenario: Scenario) -> Mapping[str, ServiceLevelRule]:
    if question.target_ms is None:
        return {}
    return dict.fromkeys(scenario.queues, ServiceLevelRule(target_ms=question.target_ms))
