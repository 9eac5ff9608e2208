"""What other routing servers do, played here: ``core`` scenarios of a collection of facts.

Each test is named by the number of its scenario and tells it in our own words. The collection
itself is not part of this repository; where it is present, the last test holds that no core
scenario was overlooked.
"""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import pytest

from app.domain import events as e
from app.domain.routability import why_not_routable
from tests.domain.workbench import Workbench

ROOMY = {"capacity": {"chat": 50}}

NOT_PLAYED = {
    40: "a longest wait: overflow is not the engine's to decide",
    46: "an agent has no wrap-up of his own; it belongs to the queue",
    94: "rings open by time alone; see test_94 for what a level without anybody does",
    128: "no agent is without a bound: an absent capacity is one conversation, not any number",
    138: "an agent's limit counts over all queues; a queue has none per agent",
    144: "an agent's limit counts over all queues; a queue has none per agent",
    150: "a list with filters belongs to the board",
    152: "closing after a time: overflow is not the engine's to decide",
    154: "closing after a time: overflow is not the engine's to decide",
    156: "settings are checked where they enter the system, not here",
}
"""Scenario -> why it is not played, or not as told."""


def team(bench: Workbench, *names: str, strategy: str = "longest_idle", **parts: object) -> None:
    """Staff one queue."""
    bench.queue(offer={"strategy": strategy})
    for name in names:
        bench.staff(name, **(parts or ROOMY))


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


def test_12_who_is_disconnected_gets_nothing_and_is_soon_lost(bench: Workbench) -> None:
    """Ours: what he wants stays as he said; the connection tells that he is gone."""
    team(bench, "a1")
    bench.disconnect("a1", grace_s=5)
    assert why_not_routable(bench.state, bench.of_agent("a1"), bench.now) == ["disconnected"]
    bench.pass_s(5)
    assert bench.of_agent("a1").connection == "lost"


def test_20_first_come_first_in_line(bench: Workbench) -> None:
    bench.queue()
    bench.enter("c1")
    bench.enter("c2")
    assert [bench.engine.position_of(name) for name in ("c1", "c2")] == [1, 2]


def test_24_a_full_queue_refuses_high_priority_too(bench: Workbench) -> None:
    bench.queue(max_waiting=11)
    for number in range(11):
        bench.enter(f"c{number}")
    with bench.refuses("queue_full"):
        bench.enter("c11", priority=2)
    assert bench.engine.waiting_count("q") == 11


def test_30_the_older_first(bench: Workbench) -> None:
    team(bench)
    bench.enter("c1")
    bench.pass_s(3_600)
    bench.enter("c2")
    bench.staff("a1")
    assert (bench.asked("c1"), bench.asked("c2")) == (["a1"], [])


def test_32_nobody_answers(bench: Workbench) -> None:
    """The offers only; how long a conversation may wait is overflow."""
    bench.queue(offer={"strategy": "all_at_once", "fan_out": 9, "timeout_ms": 2_000})
    bench.staff("a1")
    bench.staff("a2")
    bench.enter("c1")
    assert bench.asked("c1") == ["a1", "a2"]
    bench.received("a1", "c1")
    bench.received("a2", "c1")
    bench.pass_s(2)
    assert {bench.offer("c1", name).state for name in ("a1", "a2")} == {"timed_out"}


def test_34_the_only_agent_is_outside_the_levels(bench: Workbench) -> None:
    bench.queue(rings=[{"max_level": 0}])
    bench.staff("a1", {"q": 1})
    bench.enter("c1")
    bench.pass_s(3)
    assert bench.asked_in_order("c1") == []


def test_48_a_full_agent_is_neither_asked_nor_sent_away(bench: Workbench) -> None:
    bench.queue(no_answer={"streak": 1})
    bench.staff("a1")
    bench.serve("open")
    bench.enter("c1")
    before = bench.of_agent("a1").presence_since
    bench.pass_s(60)
    assert bench.asked_in_order("c1") == []
    assert bench.of_agent("a1").presence_since == before


def test_52_the_reason_of_a_break_is_known(bench: Workbench) -> None:
    team(bench, "a1")
    bench.away("a1", "Break")
    assert (bench.of_agent("a1").presence, bench.of_agent("a1").presence_reason) == (
        "away",
        "Break",
    )


