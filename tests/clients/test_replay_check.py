"""The judgement on a replay: every way in which a conversation can be wrong is named."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from app.clients.figures import Figures
from app.clients.replay import Moment, ReplayOptions, Result, queue_settings
from app.clients.replay_check import Ended, faults, figures
from app.clients.replay_report import ProgressBar, clock, print_result

CLOSED = {"state": "closed", "agent": "a", "enqueued_at": 1000, "assigned_at": 1500, "ended_at": 9}
LEFT = {"state": "abandoned", "agent": None, "enqueued_at": 1, "assigned_at": None, "ended_at": 9}


def ended(found: dict[str, Any] | None, *agents: str) -> Ended:
    return Ended("c", found, agents)


@pytest.mark.parametrize(
    "good", [ended(CLOSED, "a"), ended(LEFT), ended({**LEFT, "state": "canceled"})]
)
def test_what_ended_once_is_no_fault(good: Ended) -> None:
    assert faults([good]) == []


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (ended(None), "lost"),
        (ended(None, "a"), "lost"),
        (ended({**CLOSED, "state": "assigned"}, "a"), "still assigned"),
        (ended({**LEFT, "state": "waiting"}), "still waiting"),
        (ended({**CLOSED, "ended_at": None}, "a"), "without the time"),
        (ended(CLOSED, "a", "b"), "served by two: a, b"),
        (ended(CLOSED), "assigned to nobody"),
        (ended(CLOSED, "b"), "closed by a, but assigned to b"),
        (ended(LEFT, "a"), "yet served by a"),
    ],
)
def test_what_is_wrong_is_named(bad: Ended, word: str) -> None:
    assert [word in fault for fault in faults([ended(LEFT), bad])] == [True]


def test_waits_are_the_servers_own_in_recorded_seconds() -> None:
    late = {**CLOSED, "assigned_at": 1334}
    found = figures([ended(CLOSED, "a"), ended(late, "a"), ended(LEFT), ended(None)], 60.0)
    assert found == Figures(offered=4, served=2, soon=0, wait_sum_s=pytest.approx(50.04))
    assert figures([ended(CLOSED, "a")], 40.0).soon == 1
    assert figures([], 60.0) == Figures(0, 0, 0, 0.0)
    assert (figures([], 60.0).mean_wait_s, figures([], 60.0).soon_share) == (0.0, 0.0)


def test_a_queue_in_accelerated_time() -> None:
    plain = queue_settings("PS", ReplayOptions(speed=30.0))
    assert plain["offer"]["timeout_ms"] == 2000 and plain["ageing"]["priority_per_min"] == 0
    head_start = queue_settings("PS", ReplayOptions(speed=600.0, order="prio90"))
    assert head_start["offer"]["timeout_ms"] == 1000
    one_minute_of_the_day_ms = 60_000 / 600.0
    steps = head_start["ageing"]["priority_per_min"] * one_minute_of_the_day_ms / 60_000
    assert steps == pytest.approx(60 / 90)


def test_the_report_says_what_was_found() -> None:
    some = Figures(10, 8, 6, 120.0)
    good = Result("d", some, {"what happened": Figures(10, 7, 5, 140.0)}, [], 12.0, 60.0)
    bad = Result("d", some, {}, [f"c{number}: lost" for number in range(30)], 12.0, 60.0)
    assert good.ok and not bad.ok
    console = Console(file=io.StringIO(), width=120)
    print_result(console, good)
    text = console.file.getvalue()
    assert "15.0" in text and "20.0" in text and "60.0%" in text and "exactly one way" in text
    console = Console(file=io.StringIO(), width=120)
    print_result(console, bad)
    text = console.file.getvalue()
    assert "c19: lost" in text and "c20: lost" not in text and "30 conversations" in text


def test_the_bar_shows_the_recorded_clock() -> None:
    assert [clock(at) for at in (0, 8.5 * 3600, 86399, 90000)] == [
        "00:00",
        "08:30",
        "23:59",
        "01:00",
    ]
    console = Console(file=io.StringIO(), width=200, force_terminal=True)
    with ProgressBar(console) as bar:
        bar(Moment(8.5 * 3600, 10, 6, 3, 1))
    text = console.file.getvalue()
    assert "08:30" in text and "6/10 came" in text and "2 in line" in text
