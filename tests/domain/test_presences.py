"""Custom presences: a name for one of the three, and the channels that it leaves open."""

from __future__ import annotations

from app.domain import events as e
from app.domain.explain import explain
from tests.domain.workbench import Workbench

BOTH = {"capacity": {"chat": 2, "call": 2}}


def test_a_custom_presence_stands_for_one_of_the_three(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.presence("lunch", "away")
    bench.be("anna", "lunch", "hungry")
    anna = bench.of_agent("anna")
    assert (anna.presence, anna.custom, anna.presence_reason) == ("away", "lunch", "hungry")
    bench.enter("c1")
    assert bench.asked("c1") == []
    bench.available("anna")
    assert (bench.of_agent("anna").custom, bench.asked("c1")) == (None, ["anna"])


def test_it_leaves_only_its_channels_open(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", **BOTH)
    bench.presence("calls", "available", ["call"])
    bench.be("anna", "calls")
    bench.enter("c1", channel="chat")
    bench.enter("c2", channel="call")
    assert (bench.asked("c1"), bench.asked("c2")) == ([], ["anna"])
    (member,) = explain(bench.engine, "c1", bench.now).members
    assert member.reasons == ["channel"]
    bench.available("anna")
    assert bench.asked("c1") == ["anna"]


def test_without_channels_named_all_are_open_and_with_none_none_is(bench: Workbench) -> None:
    bench.queue()
    bench.presence("here", "available")
    bench.presence("ghost", "available", [])
    bench.staff("anna", **BOTH)
    bench.be("anna", "ghost")
    bench.enter("c1")
    assert bench.asked("c1") == []
    bench.be("anna", "here")
    assert bench.asked("c1") == ["anna"]


def test_taking_it_on_takes_back_the_offers_it_would_not_have_had(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", **BOTH)
    bench.presence("calls", "available", ["call"])
    bench.enter("c1", channel="chat")
    bench.enter("c2", channel="call")
    bench.be("anna", "calls")
    ended = bench.offer("c1", "anna")
    assert (ended.state, ended.reason) == ("rescinded", "presence")
    assert bench.asked("c2") == ["anna"]


def test_what_is_held_on_a_channel_goes_on_when_it_shuts(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", **BOTH)
    bench.presence("calls", "available", ["call"])
    bench.serve("c1", channel="chat")
    bench.be("anna", "calls")
    assert bench.holder("c1") == "anna"


def test_a_changed_presence_is_in_force_for_those_in_it(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", **BOTH)
    bench.presence("some", "available", ["call"])
    bench.be("anna", "some")
    bench.enter("c1", channel="chat")
    bench.presence("some", "available", ["chat"])
    assert bench.asked("c1") == ["anna"]
    bench.presence("some", "available", ["mail"])
    assert bench.asked("c1") == []
    bench.presence("some", "away")
    assert bench.of_agent("anna").presence == "away"
    bench.presence("some", "available")
    assert bench.asked("c1") == ["anna"]


def test_the_same_definition_again_is_answered_already(bench: Workbench) -> None:
    bench.presence("lunch")
    assert bench.presence("lunch").already
    bench.queue()
    bench.staff("anna")
    bench.be("anna", "lunch")
    assert bench.be("anna", "lunch").already


def test_an_unknown_presence_is_refused(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    with bench.refuses("unknown_presence"):
        bench.be("anna", "lunch")
    with bench.refuses("unknown_presence"):
        bench.remove_presence("lunch")


def test_it_is_removed_only_when_nobody_is_in_it_or_about_to_be(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.presence("lunch")
    bench.be("anna", "lunch")
    with bench.refuses("presence_in_use"):
        bench.remove_presence("lunch")
    bench.available("anna")
    bench.serve("c1")
    bench.be("anna", "lunch", then=True)
    with bench.refuses("presence_in_use"):
        bench.remove_presence("lunch")
    bench.available("anna")
    bench.remove_presence("lunch")
    assert bench.state.presences == {}


def test_missed_offers_may_lead_to_a_custom_presence(bench: Workbench) -> None:
    bench.presence("asleep")
    bench.queue(no_answer={"streak": 1, "presence": "asleep"})
    bench.staff("anna")
    bench.enter("c1")
    bench.miss("anna", "c1")
    anna = bench.of_agent("anna")
    assert (anna.presence, anna.custom, anna.presence_by) == ("away", "asleep", "system")


def test_missed_offers_lead_away_where_the_presence_is_gone(bench: Workbench) -> None:
    bench.queue(no_answer={"streak": 1, "presence": "asleep"})
    bench.staff("anna")
    bench.enter("c1")
    bench.miss("anna", "c1")
    assert (bench.of_agent("anna").presence, bench.of_agent("anna").custom) == ("away", None)


def test_who_takes_only_another_channel_does_not_count_as_somebody_else(bench: Workbench) -> None:
    """The sole agent who could take it is asked again soon."""
    bench.queue(decline={"cooldown_ms": 60_000})
    bench.presence("calls", "available", ["call"])
    bench.staff("anna", **BOTH)
    bench.staff("ben", **BOTH)
    bench.be("ben", "calls")
    bench.enter("c1", channel="chat")
    bench.decline("anna", "c1")
    bench.pass_s(5)
    assert bench.asked("c1") == ["anna"]


def test_when_the_others_channel_shuts_the_one_who_declined_is_asked_again(
    bench: Workbench,
) -> None:
    bench.queue(decline={"cooldown_ms": 60_000})
    bench.presence("calls", "available", ["call"])
    bench.staff("ben", capacity={"chat": 1, "call": 1})
    bench.serve("busy", channel="chat")
    bench.staff("anna", **BOTH)
    bench.enter("c1", channel="chat")
    bench.decline("anna", "c1")
    bench.pass_s(6)
    assert bench.asked("c1") == []
    bench.be("ben", "calls")
    assert bench.asked("c1") == ["anna"]


def test_each_change_counts_a_version(bench: Workbench) -> None:
    before = bench.state.version
    bench.presence("lunch")
    bench.presence("lunch", "offline")
    bench.remove_presence("lunch")
    assert bench.state.version == before + 3


def test_going_from_one_name_to_another_starts_the_time_anew(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.presence("lunch")
    bench.presence("training")
    bench.be("anna", "lunch")
    bench.pass_s(60)
    changed = bench.be("anna", "training").events
    assert [x.custom for x in changed if isinstance(x, e.PresenceChanged)] == ["training"]
    assert bench.of_agent("anna").presence_since == bench.now