def test_54_a_rest_after_declining(bench: Workbench) -> None:
    bench.queue(decline={"cooldown_ms": 15_000})
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


def test_58_the_turn_survives_a_restart(bench: Workbench) -> None:
    team(bench, "a1", "a2", "a3", strategy="round_robin")
    assert bench.serve("c0") == "a1"
    bench.take_over()
    for name in ("a1", "a2", "a3"):
        bench.connect(name)
    assert bench.serve("c1") == "a2"


def test_60_the_round_is_that_of_the_present_members(bench: Workbench) -> None:
    team(bench, "ghost", "m0", "m1", strategy="round_robin")
    bench.serve("c0")
    bench.close("c0")
    bench.remove_agent("ghost")
    bench.staff("m2", **ROOMY)
    assert [bench.serve(f"c{number}") for number in range(1, 5)] == ["m0", "m1", "m2", "m0"]


def test_62_the_round_skips_who_is_busy(bench: Workbench) -> None:
    team(bench, "m0", "m1", "m2", "m3", "m4", strategy="round_robin")
    for name in ("m0", "m1", "m2"):
        bench.away(name, "busy")
    assert [bench.serve("c1"), bench.serve("c2")] == ["m3", "m4"]


def test_64_the_round_goes_on_after_the_last_who_was_asked(bench: Workbench) -> None:
    team(bench, "a1", "a2", "a3", strategy="round_robin")
    bench.serve("x1")
    bench.serve("x2")
    bench.enter("c1")
    bench.decline("a3", "c1")
    bench.decline("a1", "c1")
    assert bench.asked_in_order("c1") == ["a3", "a1", "a2"]


def test_66_a_fixed_order_goes_down_the_list_and_starts_again(bench: Workbench) -> None:
    bench.queue(
        offer={"strategy": "linear", "timeout_ms": 1_000},
        decline={"cooldown_ms": 2_000},
        no_answer={"streak": 0},
    )
    for name in ("a1", "a2", "a3"):
        bench.staff(name)
    bench.enter("c1")
    for name in ("a1", "a2", "a3"):
        bench.miss(name, "c1")
    assert bench.asked_in_order("c1") == ["a1", "a2", "a3", "a1"]


def test_68_who_ended_longest_ago(bench: Workbench) -> None:
    team(bench, "a1", "a2", "a3", capacity={"chat": 1})
    held = {bench.serve(name): name for name in ("x1", "x2", "x3")}
    for name, at_s in (("a2", 20), ("a1", 30), ("a3", 30)):
        bench.pass_s(at_s)
        bench.complete(held[name])
    bench.pass_s(20)
    bench.enter("c1")
    bench.decline("a2", "c1")
    bench.decline("a1", "c1")
    assert bench.asked_in_order("c1") == ["a2", "a1", "a3"]


def test_70_who_was_asked_longest_ago(bench: Workbench) -> None:
    team(bench, "a1", "a2", strategy="round_robin")
    bench.away("a2")
    served = [bench.serve("c1"), bench.serve("c2")]
    bench.available("a2")
    served += [bench.serve("c3"), bench.serve("c4")]
    assert served == ["a1", "a1", "a2", "a1"]


def test_74_only_open_conversations_are_load(bench: Workbench) -> None:
    team(bench, "a1", "a2", strategy="least_loaded")
    bench.away("a2")
    for number in range(4):
        bench.serve(f"x{number}")
    for number in range(3):
        bench.complete(f"x{number}")
    bench.available("a2")
    bench.away("a1")
    bench.serve("y1")
    bench.serve("y2")
    bench.available("a1")
    assert bench.serve("c1") == "a1"


def test_76_a_newcomer_without_load_goes_first(bench: Workbench) -> None:
    team(bench, "a1", "a2", strategy="least_loaded")
    bench.serve("x1")
    bench.serve("x2")
    bench.staff("a3", **ROOMY)
    assert bench.serve("c1") == "a3"


