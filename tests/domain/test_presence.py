"""Agents: presence is what they want, the connection is a fact, and routable follows from both."""

from __future__ import annotations

import pytest

from app.domain import events as e
from app.domain.routability import capacity_free, why_not_routable
from tests.domain.workbench import Workbench


def reasons(bench: Workbench, agent: str) -> list[str]:
    """Ask why no offer can go to the agent now."""
    return why_not_routable(bench.state, bench.of_agent(agent), bench.now)


def test_a_new_agent_is_offline_and_gets_nothing(bench: Workbench) -> None:
    bench.queue()
    bench.agent("anna")
    bench.enter("c1")
    assert bench.asked("c1") == []
    assert reasons(bench, "anna") == ["offline", "disconnected"]


def test_work_needs_both_the_wish_and_the_connection(bench: Workbench) -> None:
    bench.queue()
    bench.agent("anna")
    bench.enter("c1")
    bench.available("anna")
    assert (bench.asked("c1"), reasons(bench, "anna")) == ([], ["disconnected"])
    bench.connect("anna")
    assert bench.asked("c1") == ["anna"]


def test_a_streak_of_missed_offers_sets_the_agent_away(bench: Workbench) -> None:
    bench.queue(no_answer={"streak": 2, "presence": "away"})
    bench.staff("anna", capacity={"chat": 3})
    bench.enter("c1")
    bench.miss("anna", "c1")
    bench.pass_s(5)
    bench.enter("c2")

    bench.received("anna", "c1")
    happened = bench.pass_s(20)

    anna = bench.of_agent("anna")
    assert (anna.presence, anna.presence_reason, anna.presence_by) == (
        "away",
        "no_answer",
        "system",
    )
    assert bench.offer("c2", "anna").state in ("rescinded", "undelivered")
    assert [x.presence for x in happened if isinstance(x, e.PresenceChanged)] == ["away"]


def test_the_streak_takes_back_the_other_offers_without_penalty(bench: Workbench) -> None:
    bench.queue(no_answer={"streak": 1})
    bench.staff("anna", capacity={"chat": 2})
    bench.enter("c1")
    bench.pass_s(1)
    bench.enter("c2")
    bench.received("anna", "c1")
    bench.pass_s(19)
    ended = bench.offer("c2", "anna")
    assert (ended.state, ended.reason) == ("rescinded", "presence")
    assert bench.conversation("c2").exclusions == {}


def test_the_streak_is_in_a_row(bench: Workbench) -> None:
    bench.queue(no_answer={"streak": 2})
    bench.staff("anna")
    bench.enter("c1")
    bench.miss("anna", "c1")
    bench.enter("c2")
    bench.accept("anna", "c2")
    assert bench.of_agent("anna").missed_streak == 0


def test_a_decline_is_an_answer(bench: Workbench) -> None:
    bench.queue(no_answer={"streak": 2})
    bench.staff("anna")
    bench.enter("c1")
    bench.miss("anna", "c1")
    bench.enter("c2")
    bench.decline("anna", "c2")
    assert bench.of_agent("anna").missed_streak == 0


def test_coming_back_starts_a_new_streak(bench: Workbench) -> None:
    bench.queue(no_answer={"streak": 1})
    bench.staff("anna")
    bench.enter("c1")
    bench.miss("anna", "c1")
    bench.available("anna")
    assert (bench.of_agent("anna").missed_streak, bench.of_agent("anna").presence) == (
        0,
        "available",
    )


def test_no_streak_asked_no_streak_kept(bench: Workbench) -> None:
    bench.queue(no_answer={"streak": 0})
    bench.staff("anna")
    bench.enter("c1")
    for _ in range(4):
        bench.miss("anna", "c1")
        bench.pass_s(5)
    assert bench.of_agent("anna").presence == "available"


@pytest.mark.parametrize("verb", ["away", "offline"])
def test_a_change_of_presence_takes_the_offers_back(bench: Workbench, verb: str) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    getattr(bench, verb)("anna")
    offer = bench.offer("c1", "anna")
    assert (offer.state, offer.reason) == ("rescinded", "presence")
    assert (bench.in_state("c1"), bench.of_agent("anna").load) == ("waiting", {})
    with bench.refuses("offer_rescinded"):
        bench.accept("anna", "c1")


