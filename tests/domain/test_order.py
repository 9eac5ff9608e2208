"""Who is served first: queue priority, then the conversation's priority, then age."""

from __future__ import annotations

from app.domain import events as e
from tests.domain.workbench import Workbench


def begin_work(bench: Workbench, agent: str = "anna") -> None:
    """Let a waiting agent start."""
    bench.connect(agent)
    bench.available(agent)


def taken_in_order(bench: Workbench, agent: str) -> list[str]:
    """Let the agent take all that waits, one by one."""
    taken = []
    while bench.of_agent(agent).offers:
        (offer,) = bench.of_agent(agent).offers
        conversation = bench.state.offers[offer].conversation
        taken.append(conversation)
        bench.accept(agent, conversation)
        bench.complete(conversation)
    return taken


def test_first_come_first_served(bench: Workbench) -> None:
    bench.queue()
    bench.agent("anna")
    for name in ("c3", "c1", "c2"):
        bench.enter(name)
        bench.pass_s(1)
    assert bench.line() == ["c3", "c1", "c2"]
    begin_work(bench)
    assert taken_in_order(bench, "anna") == ["c3", "c1", "c2"]


def test_a_higher_priority_goes_before_an_older_conversation(bench: Workbench) -> None:
    bench.queue()
    bench.agent("anna")
    bench.enter("old")
    bench.pass_s(60)
    bench.enter("vip", priority=5)
    bench.enter("very_vip", priority=9)
    assert bench.line() == ["very_vip", "vip", "old"]
    begin_work(bench)
    assert taken_in_order(bench, "anna") == ["very_vip", "vip", "old"]


def test_a_shared_agent_serves_the_higher_queue_first(bench: Workbench) -> None:
    bench.queue("gold", priority=10)
    bench.queue("plain", priority=1)
    bench.agent("anna", ["plain", "gold"])
    bench.enter("p1", "plain", priority=99)
    bench.pass_s(60)
    bench.enter("g1", "gold")
    begin_work(bench)
    assert taken_in_order(bench, "anna") == ["g1", "p1"]


def test_queues_of_equal_priority_share_by_priority_and_age(bench: Workbench) -> None:
    bench.queue("a")
    bench.queue("b")
    bench.agent("anna", ["a", "b"])
    for number, queue in enumerate(["b", "a", "b", "a"]):
        bench.enter(f"{queue}{number}", queue)
        bench.pass_s(1)
    bench.enter("vip", "a", priority=1)
    begin_work(bench)
    assert taken_in_order(bench, "anna") == ["vip", "b0", "a1", "b2", "a3"]


def test_a_changed_priority_changes_the_place(bench: Workbench) -> None:
    bench.queue()
    bench.agent("anna")
    bench.enter("c1")
    bench.enter("c2")
    bench.prioritize("c2", 3)
    assert bench.line() == ["c2", "c1"]
    assert bench.prioritize("c2", 3).already
    begin_work(bench)
    assert taken_in_order(bench, "anna") == ["c2", "c1"]


def test_a_priority_changed_while_offered_counts_when_it_returns(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.enter("c2", priority=1)
    bench.prioritize("c1", 2)
    bench.away("anna")
    assert bench.line() == ["c1", "c2"]


def test_ageing_lets_a_long_wait_overtake(bench: Workbench) -> None:
    bench.queue(ageing={"priority_per_min": 1.0})
    bench.agent("anna")
    bench.enter("old")
    bench.pass_s(121)
    bench.enter("two_more", priority=2)
    bench.enter("three_more", priority=3)
    assert bench.line() == ["three_more", "old", "two_more"]
    begin_work(bench)
    assert taken_in_order(bench, "anna") == ["three_more", "old", "two_more"]


def test_ageing_counts_across_queues_too(bench: Workbench) -> None:
    bench.queue("ageing", ageing={"priority_per_min": 1.0})
    bench.queue("plain")
    bench.agent("anna", ["ageing", "plain"])
    bench.enter("grown", "ageing")
    bench.pass_s(150)
    bench.enter("two", "plain", priority=2)
    bench.enter("three", "plain", priority=3)
    begin_work(bench)
    assert taken_in_order(bench, "anna") == ["three", "grown", "two"]


def test_ageing_switched_on_reorders_the_line(bench: Workbench) -> None:
    bench.queue()
    bench.enter("old")
    bench.pass_s(121)
    bench.enter("vip", priority=2)
    assert bench.line() == ["vip", "old"]
    bench.queue(ageing={"priority_per_min": 1.0})
    assert bench.line() == ["old", "vip"]


def test_one_who_cannot_be_served_does_not_hold_up_the_line(bench: Workbench) -> None:
    bench.queue()
    bench.agent("anna", skills={"en": 1})
    bench.enter("needs_french", skills={"fr": 1})
    bench.enter("needs_english", skills={"en": 1})
    begin_work(bench)
    assert bench.asked("needs_english") == ["anna"]


def test_a_decline_keeps_the_place(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.pass_s(1)
    bench.enter("c2")
    bench.decline("anna", "c1")
    assert bench.asked("c2") == ["anna"], "passed over for c1, asked for the next"
    assert bench.line() == ["c1"]
    bench.decline("anna", "c2")
    assert bench.line() == ["c1", "c2"]


def test_the_position_is_among_the_waiting_only(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    for name in ("c1", "c2", "c3"):
        bench.enter(name)
    assert bench.engine.position_of("c1") is None, "it is offered"
    assert [bench.engine.position_of(name) for name in ("c2", "c3")] == [1, 2]
    assert bench.engine.position_of("nowhere") is None
    assert bench.engine.waiting_count("q") == 2


def test_the_board_can_ask_for_age(bench: Workbench) -> None:
    bench.queue()
    start = bench.now
    assert (bench.engine.oldest_waiting_at("q"), bench.engine.waiting_over("q", start)) == (None, 0)
    bench.enter("c1")
    bench.pass_s(10)
    bench.enter("c2", priority=9)
    assert bench.engine.oldest_waiting_at("q") == start, "oldest is age, not place"
    assert bench.engine.waiting_over("q", start) == 0
    assert bench.engine.waiting_over("q", bench.now) == 1
    assert bench.engine.unoffered("q", bench.now) is None


def test_freed_agents_do_not_let_a_lower_claim_overtake(bench: Workbench) -> None:
    """Two agents are freed by one tick; the first to be looked at may not misplace the other."""
    bench.queue(wrap_up={"ms": 5_000}, offer={"strategy": "linear"})
    bench.staff("first", skills={"en": 1})
    bench.staff("second")
    bench.serve("z")
    bench.serve("a")
    bench.complete("z")
    bench.complete("a")
    bench.enter("high", priority=5, skills={"en": 1})
    bench.enter("low")
    bench.pass_s(5)
    assert (bench.asked("high"), bench.asked("low")) == (["first"], ["second"])


def test_a_resumed_queue_is_served_in_order(bench: Workbench) -> None:
    bench.queue()
    for number in range(5):
        bench.agent(f"a{number}")
        bench.connect(f"a{number}")
        bench.available(f"a{number}")
    bench.pause()
    for number in range(8):
        bench.enter(f"c{number}", priority=number % 3)
    outcome = bench.resume()
    made = [event for event in outcome.events if isinstance(event, e.OfferMade)]
    assert [event.conversation for event in made] == ["c2", "c5", "c1", "c4", "c7"]
    assert [event.agent for event in made] == ["a0", "a1", "a2", "a3", "a4"]
