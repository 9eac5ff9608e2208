"""Overflow: when a rule moves, closes or answers one who waits, and when it must not."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain import commands as c
from app.domain import events as e
from tests.domain.workbench import Workbench

Rules = list[dict[str, Any]]


def after(seconds: float, **parts: Any) -> dict[str, Any]:
    """Write a rule of time in the queue."""
    return {"when": "after_ms", "value": round(seconds * 1000), **parts}


def lines(bench: Workbench, rules: Rules, **parts: Any) -> None:
    """Open q with these rules, and the queues r and s to go to."""
    bench.queue("r")
    bench.queue("s")
    bench.queue("q", overflow=rules, **parts)


def moves(events: list[e.Event]) -> list[tuple[str, str, str]]:
    """List who was moved by a rule, where to and why."""
    return [
        (event.conversation, event.queue, event.overflow)
        for event in events
        if isinstance(event, e.ConversationMoved) and event.overflow
    ]


def test_after_its_time_it_goes_to_the_other_queue(bench: Workbench) -> None:
    lines(bench, [after(30, queue="r")])
    bench.enter("c1")
    assert moves(bench.pass_s(29.999)) == []
    assert moves(bench.pass_s(0.001)) == [("c1", "r", "after_ms")]
    assert bench.line("r") == ["c1"]


def test_the_other_queue_offers_it_at_once(bench: Workbench) -> None:
    lines(bench, [after(30, queue="r")])
    bench.staff("anna", "r")
    bench.enter("c1")
    bench.pass_s(30)
    assert bench.asked("c1") == ["anna"]


def test_it_keeps_its_place_by_age(bench: Workbench) -> None:
    lines(bench, [after(30, queue="r")])
    bench.enter("old")
    bench.pass_s(10)
    bench.enter("young", "r")
    bench.pass_s(20)
    assert bench.line("r") == ["old", "young"]


def test_the_time_counts_from_joining_this_queue(bench: Workbench) -> None:
    bench.queue("first")
    lines(bench, [after(30, queue="r")])
    bench.enter("c1", "first")
    bench.pass_s(100)
    bench.move("c1", "q", keep_wait=True)
    assert moves(bench.pass_s(29.999)) == []
    assert moves(bench.pass_s(0.001)) == [("c1", "r", "after_ms")]


def test_who_can_be_served_does_not_overflow(bench: Workbench) -> None:
    """A rule of no time at all is for those whom nobody takes now."""
    lines(bench, [after(0, queue="r")])
    bench.staff("anna")
    bench.enter("c1")
    bench.enter("c2")
    assert (bench.asked("c1"), bench.conversation("c2").queue) == (["anna"], "r")


def test_at_the_very_instant_a_freed_agent_comes_first(bench: Workbench) -> None:
    lines(bench, [after(30, queue="r")], wrap_up={"ms": 30_000})
    bench.staff("anna")
    bench.serve("c0")
    bench.complete("c0")
    bench.enter("c1")
    bench.pass_s(30)
    assert (bench.asked("c1"), bench.conversation("c1").queue) == (["anna"], "q")


def test_an_offer_that_is_out_is_one_last_chance(bench: Workbench) -> None:
    lines(bench, [after(30, queue="r")])
    bench.enter("c1")
    bench.pass_s(25)
    bench.staff("anna")
    bench.pass_s(7)
    bench.accept("anna", "c1")
    assert bench.holder("c1") == "anna"


@pytest.mark.parametrize("end", ["decline", "miss", "away"])
def test_but_after_it_there_is_no_other_offer(bench: Workbench, end: str) -> None:
    lines(bench, [after(30, queue="r")])
    bench.enter("c1")
    bench.pass_s(25)
    bench.staff("anna")
    bench.staff("ben")
    bench.pass_s(7)
    match end:
        case "decline":
            bench.decline("anna", "c1")
        case "miss":
            bench.miss("anna", "c1")
        case "away":
            bench.away("anna")
    assert (bench.asked_in_order("c1"), bench.conversation("c1").queue) == (["anna"], "r")


def test_a_supervisor_who_puts_it_back_late_gives_it_a_chance(bench: Workbench) -> None:
    lines(bench, [after(30, queue="r")])
    bench.staff("anna")
    bench.serve("c1")
    bench.pass_s(60)
    bench.requeue("c1")
    assert bench.asked("c1") == ["anna"]


def test_what_is_held_is_left_alone(bench: Workbench) -> None:
    lines(bench, [after(30, queue="r")], wrap_up={"ms": 60_000})
    bench.staff("anna", capacity={"chat": 2})
    bench.serve("talk")
    bench.serve("wrap")
    bench.complete("wrap")
    assert moves(bench.pass_s(31)) == []


def test_it_never_returns_to_where_a_rule_took_it_from(bench: Workbench) -> None:
    bench.queue("r")
    bench.queue("q", overflow=[after(10, queue="r")])
    bench.queue("r", overflow=[after(10, queue="q")])
    bench.enter("c1")
    assert moves(bench.pass_s(300)) == [("c1", "r", "after_ms")]


def test_a_person_who_moves_it_lets_the_rules_begin_anew(bench: Workbench) -> None:
    lines(bench, [after(10, queue="r")])
    bench.queue("s", overflow=[after(10, queue="q")])
    bench.enter("c1")
    bench.pass_s(10)
    bench.move("c1", "s")
    assert moves(bench.pass_s(20)) == [("c1", "q", "after_ms"), ("c1", "r", "after_ms")]


def test_a_chain_ends_where_there_is_no_way_on(bench: Workbench) -> None:
    bench.queue("s")
    bench.queue("r", overflow=[after(0, queue="s"), after(0, queue="q")])
    bench.queue("q", overflow=[after(0, queue="r")])
    bench.queue("r", overflow=[after(0, queue="s"), after(0, queue="q")])
    bench.enter("c1")
    assert [queue for _, queue, _ in moves(bench.last)] == ["r", "s"]
    assert bench.conversation("c1").visited == ["q", "r"]


@pytest.mark.parametrize("bar", ["full", "paused", "draining", "closed", "gone", "itself"])
def test_a_queue_that_would_not_serve_it_is_passed_by(bench: Workbench, bar: str) -> None:
    target = {"gone": "nowhere", "itself": "q"}.get(bar, "r")
    lines(bench, [after(10, queue=target), after(10, queue="s")])
    match bar:
        case "full":
            bench.queue("r", max_waiting=1)
            bench.enter("other", "r")
        case "paused":
            bench.pause("r")
        case "draining":
            bench.drain("r")
        case "closed":
            bench.shut("r")
    bench.enter("c1")
    assert moves(bench.pass_s(10)) == [("c1", "s", "after_ms")]


def test_what_cannot_be_done_is_tried_again_every_five_seconds(bench: Workbench) -> None:
    lines(bench, [after(10, queue="r")])
    bench.pause("r")
    bench.enter("c1")
    bench.pass_s(11)
    bench.resume("r")
    assert moves(bench.pass_s(3.999)) == []
    assert moves(bench.pass_s(0.001)) == [("c1", "r", "after_ms")]


def test_trying_again_costs_one_timer_however_often_it_is_looked_at() -> None:
    """Looks inside, for there is no other way to see memory."""
    bench = Workbench()
    lines(bench, [after(1, queue="r"), after(2, queue="r"), after(86_400, to="close")])
    bench.pause("r")
    bench.enter("c1")
    for _ in range(200):
        bench.pass_s(0.7)
        bench.shut()
        bench.unlock()
    assert len(bench.engine.timers._heap) < 20


def test_a_time_that_was_changed_leaves_nothing_behind_it() -> None:
    """Looks inside, for there is no other way to see memory."""
    bench = Workbench()
    lines(bench, [])
    bench.pause("r")
    bench.enter("c1")
    for number in range(50):
        bench.queue("q", overflow=[after(200 - number / 10, queue="r")])
    bench.pass_s(190)
    bench.queue("q", overflow=[after(1, queue="r")])
    bench.pass_s(30)
    assert len(bench.engine.timers._heap) == 1


def test_it_may_be_closed(bench: Workbench) -> None:
    lines(bench, [after(10, to="close")])
    bench.enter("c1")
    bench.pass_s(10)
    ended = bench.conversation("c1")
    assert (ended.state, ended.end_reason) == ("closed", "overflow:after_ms")
    assert bench.of_queue().figures.abandoned == 0


def test_a_message_is_given_once_and_it_waits_on(bench: Workbench) -> None:
    lines(bench, [after(10, to="message", message="Sorry"), after(40, queue="r")])
    bench.enter("c1")
    told = [x for x in bench.pass_s(39) if isinstance(x, e.ConversationNotified)]
    assert [(x.at - bench.now, x.message, x.rule, x.overflow) for x in told] == [
        (-29_000, "Sorry", 0, "after_ms")
    ]
    assert (bench.in_state("c1"), bench.line()) == ("waiting", ["c1"])
    bench.queue("q", overflow=[after(10, to="message", message="Sorry!"), after(99, queue="r")])
    assert [notice.message for notice in bench.conversation("c1").notices] == ["Sorry"]


def test_each_message_has_its_own_time(bench: Workbench) -> None:
    rules = [after(20, to="message", message="two"), after(10, to="message", message="one")]
    lines(bench, rules)
    bench.enter("c1")
    bench.pass_s(25)
    notices = bench.conversation("c1").notices
    assert [(notice.message, notice.rule) for notice in notices] == [("one", 1), ("two", 0)]


def test_the_first_rule_that_can_be_carried_out_is(bench: Workbench) -> None:
    lines(bench, [after(20, queue="s"), after(10, to="message", message="m"), after(10, queue="r")])
    bench.enter("c1")
    bench.pass_s(10)
    assert bench.conversation("c1").queue == "r"
    bench.queue("q", overflow=[after(10, queue="r"), after(10, to="close")])
    bench.enter("c2")
    bench.pass_s(10)
    assert (bench.conversation("c2").queue, bench.in_state("c2")) == ("r", "waiting")


def test_one_who_joins_a_long_line_goes_on(bench: Workbench) -> None:
    lines(bench, [{"when": "depth", "value": 2, "queue": "r"}])
    for name in ("c1", "c2", "c3"):
        bench.enter(name)
    assert (bench.line("q"), bench.line("r")) == (["c1", "c2"], ["c3"])


def test_depth_is_for_those_who_join_not_for_those_inside(bench: Workbench) -> None:
    lines(bench, [])
    for name in ("c1", "c2", "c3"):
        bench.enter(name)
    bench.queue("q", overflow=[{"when": "depth", "value": 1, "queue": "r"}])
    bench.pass_s(60)
    assert bench.line("q") == ["c1", "c2", "c3"]


def test_depth_counts_the_waiting_not_the_offered(bench: Workbench) -> None:
    lines(bench, [{"when": "depth", "value": 1, "queue": "r"}])
    bench.staff("anna", capacity={"chat": 2})
    for name in ("a", "b", "c"):
        bench.enter(name)
    assert bench.line("q") == ["c"]


def test_of_those_who_join_together_the_first_stay(bench: Workbench) -> None:
    """When a door shuts everybody comes at once; nobody counts those behind him."""
    bench.queue("s")
    bench.queue("r", overflow=[{"when": "depth", "value": 2, "queue": "s"}])
    bench.queue("q")
    for number in range(4):
        bench.enter(f"c{number}")
    bench.queue("q", overflow=[after(0, queue="r")])
    assert (bench.line("r"), bench.line("s")) == (["c0", "c1"], ["c2", "c3"])


def test_who_goes_on_is_not_before_the_next(bench: Workbench) -> None:
    bench.queue("s")
    bench.queue("t")
    depths = [{"when": "depth", "value": 2, "queue": "t"}, {"when": "depth", "value": 1}]
    bench.queue("r", overflow=[depths[0], {**depths[1], "queue": "s"}])
    bench.queue("q")
    for number in range(4):
        bench.enter(f"c{number}")
    bench.queue("q", overflow=[after(0, queue="r")])
    assert [bench.line(queue) for queue in "rst"] == [["c0"], ["c1", "c2", "c3"], []]


def test_an_offered_one_that_a_person_moves_gets_its_chance_there(bench: Workbench) -> None:
    """It came back from an offer, but of another queue."""
    lines(bench, [])
    bench.queue("r", overflow=[after(0, queue="s")])
    bench.staff("anna", ["q", "r"])
    bench.enter("c1")
    bench.move("c1", "r")
    assert (bench.asked("c1"), bench.conversation("c1").queue) == (["anna"], "r")


def test_the_first_in_line_goes_first_where_there_is_room_for_one(bench: Workbench) -> None:
    lines(bench, [])
    bench.queue("r", max_waiting=1)
    bench.enter("late", priority=0)
    bench.enter("first", priority=5)
    bench.queue("q", overflow=[after(0, queue="r")])
    assert (bench.line("q"), bench.line("r")) == (["late"], ["first"])


def test_a_new_rule_holds_for_those_who_wait_already(bench: Workbench) -> None:
    lines(bench, [])
    bench.enter("c1")
    bench.pass_s(60)
    bench.queue("q", overflow=[after(30, queue="r")])
    assert moves(bench.last) == [("c1", "r", "after_ms")]


def test_a_changed_time_holds_for_those_who_wait_already(bench: Workbench) -> None:
    lines(bench, [after(60, queue="r")])
    bench.enter("c1")
    bench.pass_s(10)
    bench.queue("q", overflow=[after(20, queue="r")])
    assert moves(bench.pass_s(10)) == [("c1", "r", "after_ms")]


def test_a_paused_queue_overflows_too(bench: Workbench) -> None:
    lines(bench, [after(10, queue="r")])
    bench.staff("anna")
    bench.pause()
    bench.enter("c1")
    assert moves(bench.pass_s(10)) == [("c1", "r", "after_ms")]


NOBODY = {"when": "no_agents", "value": 10_000, "queue": "r"}


@pytest.mark.parametrize("how", ["away", "offline", "lost"])
def test_nobody_on_for_a_time(bench: Workbench, how: str) -> None:
    lines(bench, [NOBODY])
    bench.staff("anna")
    bench.serve("busy")
    bench.enter("c1")
    assert moves(bench.pass_s(15)) == [], "anna is on, though full"
    if how == "lost":
        bench.disconnect("anna", grace_s=0)
    else:
        getattr(bench, how)("anna")
    assert moves(bench.pass_s(9.999)) == []
    assert moves(bench.pass_s(0.001)) == [("c1", "r", "no_agents")]


@pytest.mark.parametrize("how", ["removed", "leaves"])
def test_a_queue_that_lost_its_last_member_has_nobody(bench: Workbench, how: str) -> None:
    """Nobody who could come was on meanwhile, so only the time in the queue counts."""
    lines(bench, [NOBODY], decline={"reasons": [{"code": "no", "again": False}]})
    bench.staff("anna")
    bench.enter("c1")
    bench.decline("anna", "c1", "no")
    assert moves(bench.pass_s(15)) == []
    if how == "removed":
        bench.remove_agent("anna")
    else:
        bench.agent("anna", "r")
    bench.tick()
    assert moves(bench.log) == [("c1", "r", "no_agents")]


def test_in_the_grace_an_agent_is_still_on(bench: Workbench) -> None:
    lines(bench, [NOBODY])
    bench.staff("anna")
    bench.serve("c0")
    bench.enter("c1")
    bench.disconnect("anna", grace_s=20)
    assert moves(bench.pass_s(29.999)) == []
    assert moves(bench.pass_s(0.001)) == [("c1", "r", "no_agents")]


def test_who_comes_when_nobody_is_on_waits_the_time_from_then(bench: Workbench) -> None:
    lines(bench, [NOBODY])
    bench.agent("anna")
    bench.pass_s(3_600)
    bench.enter("c1")
    assert moves(bench.pass_s(9.999)) == []
    assert moves(bench.pass_s(0.001)) == [("c1", "r", "no_agents")]


def test_somebody_who_comes_back_in_time_stops_it(bench: Workbench) -> None:
    lines(bench, [NOBODY])
    bench.staff("anna")
    bench.serve("c0")
    bench.enter("c1")
    bench.away("anna")
    bench.pass_s(9)
    bench.available("anna")
    bench.pass_s(9)
    bench.away("anna")
    assert moves(bench.pass_s(9.999)) == []
    assert moves(bench.pass_s(0.001)) == [("c1", "r", "no_agents")]


@pytest.mark.parametrize("why", ["full", "resting", "finishing", "wrapping"])
def test_who_is_on_need_not_be_able(bench: Workbench, why: str) -> None:
    rest = {"busy_ms": 60_000} if why == "resting" else {}
    lines(bench, [NOBODY], back_off=rest, wrap_up={"ms": 60_000})
    bench.staff("anna")
    bench.enter("c0")
    match why:
        case "full":
            bench.accept("anna", "c0")
        case "resting":
            bench.decline("anna", "c0")
        case "finishing":
            bench.accept("anna", "c0")
            bench.be("anna", "away", then=True)
        case "wrapping":
            bench.accept("anna", "c0")
            bench.complete("c0")
    bench.enter("c1")
    assert moves(bench.pass_s(11)) == []


@pytest.mark.parametrize("restart", [False, True])
def test_since_when_nobody_is_on_hangs_on_those_who_are_members_now(
    bench: Workbench, restart: bool
) -> None:
    """A restart, which knows nothing else, finds the same instant."""
    lines(bench, [NOBODY])
    bench.agent("carl")
    bench.staff("ben", capacity={})
    bench.staff("anna")
    bench.serve("c0")
    bench.enter("c1")
    bench.pass_s(60)
    bench.away("ben")
    bench.pass_s(5)
    bench.away("anna")
    bench.pass_s(4)
    bench.agent("anna", "r")
    if restart:
        bench.take_over()
    assert moves(bench.pass_s(0.999)) == []
    assert moves(bench.pass_s(0.001)) == [("c1", "r", "no_agents")]


def test_a_restart_keeps_every_time(bench: Workbench) -> None:
    lines(bench, [after(30, queue="r"), after(10, to="message", message="soon")])
    bench.enter("c1")
    bench.pass_s(5)
    bench.take_over()
    bench.pass_s(5)
    assert [notice.message for notice in bench.conversation("c1").notices] == ["soon"]
    bench.take_over()
    assert moves(bench.pass_s(19.999)) == []
    assert moves(bench.pass_s(0.001)) == [("c1", "r", "after_ms")]


def test_what_is_in_quarantine_stays_there(bench: Workbench) -> None:
    lines(bench, [after(10, queue="r")])
    bench.enter("c1")
    bench.do(c.QuarantineConversation("c1", "odd", "", "supervisor:s"))
    assert moves(bench.pass_s(60)) == []
    bench.release("c1")
    assert moves(bench.last) == [("c1", "r", "after_ms")]


def test_the_figures_count_it_where_it_left_and_where_it_came(bench: Workbench) -> None:
    lines(bench, [after(10, queue="r")])
    bench.queue("s", overflow=[after(10, to="close")])
    bench.enter("c1")
    bench.enter("c2", "s")
    bench.pass_s(10)
    left, came, closed = (bench.of_queue(id_).figures for id_ in "qrs")
    assert (left.entered, left.overflowed, came.entered, closed.overflowed) == (1, 1, 1, 1)