def test_78_load_is_filled_evenly_and_refilled(bench: Workbench) -> None:
    team(bench, "a1", "a2", "a3", strategy="least_loaded")
    for number in range(30):
        bench.serve(f"c{number}")
    names = ("a1", "a2", "a3")
    assert [len(bench.of_agent(name).conversations) for name in names] == [10, 10, 10]
    for id_ in list(bench.of_agent("a1").conversations)[:5]:
        bench.complete(id_)
    for number in range(30, 35):
        bench.serve(f"c{number}")
    assert [len(bench.of_agent(name).conversations) for name in names] == [10, 10, 10]


def test_86_the_lower_level_first_though_it_accepted_more(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "fewest_accepted"})
    bench.staff("a1", {"q": 0}, **ROOMY)
    for number in range(5):
        bench.serve(f"x{number}")
    bench.staff("a2", {"q": 1}, **ROOMY)
    bench.enter("c1")
    bench.decline("a1", "c1")
    assert bench.asked_in_order("c1") == ["a1", "a2"]


def test_88_a_level_opens_after_waiting_and_the_place_is_kept(bench: Workbench) -> None:
    bench.queue(rings=[{"max_level": 0}, {"after_ms": 30_000, "max_level": 3}])
    bench.staff("a1", {"q": 0})
    bench.serve("busy")
    bench.staff("a2", {"q": 3})
    bench.enter("c1")
    bench.pass_s(1)
    bench.enter("c2")
    bench.pass_s(28.999)
    assert bench.asked("c1") == []
    assert bench.line() == ["c1", "c2"]
    bench.pass_s(0.001)
    assert bench.asked("c1") == ["a2"]


def test_92_the_next_level_waits_its_step(bench: Workbench) -> None:
    bench.queue(rings=[{"max_level": 1}, {"after_ms": 40_000, "max_level": 2}])
    bench.staff("a1", {"q": 1})
    bench.serve("busy")
    bench.staff("a2", {"q": 2})
    bench.enter("c1")
    bench.pass_s(39.999)
    assert bench.asked("c1") == []
    bench.pass_s(0.001)
    assert bench.asked("c1") == ["a2"]


def test_94_a_level_without_anybody_is_skipped_where_no_ring_closes_the_next(
    bench: Workbench,
) -> None:
    """Ours: levels alone order those who are there; a ring is a promise of time and is kept."""
    bench.queue()
    bench.agent("a1", {"q": 1})
    bench.staff("a2", {"q": 2})
    bench.enter("c1")
    assert bench.asked("c1") == ["a2"]


def test_96_a_level_changes_in_one_queue_only(bench: Workbench) -> None:
    for queue in ("q1", "q2", "q3"):
        bench.queue(queue)
    bench.agent("m1", ["q1", "q3"])
    bench.agent("m2", ["q1", "q2"])
    changed = bench.agent("m1", {"q1": 1, "q3": 4}).events
    assert [(x.agent, x.settings.queues) for x in changed if isinstance(x, e.AgentConfigured)] == [
        ("m1", {"q1": 1, "q3": 4})
    ]


def test_98_members_are_exactly_those_of_the_last_change(bench: Workbench) -> None:
    bench.queue("q1")
    bench.queue("q2")
    for name in ("a1", "a2", "a3"):
        bench.agent(name, "q1")
    for name, queues in {"a1": ["q1"], "a2": [], "a3": [], "a4": ["q1"], "a5": ["q2"]}.items():
        bench.agent(name, queues)
    members = bench.engine.matcher.pools.members
    assert (sorted(members("q1")), sorted(members("q2"))) == (["a1", "a4"], ["a5"])


def test_100_a_higher_queue_holds_nobody_back_it_does_not_need(bench: Workbench) -> None:
    bench.queue("gold", priority=5, offer={"strategy": "linear"})
    bench.queue("plain", priority=1)
    bench.staff("a2", "gold")
    bench.staff("a3", "gold")
    bench.staff("a1", ["gold", "plain"])
    bench.enter("g1", "gold")
    bench.enter("p1", "plain")
    assert (bench.asked("g1"), bench.asked("p1")) == (["a2"], ["a1"])


def test_102_each_language_goes_to_who_speaks_it(bench: Workbench) -> None:
    bench.queue()
    bench.staff("en", skills={"lang:en": 1})
    bench.staff("fr", skills={"lang:fr": 1})
    assert bench.serve("c1", skills={"lang:fr": 1}) == "fr"
    assert bench.serve("c2", skills={"lang:en": 1}) == "en"


