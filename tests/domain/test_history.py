"""Long days from a seed, judged at every step, counted at the end, and lived on by a twin."""

from __future__ import annotations

import os

import pytest

from tests.domain.history import QUEUES, History
from tests.domain.twin import Twin

DAYS = int(os.environ.get("INTERLOCK_DOMAIN_DAYS", "6"))
STEPS = 500


@pytest.mark.parametrize("seed", range(DAYS))
def test_a_long_day_breaks_no_rule_and_loses_nobody(seed: int) -> None:
    day = History(seed)
    day.live(STEPS)

    bench, referee = day.bench, day.bench.referee
    assert bench.state.totals.entered > STEPS / 8, "a day without customers shows nothing"
    assert day.refused < STEPS / 4, "a day of refusals shows nothing"
    for queue in QUEUES:
        found = bench.of_queue(queue).figures
        for outcome in ("accepted", "declined", "timed_out", "undelivered", "rescinded"):
            assert getattr(found, f"offers_{outcome}") == referee.outcomes[queue, outcome]
    replayed = bench.replayed()
    assert replayed == bench.state
    Twin(bench, replayed, retention_ms=120_000).live_on()
    assert bench.state.totals.entered == bench.state.totals.ended


def test_the_same_seed_gives_the_same_day() -> None:
    one, two = History(7), History(7)
    one.live(150)
    two.live(150)
    assert one.bench.log == two.bench.log
