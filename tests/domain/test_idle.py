"""Silence: a quiet conversation gives its units back, and takes them again when it wakes."""

from __future__ import annotations

import pytest

from app.domain import events as e
from tests.domain.workbench import Workbench

AFTER_MS = 60_000


@pytest.fixture
def bench(bench: Workbench) -> Workbench:
    """Anna, with room for one, talks with c1 in a queue where a minute of silence is enough."""
    bench.queue(idle={"after_ms": AFTER_MS})
    bench.staff("anna")
    bench.serve("c1")
    return bench


def test_a_minute_of_silence_gives_the_units_back(bench: Workbench) -> None:
    bench.enter("c2")
    bench.pass_s(59.999)
    assert bench.asked("c2") == []
    bench.pass_s(0.001)
    assert (bench.conversation("c1").idle, bench.asked("c2")) == (True, ["anna"])
    assert bench.holder("c1") == "anna"


def test_a_word_starts_the_minute_anew(bench: Workbench) -> None:
    bench.pass_s(30)
    bench.said("c1")
    bench.pass_s(59.999)
    assert not bench.conversation("c1").idle
    bench.pass_s(0.001)
    assert bench.conversation("c1").idle


def test_words_are_written_at_most_ten_times_a_minute(bench: Workbench) -> None:
    """A lively conversation costs little, and may fall silent a tenth of the time early."""
    spoken = 0
    for _ in range(60):
        bench.pass_s(1)
        spoken += not bench.said("c1").already
    assert spoken == 10
    bench.pass_s(5)
    bench.said("c1")
    bench.pass_s(54)
    assert not bench.conversation("c1").idle
    bench.pass_s(6)
    assert bench.conversation("c1").idle


def test_however_short_the_time_a_word_is_written_once_a_second(bench: Workbench) -> None:
    bench.queue(idle={"after_ms": 2_000})
    bench.pass_s(0.999)
    assert bench.said("c1").already
    bench.pass_s(0.001)
    assert not bench.said("c1").already


def test_waking_takes_the_units_again(bench: Workbench) -> None:
    bench.silent("c1")
    assert bench.of_agent("anna").load == {}
    bench.pass_s(90)
    bench.said("c1")
    assert (bench.of_agent("anna").load, bench.conversation("c1").idle) == ({"chat": 1}, False)
    bench.pass_s(59.999)
    assert not bench.conversation("c1").idle, "the minute begins with the waking"
    bench.pass_s(0.001)
    assert bench.conversation("c1").idle


def test_waking_may_overload_and_then_nothing_more_is_offered(bench: Workbench) -> None:
    bench.silent("c1")
    bench.serve("c2")
    bench.said("c1")
    assert bench.of_agent("anna").load == {"chat": 2}
    bench.enter("c3")
    assert bench.asked("c3") == []
    bench.complete("c2")
    assert bench.asked("c3") == [], "she is full, no more"
    bench.complete("c1")
    assert bench.asked("c3") == ["anna"]


def test_it_may_be_said_to_be_silent_before_its_time(bench: Workbench) -> None:
    bench.enter("c2")
    told = bench.silent("c1", "anna")
    assert [x.by for x in told.events if isinstance(x, e.ConversationIdled)] == ["ingest:i"]
    assert bench.asked("c2") == ["anna"]
    assert bench.silent("c1").already


def test_where_no_time_is_set_it_falls_silent_only_when_it_is_said(bench: Workbench) -> None:
    bench.queue()
    bench.pass_s(7 * 86_400)
    assert not bench.conversation("c1").idle
    assert bench.said("c1").already
    bench.silent("c1")
    assert bench.conversation("c1").idle
    bench.said("c1")
    assert not bench.conversation("c1").idle


