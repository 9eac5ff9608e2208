"""The state hash: the same for the same state, whoever made it, and other for any other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, get_type_hints

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.codec.chain import LogReader, seal_batch
from app.codec.envelope import NO_RECORD
from app.codec.state_form import parts_of, state_hash, state_of
from app.domain import commands as c
from app.domain.engine import Engine
from app.domain.events import Event
from app.domain.fold import fold
from app.domain.outcome import Outcome
from app.domain.state import State
from tests.codec.day import Day
from tests.codec.examples import KEY, any_of
from tests.codec.logs import read_logs, replay
from tests.domain.history import History
from tests.domain.workbench import Workbench

TABLES = ("queues", "agents", "conversations", "offers", "keys", "presences")


class Reader:
    """A second process that knows the log and nothing else."""

    def __init__(self, workspace: str) -> None:
        self.workspace, self.state = workspace, State()
        self.reader = LogReader(workspace, KEY)

    def read(self, events: list[Event]) -> None:
        prev = self.reader.prev or NO_RECORD
        for record in seal_batch(self.workspace, KEY, prev, events)[0]:
            fold(self.state, self.reader.decode(record))

    def agrees(self, live: State) -> None:
        assert state_hash(self.state) == state_hash(live)
        for table in TABLES:
            entries = getattr(live, table)
            assert [entry.id for entry in entries.values()] == list(entries), table
        assert [change.version for change in live.changes.values()] == list(live.changes)


class WatchedBench(Workbench):
    """A workbench whose every step a second process follows."""

    follower: Reader

    def attempt(self, command: c.Command) -> Outcome:
        outcome = super().attempt(command)
        self.__dict__.setdefault("follower", Reader("acme")).read(outcome.events)
        self.follower.agrees(self.state)
        return outcome


class WatchedDay(Day):
    """The day of the golden logs, followed likewise."""

    def __init__(self) -> None:
        super().__init__(Engine(retention_ms=120_000), 1_800_000_000_000)
        self.follower, self.steps = Reader("acme"), 0
        self.ask(c.OpenWorkspace("acme", "gen-1"))

    def ask(self, *commands: c.Command) -> None:
        for command in commands:
            before = len(self.events)
            super().ask(command)
            self.follower.read(self.events[before:])
            self.follower.agrees(self.engine.state)
            self.steps += 1


@pytest.mark.parametrize("seed", range(2))
def test_a_replay_has_the_hash_of_the_live_state_at_every_step(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.domain.history.Workbench", WatchedBench)
    day = History(seed)
    day.live(150)
    assert len(day.bench.log) > 150


def test_so_it_does_through_all_that_the_engine_can_do() -> None:
    day = WatchedDay()
    day.live()
    assert day.steps > 400 and len({type(event) for event in day.events}) > 30


@cache
def rich_state() -> State:
    """One in which each class of the state occurs. Who changes it puts it right again."""
    return replay(read_logs()[-1])[0]


def inside(value: Any) -> Iterator[Any]:
    """All records and dicts in a value, itself included."""
    if is_dataclass(value):
        yield value
        for field in fields(value):
            yield from inside(getattr(value, field.name))
    elif isinstance(value, dict):
        yield value
        for entry in value.values():
            yield from inside(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from inside(entry)


def classes_of(hint: Any, found: dict[str, Any]) -> dict[str, Any]:
    """Every class in an annotation, by name."""
    for part in getattr(hint, "__args__", ()):
        classes_of(part, found)
    if is_dataclass(hint) and isinstance(hint, type) and hint.__name__ not in found:
        found[hint.__name__] = hint
        for part in get_type_hints(hint).values():
            classes_of(part, found)
    return found


CLASSES = classes_of(State, {})
FIELDS = [(name, field.name) for name, cls in CLASSES.items() for field in fields(cls)]


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=map(".".join, FIELDS))
def test_a_field_that_changes_changes_the_hash(name: str, field: str) -> None:
    state, cls = rich_state(), CLASSES[name]
    before = state_hash(state)
    records = [record for record in inside(state) if type(record) is cls]
    assert records, f"teach tests/codec/day.py to leave a {name} behind"
    values = any_of(get_type_hints(cls)[field])

    @settings(max_examples=8)
    @given(record=st.sampled_from(records), value=values)
    def changes(record: Any, value: Any) -> None:
        known = getattr(record, field)
        assume(repr(known) != repr(value))
        object.__setattr__(record, field, value)
        try:
            assert state_hash(state) != before
        finally:
            object.__setattr__(record, field, known)

    changes()
    assert state_hash(state) == before


def test_the_order_in_which_a_dict_was_filled_counts() -> None:
    """Offers of an agent are taken back in it, lots are drawn in it, an index is rebuilt in it."""
    state = rich_state()
    before = state_hash(state)
    dicts = [entry for entry in inside(state) if isinstance(entry, dict) and len(entry) > 1]
    assert len(dicts) > 50
    for entry in dicts:
        filled = dict(entry)
        entry.clear()
        entry.update(reversed(filled.items()))
        assert state_hash(state) != before, list(filled)
        entry.clear()
        entry.update(filled)
    assert state_hash(state) == before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"x": 1}, {"x": 1.0}),
        ({"x": 1}, {"x": True}),
        ({"x": 0.0}, {"x": -0.0}),
        ({"x": None}, {}),
        ({"x": "1"}, {"x": 1}),
        ({"x": []}, {"x": {}}),
        ({"x": "\u00e9"}, {"x": "e\u0301"}),
    ],
    ids=repr,
)
def test_what_python_or_an_eye_takes_for_equal_is_not(one: Any, other: Any) -> None:
    record = next(iter(rich_state().conversations.values()))
    known, hashes = record.attributes, []
    for value in (one, other):
        record.attributes = value
        hashes.append(state_hash(rich_state()))
    record.attributes = known
    assert hashes[0] != hashes[1]


def test_what_is_built_from_its_parts_has_the_same_hash() -> None:
    state = rich_state()
    again = state_of(parts_of(state))
    assert again == state and state_hash(again) == state_hash(state)
