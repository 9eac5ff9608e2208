"""Picking: an agent takes one who waits, where the permission says so."""

from __future__ import annotations

import pytest

from app.domain import commands as c
from app.domain import events as e
from tests.domain.workbench import Workbench


@pytest.fixture
def bench(bench: Workbench) -> Workbench:
    """Anna may pick, and is on a break meanwhile; three wait, the last one first in line."""
    bench.queue()
    bench.staff("anna", pull=True, capacity={"chat": 2, "call": 1})
    bench.away("anna")
    bench.enter("c1")
    bench.pass_s(1)
    bench.enter("c2")
    bench.enter("c3", priority=5)
    return bench


def test_the_named_one_is_taken_wherever_it_stands(bench: Workbench) -> None:
    outcome = bench.pull("anna", "c2")
    assert (bench.holder("c2"), bench.line()) == ("anna", ["c3", "c1"])
    (given,) = outcome.events
    assert isinstance(given, e.ConversationAssigned)
    assert (given.reason, given.by, given.from_agent) == ("pulled", "agent:anna", None)


def test_without_a_name_the_first_in_line_is_taken(bench: Workbench) -> None:
    bench.pull("anna")
    assert (bench.holder("c3"), bench.line()) == ("anna", ["c1", "c2"])
    bench.pull("anna")
    assert bench.holder("c1") == "anna"


def test_the_first_in_line_whatever_its_kind(bench: Workbench) -> None:
    bench.enter("call", channel="call", priority=7)
    bench.pull("anna")
    assert bench.holder("call") == "anna"


def test_the_first_that_the_agent_may_have(bench: Workbench) -> None:
    bench.enter("skilled", priority=9, skills={"en": 1})
    bench.enter("mail", priority=9, channel="mail")
    bench.pull("anna")
    assert bench.holder("c3") == "anna"


def test_it_counts_as_answered(bench: Workbench) -> None:
    bench.pull("anna", "c1")
    assert (bench.of_queue().figures.answered, bench.of_queue().figures.answer_wait_ms) == (1, 1000)


def test_without_permission_nobody_picks(bench: Workbench) -> None:
    bench.agent("anna", pull=False)
    with bench.refuses("pull_not_allowed"):
        bench.pull("anna")
    with bench.refuses("pull_not_allowed"):
        bench.pull("anna", "c1")


def test_only_from_a_queue_of_his_own(bench: Workbench) -> None:
    bench.queue("r")
    bench.enter("r1", "r")
    with bench.refuses("not_a_member"):
        bench.pull("anna", queue="r")
    with bench.refuses("wrong_state"):
        bench.pull("anna", "r1")
    with bench.refuses("unknown_queue"):
        bench.pull("anna", queue="nowhere")
    with bench.refuses("unknown_agent"):
        bench.pull("nobody")
    with bench.refuses("unknown_conversation"):
        bench.pull("anna", "nowhere")


def test_only_one_who_waits_is_picked(bench: Workbench) -> None:
    bench.staff("ben", capacity={"chat": 2})
    assert bench.in_state("c3") == "offered"
    with bench.refuses("wrong_state"):
        bench.pull("anna", "c3")
    bench.accept("ben", "c3")
    with bench.refuses("wrong_state"):
        bench.pull("anna", "c3")
    bench.close("c3")
    with bench.refuses("conversation_ended"):
        bench.pull("anna", "c3")


def test_picking_twice_is_answered_already(bench: Workbench) -> None:
    bench.pull("anna", "c1")
    assert bench.pull("anna", "c1").already


def test_no_more_than_there_is_room_for(bench: Workbench) -> None:
    bench.pull("anna")
    bench.pull("anna")
    with bench.refuses("no_capacity"):
        bench.pull("anna")
    with bench.refuses("no_capacity"):
        bench.pull("anna", "c2")


