"""Finish, then away: nothing new comes, and the presence changes when the last work is over."""

from __future__ import annotations

import pytest

from app.domain import events as e
from app.domain.routability import why_not_routable
from tests.domain.workbench import Workbench


@pytest.fixture
def bench(bench: Workbench) -> Workbench:
    """Anna talks with two customers and has room for more; she is going to lunch after them."""
    bench.queue()
    bench.queue("wraps", wrap_up={"ms": 5_000})
    bench.queue("quiet", idle={"after_ms": 10_000})
    bench.presence("lunch")
    bench.staff("anna", ["q", "wraps", "quiet"], capacity={"chat": 9})
    bench.serve("c1")
    bench.serve("c2")
    return bench


def plans(events: list[e.Event]) -> list[str | None]:
    """List what was planned (None: no more)."""
    found = [event for event in events if isinstance(event, e.PresencePlanned)]
    return [str(x.custom or x.presence) if x.presence else None for x in found]


def test_who_finishes_is_offered_nothing_new(bench: Workbench) -> None:
    bench.be("anna", "away", then=True)
    bench.enter("c3")
    assert (bench.asked("c3"), bench.of_agent("anna").presence) == ([], "available")
    assert why_not_routable(bench.state, bench.of_agent("anna"), bench.now) == ["finishing"]


def test_the_offers_that_are_out_are_taken_back(bench: Workbench) -> None:
    bench.enter("c3")
    bench.be("anna", "away", then=True)
    ended = bench.offer("c3", "anna")
    assert (ended.state, ended.reason) == ("rescinded", "presence")
    assert bench.conversation("c3").exclusions == {}


def test_when_nothing_is_held_any_more_it_happens(bench: Workbench) -> None:
    bench.be("anna", "lunch", "hungry", then=True)
    bench.pass_s(60)
    bench.complete("c1")
    assert bench.of_agent("anna").presence == "available"
    bench.complete("c2")
    anna = bench.of_agent("anna")
    assert (anna.presence, anna.custom, anna.presence_reason) == ("away", "lunch", "hungry")
    assert (anna.plan, anna.presence_since, anna.presence_by) == (None, bench.now, "agent:anna")


@pytest.mark.parametrize(
    "end", ["close", "cancel", "requeue", "release", "move", "assign", "transfer"]
)
def test_however_the_work_ends(bench: Workbench, end: str) -> None:
    bench.staff("ben", ["q", "wraps"], capacity={"chat": 9})
    bench.complete("c2")
    bench.be("anna", "away", then=True)
    match end:
        case "move":
            bench.move("c1", "wraps")
        case "assign":
            bench.assign("c1", "ben")
        case "transfer":
            bench.transfer("c1", agent="ben")
        case _:
            getattr(bench, end)("c1")
    assert bench.of_agent("anna").presence == "away"


def test_wrap_up_is_work_in_hand(bench: Workbench) -> None:
    bench.serve("w", "wraps")
    bench.close("c1")
    bench.close("c2")
    bench.be("anna", "away", then=True)
    bench.complete("w")
    bench.pass_s(4.999)
    assert bench.of_agent("anna").presence == "available"
    bench.pass_s(0.001)
    assert bench.of_agent("anna").presence == "away"


def test_a_silent_conversation_is_work_in_hand(bench: Workbench) -> None:
    bench.serve("s", "quiet")
    bench.close("c1")
    bench.close("c2")
    bench.be("anna", "away", then=True)
    bench.pass_s(3_600)
    assert bench.conversation("s").idle and bench.of_agent("anna").presence == "available"
    bench.close("s")
    assert bench.of_agent("anna").presence == "away"


def test_without_work_it_happens_at_once(bench: Workbench) -> None:
    bench.close("c1")
    bench.close("c2")
    bench.enter("c3")
    bench.be("anna", "away", then=True)
    assert (bench.of_agent("anna").presence, bench.asked("c3")) == ("away", [])
    assert plans(bench.last) == []


