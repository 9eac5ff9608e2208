"""An offer: what it reserves, how it ends, and who is asked next."""

from __future__ import annotations

import pytest

from app.domain import commands as c
from app.domain import events as e
from tests.domain.workbench import Workbench


def test_an_offer_reserves_agent_conversation_and_units_in_one_step(bench: Workbench) -> None:
    bench.queue(weight_by_channel={"chat": 2})
    bench.staff("anna", capacity={"chat": 3})

    outcome = bench.enter("c1")

    entered, made = outcome.events
    assert isinstance(entered, e.ConversationEntered) and isinstance(made, e.OfferMade)
    assert (made.conversation, made.queue, made.agent, made.units) == ("c1", "q", "anna", 2)
    assert bench.in_state("c1") == "offered"
    assert bench.of_agent("anna").load == {"chat": 2}
    assert list(bench.of_agent("anna").offers) == [made.offer]


def test_an_offer_names_its_deadline_its_version_and_why(bench: Workbench) -> None:
    bench.queue(offer={"timeout_ms": 7_000, "timeouts_by_channel": {"call": 3_000}})
    bench.staff("anna", capacity={"chat": 1, "call": 1})
    bench.staff("ben", {"q": 2}, capacity={"chat": 1, "call": 1})
    bench.staff("carl", capacity={"mail": 1})
    bench.enter("c1")
    bench.enter("c2", channel="call")

    chat, call = bench.offer("c1", "anna"), bench.offer("c2", "anna")
    assert chat.expires_at == bench.now + 7_000
    assert call.expires_at == bench.now + 3_000
    assert chat.version == bench.state.version
    assert chat.why == {
        "strategy": "longest_idle",
        "level": 1,
        "ring": 0,
        "preferred": False,
        "members": 3,
        "others": {"ben": "later", "carl": "no_room"},
    }


def test_an_offer_in_a_large_team_names_nobody_else(bench: Workbench) -> None:
    bench.queue()
    for number in range(22):
        bench.agent(f"a{number}")
    bench.staff("a0")
    bench.enter("c1")
    why = bench.offer("c1", "a0").why
    assert why["members"] == 22 and "others" not in why


