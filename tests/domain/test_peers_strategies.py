"""What other routing servers do, played here: who is chosen, and which levels are open.

Each test is named by the number of its scenario and tells it in our own words; see ``peers``.
"""

from __future__ import annotations

from collections import Counter

from app.domain import commands as c
from app.domain.engine import Engine
from app.domain.settings import AgentSettings
from tests.domain.peers import ROOMY, team
from tests.domain.workbench import START_MS, Workbench, queue_settings


def test_34_the_only_agent_is_outside_the_levels(bench: Workbench) -> None:
    bench.queue(
        rings=[{"max_level": 0}],
        overflow=[{"when": "after_ms", "value": 3_000, "to": "close"}],
    )
    bench.staff("a1", {"q": 1})
    bench.enter("c1")
    bench.pass_s(3)
    assert (bench.asked_in_order("c1"), bench.in_state("c1")) == ([], "closed")


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


def test_80_weights_are_capacities_under_least_loaded(bench: Workbench) -> None:
    """The share of the capacity is what is kept even."""
    bench.queue(offer={"strategy": "least_loaded"})
    bench.staff("a1", capacity={"chat": 10})
    bench.staff("a2", capacity={"chat": 20})
    shares = Counter(bench.serve(f"c{number}") for number in range(5))
    assert shares == {"a1": 2, "a2": 3}
    for number in range(5, 30):
        bench.serve(f"c{number}")
    assert [len(bench.of_agent(name).conversations) for name in ("a1", "a2")] == [10, 20]


def test_82_random_gives_equal_shares() -> None:
    """Without a desk, for it judges each of ten thousand steps; see also ``test_strategies``."""
    engine = Engine(retention_ms=0)

    def do(command: c.Command) -> None:
        assert engine.apply(command, START_MS).refusal is None

    do(c.OpenWorkspace("acme", "gen-1"))
    do(c.PutQueue("q", queue_settings("q", offer={"strategy": "random"}), "admin"))
    for name in ("a1", "a2", "a3", "a4"):
        do(c.PutAgent(name, AgentSettings(name=name, queues={"q": 1}), "admin"))
        do(c.ConnectAgent(name))
        do(c.SetPresence(name, "available", "", name))
    shares: Counter[str] = Counter()
    for number in range(10_000):
        do(c.EnterConversation(f"c{number}", "q", "chat", "ingest"))
        offer = engine.state.offers[f"o{number + 1}"]
        do(c.AcceptOffer(offer.id, offer.agent))
        do(c.CompleteConversation(offer.conversation, offer.agent))
        do(c.Tick())
        shares[offer.agent] += 1
    assert all(abs(count / 10_000 - 0.25) <= 0.015 for count in shares.values()), shares


def test_84_there_is_no_buffer_and_idleness_breaks_the_tie(bench: Workbench) -> None:
    """A choice: nobody is spared because he was just served; the reservation is enough."""
    team(bench, "a1", "a2", strategy="least_loaded")
    assert [bench.serve(name) for name in ("c1", "c2", "c3")] == ["a1", "a2", "a1"]


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


def test_90_a_ring_may_make_two_levels_equal(bench: Workbench) -> None:
    """Where levels are overlooked they bound who serves, and no more."""
    bench.queue(
        offer={"respect_levels": False},
        rings=[{"max_level": 1}, {"after_ms": 30_000, "max_level": 2}],
    )
    bench.staff("a2", {"q": 2})
    bench.pass_s(15)
    bench.staff("a1", {"q": 1})
    bench.pause()
    bench.enter("c1")
    bench.pass_s(31)
    bench.resume()
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


def test_114_who_is_in_a_call_is_not_preferred(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "least_loaded"})
    for name in ("a1", "a2"):
        bench.staff(name, capacity={"chat": 5, "call": 1})
    bench.away("a2")
    bench.serve("x1", channel="chat")
    bench.serve("call", channel="call")
    bench.available("a2")
    assert bench.serve("x2", channel="chat") == "a2"
    assert bench.serve("c1") == "a2"
