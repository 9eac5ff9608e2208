"""Opening hours inside the engine: the door shuts, and who is inside is served.

When it is day is the calendar's to say; here it only says so.
"""

from __future__ import annotations

import pytest

from app.domain import commands as c
from app.domain import events as e
from app.domain.explain import explain
from tests.domain.workbench import Workbench


def test_who_comes_while_it_is_closed_waits_until_it_opens(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.shut()
    bench.enter("c1")
    bench.pass_s(3_600)
    assert (bench.asked("c1"), bench.line()) == ([], ["c1"])
    bench.unlock()
    assert bench.asked("c1") == ["anna"]


def test_who_was_inside_when_it_closed_is_served(bench: Workbench) -> None:
    bench.queue()
    bench.enter("c1")
    bench.pass_s(60)
    bench.shut()
    bench.pass_s(0.001)
    bench.enter("c2")
    bench.staff("anna", capacity={"chat": 2})
    assert (bench.asked("c1"), bench.asked("c2")) == (["anna"], [])


def test_what_is_offered_or_held_when_it_closes_goes_on(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", capacity={"chat": 2})
    bench.serve("held")
    bench.enter("offered")
    bench.pass_s(1)
    bench.shut()
    bench.decline("anna", "offered")
    bench.pass_s(5)
    assert bench.asked("offered") == ["anna"]
    bench.requeue("held")
    assert bench.asked("held") == ["anna"]


def test_the_next_closing_finds_inside_who_came_the_night_before(bench: Workbench) -> None:
    bench.queue()
    bench.shut()
    bench.enter("c1")
    bench.pass_s(60)
    bench.unlock()
    bench.pass_s(60)
    bench.shut()
    bench.staff("anna")
    assert bench.asked("c1") == ["anna"]


def test_a_conversation_moved_into_a_closed_queue_waits_too(bench: Workbench) -> None:
    bench.queue("q")
    bench.queue("r")
    bench.enter("c1", "q")
    bench.pass_s(60)
    bench.shut("r")
    bench.pass_s(60)
    bench.move("c1", "r", keep_wait=True)
    bench.staff("anna", "r")
    assert bench.asked("c1") == []
    bench.unlock("r")
    assert bench.asked("c1") == ["anna"]


def test_the_first_in_line_is_served_first_when_it_opens(bench: Workbench) -> None:
    bench.queue()
    bench.shut()
    bench.enter("c1")
    bench.pass_s(1)
    bench.enter("c2", priority=1)
    bench.enter("c3")
    bench.staff("anna", capacity={"chat": 2})
    bench.unlock()
    assert [bench.asked(name) for name in ("c1", "c2", "c3")] == [["anna"], ["anna"], []]


def test_the_preferred_agent_does_not_open_the_door(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.shut()
    bench.enter("c1", preferred_agent="anna")
    assert bench.asked("c1") == []


def test_an_agent_of_two_queues_gets_only_from_the_open_one(bench: Workbench) -> None:
    bench.queue("day", priority=5)
    bench.queue("night")
    bench.agent("anna", ["day", "night"])
    bench.shut("day")
    bench.enter("d1", "day")
    bench.enter("n1", "night")
    bench.connect("anna")
    bench.available("anna")
    assert (bench.asked("d1"), bench.asked("n1")) == ([], ["anna"])


def test_nobody_is_turned_away_from_a_closed_queue(bench: Workbench) -> None:
    """It is for an overflow rule to say what becomes of them."""
    bench.queue()
    bench.shut()
    assert not bench.enter("c1").already


def test_a_supervisor_may_give_it_away_all_the_same(bench: Workbench) -> None:
    bench.queue()
    bench.agent("anna")
    bench.shut()
    bench.enter("c1")
    bench.assign("c1", "anna")
    assert bench.holder("c1") == "anna"


@pytest.mark.parametrize("to", ["queue", "close", "message"])
def test_a_rule_says_what_becomes_of_those_who_come_late(bench: Workbench, to: str) -> None:
    bench.queue("r")
    rule = {"when": "closed", "value": 5_000, "to": to, "message": "Until tomorrow"}
    bench.queue("q", overflow=[{**rule, "queue": "r" if to == "queue" else None}])
    bench.enter("inside")
    bench.pass_s(60)
    bench.shut()
    bench.pass_s(0.001)
    bench.enter("late")
    bench.pass_s(4.999)
    assert (bench.line(), bench.conversation("late").notices) == (["inside", "late"], [])
    bench.pass_s(0.001)
    match to:
        case "queue":
            assert bench.line("r") == ["late"]
        case "close":
            assert bench.conversation("late").end_reason == "overflow:closed"
        case "message":
            assert [x.message for x in bench.conversation("late").notices] == ["Until tomorrow"]
            assert bench.line() == ["inside", "late"]
    bench.pass_s(60)
    assert "inside" in bench.line(), "who was inside is no matter of this rule"


def test_opening_in_time_stops_the_rule(bench: Workbench) -> None:
    bench.queue("q", overflow=[{"when": "closed", "value": 5_000, "to": "close"}])
    bench.shut()
    bench.enter("c1")
    bench.pass_s(4)
    bench.unlock()
    bench.pass_s(60)
    assert bench.in_state("c1") == "waiting"


def test_at_closing_time_only_who_comes_from_then_on_is_late(bench: Workbench) -> None:
    """At the very instant the door counts as shut."""
    bench.queue()
    bench.enter("just")
    bench.pass_s(0.001)
    bench.shut()
    bench.enter("late")
    bench.staff("anna", capacity={"chat": 2})
    assert (bench.asked("just"), bench.asked("late")) == (["anna"], [])


def test_a_restart_remembers_the_door(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", capacity={"chat": 2})
    bench.away("anna")
    bench.enter("inside")
    bench.pass_s(1)
    bench.shut()
    bench.enter("late")
    bench.take_over()
    bench.connect("anna")
    bench.available("anna")
    assert (bench.asked("inside"), bench.asked("late")) == (["anna"], [])


def test_a_new_owner_sets_the_doors_before_it_decides_anything(bench: Workbench) -> None:
    """Whoever owned it before may have died before the door shut."""
    bench.queue("q", wrap_up={"ms": 5_000})
    bench.staff("anna")
    bench.serve("c0")
    bench.complete("c0")
    bench.shut()
    bench.enter("c1")
    bench.stall_s(60)
    opened = bench.do(c.OpenEpoch(2, "node-2", 20_000, [c.SetQueueHours("q", True)]))
    kinds = [type(event) for event in opened.events]
    assert kinds.index(e.QueueHoursChanged) <= 1 and bench.of_queue().open


def test_saying_the_same_again_is_answered_already(bench: Workbench) -> None:
    bench.queue()
    assert bench.unlock().already
    bench.shut()
    assert bench.shut().already
    with bench.refuses("unknown_queue"):
        bench.shut("nowhere")


def test_the_explanation_says_that_it_is_closed(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.shut()
    bench.enter("c1")
    told = explain(bench.engine, "c1", bench.now)
    assert "closed" in told.sentence
    assert [member.reasons for member in told.members] == [["closed"]]