def test_what_was_taken_back_may_be_offered_again_at_once(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.away("anna")
    bench.available("anna")
    assert bench.asked("c1") == ["anna"]


def test_who_goes_away_keeps_what_was_accepted(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.serve("c1")
    bench.offline("anna")
    assert bench.holder("c1") == "anna"


def test_the_same_presence_again_is_answered_already(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    assert bench.available("anna").already
    bench.away("anna", "lunch")
    assert bench.away("anna", "lunch").already
    assert not bench.away("anna", "training").already, "another reason is news"
    assert bench.of_agent("anna").presence_reason == "training"


def test_in_grace_no_new_offers_come_and_live_ones_keep_their_deadline(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", capacity={"chat": 2})
    bench.enter("c1")
    bench.disconnect("anna", grace_s=10)

    bench.enter("c2")
    assert (bench.asked("c1"), bench.asked("c2")) == (["anna"], [])
    bench.pass_s(9)
    bench.accept("anna", "c1")
    assert bench.holder("c1") == "anna", "another socket may answer"


def test_back_within_the_grace_work_goes_on(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", capacity={"chat": 2})
    bench.enter("c1")
    bench.disconnect("anna", grace_s=10)
    bench.enter("c2")
    bench.pass_s(9)
    bench.connect("anna")
    assert (bench.asked("c1"), bench.asked("c2")) == (["anna"], ["anna"])
    bench.pass_s(5)
    assert bench.of_agent("anna").connection == "connected", "the old grace is over with"


def test_after_the_grace_offers_return_and_accepted_work_stays(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", capacity={"chat": 2})
    bench.serve("held")
    bench.enter("c1")
    bench.disconnect("anna", grace_s=10)
    bench.pass_s(10)

    offer = bench.offer("c1", "anna")
    assert bench.of_agent("anna").connection == "lost"
    assert (offer.state, offer.reason) == ("rescinded", "connection_lost")
    assert bench.of_agent("anna").missed_streak == 0
    assert bench.holder("held") == "anna"
    assert bench.of_agent("anna").presence == "available", "intent is not touched by a socket"


def test_after_the_grace_others_are_asked(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.staff("ben", {"q": 2})
    bench.enter("c1")
    bench.disconnect("anna", grace_s=10)
    bench.pass_s(10)
    assert bench.asked("c1") == ["ben"]


def test_a_deliberate_sign_off_needs_no_grace(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.disconnect("anna", grace_s=0)
    assert (bench.of_agent("anna").connection, bench.asked("c1")) == ("lost", [])


def test_connecting_twice_is_answered_already(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    assert bench.connect("anna").already
    bench.disconnect("anna")
    assert bench.disconnect("anna").already


def test_routable_names_the_reasons_against(bench: Workbench) -> None:
    bench.queue(wrap_up={"ms": 5_000})
    bench.staff("anna")
    assert reasons(bench, "anna") == []
    bench.serve("c1")
    assert reasons(bench, "anna") == ["at_capacity"]
    bench.complete("c1")
    assert reasons(bench, "anna") == ["wrap_up"]
    bench.away("anna")
    assert reasons(bench, "anna") == ["away", "wrap_up"]
    bench.pass_s(5)
    bench.available("anna")
    bench.enter("c2")
    bench.pass_s(20)
    assert reasons(bench, "anna") == ["back_off"]


def test_free_capacity_is_what_both_bounds_leave(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", capacity={"chat": 3, "call": 1}, units=2)
    bench.serve("c1")
    anna = bench.of_agent("anna")
    assert (capacity_free(anna, "chat"), capacity_free(anna, "call")) == (1, 1)
    assert capacity_free(anna, "mail") == 0
    bench.agent("anna", capacity={"chat": 0}, units=None)
    assert capacity_free(bench.of_agent("anna"), "chat") == 0, "never below nothing"


def test_a_command_for_an_unknown_agent_is_refused(bench: Workbench) -> None:
    for act in (bench.available, bench.connect, bench.remove_agent):
        with bench.refuses("unknown_agent"):
            act("nobody")
    assert bench.disconnect("nobody").already, "there is no socket to lose"
