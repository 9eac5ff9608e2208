"""Wrap-up of an agent's own, which replaces that of every queue."""

from __future__ import annotations

from tests.domain.workbench import Workbench


def test_an_agents_own_wrap_up_replaces_that_of_the_queue(bench: Workbench) -> None:
    bench.queue("wraps", wrap_up={"ms": 10_000})
    bench.queue("none")
    bench.staff("slow", ["wraps", "none"], wrap_up_ms=20_000)
    for queue in ("wraps", "none"):
        bench.serve(queue, queue)
        bench.complete(queue)
        bench.pass_s(19.999)
        assert bench.in_state(queue) == "wrapping"
        bench.pass_s(0.001)
        assert bench.in_state(queue) == "closed"


def test_an_agent_of_no_wrap_up_has_none(bench: Workbench) -> None:
    bench.queue(wrap_up={"ms": 10_000})
    bench.staff("quick", wrap_up_ms=0)
    bench.serve("c1")
    bench.complete("c1")
    assert (bench.in_state("c1"), bench.conversation("c1").end_reason) == ("closed", "completed")


def test_a_wrap_up_that_runs_keeps_its_time(bench: Workbench) -> None:
    bench.queue(wrap_up={"ms": 10_000})
    bench.staff("anna")
    bench.serve("c1")
    bench.complete("c1")
    bench.agent("anna", wrap_up_ms=0)
    bench.pass_s(9.999)
    assert bench.in_state("c1") == "wrapping"
