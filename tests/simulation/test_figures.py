"""Figures of a run: who worked how long, what is shown, and how two runs compare."""

from __future__ import annotations

from math import sqrt

import pytest

from app.domain.interval_figures import VARIANTS
from app.domain.settings import QueueSettings, ServiceLevelRule, WrapUpRule
from app.simulation.changes import Changes, Headcount
from app.simulation.report import agent_lines, as_value, figure_lines, formula_lines
from app.simulation.runs import Pool, Run, simulate
from app.simulation.scenario import Arrival
from app.simulation.study import Question, ask
from app.simulation.summary import FORMULAS, Mean, compare, mean_of, summary
from tests.simulation.centre import agent, alike, centre

# Two agents until 100 s; the wait of c3 is over the target of 5 s, c4 leaves at once, c5 late.
ARRIVALS = [
    Arrival(0, "c1", "q", 30_000),
    Arrival(10_000, "c2", "q", 20_000),
    Arrival(20_000, "c3", "q", 100_000),
    Arrival(40_000, "c4", "q", 70_000),
    Arrival(50_000, "c5", "q", 1_000, 2_000),
    Arrival(60_000, "c6", "q", 1_000, 8_000),
]
QUEUE = QueueSettings(
    name="Q", service_level=ServiceLevelRule(target_ms=5_000, short_abandon_ms=3_000)
)


def run() -> Run:
    agents = alike(2, shifts=((0, 100_000),))
    return simulate(centre(ARRIVALS, agents, q=QUEUE), interval_ms=30_000)


def test_the_standard_figures_of_a_worked_example() -> None:
    row = summary(run())
    counts = {"offered": 6, "served": 4, "abandoned": 2, "in_target": 3, "turned_away": 0}
    assert {name: row[name] for name in counts} == counts
    levels = {
        "answered_only": 100 * 3 / 4,
        "abandoned_positive": 100 * 4 / 6,
        "abandoned_ignored": 100 * 3 / 5,
        "short_abandon_excluded": 100 * 3 / 5,
        "abandoned_negative": 100 * 3 / 6,
        "event_time": 100 * 3 / 5,
    }
    assert set(levels) == set(VARIANTS) == set(FORMULAS)
    for variant, level in levels.items():
        assert row[f"service_level.{variant}"] == pytest.approx(level), variant
    assert row["abandon_rate"] == pytest.approx(100 * 2 / 6)
    assert row["asa_s"] == pytest.approx(10 / 4)
    assert row["mean_wait_s"] == pytest.approx(20 / 6)
    assert row["longest_wait_s"] == 10
    assert row["aht_s"] == pytest.approx((30 + 20 + 100 + 70) / 4)


def test_time_at_work_goes_on_while_a_talk_does() -> None:
    tally = run().tally
    both = tally.of()
    # a0: c1 to 30 s, c3 30 to 130 s; a1: c2 10 to 30 s, c4 40 to 110 s.
    assert (both.busy_ms, both.work_ms) == (130_000 + 90_000, 130_000 + 110_000)
    assert tally.of(["a0"]).occupancy() == 1.0
    assert tally.of(["a1"]).occupancy() == pytest.approx(90 / 110)
    assert (both.served, both.accepted, both.declined, both.missed) == (4, 4, 0, 0)
    assert tally.staff[0] == (run().scenario.starts_at, 1)
    assert tally.staff[-1][1] == 0


def test_utilization_counts_units_and_occupancy_does_not() -> None:
    arrivals = [Arrival(0, "c1", "q", 10_000), Arrival(0, "c2", "q", 4_000)]
    one = agent(capacity={"call": 4}, shifts=((0, 20_000),))
    wrap_up = QueueSettings(name="Q", wrap_up=WrapUpRule(ms=2_000))
    figures = simulate(centre(arrivals, {"a": one}, q=wrap_up)).tally.of()
    assert figures.occupancy() == pytest.approx(12 / 20)
    assert figures.utilization() == pytest.approx((12 + 6) / (4 * 20))


