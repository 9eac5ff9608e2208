"""The stored formats: what each consists of, and that nothing is written that one cannot say."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from app.codec import state_versions
from app.codec.chain import LogReader, seal_batch
from app.codec.downcasters import DOWNCASTERS
from app.codec.envelope import NO_RECORD, open_
from app.codec.errors import NotInFormat, WriteVerifyFailed
from app.codec.events import TABLE, decode, encode
from app.codec.formats import FIRST, FORMATS, NEWEST, READS, WRITES
from app.codec.state_form import STATE_SCHEMA
from app.codec.table import EventTable, Kind
from app.codec.upcasters import UPCASTERS
from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.events import Event
from tests.codec.day import Day
from tests.codec.examples import EXAMPLES, KEY, PREV, WORKSPACE, any_of
from tests.domain.history import History

FIRST_RELEASE = {number: 1 for number in range(1, 40)} | dict.fromkeys((4, 7, 9, 12, 17, 22), 2)
"""Said a second time, by hand: what release 0.2.0 reads and writes."""
BY_TYPE = {type(example): example for example in EXAMPLES}
GAINED_BY_2 = (e.ConversationWrapping, e.ConversationEnded)
NEW_IN_2 = (
    e.LoginEnded,
    e.AgentSignedOut,
    e.RepairsFrozen,
    e.RepairsThawed,
    e.BroadcastSent,
    e.BroadcastWithdrawn,
    e.ConfigExplained,
    e.KeyLimited,
    e.KeyRotated,
    e.OriginNoted,
)


def test_a_released_format_does_not_change() -> None:
    assert FORMATS[1] == (FIRST_RELEASE, 1)


def test_the_newest_format_is_what_this_build_has() -> None:
    newest = FORMATS[NEWEST]
    assert newest.records == {kind.number: kind.schema for kind in TABLE.kinds}, (
        "a record that changes belongs to a new stored format: see app.codec.formats"
    )
    assert newest.state == STATE_SCHEMA


def test_every_format_since_the_first_is_read_and_the_last_two_are_written() -> None:
    assert [*FORMATS] == [*READS] == [*range(FIRST, NEWEST + 1)]
    assert [*WRITES] == [*FORMATS][-2:]


def test_a_format_only_ever_gains() -> None:
    for number in range(FIRST, NEWEST):
        old, new = FORMATS[number], FORMATS[number + 1]
        assert all(schema <= new.records[kind] for kind, schema in old.records.items())
        assert old.state <= new.state <= old.state + 1
        assert old != new


@pytest.mark.parametrize("in_format", [0, NEWEST + 1])
def test_a_format_of_another_build_is_not_written(in_format: int) -> None:
    with pytest.raises(NotInFormat, match="does not write"):
        encode(WORKSPACE, KEY, PREV, e.DeadlinesExtended(1, 2), in_format=in_format)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_the_newest_format_says_everything_in_the_same_bytes(event: Event) -> None:
    said = encode(WORKSPACE, KEY, PREV, event, in_format=NEWEST)
    assert said == encode(WORKSPACE, KEY, PREV, event)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_older_format_says_what_it_can_in_its_own_versions(event: Event) -> None:
    if isinstance(event, NEW_IN_2):
        with pytest.raises(NotInFormat, match="no such record type"):
            encode(WORKSPACE, KEY, PREV, event, in_format=1)
        return
    if isinstance(event, e.ConversationWrapping | e.ConversationEnded):
        event = replace(event, disposition=None)
    record = encode(WORKSPACE, KEY, PREV, event, in_format=1)
    opened = open_(KEY, record)
    assert opened.schema == FIRST_RELEASE[opened.kind]
    assert b"disposition" not in opened.body
    assert decode(WORKSPACE, KEY, record) == (event, PREV)


@pytest.mark.parametrize("kind", GAINED_BY_2)
def test_what_an_older_format_cannot_say_is_refused(kind: type[Any]) -> None:
    example: Any = BY_TYPE[kind]
    assert example.disposition is not None
    with pytest.raises(NotInFormat, match="no disposition"):
        encode(WORKSPACE, KEY, PREV, example, in_format=1)


def test_a_record_type_that_the_format_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    poorer = {number: schema for number, schema in FORMATS[1].records.items() if number != 3}
    formats = dict(FORMATS) | {1: FORMATS[1]._replace(records=poorer)}
    monkeypatch.setattr("app.codec.events.FORMATS", formats)
    with pytest.raises(NotInFormat, match="no such record type"):
        encode(WORKSPACE, KEY, PREV, e.DeadlinesExtended(1, 2), in_format=1)


@pytest.mark.parametrize(("number", "version"), [*DOWNCASTERS])
def test_down_and_up_again_is_the_same_for_all_that_the_older_version_can_say(
    number: int, version: int
) -> None:
    kind = TABLE.by_number[number]
    assert kind.schema == version, "an older step is held by the older release's test"
    seen = {"said": 0, "refused": 0}

    @settings(max_examples=150)
    @given(event=any_of(kind.event_type))
    def holds(event: Any) -> None:
        plain = msgspec.to_builtins(event)
        try:
            older = DOWNCASTERS[number, version](msgspec.to_builtins(event))
        except NotInFormat:
            assert event.disposition is not None
            seen["refused"] += 1
            return
        assert older.keys() == plain.keys() - {"disposition"}
        assert UPCASTERS[number, version - 1](older) == plain
        seen["said"] += 1

    holds()
    assert all(seen.values()), seen


def test_every_step_back_to_a_format_that_is_written_exists() -> None:
    for in_format in WRITES:
        for number, schema in FORMATS[in_format].records.items():
            for version in range(TABLE.by_number[number].schema, schema, -1):
                assert (number, version) in DOWNCASTERS


@dataclass(slots=True, frozen=True)
class Told:
    """Schema 1: ``at``. Schema 2: ``loud`` is new."""

    at: int
    loud: Any = 0.0


def table(down: Any, up: Any) -> EventTable:
    return EventTable([Kind(3, 2, Told)], {(3, 1): up}, {(3, 2): down})


def quiet(plain: dict[str, Any]) -> dict[str, Any]:
    return {"at": plain["at"]}


@pytest.mark.parametrize(
    ("down", "up"),
    [
        (quiet, lambda plain: plain | {"loud": 0.0}),
        (quiet, lambda plain: plain | {"loud": 2}),
        (lambda plain: plain, lambda plain: plain | {"more": 1}),
        (quiet, lambda plain: plain["not there"]),
    ],
    ids=["drops a value", "another type", "unreadable", "cannot be lifted"],
)
def test_a_step_down_that_loses_anything_writes_nothing(down: Any, up: Any) -> None:
    event: Any = Told(5, 2.0)
    with pytest.raises(WriteVerifyFailed):
        encode(WORKSPACE, KEY, PREV, event, table(down, up), in_format=1)


def test_a_step_down_that_comes_back_is_written() -> None:
    event: Any = Told(5)
    made = table(quiet, lambda plain: plain | {"loud": 0.0})
    record = encode(WORKSPACE, KEY, PREV, event, made, in_format=1)
    assert decode(WORKSPACE, KEY, record, made)[0] == event
    with pytest.raises(ValueError, match="downcasters"):
        EventTable([Kind(3, 2, Told)], {(3, 1): quiet}, {(3, 3): quiet})


def test_a_batch_goes_on_in_the_format_that_it_finalizes() -> None:
    """Who cannot read on must be able to read that: the event itself is still in the old one."""
    ended: Any = BY_TYPE[e.ConversationEnded]
    plain: Any = replace(ended, disposition=None)
    events = [plain, e.FormatFinalized(1, 2, "a"), ended, e.FormatFinalized(2, 1, "a"), plain]
    records, _ = seal_batch(WORKSPACE, KEY, NO_RECORD, events, in_format=1)
    assert [open_(KEY, record).schema for record in records] == [2, 1, 3, 1, 2]
    reader = LogReader(WORKSPACE, KEY)
    assert [reader.decode(record) for record in records] == events
    with pytest.raises(NotInFormat):
        seal_batch(WORKSPACE, KEY, NO_RECORD, [events[1], events[3], ended], in_format=1)


def written(events: list[Event], in_format: int) -> set[tuple[int, int]]:
    """Versions that the history needs; each record is read back while it is written."""
    records, _ = seal_batch("acme", KEY, NO_RECORD, events, in_format=in_format)
    return {(one.kind, one.schema) for one in (open_(KEY, record) for record in records)}


@pytest.mark.parametrize("seed", range(3))
def test_a_history_in_the_first_format_can_be_written_in_it_and_in_the_next(seed: int) -> None:
    history = History(seed)
    history.live(250)
    assert history.bench.state.format == 1
    versions = written(history.bench.log, in_format=1)
    assert versions <= set(FIRST_RELEASE.items()) and (17, 2) in versions
    assert (17, 3) in written(history.bench.log, in_format=2)


@pytest.mark.parametrize("in_format", WRITES)
def test_whatever_the_engine_does_under_a_format_that_format_can_say(in_format: int) -> None:
    """Both commands of the day name what only the second format knows: the gate sorts them."""
    engine = Engine(retention_ms=120_000)
    now = 1_800_000_000_000
    first = engine.apply(c.OpenWorkspace("acme", "gen-1"), now).events
    day = Day(engine, now, in_format)
    events = [*first, *day.live()]
    assert engine.state.format == in_format
    versions = written(events, in_format=1)
    told = any(one.disposition for one in engine.state.conversations.values())
    assert told == (in_format > 1) == ((17, 3) in versions)


def test_a_state_goes_down_and_up_again_or_not_at_all() -> None:
    plain = [{"id": "c1", "ended_at": 5, "disposition": None}]
    older = state_versions.DOWNCASTERS[2]("conversations", deepcopy(plain))
    assert older == [{"id": "c1", "ended_at": 5}]
    assert state_versions.UPCASTERS[1]("conversations", deepcopy(older)) == plain
    with pytest.raises(ValueError, match="later version"):
        state_versions.UPCASTERS[1]("conversations", deepcopy(plain))
    with pytest.raises(NotInFormat):
        state_versions.DOWNCASTERS[2]("conversations", [{"id": "c1", "disposition": "resolved"}])
    changes = [{"version": 7, "reason": ""}]
    assert state_versions.DOWNCASTERS[2]("changes", deepcopy(changes)) == [{"version": 7}]
    assert state_versions.UPCASTERS[1]("changes", [{"version": 7}]) == changes
    with pytest.raises(NotInFormat):
        state_versions.DOWNCASTERS[2]("changes", [{"version": 7, "reason": "sick"}])
    with pytest.raises(ValueError, match="later version"):
        state_versions.UPCASTERS[1]("changes", deepcopy(changes))
    key = {"id": "k", "revoked_at": 0}
    (newer,) = state_versions.UPCASTERS[1]("keys", [dict(key)])
    assert newer.keys() > key.keys()
    assert state_versions.DOWNCASTERS[2]("keys", [dict(newer)]) == [key]
    for name, value in (("queues", ["q"]), ("expires_at", 1), ("rotated_at", 1)):
        with pytest.raises(NotInFormat):
            state_versions.DOWNCASTERS[2]("keys", [newer | {name: value}])
        with pytest.raises(ValueError, match="later version"):
            state_versions.UPCASTERS[1]("keys", [key | {name: value}])
    for section in ("sign_outs", "freezes", "broadcasts"):
        assert state_versions.DOWNCASTERS[2](section, []) == []
        with pytest.raises(NotInFormat):
            state_versions.DOWNCASTERS[2](section, [{"id": "x"}])
        with pytest.raises(ValueError, match="later version"):
            state_versions.UPCASTERS[1](section, [{"id": "x"}])
    for step in (state_versions.DOWNCASTERS[2], state_versions.UPCASTERS[1]):
        assert step("offers", [{"id": "o1"}]) == [{"id": "o1"}]


def test_every_step_of_a_state_exists() -> None:
    oldest = FORMATS[WRITES[0]].state
    assert [*state_versions.UPCASTERS] == [*range(1, STATE_SCHEMA)]
    assert {*range(oldest + 1, STATE_SCHEMA + 1)} <= {*state_versions.DOWNCASTERS}