def test_blocked_work_is_not_picked(bench: Workbench) -> None:
    blocks = {"chat": ["call"]}
    bench.agent("anna", pull=True, capacity={"chat": 2, "call": 1}, blocks=blocks)
    bench.pull("anna")
    bench.enter("call", channel="call")
    with bench.refuses("no_capacity"):
        bench.pull("anna", "call")


def test_skills_and_levels_hold(bench: Workbench) -> None:
    bench.queue(rings=[{"max_level": 1}, {"after_ms": 60_000, "relax_skills": ["en"]}])
    bench.enter("skilled", skills={"en": 1})
    with bench.refuses("not_eligible"):
        bench.pull("anna", "skilled")
    bench.agent("anna", {"q": 2}, pull=True, skills={"en": 1})
    with bench.refuses("not_eligible"):
        bench.pull("anna", "skilled")
    with bench.refuses("nothing_waiting"):
        bench.pull("anna")
    bench.pass_s(60)
    bench.pull("anna", "skilled")
    assert bench.holder("skilled") == "anna"


def test_what_is_kept_for_a_preferred_agent_is_not_picked_by_another(bench: Workbench) -> None:
    bench.queue(preferred={"online_ms": 30_000})
    bench.staff("ben", capacity={"mail": 1}, pull=True)
    bench.agent("ben", capacity={"mail": 1, "chat": 1}, pull=True)
    bench.away("ben")
    bench.enter("bens", priority=9, preferred_agent="ben")
    with bench.refuses("not_eligible"):
        bench.pull("anna", "bens")
    bench.pull("anna")
    assert bench.holder("c3") == "anna"


def test_the_preferred_agent_may_pick_what_is_kept_for_him(bench: Workbench) -> None:
    """Rings and skills are waived for him, as when it is offered."""
    bench.queue(preferred={"online_ms": 30_000}, rings=[{"max_level": 0}])
    bench.enter("hers", preferred_agent="anna", skills={"en": 1})
    bench.pull("anna", "hers")
    assert bench.holder("hers") == "anna"


def test_a_paused_or_closed_queue_gives_nothing_away(bench: Workbench) -> None:
    bench.pause()
    with bench.refuses("wrong_state"):
        bench.pull("anna")
    bench.resume()
    bench.pass_s(1)
    bench.shut()
    bench.enter("late", priority=9)
    with bench.refuses("not_eligible"):
        bench.pull("anna", "late")
    refused = bench.attempt(c.PullConversation("anna", "q", "late")).refusal
    assert refused is not None and "closed" in refused.message
    bench.pull("anna")
    assert bench.holder("c3") == "anna", "who was inside may be picked"


def test_a_draining_queue_is_emptied_by_picking_too(bench: Workbench) -> None:
    bench.drain()
    bench.pull("anna", "c1")
    assert bench.holder("c1") == "anna"


def test_being_passed_over_or_resting_is_about_being_asked(bench: Workbench) -> None:
    bench.queue(back_off={"busy_ms": 60_000})
    bench.available("anna")
    bench.decline("anna", "c3")
    bench.decline("anna", "c1")
    bench.pull("anna", "c3")
    assert bench.holder("c3") == "anna"


@pytest.mark.parametrize("how", ["offline", "lost"])
def test_who_is_not_there_picks_nothing(bench: Workbench, how: str) -> None:
    if how == "offline":
        bench.offline("anna")
    else:
        bench.disconnect("anna")
    with bench.refuses("not_eligible"):
        bench.pull("anna")


def test_an_empty_queue_says_so(bench: Workbench) -> None:
    for name in ("c1", "c2", "c3"):
        bench.close(name)
    with bench.refuses("nothing_waiting"):
        bench.pull("anna")


def test_what_was_picked_is_held_like_anything_else(bench: Workbench) -> None:
    bench.queue(wrap_up={"ms": 5_000})
    bench.pull("anna", "c1")
    bench.complete("c1")
    assert (bench.in_state("c1"), bench.of_agent("anna").load) == ("wrapping", {"chat": 1})
