"""What other routing servers do, played here: offers, answers, presence, wrap-up, transfers.

Each test is named by the number of its scenario and tells it in our own words; see ``peers``.
"""

from __future__ import annotations

from itertools import pairwise

from app.domain import events as e
from app.domain.routability import why_not_routable
from tests.domain.peers import team
from tests.domain.workbench import Workbench


def test_2_states_on_the_way_to_the_end(bench: Workbench) -> None:
    bench.queue(wrap_up={"ms": 60_000})
    bench.staff("a1")
    bench.enter("c1")
    assert bench.offer("c1", "a1").state == "created"
    bench.accept("a1", "c1")
    assert bench.offer("c1", "a1").state == "accepted"
    bench.complete("c1")
    assert bench.in_state("c1") == "wrapping"
    bench.finish_wrap_up("c1")
    assert (bench.in_state("c1"), len(bench.of_agent("a1").offers)) == ("closed", 0)


def test_4_canceled_while_offered(bench: Workbench) -> None:
    team(bench, "a1")
    bench.enter("c1")
    bench.cancel("c1")
    ended = [event for event in bench.last if isinstance(event, e.OfferEnded)]
    assert [(event.agent, event.reason) for event in ended] == [("a1", "canceled")]
    with bench.refuses("offer_rescinded"):
        bench.accept("a1", "c1")


def test_6_completing_frees_the_place_at_once(bench: Workbench) -> None:
    team(bench, "a1")
    bench.serve("c1")
    bench.complete("c1")
    agent = bench.of_agent("a1")
    assert (agent.load, len(agent.offers), len(agent.conversations)) == ({}, 0, 0)


def test_8_offers_are_there_again_after_reconnecting(bench: Workbench) -> None:
    team(bench, "a1", capacity={"chat": 3})
    for name in ("c1", "c2", "c3"):
        bench.enter(name)
    bench.disconnect("a1")
    bench.connect("a1")
    assert len(bench.of_agent("a1").offers) == 3


def test_10_going_away_ends_the_pending_offers(bench: Workbench) -> None:
    """Ours: they are taken back, without penalty; nobody declines for an agent."""
    team(bench, "a1", capacity={"chat": 3})
    for name in ("c1", "c2", "c3"):
        bench.enter(name)
    bench.away("a1")
    ended = [event for event in bench.last if isinstance(event, e.OfferEnded)]
    assert [(event.conversation, event.outcome, event.reason) for event in ended] == [
        ("c1", "rescinded", "presence"),
        ("c2", "rescinded", "presence"),
        ("c3", "rescinded", "presence"),
    ]
    assert [x.presence for x in bench.last if isinstance(x, e.PresenceChanged)] == ["away"]


def test_12_who_is_disconnected_gets_nothing_and_is_soon_lost(bench: Workbench) -> None:
    """Ours: what he wants stays as he said; the connection tells that he is gone."""
    team(bench, "a1")
    bench.disconnect("a1", grace_s=5)
    assert why_not_routable(bench.state, bench.of_agent("a1"), bench.now) == ["disconnected"]
    bench.pass_s(5)
    assert bench.of_agent("a1").connection == "lost"


def test_14_versions_count_configuration_and_offers_have_numbers(bench: Workbench) -> None:
    """A choice: what orders events for clients is the position in the log, not an agent's count."""
    team(bench, "a1", "a2")
    version = bench.state.version
    bench.enter("c1")
    bench.decline("a1", "c1")
    offers = [bench.offer("c1", name) for name in ("a1", "a2")]
    assert [(offer.id, offer.version) for offer in offers] == [("o1", version), ("o2", version)]
    assert (bench.state.version, bench.of_agent("a1").version < version) == (version, True)


def test_16_a_direct_transfer_declined_goes_to_the_queue(bench: Workbench) -> None:
    """Ours is cold: who hands it on has let it go, and others of the queue are asked."""
    bench.queue()
    bench.staff("alice")
    bench.serve("c1")
    bench.staff("bob")
    bench.staff("carl")
    bench.transfer("c1", agent="bob")
    assert (bench.asked("c1"), bench.of_agent("alice").load) == (["bob"], {})
    bench.decline("bob", "c1")
    assert bench.asked("c1") == ["carl"]


def test_28_who_left_and_comes_back_has_a_new_place(bench: Workbench) -> None:
    team(bench)
    bench.enter("c1", customer={"id": "x"})
    bench.pass_s(10)
    bench.enter("c2", customer={"id": "y"})
    bench.pass_s(10)
    bench.abandon("c1")
    bench.pass_s(70)
    bench.enter("c1b", customer={"id": "x"})
    bench.pass_s(10)
    bench.staff("a1")
    assert (bench.asked("c2"), bench.line()) == (["a1"], ["c1b"])


def test_32_nobody_answers_and_its_time_is_over(bench: Workbench) -> None:
    bench.queue(
        offer={"strategy": "all_at_once", "fan_out": 9, "timeout_ms": 2_000},
        overflow=[{"when": "after_ms", "value": 3_000, "to": "close"}],
    )
    bench.staff("a1")
    bench.staff("a2")
    bench.enter("c1")
    assert bench.asked("c1") == ["a1", "a2"]
    bench.received("a1", "c1")
    bench.received("a2", "c1")
    bench.pass_s(2)
    assert {bench.offer("c1", name).state for name in ("a1", "a2")} == {"timed_out"}
    bench.pass_s(1)
    ended = bench.conversation("c1")
    assert (ended.state, ended.end_reason) == ("closed", "overflow:after_ms")


