"""A slice of the campaign of stalls: each cause twice, each mutant once, a while of good health.

Run whole: ``interlock campaign stalls``.
"""

from __future__ import annotations

import pytest

from app.campaign.stalls import CAUSES, healthy, mutants, planted
from app.campaign.stalls.campaign import Result
from app.cli.standstill import standstill

SEED = 1_000


def only(results: object) -> Result:
    """The one result beside that of the twins."""
    twins, result = results  # type: ignore[misc]
    assert isinstance(twins, Result) and twins.misses == []
    assert isinstance(result, Result)
    return result


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_is_found_in_its_bound_and_put_right(cause: str) -> None:
    result = only(planted(2, SEED, (cause,), standstill))
    assert result.misses == []
    assert result.planted == result.detected == result.repaired == 2
    assert result.wrong == 0


def test_every_variant_is_planted() -> None:
    for cause in ("lost_wake_up", "orphan_reservation", "leaked_capacity", "store_trouble"):
        assert only(planted(4, SEED + 50, (cause,))).misses == []


def test_an_engine_that_forgets_is_put_right() -> None:
    results = list(mutants(1, SEED))
    assert [miss for result in results for miss in result.misses] == []
    assert sum(result.planted for result in results) > 20
    assert sum(result.repaired for result in results) > 5


def test_work_without_a_fault_raises_no_alarm() -> None:
    soak = healthy(0.2, SEED)
    assert soak.misses == []
    assert soak.detected > 200, "served"


@pytest.mark.parametrize("cause", ["lost_wake_up", "leaked_capacity", "limbo"])
def test_a_watchdog_that_repairs_nothing_is_seen(
    cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.shell.watchdog.repair_of", lambda finding: None)
    result = only(planted(1, SEED, (cause,)))
    assert any("moving after" in miss for miss in result.misses)
    assert any("not repaired" in miss for miss in result.misses)


def test_a_watchdog_that_repairs_what_is_sound_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.domain.watch.of_conversations.OVERDUE_MS", -2_900)
    twins, _ = planted(1, SEED, ("limbo",))
    assert any("wrong repair" in miss for miss in twins.misses)
