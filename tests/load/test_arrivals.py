"""Arrivals keep to their times; plans are split without a loss."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from app.load.arrivals import arrivals, of_day
from app.load.plan import (
    Plan,
    conversation_name,
    intended_at,
    meant,
    queue_of,
    queues_of,
    shares,
)


def test_poisson_arrivals_have_the_rate_and_a_seed_makes_them_again() -> None:
    times = list(islice(arrivals(Random(3), 20.0), 4_000))
    assert times == list(islice(arrivals(Random(3), 20.0), 4_000))
    assert times == sorted(times)
    assert 4_000 / times[-1] == pytest.approx(20.0, rel=0.1)


def test_a_burst_comes_at_once_at_the_same_mean_rate() -> None:
    times = list(islice(arrivals(Random(3), 20.0, burst=10), 10_000))
    assert len(set(times)) == 1_000
    assert 10_000 / times[-1] == pytest.approx(20.0, rel=0.15)


def test_a_recorded_day_is_pressed_into_the_time_given() -> None:
    rows = ['{"kind": "day"}', "", *(f'{{"arrived_s": {at}}}' for at in (600, 100, 350))]
    assert of_day(rows, 10.0) == (0.0, 5.0, 10.0)
    assert list(arrivals(Random(1), 99.0, day=(0.0, 5.0))) == [0.0, 5.0]
    with pytest.raises(ValueError, match="no arrivals"):
        of_day(['{"kind": "day"}'], 10.0)


def test_every_agent_and_supervisor_and_arrival_is_in_one_share() -> None:
    plan = Plan(agents=10, supervisors=3, processes=4, day=tuple(map(float, range(7))))
    made = shares(plan, url="http://h", key="k", prefix="p-", base_s=0.0, local=True)
    assert [n for one in made for n in range(one.first, one.first + one.count)] == [*range(10)]
    assert sum(one.supervisors for one in made) == 3
    assert sorted(at for one in made for at in one.day) == list(plan.day)
    assert len({one.source for one in made}) == 4
    assert {q for agent in range(10) for q in queues_of(plan, agent)} == {*range(10)}


def test_a_conversation_carries_its_queue_and_its_intended_time() -> None:
    name = conversation_name("load-1-", 2, 17, 3, 12.345678)
    assert intended_at(name) == 12.345678
    assert queue_of("load-1-", name) == "load-1-q3"


def test_a_delay_counts_from_the_intended_time_unless_the_clock_was_only_coarse() -> None:
    assert meant(10.0, 10.001) == 10.001
    assert meant(10.0, 10.5) == 10.0
