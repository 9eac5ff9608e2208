"""The counters behind the board, and the law that nothing is lost between them."""

from __future__ import annotations

from app.domain.figures import QueueFigures
from tests.domain.workbench import Workbench

RULE = {"target_ms": 20_000, "short_abandon_ms": 5_000}


def figures(bench: Workbench, queue: str = "q") -> QueueFigures:
    """Look the counters of a queue up."""
    return bench.of_queue(queue).figures


def test_an_answer_within_the_target_counts_for_the_service_level(bench: Workbench) -> None:
    bench.queue(service_level=RULE, offer={"timeout_ms": 120_000})
    bench.staff("anna", capacity={"chat": 3})
    bench.enter("in_time")
    bench.enter("just")
    bench.enter("late")
    bench.pass_s(4)
    bench.accept("anna", "in_time")
    bench.pass_s(16)
    bench.accept("anna", "just")
    bench.pass_s(0.001)
    bench.accept("anna", "late")
    assert (figures(bench).answered, figures(bench).answered_in_target) == (3, 2)


def test_the_speed_of_answer_is_the_mean_wait_of_the_answered(bench: Workbench) -> None:
    bench.queue(offer={"timeout_ms": 120_000})
    assert figures(bench).asa_ms() is None, "no data is not zero"
    bench.staff("anna", capacity={"chat": 2})
    bench.enter("c1")
    bench.pass_s(10)
    bench.enter("c2")
    bench.pass_s(20)
    bench.accept("anna", "c1")
    bench.accept("anna", "c2")
    assert figures(bench).asa_ms() == 25_000


def test_an_abandonment_is_counted_by_its_wait(bench: Workbench) -> None:
    bench.queue(service_level=RULE)
    for name in ("short", "in_target", "long"):
        bench.enter(name)
    bench.pass_s(5)
    bench.abandon("short")
    bench.pass_s(15)
    bench.abandon("in_target")
    bench.pass_s(1)
    bench.abandon("long")
    found = figures(bench)
    assert (found.abandoned, found.abandoned_in_target, found.abandoned_short) == (3, 2, 1)


def test_a_cancellation_is_no_abandonment(bench: Workbench) -> None:
    bench.queue()
    bench.enter("c1")
    bench.cancel("c1")
    assert figures(bench).abandoned == 0


def test_a_conversation_is_answered_once(bench: Workbench) -> None:
    bench.queue(offer={"timeout_ms": 120_000})
    bench.staff("anna")
    bench.serve("c1")
    bench.requeue("c1")
    bench.pass_s(60)
    bench.accept("anna", "c1")
    assert (figures(bench).answered, figures(bench).answer_wait_ms) == (1, 0)


def test_who_was_answered_does_not_abandon(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.serve("c1")
    bench.away("anna")
    bench.requeue("c1")
    bench.abandon("c1")
    assert (figures(bench).answered, figures(bench).abandoned) == (1, 0)


def test_being_given_counts_as_answered(bench: Workbench) -> None:
    bench.queue()
    bench.agent("anna")
    bench.enter("c1")
    bench.pass_s(7)
    bench.assign("c1", "anna")
    assert (figures(bench).answered, figures(bench).answer_wait_ms) == (1, 7_000)


def test_a_moved_conversation_enters_and_is_answered_in_the_new_queue(bench: Workbench) -> None:
    bench.queue("q")
    bench.queue("r", offer={"timeout_ms": 120_000})
    bench.staff("anna", ["q", "r"])
    bench.serve("c1")
    bench.pass_s(30)
    bench.transfer("c1", queue="r")
    bench.pass_s(5)
    bench.accept("anna", "c1")
    assert (figures(bench, "q").entered, figures(bench, "q").answered) == (1, 1)
    assert (figures(bench, "r").entered, figures(bench, "r").answered) == (1, 1)
    assert figures(bench, "r").answer_wait_ms == 5_000, "the clock starts with the new queue"


def test_every_offer_is_counted_by_its_end(bench: Workbench) -> None:
    bench.queue(decline={"cooldown_ms": 0}, no_answer={"streak": 0})
    bench.staff("anna")
    bench.enter("c1")
    bench.decline("anna", "c1")
    bench.miss("anna", "c1")
    bench.pass_s(20)
    bench.pass_s(5)
    bench.release("c1")
    bench.accept("anna", "c1")
    found = figures(bench)
    assert found.offers_made == 5
    ends = (
        found.offers_declined,
        found.offers_timed_out,
        found.offers_undelivered,
        found.offers_rescinded,
        found.offers_accepted,
    )
    assert ends == (1, 1, 1, 1, 1)


def test_the_counters_start_anew_each_day(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.serve("c1")
    bench.pass_s(86_400)
    bench.enter("c3")
    found = figures(bench)
    assert (found.entered, found.answered, found.offers_made) == (1, 0, 0)


def test_entered_is_what_lives_and_what_ended(bench: Workbench) -> None:
    bench.queue("q", wrap_up={"ms": 60_000})
    bench.queue("r")
    bench.staff("anna", capacity={"chat": 3})
    for number in range(8):
        bench.enter(f"c{number}")
    bench.accept("anna", "c0")
    bench.accept("anna", "c1")
    bench.complete("c1")
    bench.abandon("c4")
    bench.cancel("c5")
    bench.close("c6")
    bench.move("c7", "r")

    counts = {str(name): count for name, count in bench.of_queue("q").counts.items()}
    assert counts == {"waiting": 1, "offered": 1, "assigned": 1, "wrapping": 1}
    assert sum(bench.of_queue("r").counts.values()) == 1
    assert (bench.state.totals.entered, bench.state.totals.ended) == (8, 3)
