"""The recorded month with its own shifts and skills: at least as good as a simple reference router.

It is more than that: with the same order of events within a second the engine gives the reference's
figures exactly, on every day and under both rules. So the test asks for equality.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from app.clients.bank import read_bank_day, read_bank_month
from app.clients.day import Day
from app.simulation.recorded import recorded
from app.simulation.runs import simulate

MONTH = "1999-02"
RULES = {"fifo_skills": 0, "prio90_skills": 90}
MEASURES = ("served", "within20", "wait_sum")


def reference(data: Path) -> list[dict[str, str]]:
    text = (data / f"bank_{MONTH}_reference_replay.csv").read_text()
    return list(csv.DictReader(text.splitlines()))


def measured(day: Day, head_start_s: int) -> dict[str, int]:
    run = simulate(recorded(day, head_start_s=head_start_s))
    total = run.figures.total()
    assert run.unfinished == 0
    assert total.offered == total.served + total.abandoned == len(day.conversations)
    sums = (total.served, total.served_within_target, total.wait_served_sum_ms // 1_000)
    return dict(zip(MEASURES, sums, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_each_day_is_the_reference(data: Path, rule: str) -> None:
    for row in reference(data):
        wanted = {name: int(float(row[f"ref_{rule}_{name}"])) for name in MEASURES}
        assert measured(read_bank_day(data, row["date"]), RULES[rule]) == wanted, row["date"]


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_the_month_as_one_run_is_as_good_as_its_days(
    data: Path, rule: str, all_of_it: bool
) -> None:
    if rule == "fifo_skills" and not all_of_it:
        pytest.skip("one rule is enough by default: set INTERLOCK_SIMULATE_ALL")
    wanted: Counter[str] = Counter()
    for row in reference(data):
        wanted.update({name: int(float(row[f"ref_{rule}_{name}"])) for name in MEASURES})
    seen = measured(read_bank_month(data, MONTH), RULES[rule])
    assert seen["served"] >= wanted["served"]
    assert seen["within20"] >= wanted["within20"]
    assert seen["wait_sum"] <= wanted["wait_sum"]
