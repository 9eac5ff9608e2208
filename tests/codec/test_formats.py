"""The stored formats: what each consists of, and that nothing is written that one cannot say."""

from __future__ import annotations

import pytest

from app.codec.errors import NotInFormat
from app.codec.events import TABLE, encode
from app.codec.formats import FIRST, FORMATS, NEWEST, READS, WRITES
from app.codec.state_form import STATE_SCHEMA
from app.domain import events as e
from app.domain.events import Event
from tests.codec.examples import EXAMPLES, KEY, PREV, WORKSPACE

FIRST_RELEASE = {number: 1 for number in range(1, 40)} | dict.fromkeys((4, 7, 9, 12, 17, 22), 2)
"""Said a second time, by hand: what release 0.2.0 reads and writes."""


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
