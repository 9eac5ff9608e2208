"""Why a conversation is, or is not, offered now: one sentence, and a reason for each member."""

from __future__ import annotations

from app.domain import commands as c
from app.domain.explain import Explanation, explain
from tests.domain.workbench import Workbench


def told(bench: Workbench, id_: str = "c1") -> Explanation:
    """Ask about a conversation now."""
    return explain(bench.engine, id_, bench.now)


def reasons(bench: Workbench, id_: str = "c1") -> dict[str, list[str]]:
    """List the reasons by member."""
    return {member.agent: member.reasons for member in told(bench, id_).members}


def test_every_reason_against_has_a_name(bench: Workbench) -> None:
    bench.queue(rings=[{"max_level": 2}], wrap_up={"ms": 60_000})
    bench.staff("busy", skills={"en": 2})
    bench.staff("wrapping", skills={"en": 2})
    bench.serve("b", skills={"en": 2})
    bench.serve("w", skills={"en": 2})
    bench.complete("w")
    bench.staff("away", skills={"en": 2})
    bench.away("away")
    bench.agent("gone", skills={"en": 1})
    bench.staff("high", {"q": 3}, skills={"en": 2})
    bench.staff("no_mail", capacity={"mail": 1}, skills={"en": 2})
    bench.queue("elsewhere")
    bench.staff("stranger", "elsewhere")
    bench.enter("c1", skills={"en": 2})
    assert reasons(bench) == {
        "busy": ["at_capacity"],
        "wrapping": ["wrap_up"],
        "away": ["away"],
        "gone": ["offline", "disconnected", "skill:en"],
        "high": ["level"],
        "no_mail": ["no_room"],
    }


def test_who_declined_is_passed_over(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.decline("anna", "c1")
    assert reasons(bench) == {"anna": ["passed_over"]}
    assert told(bench).next_change_at == bench.now + 5_000


def test_a_dead_connection_is_told(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.pass_s(20)
    bench.enter("c2")
    assert reasons(bench, "c2") == {"anna": ["back_off"]}


def test_kept_for_another(bench: Workbench) -> None:
    bench.queue(preferred={"online_ms": 30_000})
    bench.staff("ben")
    bench.staff("pat")
    bench.away("pat")
    bench.enter("c1", preferred_agent="pat")
    assert reasons(bench) == {"ben": ["held_for_preferred"], "pat": ["away"]}
    assert told(bench).next_change_at == bench.now + 30_000


def test_the_ring_in_force_is_told(bench: Workbench) -> None:
    bench.queue(rings=[{"max_level": 1}, {"after_ms": 10_000, "relax_skills": ["en"]}])
    bench.enter("c1", skills={"en": 2, "fr": 1})
    first = told(bench)
    assert (first.ring, first.max_level, first.skills) == (1, 1, {"en": 2, "fr": 1})
    assert first.next_change_at == bench.now + 10_000
    bench.pass_s(10)
    second = told(bench)
    assert (second.ring, second.max_level, second.skills) == (2, 1_000, {"fr": 1})
    assert second.next_change_at is None


def test_who_is_asked_is_eligible(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.staff("ben")
    bench.enter("c1")
    verdicts = {member.agent: member for member in told(bench).members}
    assert verdicts["anna"].eligible and verdicts["anna"].reasons == ["offered_now"]
    assert told(bench).sentence == "q: offered to anna now."
    bench.accept("anna", "c1")
    assert reasons(bench)["anna"] == ["holds_it"]
    assert told(bench).sentence == "q: assigned, with anna."


def test_the_sentence_counts_the_reasons(bench: Workbench) -> None:
    bench.queue()
    for name in ("a1", "a2", "a3"):
        bench.staff(name)
    bench.serve("x1")
    bench.serve("x2")
    bench.away("a3")
    bench.enter("c1")
    bench.pass_s(42)
    assert told(bench).sentence == "q: waiting for 42 s; 3 members: 2 at capacity, 1 away."


def test_a_paused_queue_and_an_empty_one_say_so(bench: Workbench) -> None:
    bench.queue()
    bench.enter("c1")
    assert told(bench).sentence == "q: waiting for 0 s; the queue has no members."
    bench.pause()
    assert told(bench).sentence == "q: waiting for 0 s; the queue is paused, nothing is offered."


def test_what_ended_can_be_explained_after_its_queue_is_gone(bench: Workbench) -> None:
    bench.queue()
    bench.enter("c1")
    bench.close("c1")
    bench.remove_queue("q")
    assert told(bench).state == "closed"


def test_who_cannot_be_asked_now_is_told_why(bench: Workbench) -> None:
    bench.queue(back_off={"busy_ms": 60_000})
    bench.presence("mail", "available", ["mail"])
    bench.staff("finishing")
    bench.serve("c0")
    bench.be("finishing", "away", then=True)
    bench.staff("resting")
    bench.enter("c1")
    bench.decline("resting", "c1")
    bench.staff("elsewhere", capacity={"chat": 1, "mail": 1})
    bench.be("elsewhere", "mail")
    assert reasons(bench) == {
        "finishing": ["finishing", "at_capacity"],
        "resting": ["back_off", "passed_over"],
        "elsewhere": ["channel"],
    }


def test_who_is_set_aside_is_nobodys(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.enter("c1")
    bench.do(c.QuarantineConversation("c1", "odd bytes", "", "supervisor:s"))
    assert reasons(bench) == {"anna": ["quarantined"]}
    assert "odd bytes" in told(bench).sentence


def test_a_skill_that_no_member_has_comes_before_who_is_away(bench: Workbench) -> None:
    bench.queue()
    bench.agent("anna")
    bench.enter("c1", skills={"klingon": 1})
    said = told(bench).sentence
    assert "no member has klingon at the level asked for" in said
