"""What other routing servers do, played here: who may serve what, and what may be served at all.

Each test is named by the number of its scenario and tells it in our own words; see ``peers``.
"""

from __future__ import annotations

from app.domain import events as e
from tests.domain.peers import ROOMY, team
from tests.domain.workbench import Workbench


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


def test_102_each_language_goes_to_who_speaks_it(bench: Workbench) -> None:
    bench.queue()
    bench.staff("en", skills={"lang:en": 1})
    bench.staff("fr", skills={"lang:fr": 1})
    assert bench.serve("c1", skills={"lang:fr": 1}) == "fr"
    assert bench.serve("c2", skills={"lang:en": 1}) == "en"


def test_104_who_lacks_the_language_waits_until_a_ring_relaxes_it(bench: Workbench) -> None:
    """A choice: a skill is asked for; that it is only wished for says a ring."""
    bench.queue(rings=[{}, {"after_ms": 30_000, "relax_skills": ["lang:en"]}])
    bench.staff("fr", skills={"lang:fr": 1})
    bench.enter("c1", skills={"lang:en": 1})
    bench.pass_s(29.999)
    assert bench.asked("c1") == []
    bench.pass_s(0.001)
    assert bench.asked("c1") == ["fr"]


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


def test_110_the_customers_own_agent_first(bench: Workbench) -> None:
    team(bench, "a1", "a3")
    bench.enter("c1", preferred_agent="a3")
    assert bench.asked("c1") == ["a3"]


def test_112_without_a_wish_the_usual_rule(bench: Workbench) -> None:
    team(bench, "a3", strategy="fewest_accepted")
    for number in range(9):
        bench.serve(f"x{number}")
    bench.staff("a1", **ROOMY)
    assert bench.serve("c1") == "a1"


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


def test_120_who_has_waited_for_too_long_is_not_offered_any_more(bench: Workbench) -> None:
    """Another queue keeps them, where nobody is asked; here it is the wait that counts."""
    bench.queue("stale")
    bench.queue(overflow=[{"when": "after_ms", "value": 86_400_000, "queue": "stale"}])
    bench.enter("c1")
    bench.pass_s(24 * 3_600)
    bench.enter("c2")
    bench.pass_s(3_600)
    bench.staff("a1", **ROOMY)
    assert (bench.asked("c1"), bench.asked("c2")) == ([], ["a1"])


def test_122_a_label_that_nobody_serves_keeps_it_back(bench: Workbench) -> None:
    """A label is a skill here: only who has it is asked."""
    team(bench, "a1", "a2")
    bench.enter("c1", skills={"vip": 1})
    bench.enter("c2")
    assert (bench.asked("c1"), bench.asked("c2")) == ([], ["a1"])


def test_146_who_may_no_longer_work_gets_nothing(bench: Workbench) -> None:
    team(bench, "a1", "a2", capacity={"chat": 2})
    bench.remove_agent("a2")
    bench.serve("x1")
    bench.serve("x2")
    bench.enter("c1")
    assert bench.in_state("c1") == "waiting"
