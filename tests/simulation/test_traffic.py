"""Made-up days: rates, means, shapes and seeds."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean, stdev

import pytest

from app.domain.settings import AgentSettings, QueueSettings
from app.simulation.scenario import Arrival, Habits
from app.simulation.traffic import Arrivals, Spec, Staff, Traffic, generated

HOUR_MS = 3_600_000
BILLING = Traffic(
    queue="billing",
    per_period=(2_000, 0, 4_000),
    period_ms=HOUR_MS,
    service_ms=(60_000, 60_000, 120_000),
    patience_ms=(30_000,),
)
SPEC = Spec(name="day", traffic={"bills": BILLING}, staff={}, opens_ms=8 * HOUR_MS)


def spec(**changes: object) -> Spec:
    return replace(SPEC, traffic={"bills": replace(BILLING, **changes)})  # type: ignore[arg-type]


def hour(arrivals: list[Arrival], number: int) -> list[Arrival]:
    return [one for one in arrivals if one.at_ms // HOUR_MS == number]


def test_each_period_has_its_rate_and_its_means() -> None:
    arrivals = list(Arrivals(SPEC, 1))
    eight, nine, ten = (hour(arrivals, number) for number in (8, 9, 10))
    assert len(eight) + len(ten) == len(arrivals) and not nine
    assert len(eight) == pytest.approx(2_000, abs=4 * 45)
    assert len(ten) == pytest.approx(4_000, abs=4 * 64)
    assert fmean(one.service_ms for one in eight) == pytest.approx(60_000, rel=0.1)
    assert fmean(one.service_ms for one in ten) == pytest.approx(120_000, rel=0.1)
    assert fmean(one.patience_ms or 0 for one in arrivals) == pytest.approx(30_000, rel=0.1)
    assert [one.at_ms for one in arrivals] == sorted(one.at_ms for one in arrivals)
    assert len({one.id for one in arrivals}) == len(arrivals)


@pytest.mark.parametrize(("spread", "wanted"), [(None, 1.0), (0.0, 0.0), (0.5, 0.5), (1.5, 1.5)])
def test_talks_have_the_spread_that_is_asked_for(spread: float | None, wanted: float) -> None:
    talks = [one.service_ms for one in Arrivals(spec(spread=spread, service_ms=(60_000,)), 1)]
    assert fmean(talks) == pytest.approx(60_000, rel=0.1)
    assert stdev(talks) / fmean(talks) == pytest.approx(wanted, rel=0.15)


def test_who_is_patient_for_ever_is() -> None:
    assert {one.patience_ms for one in Arrivals(spec(patience_ms=()), 1)} == {None}


def test_a_seed_is_a_day_and_streams_do_not_know_of_each_other() -> None:
    day = list(Arrivals(SPEC, 1))
    assert list(Arrivals(SPEC, 1)) == day != list(Arrivals(SPEC, 2))
    two = replace(SPEC, traffic={"other": BILLING, **SPEC.traffic})
    assert [one for one in Arrivals(two, 1) if one.id.startswith("bills-")] == day
    other = [one.at_ms for one in Arrivals(two, 1) if one.id.startswith("other-")]
    assert other != [one.at_ms for one in day]


def test_days_differ_by_their_factor() -> None:
    wide = replace(SPEC, day_spread=0.3)
    sizes = [len(list(Arrivals(wide, seed))) for seed in range(60)]
    assert fmean(sizes) == pytest.approx(6_000, rel=0.15)
    assert stdev(sizes) / fmean(sizes) == pytest.approx(0.3, rel=0.35)
    assert len(list(Arrivals(wide, 1, factor=0.5))) == pytest.approx(3_000, rel=0.1)


def test_staff_become_agents_by_name() -> None:
    settings = AgentSettings(name="Day", queues={"other": 1})
    habits = Habits(speed=2.0)
    staff = {
        "day": Staff(count=12, settings=settings, shifts=((0, 5),), habits=habits),
        "solo": Staff(count=1, settings=settings),
    }
    named = {"billing": QueueSettings(name="Bills", priority=4)}
    scenario = generated(replace(SPEC, staff=staff), 1, named)
    assert [*scenario.agents][:2] == ["day-01", "day-02"]
    assert [*scenario.agents][-1] == "solo"
    assert scenario.agents["day-01"].group == "day"
    assert scenario.agents["day-12"].shifts == ((0, 5),)
    assert scenario.queues["billing"].priority == 4
    assert scenario.queues["other"] == QueueSettings(name="other")
