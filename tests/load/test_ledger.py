"""The judge finds every planted lie, and takes nothing that can be explained for one."""

from __future__ import annotations

from typing import Any

from app.load.ledger import Ledger

PREFIX = "load-x-"
ONE = f"{PREFIX}c0.1.0.1000000"
TWO = f"{PREFIX}c0.2.1.2000000"


def judged(*events: tuple[Any, ...], until: float = 100.0) -> Ledger:
    ledger = Ledger(PREFIX, lambda *_: None)
    ledger.take(events)
    ledger.judge(until)
    return ledger


def offer(at: float, agent: str, name: str, conversation: str = ONE, **more: Any) -> Any:
    queue = more.get("queue", f"{PREFIX}q0")
    return ("offer", at, agent, name, conversation, queue, at + 20, more.get("firm", True))


def test_an_ordinary_life_is_no_fault() -> None:
    ledger = judged(
        ("new", 1.1, ONE),
        offer(1.2, "a", "o1"),
        ("end", 3.0, "a", "o1", "declined"),
        offer(3.1, "b", "o2"),
        ("end", 4.0, "b", "o2", "accepted"),
        ("hold", 4.0, "b", ONE),
        ("free", 9.0, "b", ONE),
        ("done", 9.1, "b", ONE),
    )
    assert ledger.faults == []
    assert not ledger.open
    assert ledger.sample == [ONE]
    assert ledger.counts["completed"] == 1


def test_two_who_hold_one_conversation_are_found() -> None:
    ledger = judged(("hold", 1.0, "a", ONE), ("hold", 2.0, "b", ONE))
    assert ledger.faults == [f"{ONE} is held by a and by b"]


def test_a_hold_that_was_given_up_a_moment_later_is_explained() -> None:
    later = [("hold", 2.0, "b", ONE), ("free", 2.5, "a", ONE)]
    assert judged(("hold", 1.0, "a", ONE), *later).faults == []
    assert judged(("hold", 1.0, "a", ONE), *later, until=2.1).faults == []


def test_events_of_two_processes_are_judged_in_the_order_of_their_times() -> None:
    ledger = Ledger(PREFIX, lambda *_: None, settle_s=0.0)
    ledger.take([("hold", 3.0, "b", ONE)])
    ledger.take([("hold", 1.0, "a", ONE), ("free", 2.0, "a", ONE)])
    ledger.judge(10.0)
    assert ledger.faults == []


def test_who_lost_the_connection_proves_nothing_until_he_says_what_he_has() -> None:
    lost = [("hold", 1.0, "a", ONE), ("gone", 2.0, "a"), ("hold", 3.0, "b", ONE)]
    assert judged(*lost).faults == []
    assert judged(*lost, ("snap", 9.0, "a", [], [])).faults == []
    assert judged(*lost, ("snap", 9.0, "a", [], [ONE])).faults == [f"{ONE} is held by a and by b"]


def test_one_conversation_offered_to_two_at_once_is_found() -> None:
    twice = [offer(1.0, "a", "o1"), offer(2.0, "b", "o2")]
    assert judged(*twice, until=10.0).faults == [f"{ONE} is offered to a and to b at once"]
    # Seen in a replay: it may have ended long ago.
    unsure = [offer(1.0, "a", "o1", firm=False), offer(2.0, "b", "o2")]
    assert judged(*unsure, until=10.0).faults == []


def test_an_offer_without_an_end_is_found_and_one_of_a_lost_agent_is_not() -> None:
    assert judged(offer(1.0, "a", "o1"), until=30.0).faults == []
    assert judged(offer(1.0, "a", "o1"), until=32.0).faults == [
        f"offer o1 of {ONE} to a did not end"
    ]
    assert judged(offer(1.0, "a", "o1"), ("gone", 2.0, "a"), until=99.0).faults == []


def test_a_misrouted_offer_and_a_second_end_are_found() -> None:
    wrong = judged(offer(1.0, "a", "o1", queue=f"{PREFIX}q1"), until=2.0)
    assert "misrouted" in wrong.faults[0]
    two = judged(("done", 1.0, "a", ONE), ("done", 2.0, "b", ONE), ("done", 3.0, "a", ONE))
    assert two.faults == [f"{ONE} was completed by a and by b"]


def test_what_is_open_is_what_was_acknowledged_or_seen_and_not_completed() -> None:
    ledger = judged(("new", 1.0, ONE), offer(2.1, "a", "o2", TWO, queue=f"{PREFIX}q1"), until=3.0)
    assert ledger.open == {ONE: True, TWO: False}
    ledger.take([("done", 4.0, "a", TWO), ("new", 4.1, TWO)])
    ledger.judge(5.0)
    assert ledger.open == {ONE: True}


def test_the_first_offer_alone_is_timed_from_the_intended_arrival() -> None:
    timed: list[float] = []
    ledger = Ledger(PREFIX, lambda seconds, _: timed.append(seconds))
    ledger.take([offer(1.5, "a", "o1"), ("end", 2, "a", "o1", "declined"), offer(3.0, "b", "o2")])
    ledger.judge(4.0)
    assert timed == [0.5]


def test_a_strange_conversation_is_not_ours_to_judge() -> None:
    assert judged(offer(1.0, "a", "o1", "another"), until=99.0).faults == []


def test_a_breach_that_a_client_saw_counts() -> None:
    ledger = judged(*(("wrong", 1.0, f"gap {n}") for n in range(60)))
    assert ledger.broken == 60
    assert ledger.faults[0] == "gap 0"