def test_106_each_matter_goes_to_who_knows_it(bench: Workbench) -> None:
    bench.queue()
    bench.staff("a1", skills={"dog": 1})
    bench.staff("a2", skills={"cat": 1})
    assert [bench.serve("c1", skills={"cat": 1}), bench.serve("c2", skills={"dog": 1})] == [
        "a2",
        "a1",
    ]


def test_108_a_teams_conversation_goes_to_the_team(bench: Workbench) -> None:
    """A team is a queue here."""
    bench.queue("q")
    bench.queue("team")
    bench.agent("a1", ["q", "team"])
    bench.staff("a2", "team")
    bench.enter("c1", "team")
    assert bench.asked("c1") == ["a2"]


def test_116_only_what_is_open_is_offered(bench: Workbench) -> None:
    team(bench)
    bench.enter("c1")
    bench.enter("c2")
    bench.close("c2")
    bench.staff("a1", **ROOMY)
    assert (bench.asked("c1"), bench.asked("c2")) == (["a1"], [])


def test_118_a_queue_that_is_switched_off_offers_nothing(bench: Workbench) -> None:
    team(bench, "a1")
    bench.pause()
    bench.enter("c1")
    assert (bench.asked("c1"), bench.in_state("c1")) == ([], "waiting")


def test_130_when_all_others_are_full_the_roomy_one_gets_it(bench: Workbench) -> None:
    bench.queue()
    bench.staff("a1")
    bench.staff("a3")
    bench.serve("x1")
    bench.serve("x2")
    bench.staff("a2", **ROOMY)
    assert bench.serve("c1") == "a2"


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


def test_134_an_agent_with_one_place_serves_one(bench: Workbench) -> None:
    bench.queue("A")
    bench.queue("B")
    bench.staff("a1", ["A", "B"], capacity={"chat": 1})
    bench.serve("c1", "A")
    bench.enter("c2", "A")
    assert bench.in_state("c2") == "waiting"


def test_136_places_count_over_all_queues(bench: Workbench) -> None:
    bench.queue("A")
    bench.queue("B")
    bench.staff("a1", ["A", "B"], capacity={"chat": 2})
    bench.serve("c1", "A")
    bench.serve("c2", "A")
    bench.enter("c3", "B")
    assert bench.in_state("c3") == "waiting"
    bench.agent("a1", ["A", "B"], capacity={"chat": 3})
    assert bench.asked("c3") == ["a1"]


def test_140_a_widened_limit_serves_who_waits(bench: Workbench) -> None:
    team(bench, "a1", capacity={"chat": 6})
    for number in range(6):
        bench.serve(f"x{number}")
    bench.enter("c7")
    assert bench.asked("c7") == []
    bench.agent("a1", **ROOMY)
    assert bench.asked("c7") == ["a1"]


def test_142_a_limit_of_two(bench: Workbench) -> None:
    team(bench, "a1", "a3", capacity={"chat": 2})
    bench.away("a3")
    bench.serve("open")
    assert bench.serve("c1") == "a1"
    bench.enter("c2")
    assert bench.in_state("c2") == "waiting"


def test_146_who_may_no_longer_work_gets_nothing(bench: Workbench) -> None:
    team(bench, "a1", "a2", capacity={"chat": 2})
    bench.remove_agent("a2")
    bench.serve("x1")
    bench.serve("x2")
    bench.enter("c1")
    assert bench.in_state("c1") == "waiting"


def test_no_core_scenario_was_overlooked() -> None:
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    found = Path(os.environ.get("INTERLOCK_TEST_DATA") or default) / "peer_scenarios.yaml"
    if not found.is_file():
        pytest.skip("the collection is not here: set INTERLOCK_TEST_DATA")
    told = re.split(r"^- id: ", found.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    core = {int(text.split()[0]) for text in told if re.search(r"^  status: core$", text, re.M)}
    played = {int(name.split("_")[1]) for name in globals() if re.match(r"test_\d+_", name)}
    assert core, "the collection has another shape than expected"
    assert core - played == NOT_PLAYED.keys() - played
    assert played <= core