def test_nobody_at_work_has_no_occupancy() -> None:
    figures = simulate(centre([], {"a": agent(shifts=())})).tally.of()
    assert figures.occupancy() is figures.utilization() is None


def test_a_mean_has_the_interval_of_students_t() -> None:
    assert mean_of([4.0]) == Mean(4.0, None)
    assert mean_of([]) is mean_of([1.0, None]) is None
    found = mean_of([1.0, 2.0, 3.0])
    assert found == Mean(2.0, pytest.approx(4.303 / sqrt(3)))  # type: ignore[arg-type]
    many = mean_of([0.0, 1.0] * 50)
    assert many and many.half_width == pytest.approx(1.984 * 0.50252 / 10, rel=1e-3)
    assert Mean(2.0, 1.9).clear and not Mean(-2.0, 2.1).clear and not Mean(2.0, None).clear


def test_a_difference_is_taken_day_by_day() -> None:
    base = [{**summary(run()), "asa_s": asa} for asa in (10.0, 20.0, 30.0)]
    other = [{**summary(run()), "asa_s": asa} for asa in (9.0, 18.9, 29.1)]
    row = next(one for one in compare(base, other) if one.figure.key == "asa_s")
    assert row.base and row.base.half_width and row.base.half_width > 20
    assert row.difference and row.difference.clear
    assert row.difference.value == pytest.approx(-1.0)


def test_figures_that_say_nothing_are_left_out() -> None:
    keys = [row.figure.key for row in compare([summary(run())])]
    assert "turned_away" not in keys and "missed" not in keys and "utilization" not in keys
    roomy = simulate(centre(ARRIVALS, alike(1, capacity={"call": 2}), q=QUEUE))
    assert "utilization" in [row.figure.key for row in compare([summary(roomy)])]
    deaf = simulate(centre(ARRIVALS, alike(1, misses=1.0), q=QUEUE))
    keys = [row.figure.key for row in compare([summary(deaf)])]
    assert "missed" in keys and "waiting" in keys


def test_both_sides_see_the_same_days_and_are_told_apart() -> None:
    done: list[int] = []
    question = Question(
        make=lambda seed: centre(ARRIVALS, alike(1, misses=0.3, group="all"), q=QUEUE),
        changes=Changes(headcounts=(Headcount(1),)),
        seeds=(7, 8, 9),
        target_ms=60_000,
    )
    answer = ask(question, done.append)
    assert done == [1, 2, 3, 4, 5, 6]
    assert answer.other and (answer.base.runs, answer.other.runs) == (3, 3)
    lines = list(figure_lines(answer.rows, two=True))
    assert lines[0].split() == ["as", "it", "is", "what", "if", "difference"]
    assert any(line.startswith("service level, event time") and "±" in line for line in lines)
    assert next(iter(formula_lines(answer.base.target_ms))).startswith("In time: within 60 s.")
    names = [line.split()[0] for line in agent_lines(answer.base, answer.other)]
    assert names == ["agent", "a0", "extra-1"]
    value = as_value("day", question.seeds, answer.rows, answer.base, answer.other)
    assert value["seeds"] == [7, 8, 9] and value["target_s"] == 60
    assert set(value["figures"]["asa_s"]) == {"unit", "as_it_is", "what_if", "difference"}
    assert set(value["agents"]["what_if"]) == {"a0", "extra-1"}


def test_many_agents_are_shown_by_group() -> None:
    agents = {f"a{number}": agent(group="all") for number in range(50)} | {"solo": agent()}
    pool = Pool()
    pool.add(simulate(centre(ARRIVALS, agents, q=QUEUE)))
    lines = list(agent_lines(pool))
    assert [line.split()[0] for line in lines] == ["group", "all", "solo"]


def test_queues_with_different_targets_have_no_common_one() -> None:
    other = QueueSettings(name="R")
    pool = Pool()
    pool.add(simulate(centre(ARRIVALS, alike(1, ["q", "r"]), q=QUEUE, r=other)))
    assert (pool.target_ms, pool.percent) == (None, 80.0)
    assert "the target of its queue" in next(iter(formula_lines(pool.target_ms)))
