"""The rest after an offer: how long an agent is offered nothing at all, by the cause."""

from __future__ import annotations

import pytest

from app.domain.routability import why_not_routable
from tests.domain.workbench import Workbench

RESTS = {"declined_ms": 10_000, "busy_ms": 20_000, "missed_ms": 30_000, "undelivered_ms": 40_000}
SOON = {"timeout_ms": 2_000}


def end_an_offer(bench: Workbench, cause: str) -> None:
    """Let anna's offer of c1 end in a way; another conversation waits for her then."""
    bench.enter("c1")
    match cause:
        case "declined":
            bench.decline("anna", "c1", "lunch")
        case "busy":
            bench.decline("anna", "c1", "busy")
        case "missed":
            bench.miss("anna", "c1")
        case "undelivered":
            bench.pass_s(2)
    bench.enter("c2")


@pytest.mark.parametrize(
    ("cause", "rest_s"), [("declined", 10), ("busy", 20), ("missed", 30), ("undelivered", 40)]
)
def test_each_cause_has_its_own_rest(bench: Workbench, cause: str, rest_s: float) -> None:
    bench.queue(back_off=RESTS, offer=SOON)
    bench.staff("anna")
    end_an_offer(bench, cause)
    assert bench.asked("c2") == []
    assert why_not_routable(bench.state, bench.of_agent("anna"), bench.now) == ["back_off"]
    bench.pass_s(rest_s - 0.001)
    assert bench.asked("c1") == bench.asked("c2") == []
    bench.pass_s(0.001)
    assert ["anna"] in (bench.asked("c1"), bench.asked("c2"))


@pytest.mark.parametrize("cause", ["declined", "busy", "missed"])
def test_by_default_only_what_did_not_arrive_asks_for_a_rest(bench: Workbench, cause: str) -> None:
    bench.queue(offer=SOON)
    bench.staff("anna")
    end_an_offer(bench, cause)
    assert bench.asked("c2") == ["anna"]


def test_the_rest_is_from_every_queue(bench: Workbench) -> None:
    bench.queue("q", back_off=RESTS)
    bench.queue("r")
    bench.staff("anna", ["q", "r"])
    bench.enter("c1", "q")
    bench.decline("anna", "c1", "lunch")
    bench.cancel("c1")
    bench.enter("c2", "r")
    assert bench.asked("c2") == []
    bench.pass_s(10)
    assert bench.asked("c2") == ["anna"]


def test_the_queue_of_the_offer_says_how_long(bench: Workbench) -> None:
    bench.queue("q", back_off=RESTS)
    bench.queue("r")
    bench.staff("anna", ["q", "r"])
    bench.enter("c1", "r")
    bench.decline("anna", "c1", "lunch")
    bench.enter("c2", "q")
    assert bench.asked("c2") == ["anna"]


def test_others_are_asked_meanwhile(bench: Workbench) -> None:
    bench.queue(back_off=RESTS)
    bench.staff("anna")
    bench.staff("ben")
    bench.enter("c1")
    bench.decline("anna", "c1")
    assert bench.asked("c1") == ["ben"]


def test_what_is_offered_or_held_already_stays(bench: Workbench) -> None:
    bench.queue(back_off=RESTS)
    bench.staff("anna", capacity={"chat": 3})
    bench.serve("held")
    bench.enter("c1")
    bench.enter("c2")
    bench.decline("anna", "c1")
    assert bench.asked("c2") == ["anna"]
    bench.accept("anna", "c2")
    assert bench.holder("held") == bench.holder("c2") == "anna"


def test_the_longest_rest_counts(bench: Workbench) -> None:
    bench.queue(back_off=RESTS)
    bench.staff("anna", capacity={"chat": 2})
    bench.enter("c1")
    bench.enter("c2")
    bench.decline("anna", "c1", "busy")
    bench.pass_s(5)
    bench.decline("anna", "c2", "lunch")
    bench.enter("c3", priority=1)
    bench.pass_s(14.999)
    assert bench.asked("c3") == []
    bench.pass_s(0.001)
    assert bench.asked("c3") == ["anna"]


def test_a_rescinded_offer_asks_for_no_rest(bench: Workbench) -> None:
    bench.queue(back_off=RESTS)
    bench.staff("anna")
    bench.enter("c1")
    bench.cancel("c1")
    bench.enter("c2")
    assert bench.asked("c2") == ["anna"]


def test_an_acceptance_asks_for_no_rest(bench: Workbench) -> None:
    bench.queue(back_off=RESTS)
    bench.staff("anna", capacity={"chat": 2})
    bench.serve("c1")
    bench.enter("c2")
    assert bench.asked("c2") == ["anna"]


@pytest.mark.parametrize(("cause", "asked"), [("undelivered", ["anna"]), ("missed", [])])
def test_a_new_socket_ends_only_the_rest_of_the_old_one(
    bench: Workbench, cause: str, asked: list[str]
) -> None:
    bench.queue(back_off=RESTS, offer=SOON)
    bench.staff("anna")
    end_an_offer(bench, cause)
    bench.disconnect("anna")
    bench.connect("anna")
    assert bench.asked("c2") == asked


@pytest.mark.parametrize("first", ["c1", "c2"])
def test_a_new_socket_does_not_end_a_rest_that_a_decline_asked_for(
    bench: Workbench, first: str
) -> None:
    bench.queue(back_off={**RESTS, "declined_ms": 3_000}, offer=SOON)
    bench.staff("anna", capacity={"chat": 2})
    bench.enter("c1")
    if first == "c2":
        bench.pass_s(1)
    bench.enter("c2")
    bench.pass_s(0.999 if first == "c2" else 1.999)
    if first == "c1":
        bench.decline("anna", "c1", "lunch")
        bench.pass_s(1)
    else:
        bench.pass_s(0.5)
        bench.decline("anna", "c2", "lunch")
    bench.disconnect("anna")
    bench.connect("anna")
    bench.enter("c3")
    assert bench.asked("c3") == []


def test_a_rest_is_no_offence(bench: Workbench) -> None:
    bench.queue(back_off=RESTS)
    bench.staff("anna")
    bench.enter("c1")
    bench.decline("anna", "c1")
    anna = bench.of_agent("anna")
    assert (anna.presence, anna.missed_streak) == ("available", 0)


def test_a_restart_remembers_the_rest(bench: Workbench) -> None:
    bench.queue(back_off=RESTS)
    bench.staff("anna")
    bench.enter("c1")
    bench.decline("anna", "c1", "busy")
    bench.take_over()
    bench.connect("anna")
    bench.enter("c2")
    bench.pass_s(19.999)
    assert bench.asked("c2") == []
    bench.pass_s(0.001)
    assert bench.asked("c1") + bench.asked("c2") == ["anna"]


def test_a_rest_ends_with_its_time_for_the_first_in_line(bench: Workbench) -> None:
    bench.queue(back_off=RESTS, decline={"cooldown_ms": 0})
    bench.staff("anna")
    bench.enter("c1")
    bench.decline("anna", "c1", "busy")
    bench.enter("c2", priority=1)
    bench.pass_s(20)
    assert (bench.asked("c1"), bench.asked("c2")) == ([], ["anna"])
