"""The format gate: what the format in force cannot say is refused first, and only that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain import commands as c
from app.domain import events as e
from app.domain.gate import beyond_format, needed
from app.domain.state import State
from tests.domain.workbench import Workbench


def desk(in_format: int, wrap_ms: int = 0) -> Workbench:
    """Somebody holds c1."""
    bench = Workbench()
    if in_format > 1:
        bench.do(c.FinalizeFormat(in_format, "admin"))
    bench.queue(wrap_up={"ms": wrap_ms})
    bench.staff("anna")
    bench.enter("c1")
    bench.received("anna", "c1")
    bench.accept("anna", "c1")
    return bench


COMPLETE = c.CompleteConversation("c1", "anna", "resolved")


def test_the_first_format_has_no_dispositions() -> None:
    bench = desk(1)
    with bench.refuses("not_in_format"):
        bench.do(COMPLETE)
    assert bench.in_state("c1") == "assigned"
    bench.do(replace(COMPLETE, disposition=None))
    assert bench.in_state("c1") == "closed"


def test_it_says_what_to_do() -> None:
    refused = beyond_format(State(), COMPLETE)
    assert refused is not None
    assert refused.message == "This needs stored format 2: interlock format finalize"


def test_it_is_asked_before_anything_else() -> None:
    bench = desk(1)
    with bench.refuses("not_in_format"):
        bench.do(c.CompleteConversation("nobody", "nobody", "resolved"))


def test_what_needs_nothing_new_is_never_refused_by_it() -> None:
    assert needed(c.Tick()) == 1
    assert beyond_format(State(), c.Tick()) is None
    assert beyond_format(State(), replace(COMPLETE, disposition=None)) is None


def test_an_empty_word_is_a_word() -> None:
    assert needed(replace(COMPLETE, disposition="")) == 2


def test_what_came_of_it_is_kept_and_told() -> None:
    bench = desk(2)
    bench.do(COMPLETE)
    (ended,) = [event for event in bench.last if isinstance(event, e.ConversationEnded)]
    assert ended.disposition == "resolved"
    assert bench.state.conversations["c1"].disposition == "resolved"


@pytest.mark.parametrize("way", ["finish", "time", "supervisor"])
def test_through_wrap_up_it_stays(way: str) -> None:
    bench = desk(2, wrap_ms=10_000)
    bench.do(COMPLETE)
    bench.do(c.ExtendWrapUp("c1", "anna", 5_000))
    assert bench.state.conversations["c1"].disposition == "resolved"
    if way == "finish":
        bench.do(c.FinishWrapUp("c1", "anna"))
    elif way == "time":
        bench.pass_s(20)
    else:
        bench.do(c.CloseConversation("c1", "enough", "supervisor:s"))
    assert bench.in_state("c1") == "closed"
    assert bench.state.conversations["c1"].disposition == "resolved"
    (ended,) = [event for event in bench.log if isinstance(event, e.ConversationEnded)]
    assert ended.disposition == (None if way == "supervisor" else "resolved")


def test_the_first_word_counts() -> None:
    bench = desk(2, wrap_ms=10_000)
    bench.do(COMPLETE)
    assert bench.do(replace(COMPLETE, disposition="callback")).already
    assert bench.state.conversations["c1"].disposition == "resolved"


@pytest.mark.parametrize(
    "command",
    [
        c.ReleaseConversation("c1", "again", "supervisor:s"),
        c.QuarantineConversation("c1", "odd", "", "system"),
    ],
)
def test_what_waits_again_has_come_to_nothing_yet(command: c.Command) -> None:
    bench = desk(2, wrap_ms=10_000)
    bench.do(COMPLETE)
    bench.do(command)
    assert bench.in_state("c1") in ("waiting", "offered")
    assert bench.state.conversations["c1"].disposition is None


def test_back_to_the_first_format_only_once_it_can_say_all() -> None:
    bench = desk(2)
    bench.do(COMPLETE)
    with bench.refuses("not_in_format"):
        bench.do(c.FinalizeFormat(1, "admin"))
    refused = bench.attempt(c.FinalizeFormat(1, "admin")).refusal
    assert refused is not None and "that have one: 1" in refused.message
    bench.pass_s(86_401)
    assert "c1" not in bench.state.conversations
    bench.do(c.FinalizeFormat(1, "admin"))
    assert bench.state.format == 1
    bench.do(c.FinalizeFormat(2, "admin"))