def test_a_time_set_later_holds_for_what_is_held_already(bench: Workbench) -> None:
    """Whoever holds it: the agent may have left the queue since."""
    bench.queue()
    bench.queue("r")
    bench.pass_s(10)
    bench.agent("anna", "r")
    bench.queue(idle={"after_ms": 30_000})
    bench.pass_s(19.999)
    assert not bench.conversation("c1").idle
    bench.pass_s(0.001)
    assert bench.conversation("c1").idle


def test_a_longer_time_holds_at_once_too(bench: Workbench) -> None:
    bench.queue(idle={"after_ms": 90_000})
    bench.pass_s(89.999)
    assert not bench.conversation("c1").idle
    bench.pass_s(0.001)
    assert bench.conversation("c1").idle


def test_a_restart_knows_since_when_it_is_silent(bench: Workbench) -> None:
    bench.pass_s(10)
    bench.said("c1")
    bench.take_over()
    bench.pass_s(59.999)
    assert not bench.conversation("c1").idle
    bench.pass_s(0.001)
    assert bench.conversation("c1").idle


def test_wrap_up_takes_the_units_again(bench: Workbench) -> None:
    bench.queue(idle={"after_ms": AFTER_MS}, wrap_up={"ms": 5_000})
    bench.silent("c1")
    bench.complete("c1")
    assert (bench.of_agent("anna").load, bench.in_state("c1")) == ({"chat": 1}, "wrapping")
    bench.pass_s(5)
    assert bench.of_agent("anna").load == {}


def test_wrap_up_does_not_fall_silent(bench: Workbench) -> None:
    bench.queue(idle={"after_ms": 1_000}, wrap_up={"ms": 60_000})
    bench.complete("c1")
    bench.pass_s(59)
    assert bench.of_agent("anna").load == {"chat": 1}
    assert bench.silent("c1").already and bench.said("c1").already


@pytest.mark.parametrize("end", ["complete", "close", "cancel", "requeue", "release", "away"])
def test_its_end_gives_back_nothing_twice(bench: Workbench, end: str) -> None:
    bench.silent("c1")
    bench.enter("c2")
    getattr(bench, end)("anna" if end == "away" else "c1")
    assert bench.of_agent("anna").load == ({} if end == "away" else {"chat": 1})


def test_given_to_another_it_is_awake_there(bench: Workbench) -> None:
    bench.agent("ben")
    bench.silent("c1")
    bench.assign("c1", "ben")
    assert (bench.conversation("c1").idle, bench.of_agent("ben").load) == (False, {"chat": 1})
    assert bench.of_agent("anna").load == {}


def test_only_who_holds_it_may_speak_for_himself(bench: Workbench) -> None:
    with bench.refuses("not_yours"):
        bench.said("c1", "ben")
    with bench.refuses("not_yours"):
        bench.silent("c1", "ben")
    with bench.refuses("unknown_conversation"):
        bench.said("nowhere")
    bench.close("c1")
    with bench.refuses("conversation_ended"):
        bench.said("c1")


def test_nothing_is_silent_that_nobody_holds(bench: Workbench) -> None:
    bench.enter("c2")
    assert bench.silent("c2").already and bench.said("c2").already
    bench.complete("c1")
    assert bench.asked("c2") == ["anna"]
    assert bench.silent("c2").already


def test_idle_work_does_not_block_another_channel(bench: Workbench) -> None:
    parts = {"capacity": {"chat": 1, "call": 1}, "blocks": {"chat": ["call"]}}
    bench.agent("anna", **parts)
    bench.enter("c2", channel="call")
    assert bench.asked("c2") == []
    bench.silent("c1")
    assert bench.asked("c2") == ["anna"]


def test_the_least_loaded_is_counted_without_the_silent(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "least_loaded"})
    bench.agent("anna", capacity={"chat": 9})
    bench.staff("ben", capacity={"chat": 9})
    bench.away("ben")
    bench.serve("c2")
    bench.available("ben")
    bench.serve("b1")
    assert bench.holder("b1") == "ben"
    bench.silent("c1")
    bench.silent("c2")
    assert bench.serve("c3") == "anna"