def test_accepting_assigns_and_keeps_the_units(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")

    bench.accept("anna", "c1")

    assert (bench.in_state("c1"), bench.holder("c1")) == ("assigned", "anna")
    assert bench.of_agent("anna").load == {"chat": 1}
    assert bench.of_agent("anna").accepted == 1


def test_accepting_twice_is_answered_already(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    assert not bench.accept("anna", "c1").already

    again = bench.accept("anna", "c1")

    assert again.already and not again.events


def test_an_acceptance_is_remembered_after_the_conversation_has_ended(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.serve("c1")
    bench.complete("c1")
    assert bench.accept("anna", "c1").already


def test_accept_checks_the_deadline_itself(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")

    bench.stall_s(19.999)
    bench.accept("anna", "c1")
    bench.complete("c1")
    bench.enter("c2")
    bench.stall_s(20)

    with bench.refuses("offer_expired"):
        bench.accept("anna", "c2")
    with bench.refuses("offer_expired"):
        bench.decline("anna", "c2")
    bench.tick()
    assert bench.offer("c2", "anna").state == "undelivered"


def test_what_is_confirmed_too_late_does_not_count_as_delivered(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.stall_s(20)

    with bench.refuses("offer_expired"):
        bench.received("anna", "c1")
    with bench.refuses("offer_expired"):
        bench.seen("anna", "c1")

    bench.tick()
    assert bench.of_agent("anna").missed_streak == 0


def test_received_and_seen_are_noted_once(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")

    bench.received("anna", "c1")
    assert bench.offer("c1", "anna").state == "delivered"
    assert bench.received("anna", "c1").already
    bench.seen("anna", "c1")
    assert bench.offer("c1", "anna").state == "seen"
    assert bench.seen("anna", "c1").already and bench.received("anna", "c1").already


def test_what_was_seen_was_delivered(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.seen("anna", "c1")
    bench.pass_s(20)
    assert bench.offer("c1", "anna").state == "timed_out"


ENDS = {
    "accepted": "offer_taken",
    "declined": "offer_declined",
    "timed_out": "offer_expired",
    "undelivered": "offer_expired",
    "taken": "offer_taken",
    "rescinded": "offer_rescinded",
}


@pytest.fixture(params=ENDS)
def ended(request: pytest.FixtureRequest, bench: Workbench) -> tuple[str, Workbench]:
    """An offer to anna that has ended in one of all ways."""
    many = {"strategy": "all_at_once", "fan_out": 2}
    bench.queue(offer=many if request.param == "taken" else {})
    bench.staff("anna")
    if request.param == "taken":
        bench.staff("ben")
    bench.enter("c1")
    match request.param:
        case "accepted":
            bench.accept("anna", "c1")
        case "declined":
            bench.decline("anna", "c1")
        case "timed_out":
            bench.received("anna", "c1")
            bench.pass_s(20)
        case "undelivered":
            bench.pass_s(20)
        case "taken":
            bench.accept("ben", "c1")
        case "rescinded":
            bench.cancel("c1")
    return request.param, bench


def test_an_ended_offer_is_refused_with_the_way_it_ended(ended: tuple[str, Workbench]) -> None:
    """Its state is told before its time: hours later the answer is still the same."""
    way, bench = ended
    bench.away("anna")
    bench.pass_s(3_600)
    if way == "accepted":
        assert bench.accept("anna", "c1").already
    else:
        with bench.refuses(ENDS[way]):
            bench.accept("anna", "c1")
    if way == "declined":
        assert bench.decline("anna", "c1").already
    else:
        with bench.refuses(ENDS[way]):
            bench.decline("anna", "c1")
    assert bench.received("anna", "c1").already and bench.seen("anna", "c1").already


def test_another_one_is_told_that_it_is_not_his_before_anything_else(
    ended: tuple[str, Workbench],
) -> None:
    _, bench = ended
    offer = bench.offer("c1", "anna").id
    for verb in (c.AcceptOffer, c.MarkDelivered, c.MarkSeen):
        with bench.refuses("not_yours"):
            bench.do(verb(offer, "carl"))
    with bench.refuses("not_yours"):
        bench.do(c.DeclineOffer(offer, "carl", "busy"))


def test_an_unknown_offer_is_unknown_to_everybody(bench: Workbench) -> None:
    for verb in (c.AcceptOffer, c.MarkDelivered, c.MarkSeen):
        with bench.refuses("unknown_offer"):
            bench.do(verb("o7", "anna"))
    with bench.refuses("unknown_offer"):
        bench.do(c.DeclineOffer("o7", "anna", "busy"))


def test_all_at_once_asks_as_many_as_the_fan_out(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "all_at_once", "fan_out": 2})
    for name in ("anna", "ben", "carl"):
        bench.staff(name)
    bench.enter("c1")
    assert bench.asked("c1") == ["anna", "ben"]


def test_the_first_to_accept_takes_it_and_the_others_are_told(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "all_at_once", "fan_out": 3})
    for name in ("anna", "ben", "carl"):
        bench.staff(name)
    bench.enter("c1")

    outcome = bench.accept("ben", "c1")

    assert bench.holder("c1") == "ben"
    ended = {x.agent: (x.outcome, x.reason) for x in outcome.events if isinstance(x, e.OfferEnded)}
    assert ended == {
        "anna": ("rescinded", "taken"),
        "carl": ("rescinded", "taken"),
        "ben": ("accepted", ""),
    }
    assert bench.of_agent("anna").load == bench.of_agent("carl").load == {}


def test_a_loser_is_free_for_the_next_at_once(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "all_at_once", "fan_out": 2})
    bench.staff("anna")
    bench.staff("ben")
    bench.enter("c1")
    bench.enter("c2")
    bench.accept("anna", "c1")
    assert bench.asked("c2") == ["ben"]


def test_a_parallel_offer_goes_on_while_one_is_left(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "all_at_once", "fan_out": 2})
    for name in ("anna", "ben", "carl"):
        bench.staff(name)
    bench.enter("c1")
    bench.decline("anna", "c1")
    assert (bench.in_state("c1"), bench.asked("c1")) == ("offered", ["ben"])
    bench.decline("ben", "c1")
    assert bench.asked("c1") == ["carl"]


def test_a_returned_conversation_is_offered_to_as_many_again(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "all_at_once", "fan_out": 2})
    bench.staff("anna")
    bench.staff("ben")
    bench.enter("c1")
    bench.release("c1")
    assert bench.asked("c1") == ["anna", "ben"]


def test_a_decline_passes_the_agent_over_and_asks_the_next(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.staff("ben")
    bench.enter("c1")
    bench.decline("anna", "c1", "lunch")
    assert (bench.offer("c1", "anna").state, bench.offer("c1", "anna").reason) == (
        "declined",
        "lunch",
    )
    assert bench.asked("c1") == ["ben"]


def test_who_was_never_asked_comes_before_who_declined(bench: Workbench) -> None:
    bench.queue(decline={"cooldown_ms": 60_000})
    bench.staff("anna")
    bench.staff("ben")
    bench.serve("other")
    bench.enter("c1")
    bench.decline("ben", "c1")
    bench.complete("other")
    assert bench.asked("c1") == ["anna"]


def test_a_busy_colleague_is_waited_for_until_the_cool_down_is_over(bench: Workbench) -> None:
    bench.queue(decline={"cooldown_ms": 60_000})
    bench.staff("ben")
    bench.staff("anna")
    bench.serve("other")
    bench.enter("c1")
    bench.decline("anna", "c1")
    assert bench.holder("other") == "ben"

    bench.pass_s(59.999)
    assert bench.asked("c1") == []
    bench.pass_s(0.001)
    assert bench.asked("c1") == ["anna"]


def test_a_decline_does_not_keep_other_work_away(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.decline("anna", "c1")
    bench.enter("c2")
    assert bench.asked("c2") == ["anna"]


def test_a_reason_may_forbid_to_ask_again_for_ever(bench: Workbench) -> None:
    bench.queue(decline={"reasons": [{"code": "conflict", "again": False}, {"code": "busy"}]})
    bench.staff("anna")
    bench.enter("c1")
    bench.decline("anna", "c1", "conflict")
    bench.pass_s(7 * 86_400)
    assert (bench.asked("c1"), bench.in_state("c1")) == ([], "waiting")


def test_the_only_agent_is_asked_again_soon(bench: Workbench) -> None:
    """Nobody else could take it, so the cool-down gives way after the soft time."""
    bench.queue(decline={"cooldown_ms": 60_000})
    bench.staff("anna")
    bench.enter("c1")
    bench.decline("anna", "c1")
    bench.pass_s(4.999)
    assert bench.asked("c1") == []
    bench.pass_s(0.001)
    assert bench.asked("c1") == ["anna"]


def test_a_cool_down_shorter_than_the_soft_time_is_enough(bench: Workbench) -> None:
    bench.queue(decline={"cooldown_ms": 2_000})
    bench.staff("anna")
    bench.enter("c1")
    bench.decline("anna", "c1")
    bench.pass_s(2)
    assert bench.asked("c1") == ["anna"]


@pytest.mark.parametrize("how", ["away", "signs off", "removed", "leaves the queue"])
def test_who_was_passed_over_is_asked_when_the_others_are_gone(bench: Workbench, how: str) -> None:
    bench.queue()
    bench.staff("ben")
    bench.staff("anna")
    bench.enter("other")
    assert bench.asked("other") == ["ben"]
    bench.enter("c1")
    bench.decline("anna", "c1")
    bench.pass_s(6)
    assert bench.asked("c1") == [], "ben is there, though busy"
    match how:
        case "away":
            bench.away("ben")
        case "signs off":
            bench.disconnect("ben", grace_s=0)
        case "removed":
            bench.remove_agent("ben")
        case "leaves the queue":
            bench.agent("ben", [])
    assert bench.asked("c1") == ["anna"]


def test_a_delivered_offer_that_times_out_counts_against_the_agent(bench: Workbench) -> None:
    bench.queue(no_answer={"streak": 2})
    bench.staff("anna")
    bench.enter("c1")
    bench.miss("anna", "c1")
    assert bench.offer("c1", "anna").state == "timed_out"
    assert bench.of_agent("anna").missed_streak == 1
    assert bench.of_agent("anna").presence == "available"


def test_an_offer_never_confirmed_costs_the_connection_not_the_person(bench: Workbench) -> None:
    bench.queue(no_answer={"streak": 1})
    bench.staff("anna")
    bench.enter("c1")
    bench.enter("c2")
    bench.pass_s(20)
    assert bench.offer("c1", "anna").state == "undelivered"
    assert bench.of_agent("anna").missed_streak == 0
    assert bench.of_agent("anna").presence == "available"
    assert bench.asked("c2") == [], "no offer at all during the back-off"
    bench.pass_s(5)
    assert bench.asked("c1") == ["anna"]


def test_a_new_connection_ends_the_back_off(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.enter("c2")
    bench.pass_s(20)
    bench.disconnect("anna")
    bench.connect("anna")
    assert bench.asked("c2") == ["anna"]


def test_a_missed_offer_goes_on_to_the_next(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.staff("ben")
    bench.enter("c1")
    bench.miss("anna", "c1")
    assert bench.asked("c1") == ["ben"]