def test_40_an_offer_that_is_out_is_one_last_chance(bench: Workbench) -> None:
    bench.queue(
        offer={"timeout_ms": 20_000},
        overflow=[{"when": "after_ms", "value": 30_000, "to": "close"}],
    )
    bench.staff("a1")
    bench.away("a1", "busy")
    bench.enter("c1")
    bench.pass_s(25)
    bench.available("a1")
    bench.pass_s(5)
    assert bench.in_state("c1") == "offered"
    bench.pass_s(2)
    bench.accept("a1", "c1")
    assert bench.holder("c1") == "a1"


def test_42_the_longest_wait_does_not_cut_an_offer_short(bench: Workbench) -> None:
    """A choice: the agent keeps the time that was shown; the rule acts when the offer is over."""
    bench.queue(
        offer={"timeout_ms": 5_000},
        decline={"cooldown_ms": 4_000},
        overflow=[{"when": "after_ms", "value": 10_000, "to": "close"}],
    )
    bench.staff("a1")
    bench.enter("c1")
    bench.miss("a1", "c1")
    bench.pass_s(4)
    assert bench.asked("c1") == ["a1"]
    bench.pass_s(1)
    assert bench.in_state("c1") == "offered"
    bench.pass_s(4)
    assert (bench.in_state("c1"), bench.asked_in_order("c1")) == ("closed", ["a1", "a1"])


def test_44_wrap_up_counts_over_all_queues(bench: Workbench) -> None:
    """A choice: the person wraps up, so the place is taken whatever the next one's queue."""
    for queue in ("q1", "q2"):
        bench.queue(queue, offer={"strategy": "linear"}, wrap_up={"ms": 10_000_000})
    bench.staff("a1", ["q1", "q2"])
    bench.staff("a2", ["q1", "q2"])
    served = []
    for name, queue in (("c1", "q1"), ("c2", "q2")):
        served.append(bench.serve(name, queue))
        bench.complete(name)
    bench.enter("c3", "q1")
    assert (served, bench.in_state("c3")) == (["a1", "a2"], "waiting")


def test_46_an_agents_own_wrap_up_beats_the_queues(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "linear", "timeout_ms": 1_000}, wrap_up={"ms": 10_000})
    bench.staff("a1", wrap_up_ms=20_000)
    bench.staff("a2")
    served = []
    for number, pause_s in enumerate((1, 10, 1, 1, 1), 1):
        bench.enter(f"c{number}")
        while not bench.asked(f"c{number}"):
            bench.pass_s(1)
        served.append(bench.asked(f"c{number}")[0])
        bench.accept(served[-1], f"c{number}")
        bench.pass_s(1)
        bench.complete(f"c{number}")
        bench.pass_s(pause_s)
    bench.enter("c6")
    bench.abandon("c6")
    assert served == ["a1", "a2", "a2", "a1", "a2"]
    assert bench.asked_in_order("c6") == []


def test_48_a_full_agent_is_neither_asked_nor_sent_away(bench: Workbench) -> None:
    bench.queue(no_answer={"streak": 1})
    bench.staff("a1")
    bench.serve("open")
    bench.enter("c1")
    before = bench.of_agent("a1").presence_since
    bench.pass_s(60)
    assert bench.asked_in_order("c1") == []
    assert bench.of_agent("a1").presence_since == before


def test_50_a_missed_offer_sends_away_from_every_queue(bench: Workbench) -> None:
    """A choice: presence is of the person; who did not answer in one queue is not there."""
    bench.queue("q1")
    bench.queue("q2", no_answer={"streak": 1})
    bench.staff("a1", ["q1", "q2"])
    bench.enter("c2", "q2")
    bench.miss("a1", "c2")
    bench.enter("c1", "q1")
    assert (bench.of_agent("a1").presence, bench.asked("c1")) == ("away", [])


def test_52_the_reason_of_a_break_is_known(bench: Workbench) -> None:
    team(bench, "a1")
    bench.away("a1", "Break")
    assert (bench.of_agent("a1").presence, bench.of_agent("a1").presence_reason) == (
        "away",
        "Break",
    )


def test_54_a_rest_after_declining(bench: Workbench) -> None:
    bench.queue(back_off={"busy_ms": 15_000}, decline={"cooldown_ms": 0})
    bench.staff("a2")
    bench.staff("a1")
    bench.serve("other")
    bench.enter("c1")
    bench.pass_s(1)
    bench.decline("a1", "c1")
    bench.pass_s(14.999)
    assert bench.asked("c1") == []
    bench.pass_s(0.001)
    assert bench.asked("c1") == ["a1"]
    assert bench.of_agent("a1").missed_streak == 0


def test_56_a_dead_client_is_tried_every_five_seconds_at_most(bench: Workbench) -> None:
    bench.queue(offer={"timeout_ms": 1_000})
    bench.staff("a1")
    bench.enter("c1")
    bench.pass_s(60)
    tried = [event.at for event in bench.log if isinstance(event, e.OfferMade)]
    gaps = [later - earlier for earlier, later in pairwise(tried)]
    assert len(gaps) > 5 and min(gaps) >= 5_000


def test_132_two_who_are_quick_do_not_both_get_it(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "all_at_once", "fan_out": 2})
    bench.staff("a1")
    bench.staff("a2")
    bench.enter("c1")
    bench.accept("a1", "c1")
    with bench.refuses("offer_taken"):
        bench.accept("a2", "c1")
    held = [name for name in ("a1", "a2") if "c1" in bench.of_agent(name).conversations]
    assert held == ["a1"]


def test_148_presence_decides_not_the_text(bench: Workbench) -> None:
    """A choice: the reason that somebody wrote is for people to read."""
    team(bench, "a1")
    bench.be("a1", "available", "busy")
    bench.enter("c1")
    assert bench.asked("c1") == ["a1"]
    bench.away("a1", "available")
    assert bench.asked("c1") == []
