"""Queues and configuration: pausing, draining, filling up, and what a change does to live work."""

from __future__ import annotations

import pytest

from app.domain import commands as c
from app.domain import events as e
from tests.domain.workbench import Workbench


def test_a_paused_queue_takes_in_but_offers_nothing(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.pause()
    bench.enter("c1")
    assert (bench.asked("c1"), bench.line()) == ([], ["c1"])
    bench.resume()
    assert bench.asked("c1") == ["anna"]


def test_a_pause_leaves_live_offers_alone(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.pause()
    bench.accept("anna", "c1")
    assert bench.holder("c1") == "anna"


def test_an_agent_who_becomes_free_gets_nothing_from_a_paused_queue(bench: Workbench) -> None:
    bench.queue("q")
    bench.queue("r")
    bench.agent("anna", ["q", "r"])
    bench.enter("c1", "q")
    bench.pass_s(1)
    bench.enter("c2", "r")
    bench.pause("q")
    bench.connect("anna")
    bench.available("anna")
    assert (bench.asked("c1"), bench.asked("c2")) == ([], ["anna"])


def test_a_draining_queue_offers_but_takes_nothing_in(bench: Workbench) -> None:
    bench.queue("q")
    bench.queue("r")
    bench.agent("anna", ["q", "r"])
    bench.enter("c1")
    bench.enter("c2", "r")
    bench.drain()
    with bench.refuses("queue_draining"):
        bench.enter("c3")
    with bench.refuses("queue_draining"):
        bench.move("c2", "q")
    bench.connect("anna")
    bench.available("anna")
    assert bench.asked("c1") == ["anna"]
    bench.decline("anna", "c1")
    assert bench.in_state("c1") == "waiting", "what is inside may return"


def test_the_same_status_again_is_answered_already(bench: Workbench) -> None:
    bench.queue()
    assert bench.resume().already
    bench.pause()
    assert bench.pause().already
    with bench.refuses("unknown_queue"):
        bench.pause("nowhere")


def test_a_full_queue_refuses_even_high_priority(bench: Workbench) -> None:
    bench.queue("q", max_waiting=2)
    bench.queue("r")
    bench.staff("anna")
    for name in ("offered", "c1", "c2"):
        bench.enter(name)
    with bench.refuses("queue_full"):
        bench.enter("c3", priority=9)
    bench.enter("other", "r")
    with bench.refuses("queue_full"):
        bench.move("other", "q")


def test_only_the_waiting_fill_a_queue(bench: Workbench) -> None:
    bench.queue(max_waiting=1)
    bench.staff("anna", capacity={"chat": 3})
    for name in ("c1", "c2", "c3", "c4"):
        bench.enter(name)
    assert bench.line() == ["c4"]


def test_what_returns_is_never_turned_away(bench: Workbench) -> None:
    bench.queue(max_waiting=1)
    bench.staff("anna")
    bench.enter("c1")
    bench.enter("c2")
    bench.away("anna")
    assert bench.line() == ["c1", "c2"]


def test_every_change_counts_the_version_up(bench: Workbench) -> None:
    bench.queue()
    assert bench.queue().already
    bench.agent("anna")
    assert bench.agent("anna").already
    bench.queue(priority=1)
    assert bench.state.version == 3
    assert (bench.of_queue().version, bench.of_agent("anna").version) == (3, 2)


def test_an_offer_tells_the_version_it_was_made_under(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    before = bench.offer("c1", "anna").version
    bench.queue(priority=5)
    bench.release("c1")
    assert bench.offer("c1", "anna").version == before + 1


def test_an_agent_needs_existing_queues(bench: Workbench) -> None:
    with bench.refuses("unknown_queue"):
        bench.agent("anna", "nowhere")


def test_a_lost_membership_takes_its_offers_back(bench: Workbench) -> None:
    bench.queue("q")
    bench.queue("r")
    bench.staff("anna", ["q", "r"], capacity={"chat": 2})
    bench.enter("c1", "q")
    bench.enter("c2", "r")
    bench.agent("anna", "r", capacity={"chat": 2})
    offer = bench.offer("c1", "anna")
    assert (offer.state, offer.reason, bench.in_state("c1")) == (
        "rescinded",
        "membership",
        "waiting",
    )
    assert bench.asked("c2") == ["anna"]
    with bench.refuses("offer_rescinded"):
        bench.accept("anna", "c1")


def test_a_lost_membership_leaves_held_work_alone(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.serve("c1")
    bench.agent("anna", [])
    bench.complete("c1")
    assert bench.in_state("c1") == "closed"


def test_a_queue_that_holds_anything_is_not_removed(bench: Workbench) -> None:
    bench.queue(wrap_up={"ms": 60_000})
    bench.staff("anna")
    bench.enter("c1")
    with bench.refuses("queue_in_use"):
        bench.remove_queue("q")
    bench.accept("anna", "c1")
    with bench.refuses("queue_in_use"):
        bench.remove_queue("q")
    bench.complete("c1")
    with bench.refuses("queue_in_use"):
        bench.remove_queue("q")
    bench.finish_wrap_up("c1")
    bench.remove_queue("q")
    with bench.refuses("unknown_queue"):
        bench.remove_queue("q")


def test_a_removed_queue_takes_its_memberships_along(bench: Workbench) -> None:
    bench.queue("q")
    bench.queue("r")
    bench.agent("anna", {"q": 1, "r": 2})
    bench.agent("ben", {"r": 1})
    outcome = bench.remove_queue("q")
    assert bench.of_agent("anna").settings.queues == {"r": 2}
    changed = [x.agent for x in outcome.events if isinstance(x, e.AgentConfigured)]
    assert changed == ["anna"], "who was no member is left alone"
    assert bench.state.version == 6, "two queues, two agents, one membership, one removal"


def test_a_queue_made_again_is_a_new_one(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.remove_queue("q")
    bench.queue()
    bench.enter("c1")
    assert bench.asked("c1") == []
    bench.agent("anna", "q")
    assert bench.asked("c1") == ["anna"]


def test_an_agent_with_work_is_not_removed(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.serve("c1")
    with bench.refuses("agent_in_use"):
        bench.remove_agent("anna")


def test_a_removed_agents_offers_go_on(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.staff("ben")
    bench.enter("c1")
    bench.remove_agent("anna")
    assert (bench.asked("c1"), "anna" in bench.state.agents) == (["ben"], False)


def test_changed_members_are_exactly_the_new_ones(bench: Workbench) -> None:
    bench.queue()
    for name in ("a", "b", "c"):
        bench.staff(name)
    for name in ("b", "c"):
        bench.agent(name, [])
    bench.staff("d")
    assert sorted(bench.engine.matcher.pools.members("q")) == ["a", "d"]


@pytest.mark.parametrize("gap_s", [0, 30])
def test_a_new_owner_moves_the_deadlines_by_the_gap(bench: Workbench, gap_s: int) -> None:
    bench.queue(wrap_up={"ms": 60_000})
    bench.staff("anna", capacity={"chat": 2})
    bench.serve("c1")
    bench.complete("c1")
    bench.enter("c2")
    expires_at = bench.offer("c2", "anna").expires_at
    bench.stall_s(gap_s)

    bench.take_over(grace_s=20)

    assert bench.offer("c2", "anna").expires_at == expires_at + gap_s * 1000
    assert bench.conversation("c1").wrap_until == bench.now + 60_000
    assert bench.of_agent("anna").connection == "grace"
    bench.connect("anna")
    bench.pass_s(19)
    bench.accept("anna", "c2")


def test_who_does_not_come_back_to_the_new_owner_is_lost(bench: Workbench) -> None:
    bench.queue(offer={"timeout_ms": 60_000})
    bench.staff("anna")
    bench.enter("c1")
    bench.take_over(grace_s=20)
    bench.pass_s(20)
    assert (bench.of_agent("anna").connection, bench.asked("c1")) == ("lost", [])


def test_nobody_pays_for_an_outage_of_the_store(bench: Workbench) -> None:
    bench.queue(wrap_up={"ms": 10_000})
    bench.staff("anna", capacity={"chat": 2})
    bench.serve("c1")
    bench.complete("c1")
    bench.enter("c2")
    bench.disconnect("anna", grace_s=15)
    bench.do(c.ExtendDeadlines(30_000))
    bench.pass_s(39.999)
    assert (bench.in_state("c1"), bench.asked("c2")) == ("wrapping", ["anna"])
    assert bench.of_agent("anna").connection == "grace"
    bench.pass_s(10)
    assert (bench.in_state("c1"), bench.in_state("c2")) == ("closed", "waiting")
    assert bench.of_agent("anna").connection == "lost"


def test_a_log_is_opened_once(bench: Workbench) -> None:
    with bench.refuses("already_open"):
        bench.do(c.OpenWorkspace("acme", "gen-2"))


def test_keys_are_made_and_revoked(bench: Workbench) -> None:
    bench.agent("anna", [])
    bench.do(c.CreateKey("k1", "desk", "agent", "0" * 64, "anna", "admin"))
    assert (bench.state.keys["k1"].agent, bench.state.keys["k1"].revoked_at) == ("anna", 0)
    bench.pass_s(1)
    bench.do(c.RevokeKey("k1", "admin"))
    assert bench.state.keys["k1"].revoked_at == bench.now
    assert bench.do(c.RevokeKey("k1", "admin")).already
    with bench.refuses("unknown_key"):
        bench.do(c.RevokeKey("k2", "admin"))
    with bench.refuses("unknown_agent"):
        bench.do(c.CreateKey("k2", "desk", "agent", "0" * 64, "nobody", "admin"))