def test_to_be_available_needs_no_finishing(bench: Workbench) -> None:
    bench.away("anna")
    bench.be("anna", "available", then=True)
    assert (bench.of_agent("anna").presence, bench.of_agent("anna").plan) == ("available", None)


@pytest.mark.parametrize("how", ["same", "other"])
def test_a_presence_set_meanwhile_drops_the_plan(bench: Workbench, how: str) -> None:
    bench.be("anna", "away", then=True)
    bench.enter("c3")
    if how == "same":
        bench.available("anna")
        assert (plans(bench.last), bench.asked("c3")) == ([None], ["anna"])
    else:
        bench.offline("anna")
    bench.close("c1")
    bench.close("c2")
    assert bench.of_agent("anna").presence == ("available" if how == "same" else "offline")


def test_another_plan_replaces_it_and_the_same_is_answered_already(bench: Workbench) -> None:
    bench.be("anna", "away", then=True)
    assert bench.be("anna", "away", then=True).already
    bench.be("anna", "offline", then=True)
    assert plans(bench.log) == ["away", "offline"]
    bench.close("c1")
    bench.close("c2")
    assert bench.of_agent("anna").presence == "offline"


def test_one_who_is_away_may_still_plan_to_leave(bench: Workbench) -> None:
    bench.away("anna")
    bench.be("anna", "offline", then=True)
    bench.close("c1")
    assert bench.of_agent("anna").presence == "away"
    bench.close("c2")
    assert bench.of_agent("anna").presence == "offline"


def test_a_restart_remembers_the_plan(bench: Workbench) -> None:
    bench.be("anna", "lunch", then=True)
    bench.take_over()
    bench.connect("anna")
    bench.enter("c3")
    assert bench.asked("c3") == []
    bench.close("c1")
    bench.close("c2")
    assert bench.of_agent("anna").custom == "lunch"


def test_a_lost_socket_leaves_the_plan(bench: Workbench) -> None:
    bench.be("anna", "away", then=True)
    bench.disconnect("anna", grace_s=1)
    bench.pass_s(1)
    bench.close("c1")
    bench.close("c2")
    assert bench.of_agent("anna").presence == "away"


def test_the_presence_planned_is_what_it_means_by_then(bench: Workbench) -> None:
    bench.be("anna", "lunch", then=True)
    bench.presence("lunch", "offline")
    bench.close("c1")
    bench.close("c2")
    assert (bench.of_agent("anna").presence, bench.of_agent("anna").custom) == ("offline", "lunch")


def test_the_plan_outlives_a_change_of_the_presence_one_is_in(bench: Workbench) -> None:
    bench.presence("desk", "available")
    bench.be("anna", "desk")
    bench.be("anna", "offline", "late", then=True)
    bench.presence("desk", "away")
    assert bench.of_agent("anna").presence == "away"
    bench.close("c1")
    bench.close("c2")
    assert bench.of_agent("anna").presence == "offline"


def test_a_supervisor_may_still_give_work_to_one_who_finishes(bench: Workbench) -> None:
    bench.be("anna", "away", then=True)
    bench.enter("c3")
    bench.assign("c3", "anna")
    bench.close("c1")
    bench.close("c2")
    assert bench.of_agent("anna").presence == "available", "there is new work in hand"
    bench.close("c3")
    assert bench.of_agent("anna").presence == "away"


def test_who_declined_is_asked_again_when_the_other_finishes(bench: Workbench) -> None:
    """One who finishes is nobody to wait for."""
    bench.agent("anna", capacity={"chat": 2})
    bench.staff("ben")
    bench.enter("c3")
    bench.decline("ben", "c3")
    bench.pass_s(6)
    assert bench.asked("c3") == [], "anna is there, though full"
    bench.be("anna", "away", then=True)
    assert bench.asked("c3") == ["ben"]
