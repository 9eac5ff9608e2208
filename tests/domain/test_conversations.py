"""A conversation's way: entering, leaving, being moved, given, handed on, wrapped up, forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain import commands as c
from app.domain import events as e
from tests.domain.workbench import Workbench


@pytest.fixture
def bench(bench: Workbench) -> Workbench:
    """Anna works in q, ben in both q and r, on the second level."""
    bench.queue("q")
    bench.queue("r")
    bench.staff("anna", "q")
    bench.staff("ben", {"q": 2, "r": 1})
    return bench


def test_the_same_body_again_is_the_same_conversation(bench: Workbench) -> None:
    bench.enter("c1", fingerprint="f1")
    assert bench.enter("c1", fingerprint="f1").already
    with bench.refuses("conversation_exists"):
        bench.enter("c1", fingerprint="f2")
    assert bench.state.totals.entered == 1


def test_a_repeat_is_answered_even_where_nothing_new_is_taken_in(bench: Workbench) -> None:
    bench.enter("c1", fingerprint="f1")
    bench.cancel("c1")
    bench.drain()
    assert bench.enter("c1", fingerprint="f1").already
    with bench.refuses("queue_draining"):
        bench.enter("c2")


def test_an_unknown_queue_takes_nothing_in(bench: Workbench) -> None:
    with bench.refuses("unknown_queue"):
        bench.enter("c1", "nowhere")


def test_what_the_customer_said_is_kept(bench: Workbench) -> None:
    bench.enter("c1", customer={"name": "Kim"}, subject="late", attributes={"order": 7})
    known = bench.conversation("c1")
    assert (known.customer, known.subject, known.attributes) == (
        {"name": "Kim"},
        "late",
        {"order": 7},
    )


@pytest.mark.parametrize("way", ["abandoned", "canceled"])
def test_a_waiting_customer_may_leave(bench: Workbench, way: str) -> None:
    bench.pause()
    bench.enter("c1")
    leave = bench.abandon if way == "abandoned" else bench.cancel
    leave("c1")
    assert (bench.in_state("c1"), bench.line()) == (way, [])
    assert leave("c1").already


@pytest.mark.parametrize("way", ["abandoned", "canceled"])
def test_a_customer_who_leaves_takes_the_offer_along(bench: Workbench, way: str) -> None:
    bench.enter("c1")
    (bench.abandon if way == "abandoned" else bench.cancel)("c1")
    offer = bench.offer("c1", "anna")
    assert (bench.in_state("c1"), offer.state, offer.reason) == (way, "rescinded", way)
    assert bench.of_agent("anna").load == {}
    assert bench.of_agent("anna").missed_streak == 0, "it is not his fault"


def test_an_answered_conversation_cannot_be_abandoned_but_canceled(bench: Workbench) -> None:
    bench.serve("c1")
    with bench.refuses("wrong_state"):
        bench.abandon("c1")
    bench.cancel("c1")
    assert (bench.in_state("c1"), bench.of_agent("anna").load) == ("canceled", {})


def test_the_freed_agent_gets_the_next(bench: Workbench) -> None:
    bench.away("ben")
    bench.serve("c1")
    bench.enter("c2")
    bench.cancel("c1")
    assert bench.asked("c2") == ["anna"]


@pytest.mark.parametrize("where", ["waiting", "offered", "assigned", "wrapping"])
def test_a_supervisor_may_close_it_anywhere(bench: Workbench, where: str) -> None:
    bench.queue("q", wrap_up={"ms": 60_000})
    if where == "waiting":
        bench.pause()
    bench.enter("c1")
    if where in ("assigned", "wrapping"):
        bench.accept("anna", "c1")
    if where == "wrapping":
        bench.complete("c1")
    assert bench.in_state("c1") == where
    bench.close("c1")
    assert bench.in_state("c1") == "closed"
    assert bench.close("c1").already


ACTS = ["move", "assign", "requeue", "release", "prioritize", "abandon", "cancel"]


def act(bench: Workbench, verb: str, id_: str) -> object:
    """Let a supervisor act on a conversation."""
    more: dict[str, list[Any]] = {"move": ["r"], "assign": ["ben"], "prioritize": [1]}
    return getattr(bench, verb)(id_, *more.get(verb, []))


@pytest.mark.parametrize("verb", [*ACTS, "close"])
def test_nothing_can_be_done_to_an_unknown_conversation(bench: Workbench, verb: str) -> None:
    with bench.refuses("unknown_conversation"):
        act(bench, verb, "c9")


@pytest.mark.parametrize("verb", ACTS)
def test_an_ended_conversation_stays_as_it_is(bench: Workbench, verb: str) -> None:
    bench.enter("c1")
    bench.close("c1")
    with bench.refuses("conversation_ended"):
        act(bench, verb, "c1")


def test_a_move_keeps_the_wait_when_asked(bench: Workbench) -> None:
    bench.pause("q")
    bench.pause("r")
    bench.enter("c1", "q")
    bench.pass_s(10)
    bench.enter("c2", "r")
    bench.pass_s(1)
    bench.move("c1", "r", keep_wait=True)
    assert bench.line("r") == ["c1", "c2"]


def test_a_move_starts_anew_when_asked(bench: Workbench) -> None:
    bench.pause("q")
    bench.pause("r")
    bench.enter("c1", "q")
    bench.pass_s(10)
    bench.enter("c2", "r")
    bench.pass_s(1)
    bench.move("c1", "r", keep_wait=False)
    assert bench.line("r") == ["c2", "c1"]


def test_a_moved_offer_is_taken_back_and_the_new_queue_offers(bench: Workbench) -> None:
    bench.enter("c1")
    bench.move("c1", "r")
    assert (bench.offer("c1", "anna").state, bench.offer("c1", "anna").reason) == (
        "rescinded",
        "moved",
    )
    assert bench.asked("c1") == ["ben"]


def test_a_conversation_in_talk_may_be_moved(bench: Workbench) -> None:
    bench.serve("c1")
    bench.move("c1", "r")
    assert (bench.asked("c1"), bench.of_agent("anna").load) == (["ben"], {})


def test_a_move_forgets_who_declined_in_the_former_queue(bench: Workbench) -> None:
    bench.enter("c1")
    bench.decline("anna", "c1")
    bench.decline("ben", "c1")
    bench.move("c1", "r")
    assert bench.asked("c1") == ["ben"]


def test_a_move_is_refused_in_order(bench: Workbench) -> None:
    bench.queue("q", wrap_up={"ms": 60_000})
    bench.serve("c1")
    bench.complete("c1")
    assert bench.move("c1", "q").already
    with bench.refuses("unknown_queue"):
        bench.move("c1", "nowhere")
    bench.drain("r")
    with bench.refuses("queue_draining"):
        bench.move("c1", "r")
    bench.resume("r")
    with bench.refuses("wrong_state"):
        bench.move("c1", "r")


def test_a_requeued_conversation_keeps_its_place(bench: Workbench) -> None:
    bench.away("ben")
    bench.serve("c1")
    bench.pass_s(60)
    bench.enter("c2")
    bench.pause()
    bench.requeue("c1")
    assert bench.line() == ["c1", "c2"]
    assert bench.requeue("c1").already, "it waits"


def test_a_requeued_offer_is_taken_back(bench: Workbench) -> None:
    bench.enter("c1")
    bench.requeue("c1")
    assert [o.reason for o in bench.state.offers.values() if o.state == "rescinded"] == ["requeued"]


def test_a_supervisors_requeue_passes_nobody_over(bench: Workbench) -> None:
    bench.away("ben")
    bench.serve("c1")
    bench.requeue("c1")
    assert bench.asked("c1") == ["anna"]


def test_a_release_forgets_who_was_passed_over(bench: Workbench) -> None:
    bench.enter("c1")
    bench.decline("anna", "c1")
    bench.decline("ben", "c1")
    assert bench.asked("c1") == []
    bench.release("c1")
    assert bench.asked("c1") == ["anna"]


@pytest.mark.parametrize("where", ["offered", "assigned", "wrapping"])
def test_a_release_frees_it_from_anywhere(bench: Workbench, where: str) -> None:
    bench.queue("q", wrap_up={"ms": 60_000})
    bench.enter("c1")
    if where in ("assigned", "wrapping"):
        bench.accept("anna", "c1")
    if where == "wrapping":
        bench.complete("c1")
    bench.pause()
    bench.release("c1")
    assert (bench.in_state("c1"), bench.of_agent("anna").load) == ("waiting", {})


def test_a_conversation_may_be_given_without_asking(bench: Workbench) -> None:
    bench.enter("c1")
    bench.assign("c1", "ben")
    assert (bench.holder("c1"), bench.offer("c1", "anna").reason) == ("ben", "assigned")
    assert bench.assign("c1", "ben").already


def test_it_may_be_given_to_the_one_who_is_being_asked(bench: Workbench) -> None:
    bench.enter("c1")
    bench.assign("c1", "anna")
    assert (bench.holder("c1"), bench.of_agent("anna").load) == ("anna", {"chat": 1})


def test_it_may_be_given_from_one_to_another(bench: Workbench) -> None:
    bench.serve("c1")
    bench.enter("c2")
    bench.decline("ben", "c2")
    bench.assign("c1", "ben")
    assert bench.holder("c1") == "ben"
    assert bench.asked("c2") == ["anna"], "who gave it away is free at once"


def test_giving_needs_a_member_with_room(bench: Workbench) -> None:
    bench.enter("c1", "r")
    with bench.refuses("unknown_agent"):
        bench.assign("c1", "nobody")
    with bench.refuses("not_a_member"):
        bench.assign("c1", "anna")
    bench.serve("c2", "q")
    bench.enter("c3", "q")
    with bench.refuses("no_capacity"):
        bench.assign("c3", "anna")


def test_giving_never_exceeds_the_capacity(bench: Workbench) -> None:
    """Even to one who is being asked: the weight may have changed since."""
    bench.enter("c1")
    bench.queue("q", weight_by_channel={"chat": 2})
    with bench.refuses("no_capacity"):
        bench.assign("c1", "anna")


def test_what_is_in_wrap_up_cannot_be_given_away(bench: Workbench) -> None:
    bench.queue("q", wrap_up={"ms": 60_000})
    bench.serve("c1")
    bench.complete("c1")
    with bench.refuses("wrong_state"):
        bench.assign("c1", "ben")


def test_handed_to_a_queue_it_joins_at_the_end(bench: Workbench) -> None:
    bench.pause("r")
    bench.serve("c1")
    bench.pass_s(10)
    bench.enter("c2", "r")
    bench.pass_s(10)
    bench.transfer("c1", queue="r")
    assert bench.line("r") == ["c2", "c1"]
    assert bench.of_agent("anna").load == {}


def test_handed_to_the_same_queue_it_keeps_its_place_but_not_its_agent(bench: Workbench) -> None:
    bench.serve("c1")
    bench.transfer("c1", queue="q")
    assert bench.asked("c1") == ["ben"]


def test_handed_to_a_colleague_it_is_offered_to_him_first(bench: Workbench) -> None:
    bench.staff("carl", {"q": 1})
    bench.serve("c1")
    bench.transfer("c1", agent="ben")
    assert bench.asked("c1") == ["ben"], "carl has the lower level, but ben was named"
    bench.decline("ben", "c1")
    assert bench.asked("c1") == ["carl"]


def test_a_transfer_is_refused_in_order(bench: Workbench) -> None:
    bench.queue("q", wrap_up={"ms": 60_000})
    with bench.refuses("unknown_conversation"):
        bench.do(c.TransferConversation("c9", "anna", "r", None))
    bench.serve("c1")
    with bench.refuses("not_yours"):
        bench.do(c.TransferConversation("c1", "ben", "r", None))
    with bench.refuses("unknown_queue"):
        bench.transfer("c1", queue="nowhere")
    with bench.refuses("unknown_agent"):
        bench.transfer("c1", agent="nobody")
    with bench.refuses("wrong_state"):
        bench.transfer("c1", agent="anna")
    bench.staff("stranger", "r")
    with bench.refuses("not_a_member"):
        bench.transfer("c1", agent="stranger")
    bench.complete("c1")
    with bench.refuses("wrong_state"):
        bench.transfer("c1", queue="r")


def test_completing_closes_where_there_is_no_wrap_up(bench: Workbench) -> None:
    bench.serve("c1")
    bench.complete("c1")
    assert (bench.in_state("c1"), bench.conversation("c1").end_reason) == ("closed", "completed")
    assert bench.of_agent("anna").load == {}
    assert bench.complete("c1").already


def test_only_who_holds_it_may_complete_it(bench: Workbench) -> None:
    bench.serve("c1")
    for verb in (c.CompleteConversation, c.FinishWrapUp):
        with bench.refuses("not_yours"):
            bench.do(verb("c1", "ben"))
        with bench.refuses("unknown_conversation"):
            bench.do(verb("c9", "ben"))
    bench.cancel("c1")
    with bench.refuses("conversation_ended"):
        bench.complete("c1")


def test_wrap_up_keeps_the_units_until_its_time_is_over(bench: Workbench) -> None:
    bench.away("ben")
    bench.queue("q", wrap_up={"ms": 30_000})
    bench.serve("c1")
    bench.enter("c2")
    bench.complete("c1")
    assert (bench.in_state("c1"), bench.asked("c2")) == ("wrapping", [])
    bench.pass_s(29.999)
    assert bench.asked("c2") == []
    bench.pass_s(0.001)
    assert (bench.in_state("c1"), bench.asked("c2")) == ("closed", ["anna"])
    assert bench.conversation("c1").end_reason == "wrap_up_over"


def test_wrap_up_may_end_early(bench: Workbench) -> None:
    bench.queue("q", wrap_up={"ms": 30_000})
    bench.serve("c1")
    with bench.refuses("wrong_state"):
        bench.finish_wrap_up("c1")
    bench.complete("c1")
    assert bench.complete("c1").already
    bench.finish_wrap_up("c1")
    assert bench.in_state("c1") == "closed"
    assert bench.finish_wrap_up("c1").already


def test_wrap_up_may_be_extended(bench: Workbench) -> None:
    bench.queue("q", wrap_up={"ms": 30_000})
    bench.serve("c1")
    with bench.refuses("wrong_state"):
        bench.extend_wrap_up("c1", 15)
    bench.complete("c1")
    bench.extend_wrap_up("c1", 15)
    bench.pass_s(44.999)
    assert bench.in_state("c1") == "wrapping"
    bench.pass_s(0.001)
    assert bench.in_state("c1") == "closed"


def test_wrap_up_is_not_extended_where_the_queue_forbids(bench: Workbench) -> None:
    bench.queue("q", wrap_up={"ms": 30_000, "extendable": False})
    bench.serve("c1")
    bench.complete("c1")
    with bench.refuses("not_extendable"):
        bench.extend_wrap_up("c1", 15)


def test_what_ended_is_forgotten_after_its_retention() -> None:
    bench = Workbench(retention_ms=60_000)
    bench.queue()
    bench.staff("anna")
    bench.enter("c1", fingerprint="f1")
    bench.accept("anna", "c1")
    offer = bench.offer("c1", "anna").id
    bench.complete("c1")

    bench.pass_s(59.999)
    assert "c1" in bench.state.conversations
    happened = bench.pass_s(0.001)

    assert happened == [e.ConversationsForgotten(bench.now, ["c1"])]
    assert "c1" not in bench.state.conversations and offer not in bench.state.offers
    with bench.refuses("unknown_offer"):
        bench.do(c.AcceptOffer(offer, "anna"))
    assert (bench.state.totals.entered, bench.state.totals.ended) == (1, 1)
    bench.enter("c1", fingerprint="f2")
    assert bench.replayed() == bench.state


def test_what_lives_is_never_forgotten() -> None:
    bench = Workbench(retention_ms=60_000)
    bench.queue()
    bench.enter("c1")
    bench.pass_s(86_400)
    assert bench.in_state("c1") == "waiting"
