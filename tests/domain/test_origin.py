"""From where something was done: said beside what was done, and of nothing that was not."""

from __future__ import annotations

from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.refusals import Refusal
from app.domain.settings import QueueSettings

ADMIN, HERE = "admin:key-0", "192.0.2.7"


def begun(in_format: int) -> Engine:
    engine = Engine()
    engine.apply(c.OpenWorkspace("main", "g"), 1)
    engine.apply(c.FinalizeFormat(in_format, "system"), 1)
    engine.apply(c.OpenEpoch(1, "n", 0), 1)
    return engine


def traced(engine: Engine, command: object) -> list[e.Event]:
    outcome = engine.apply(c.Traced(command, ADMIN, HERE), 5)
    assert outcome.refusal is None
    return outcome.events


def test_it_stands_behind_what_was_done_and_counts_it() -> None:
    engine = begun(2)
    put = c.PutQueue("q", QueueSettings(name="Q"), ADMIN)
    configured, noted = traced(engine, put)
    assert isinstance(configured, e.QueueConfigured)
    assert noted == e.OriginNoted(5, 1, ADMIN, HERE)
    assert traced(engine, put) == [], "what had been done before was not done from here"


def test_an_older_format_has_no_words_for_it_and_does_what_is_asked() -> None:
    engine = begun(1)
    done = traced(engine, c.PutQueue("q", QueueSettings(name="Q"), ADMIN))
    assert [type(one) for one in done] == [e.QueueConfigured]


def test_refusals_and_the_gate_are_those_of_the_command() -> None:
    unknown = begun(2).apply(c.Traced(c.RemoveQueue("q", ADMIN), ADMIN, HERE), 5)
    assert unknown.refusal is not None and unknown.refusal.code == Refusal.UNKNOWN_QUEUE
    assert unknown.events == []
    gated = begun(1).apply(c.Traced(c.FreezeRepairs(9, "x", ADMIN), ADMIN, HERE), 5)
    assert gated.refusal is not None and gated.refusal.code == Refusal.NOT_IN_FORMAT
    engine = begun(2)
    traced(engine, c.FreezeRepairs(60_000, "x", ADMIN))
    stuck = engine.apply(c.Traced(c.FinalizeFormat(1, ADMIN), ADMIN, HERE), 6)
    assert stuck.refusal is not None and stuck.refusal.code == Refusal.NOT_IN_FORMAT
