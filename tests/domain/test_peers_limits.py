"""What other routing servers do, played here: order, limits, and how long one may wait.

Each test is named by the number of its scenario and tells it in our own words; see ``peers``.
"""

from __future__ import annotations

from app.config.bounds import queue_faults
from app.domain import events as e
from app.domain.explain import explain
from tests.domain.peers import ROOMY, team
from tests.domain.workbench import Workbench, queue_settings


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


def test_26_a_head_start_does_not_beat_a_longer_wait(bench: Workbench) -> None:
    """A head start of 90 s is a priority of 3 where it grows by 2 a minute."""
    bench.queue(ageing={"priority_per_min": 2.0})
    bench.staff("a1")
    bench.away("a1", "busy")
    bench.enter("c1")
    bench.pass_s(120)
    bench.enter("c2", priority=3)
    bench.pass_s(10)
    bench.available("a1")
    assert (bench.asked("c1"), bench.asked("c2")) == (["a1"], [])


def test_30_the_older_first(bench: Workbench) -> None:
    team(bench)
    bench.enter("c1")
    bench.pass_s(3_600)
    bench.enter("c2")
    bench.staff("a1")
    assert (bench.asked("c1"), bench.asked("c2")) == (["a1"], [])


def test_36_nobody_there_and_the_queue_lets_nobody_wait(bench: Workbench) -> None:
    """Ours: it is taken in and closed in the same step, so that it is counted."""
    bench.queue(overflow=[{"when": "no_agents", "value": 0, "to": "close"}])
    for name in ("a1", "a3"):
        bench.agent(name)
        bench.connect(name)
    bench.enter("c1")
    ended = bench.conversation("c1")
    assert (ended.state, ended.end_reason) == ("closed", "overflow:no_agents")
    bench.available("a1")
    bench.enter("c2")
    assert bench.asked("c2") == ["a1"]


def test_38_may_it_join_where_all_are_paused_or_busy(bench: Workbench) -> None:
    """A depth of nobody: who cannot be served at once does not wait."""
    bench.queue(overflow=[{"when": "depth", "value": 0, "to": "close"}])
    bench.staff("a1")
    bench.away("a1")
    bench.staff("a2")
    bench.serve("busy")
    bench.enter("c1")
    assert bench.conversation("c1").end_reason == "overflow:depth"
    bench.complete("busy")
    bench.enter("c2")
    assert bench.asked("c2") == ["a2"]


def test_100_a_higher_queue_holds_nobody_back_it_does_not_need(bench: Workbench) -> None:
    bench.queue("gold", priority=5, offer={"strategy": "linear"})
    bench.queue("plain", priority=1)
    bench.staff("a2", "gold")
    bench.staff("a3", "gold")
    bench.staff("a1", ["gold", "plain"])
    bench.enter("g1", "gold")
    bench.enter("p1", "plain")
    assert (bench.asked("g1"), bench.asked("p1")) == (["a2"], ["a1"])


def test_128_no_limit_on_how_often(bench: Workbench) -> None:
    """Nobody is served less often for having been served; a capacity must be wide enough."""
    team(bench, "a1", "a2", capacity={"chat": 10_000})
    assert {bench.serve(f"c{number}") for number in range(5)} <= {"a1", "a2"}
    assert bench.line() == []


def test_130_when_all_others_are_full_the_roomy_one_gets_it(bench: Workbench) -> None:
    bench.queue()
    bench.staff("a1")
    bench.staff("a3")
    bench.serve("x1")
    bench.serve("x2")
    bench.staff("a2", **ROOMY)
    assert bench.serve("c1") == "a2"


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


def test_138_a_wide_bound_over_all_does_not_widen_a_narrow_one(bench: Workbench) -> None:
    """A queue with a limit of its own has a channel of its own here."""
    bench.queue("A")
    bench.queue("B")
    bench.staff("a1", ["A", "B"], capacity={"a": 9, "b": 2}, units=6)
    for name, queue in (("c1", "A"), ("c2", "A"), ("c3", "B"), ("c4", "B")):
        bench.serve(name, queue, channel=queue.lower())
    bench.enter("c5", "B", "b")
    assert bench.in_state("c5") == "waiting"


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


def test_144_full_in_one_queue_free_in_another(bench: Workbench) -> None:
    """As above: the bound of a queue is that of its channel."""
    bench.queue("q1")
    bench.queue("q2")
    bench.staff("a1", ["q1", "q2"], capacity={"one": 2, "two": 9})
    bench.serve("x1", "q1", channel="one")
    bench.serve("x2", "q1", channel="one")
    bench.enter("c1", "q1", "one")
    bench.enter("c2", "q2", "two")
    eligible = [explain(bench.engine, id_, bench.now).members[0].reasons for id_ in ("c1", "c2")]
    assert eligible == [["no_room"], ["offered_now"]]


def test_152_one_timer_for_each_who_waits(bench: Workbench) -> None:
    """Looks inside too, for an old timer that does nothing cannot be seen from outside."""
    bench.queue(overflow=[{"when": "after_ms", "value": 300_000, "to": "close"}])
    bench.agent("a1")
    bench.enter("c1")
    for _ in range(2):
        bench.assign("c1", "a1")
        bench.requeue("c1")
    assert [timer[2] for timer in bench.engine.timers._heap] == ["c1"]
    ended = [x for x in bench.pass_s(3_600) if isinstance(x, e.ConversationEnded)]
    assert [bench.now - event.at for event in ended] == [3_300_000]


def test_154_the_time_runs_from_queueing_and_ends_with_the_rule(bench: Workbench) -> None:
    """Ours: no rule is no time; a rule of 0 acts at once, and a negative one is refused."""
    rule = {"when": "after_ms", "value": 60_000, "to": "close"}
    bench.queue(overflow=[rule])
    bench.enter("c1")
    assert bench.engine.next_deadline() == bench.now + 60_000
    bench.pass_s(60)
    assert bench.in_state("c1") == "closed"
    bench.enter("c2")
    bench.queue()
    bench.pass_s(3_600)
    assert bench.in_state("c2") == "waiting"
    negative = queue_settings("q", overflow=[{**rule, "value": -1}])
    assert [path for path, _ in queue_faults(negative)] == [("overflow", 0, "value")]


def test_156_a_target_of_no_time_is_refused() -> None:
    """Where settings enter the system, in a file as in the API."""
    for target_ms in (0, -5):
        settings = queue_settings("q", service_level={"target_ms": target_ms})
        assert [path for path, _ in queue_faults(settings)] == [("service_level", "target_ms")]
