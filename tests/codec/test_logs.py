"""A log that was once written makes the same state for ever, whatever versions it went through."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from app.codec.chain import LogReader, seal_batch
from app.codec.envelope import NO_RECORD
from app.codec.errors import Unreadable
from app.codec.events import TABLE
from app.codec.state_form import schema_of, state_hash
from app.domain import commands as c
from app.domain.check import check
from app.domain.engine import Engine
from app.domain.events import Event
from app.domain.fold import fold
from app.domain.state import State
from tests.codec.day import Day
from tests.codec.golden import HOW_TO_ADD
from tests.codec.logs import (
    LOGS,
    RETENTION_MS,
    Log,
    read_logs,
    replay,
    untold,
    what_is_due,
    write_due,
)

ALL = read_logs()
NAMES = [log.name for log in ALL]
NEWEST = ALL[-1]


def folded(events: list[Event]) -> State:
    state = State()
    for event in events:
        fold(state, event)
    return state


@pytest.mark.parametrize("log", ALL, ids=NAMES)
def test_a_log_makes_the_state_that_its_program_had(log: Log) -> None:
    state, _, _ = replay(log)
    assert list(untold(log.told["state"], state)) == []
    if log.told["state_schema"] == schema_of(state):
        assert state_hash(state) == log.told["state_hash"], (
            "the form of the state has changed: raise STATE_SCHEMA in app.codec.state_form, then "
            f"{HOW_TO_ADD} (not released yet: delete log {NEWEST.name} first instead)"
        )


def test_all_that_is_written_today_is_in_a_golden_log() -> None:
    assert not what_is_due(ALL), f"teach tests/codec/day.py to bring it about, then {HOW_TO_ADD}"


def test_the_first_log_is_all_of_first_versions_and_the_newest_of_both() -> None:
    assert {schema for _, schema in ALL[0].versions} == {1}
    upgraded = {kind.number for kind in TABLE.kinds if kind.schema > 1}
    assert upgraded <= {number for number, _ in ALL[0].versions}
    assert {(number, schema) for number in upgraded for schema in (1, 2)} <= NEWEST.versions


@pytest.mark.parametrize(("old", "new"), list(pairwise(ALL)), ids=NAMES[1:])
def test_a_log_goes_on_where_the_one_before_ended(old: Log, new: Log) -> None:
    assert new.records[: len(old.records)] == old.records
    assert len(new.records) > len(old.records)


@pytest.mark.parametrize("log", ALL, ids=NAMES)
def test_the_same_history_in_the_newest_versions_makes_the_same_state(log: Log) -> None:
    state, events, _ = replay(log)
    records, end = seal_batch(log.told["workspace"], log.key, NO_RECORD, events)
    reader = LogReader(log.told["workspace"], log.key)
    again = [reader.decode(record) for record in records]
    assert again == events and reader.prev == end
    assert state_hash(folded(again)) == state_hash(state)
    newest = {(kind.number, kind.schema) for kind in TABLE.kinds}
    assert log._replace(records=records).versions <= newest


@pytest.mark.parametrize("log", ALL, ids=NAMES)
def test_a_new_owner_goes_on_with_it(log: Log) -> None:
    state, _, _ = replay(log)
    engine = Engine(state, retention_ms=RETENTION_MS)
    now = state.last_at + 1_000
    engine.apply(c.OpenEpoch(state.epoch + 1, "node-9", 20_000), now)
    while (due := engine.next_deadline()) is not None and due <= now + 60_000:
        engine.apply(c.Tick(), due)
        check(engine, due)


@pytest.mark.parametrize("log", ALL, ids=NAMES)
def test_a_log_with_a_hole_is_not_read_past_it(log: Log) -> None:
    for hole in range(0, len(log.records) - 1, 50):
        with pytest.raises(Unreadable):
            replay(log._replace(records=log.records[:hole] + log.records[hole + 1 :]))


def test_the_next_log_is_written_once_and_nothing_else_is_touched(tmp_path: Path) -> None:
    for path in LOGS.glob("001.*"):
        shutil.copy(path, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert write_due(tmp_path) == ["002.log"]
    assert write_due(tmp_path) == []
    assert not what_is_due(read_logs(tmp_path))
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert after.keys() == before.keys() | {"002.log", "002.json"}
    assert all(after[name] == text for name, text in before.items())


def test_a_log_that_would_lack_something_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in LOGS.glob("001.*"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(Day, "_evening", lambda day: None)
    assert write_due(tmp_path) == []
    assert [log.name for log in read_logs(tmp_path)] == ["001"]


def test_what_a_state_says_otherwise_is_named() -> None:
    told, (state, _, _) = NEWEST.told["state"], replay(NEWEST)
    state.agents["cleo"].back_off_until += 1
    state.conversations.popitem()
    state.queues["desk"].counts.popitem()
    assert [line.partition(":")[0] for line in untold(told, state)] == [
        "state.queues.desk.counts",
        "state.agents.cleo.back_off_until",
        "state.conversations",
    ]
