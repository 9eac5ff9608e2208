"""One conversation set aside: it waits, nobody is offered it, and the others go on."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain import commands as c
from app.domain.check import check
from app.domain.engine import Engine
from app.domain.explain import explain
from app.domain.settings import OverflowRule, QueueSettings
from tests.domain import workbench
from tests.domain.workbench import Workbench


class Absent:
    """Stands in for the referee, who does not know quarantine; ``check`` judges alone."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


@pytest.fixture(autouse=True)
def nobody_whistles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbench, "Referee", Absent)


def set_aside(bench: Workbench, conversation: str) -> None:
    aside = c.QuarantineConversation(conversation, "odd", "names two queues", "system")
    bench.engine.apply(aside, bench.now)
    check(bench.engine, bench.now)


def busy(*, agents: int = 1) -> Workbench:
    bench = Workbench()
    bench.queue()
    for number in range(agents):
        bench.staff(f"a{number}")
    return bench


def test_what_is_offered_is_taken_back_and_the_next_goes_on() -> None:
    bench = busy()
    bench.enter("c1")
    bench.enter("c2")
    set_aside(bench, "c1")
    assert (bench.asked("c1"), bench.asked("c2")) == ([], ["a0"])
    assert bench.of_agent("a0").missed_streak == 0


def test_it_still_counts_as_waiting_and_stands_in_no_line() -> None:
    bench = busy(agents=0)
    bench.enter("c1")
    bench.enter("c2")
    set_aside(bench, "c1")
    assert bench.of_queue().counts["waiting"] == 2
    assert bench.engine.position_of("c1") is None
    assert bench.engine.position_of("c2") == 1
    assert bench.engine.oldest_waiting_at("q") == bench.conversation("c2").enqueued_at


def test_its_agent_is_free_for_others() -> None:
    bench = busy()
    bench.serve("c1")
    set_aside(bench, "c1")
    assert bench.of_agent("a0").load == {}
    assert bench.serve("c2") == "a0"


def test_the_explanation_says_so() -> None:
    bench = busy()
    bench.enter("c1")
    set_aside(bench, "c1")
    assert "quarantine: odd" in explain(bench.engine, "c1", bench.now).sentence


def test_put_back_it_has_its_old_place() -> None:
    bench = busy(agents=0)
    bench.enter("c1")
    bench.pass_s(5)
    bench.enter("c2")
    set_aside(bench, "c1")
    bench.requeue("c1")
    assert bench.line() == ["c1", "c2"]
    bench.staff("a0")
    assert bench.asked("c1") == ["a0"]


def test_an_overflow_rule_leaves_it_alone() -> None:
    bench = Workbench()
    rule = OverflowRule(when="after_ms", value=10_000, to="close")
    bench.do(c.PutQueue("q", QueueSettings(name="Q", overflow=[rule]), "t"))
    bench.enter("c1")
    set_aside(bench, "c1")
    bench.pass_s(60)
    assert bench.in_state("c1") == "waiting"


@pytest.mark.parametrize("act", ["assign", "move", "abandon", "close"])
def test_the_ordinary_actions_take_it_out(act: str) -> None:
    bench = busy(agents=0)
    bench.queue("other")
    bench.agent("a0", ["q", "other"])
    bench.enter("c1")
    set_aside(bench, "c1")
    {
        "assign": lambda: bench.assign("c1", "a0"),
        "move": lambda: bench.move("c1", "other"),
        "abandon": lambda: bench.abandon("c1"),
        "close": lambda: bench.close("c1"),
    }[act]()
    assert bench.conversation("c1").quarantine is None


def test_twice_is_once() -> None:
    bench = busy(agents=0)
    bench.enter("c1")
    set_aside(bench, "c1")
    aside = c.QuarantineConversation("c1", "again", "", "system")
    assert bench.engine.apply(aside, bench.now).already
    assert bench.conversation("c1").quarantine.reason == "odd"  # type: ignore[union-attr]


def test_a_restart_keeps_it_aside() -> None:
    bench = busy()
    bench.enter("c1")
    set_aside(bench, "c1")
    engine = Engine(bench.state)
    engine.apply(c.OpenEpoch(9, "n2", 20_000), bench.now)
    engine.apply(c.ConnectAgent("a0"), bench.now)
    assert engine.state.conversations["c1"].offers == []


def test_nobody_may_pick_it() -> None:
    bench = Workbench()
    bench.queue()
    bench.agent("a0", pull=True)
    bench.enter("c1")
    set_aside(bench, "c1")
    bench.staff("a0", pull=True)
    outcome = bench.engine.apply(c.PullConversation("a0", "q", "c1"), bench.now)
    assert outcome.refusal is not None and "quarantine" in outcome.refusal.message
