"""Older versions become the newest one, step by step; a contradictory table is not made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from app.codec.envelope import FIRST_DERIVED_KIND, seal
from app.codec.errors import BadBody, UnknownSchema, WrongIdentity
from app.codec.events import decode, encode
from app.codec.table import EventTable, Kind, Upcaster
from tests.codec.examples import KEY, PREV, WORKSPACE


@dataclass(slots=True, frozen=True)
class Greeted:
    """Schema 1: at, who. Schema 2: ``who`` is called ``name``. Schema 3: ``loud`` is new."""

    at: int
    name: str
    loud: bool = False


@dataclass(slots=True, frozen=True)
class Left:
    """A second record type, still at schema 1."""

    at: int


def rename(plain: dict[str, Any]) -> dict[str, Any]:
    plain["name"] = plain.pop("who")
    return plain


def add_loud(plain: dict[str, Any]) -> dict[str, Any]:
    return plain | {"loud": False}


GREETED = Kind(1, 3, Greeted)
LEFT = Kind(2, 1, Left)
STEPS: dict[tuple[int, int], Upcaster] = {(1, 1): rename, (1, 2): add_loud}
TABLE = EventTable([GREETED, LEFT], STEPS)


def read(schema: int, body: str, workspace: str = WORKSPACE) -> object:
    return decode(workspace, KEY, seal(KEY, 1, schema, PREV, body.encode()), TABLE)[0]


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        (1, '{"ws":"main","at":5,"who":"Bo"}'),
        (2, '{"ws":"main","at":5,"name":"Bo"}'),
        (3, '{"ws":"main","at":5,"name":"Bo","loud":false}'),
    ],
)
def test_every_version_becomes_the_newest(schema: int, body: str) -> None:
    assert read(schema, body) == Greeted(5, "Bo", loud=False)


def test_only_the_newest_version_is_written() -> None:
    event: Any = Greeted(5, "Bo", loud=True)
    record = encode(WORKSPACE, KEY, PREV, event, TABLE)
    assert record[6:8] == b"\x00\x03"
    assert decode(WORKSPACE, KEY, record, TABLE) == (event, PREV)


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        (1, '{"ws":"main","at":5,"name":"Bo"}'),
        (1, '{"ws":"main","at":5,"who":"Bo","extra":1}'),
        (1, '{"ws":"main","at":5,"who":"Bo","who":"Bo"}'),
        (1, '{"ws":"main","at":5,"who":7}'),
        (2, '{"ws":"main","at":5,"who":"Bo"}'),
        (2, '{"ws":"main","name":"Bo"}'),
        (3, '{"ws":"main","at":5,"name":"Bo"}'),
    ],
)
def test_a_body_that_lies_about_its_version_is_refused(schema: int, body: str) -> None:
    with pytest.raises(BadBody):
        read(schema, body)


def test_an_old_record_of_another_workspace_is_refused() -> None:
    with pytest.raises(WrongIdentity):
        read(1, '{"ws":"main","at":5,"who":"Bo"}', workspace="other")


@pytest.mark.parametrize("schema", [0, 4])
def test_a_version_without_a_way_here_is_refused(schema: int) -> None:
    with pytest.raises(UnknownSchema, match="reads 1 to 3"):
        read(schema, '{"ws":"main","at":5,"name":"Bo","loud":false}')


@pytest.mark.parametrize(
    "kinds",
    [
        [GREETED, Kind(1, 1, Left)],
        [GREETED, Kind(2, 3, Greeted)],
        [GREETED, Kind(0, 1, Left)],
        [GREETED, Kind(FIRST_DERIVED_KIND, 1, Left)],
    ],
    ids=["number twice", "class twice", "zero", "derived"],
)
def test_a_table_of_doubtful_numbers_is_not_made(kinds: list[Kind]) -> None:
    with pytest.raises(ValueError, match="record type"):
        EventTable(kinds, STEPS)


@pytest.mark.parametrize(
    "steps",
    [{}, {(1, 1): rename}, {(1, 2): add_loud}, STEPS | {(1, 3): rename}, STEPS | {(2, 1): rename}],
    ids=["none", "gap at the end", "gap at the start", "too many", "wrong kind"],
)
def test_a_table_with_a_broken_way_is_not_made(steps: dict[tuple[int, int], Upcaster]) -> None:
    with pytest.raises(ValueError, match="upcasters"):
        EventTable([GREETED, LEFT], steps)
