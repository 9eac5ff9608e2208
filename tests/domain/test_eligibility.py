"""Who may serve: membership, levels and rings, skills, capacity, weights."""

from __future__ import annotations

from tests.domain.workbench import Workbench

TWO_RINGS = [{"after_ms": 0, "max_level": 1}, {"after_ms": 30_000, "max_level": 3}]


def test_only_members_are_asked(bench: Workbench) -> None:
    bench.queue("q")
    bench.queue("other")
    bench.staff("anna", "other")
    bench.enter("c1", "q")
    assert bench.asked("c1") == []


def test_a_new_membership_is_used_at_once(bench: Workbench) -> None:
    bench.queue("q")
    bench.queue("other")
    bench.staff("anna", "other")
    bench.enter("c1", "q")
    bench.agent("anna", ["q", "other"])
    assert bench.asked("c1") == ["anna"]


def test_a_ring_opens_after_its_time(bench: Workbench) -> None:
    bench.queue(rings=TWO_RINGS)
    bench.staff("helper", {"q": 3})
    bench.enter("c1")
    bench.pass_s(29.999)
    assert bench.asked("c1") == []
    bench.pass_s(0.001)
    assert bench.asked("c1") == ["helper"]
    assert bench.offer("c1", "helper").why["ring"] == 2


def test_a_ring_bounds_the_level(bench: Workbench) -> None:
    bench.queue(rings=TWO_RINGS)
    bench.staff("outsider", {"q": 4})
    bench.enter("c1")
    bench.pass_s(3_600)
    assert bench.asked("c1") == []


def test_the_age_of_a_ring_is_the_conversations_not_the_offers(bench: Workbench) -> None:
    """A missed offer does not start the rings anew: the place in line is kept."""
    bench.queue(rings=TWO_RINGS)
    bench.staff("core", {"q": 1})
    bench.staff("helper", {"q": 3})
    bench.enter("c1")
    bench.pass_s(20)
    assert bench.asked("c1") == []
    bench.pass_s(4.999)
    assert bench.asked("c1") == [], "the core agent is passed over, the ring is still closed"
    bench.pass_s(5.001)
    assert bench.asked("c1")[0] in ("core", "helper")


def test_levels_inside_an_open_ring_still_go_in_order(bench: Workbench) -> None:
    bench.queue(rings=[{"after_ms": 0, "max_level": 3}])
    bench.staff("third", {"q": 3})
    bench.staff("second", {"q": 2})
    bench.enter("c1")
    assert bench.asked("c1") == ["second"]


def test_a_changed_level_is_used_at_once(bench: Workbench) -> None:
    bench.queue(rings=[{"after_ms": 0, "max_level": 1}])
    bench.staff("anna", {"q": 2})
    bench.enter("c1")
    assert bench.asked("c1") == []
    bench.agent("anna", {"q": 1})
    assert bench.asked("c1") == ["anna"]


def test_changed_rings_are_used_at_once(bench: Workbench) -> None:
    bench.queue(rings=[{"after_ms": 0, "max_level": 1}])
    bench.staff("anna", {"q": 2})
    bench.enter("c1")
    bench.queue(rings=[])
    assert bench.asked("c1") == ["anna"]


def test_every_skill_is_asked_at_its_level_or_above(bench: Workbench) -> None:
    bench.queue()
    bench.staff("beginner", skills={"en": 2, "billing": 9})
    bench.staff("narrow", skills={"en": 9})
    bench.staff("able", skills={"en": 3, "billing": 1, "fr": 1})
    bench.enter("c1", skills={"en": 3, "billing": 1})
    assert bench.asked("c1") == ["able"]


def test_exactly_the_level_is_enough(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", skills={"en": 3})
    bench.enter("c1", skills={"en": 3})
    assert bench.asked("c1") == ["anna"]


def test_a_ring_relaxes_skills_for_good(bench: Workbench) -> None:
    bench.queue(
        rings=[
            {"after_ms": 0},
            {"after_ms": 10_000, "relax_skills": ["en"]},
            {"after_ms": 20_000, "relax_skills": ["billing"]},
        ]
    )
    bench.staff("other", skills={})
    bench.staff("biller", skills={"billing": 1})
    bench.serve("busy", skills={"billing": 1})
    bench.enter("c1", skills={"en": 1, "billing": 1})
    bench.pass_s(19.999)
    assert bench.asked("c1") == []
    bench.pass_s(0.001)
    assert bench.asked("c1") == ["other"], "what the ring before relaxed stays relaxed"


def test_a_learned_skill_is_used_at_once(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1", skills={"en": 1})
    bench.agent("anna", skills={"en": 1})
    assert bench.asked("c1") == ["anna"]


def test_capacity_is_per_channel(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", capacity={"chat": 2, "call": 1})
    for number, channel in enumerate(["chat", "chat", "chat", "call", "call", "mail"]):
        bench.enter(f"c{number}", channel=channel)
    asked = [number for number in range(6) if bench.asked(f"c{number}")]
    assert asked == [0, 1, 3], "two chats, one call, and no mail at all"


def test_units_bound_all_channels_together(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", capacity={"chat": 2, "call": 2}, units=3)
    for number, channel in enumerate(["chat", "chat", "call", "call"]):
        bench.enter(f"c{number}", channel=channel)
    assert [len(bench.asked(f"c{number}")) for number in range(4)] == [1, 1, 1, 0]


def test_a_weight_takes_more_units(bench: Workbench) -> None:
    bench.queue(weight_by_channel={"call": 3})
    bench.staff("anna", capacity={"chat": 4, "call": 4}, units=4)
    bench.enter("call", channel="call")
    bench.enter("chat1")
    bench.enter("chat2")
    assert bench.of_agent("anna").load == {"call": 3, "chat": 1}
    assert bench.asked("chat2") == []


def test_a_weight_above_every_capacity_waits(bench: Workbench) -> None:
    bench.queue(weight_by_channel={"chat": 5})
    bench.staff("anna", capacity={"chat": 4})
    bench.enter("c1")
    assert bench.asked("c1") == []
    bench.agent("anna", capacity={"chat": 5})
    assert bench.asked("c1") == ["anna"]


def test_a_held_conversation_keeps_the_units_it_was_given(bench: Workbench) -> None:
    """A changed weight counts from the next offer on; what is held is freed as it was taken."""
    bench.queue(weight_by_channel={"chat": 1})
    bench.staff("anna", capacity={"chat": 3})
    bench.serve("c1")
    bench.queue(weight_by_channel={"chat": 2})
    bench.enter("c2")
    assert bench.of_agent("anna").load == {"chat": 3}
    bench.complete("c1")
    assert bench.of_agent("anna").load == {"chat": 2}


def test_shrunk_capacity_takes_nothing_away_but_adds_nothing(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna", capacity={"chat": 3})
    bench.serve("c1")
    bench.serve("c2")
    bench.agent("anna", capacity={"chat": 1})
    bench.enter("c3")
    bench.complete("c1")
    assert bench.asked("c3") == []
    bench.complete("c2")
    assert bench.asked("c3") == ["anna"]


def test_the_limit_of_an_agent_counts_over_all_queues(bench: Workbench) -> None:
    bench.queue("a")
    bench.queue("b")
    bench.staff("anna", ["a", "b"], capacity={"chat": 1})
    bench.serve("c1", "a")
    bench.enter("c2", "b")
    assert bench.asked("c2") == []
