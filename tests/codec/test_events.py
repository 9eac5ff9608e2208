"""One event, one record: it comes back exactly as it was, or it is not written."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.codec.envelope import open_, seal
from app.codec.errors import (
    BadBody,
    DamagedRecord,
    UnknownKind,
    UnknownSchema,
    Unreadable,
    WriteVerifyFailed,
    WrongIdentity,
)
from app.codec.events import TABLE, decode, encode
from app.codec.table import EventTable, Kind
from app.domain.events import (
    ConversationEntered,
    Event,
    OfferMade,
    OfferSeen,
    QueueConfigured,
)
from app.domain.settings import QueueSettings, ServiceLevelRule
from tests.codec.examples import EXAMPLES, KEY, PREV, WORKSPACE, any_of

OFFER = next(example for example in EXAMPLES if isinstance(example, OfferMade))
ENTERED = next(example for example in EXAMPLES if isinstance(example, ConversationEntered))
SEEN = OfferSeen(1, "o-1", "c-1", "anna")
SEEN_KIND = TABLE.by_type[OfferSeen]


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(levels):
        inner = {"in": inner}
    return inner


def seen(body: str) -> Event:
    """What is read from a sound record of OfferSeen with this body."""
    record = seal(KEY, SEEN_KIND.number, SEEN_KIND.schema, PREV, body.encode())
    return decode(WORKSPACE, KEY, record)[0]


@pytest.mark.parametrize("kind", TABLE.kinds, ids=lambda kind: kind.event_type.__name__)
def test_every_event_comes_back(kind: Kind) -> None:
    @settings(max_examples=60)
    @given(event=any_of(kind.event_type), prev=st.binary(min_size=8, max_size=8))
    def comes_back(event: Event, prev: bytes) -> None:
        record = encode(WORKSPACE, KEY, prev, event)
        assert decode(WORKSPACE, KEY, record) == (event, prev)
        assert repr(decode(WORKSPACE, KEY, record)[0]) == repr(event)

    comes_back()


@given(workspace=st.text(st.characters(codec="utf-8"), max_size=30))
def test_any_workspace_name_is_kept(workspace: str) -> None:
    record = encode(workspace, KEY, PREV, SEEN)
    assert decode(workspace, KEY, record) == (SEEN, PREV)
    assert json.loads(open_(KEY, record).body)["ws"] == workspace


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "why.x: float became NoneType"),
        (float("inf"), "why.x: float became NoneType"),
        (2**63, "64 bits"),
        (-(2**63) - 1, "64 bits"),
        ([{"deep": 10**30}], "64 bits"),
        (10**6_000, "OfferMade"),
        ((1, 2), "why.x: tuple became list"),
        ([1, {"in": (2,)}], "why.x.1.in: tuple became list"),
        ({1: 2}, "why.x.1 is not known"),
        (b"raw", "why.x: bytes became str"),
        (datetime(2026, 1, 1, tzinfo=UTC), "why.x: datetime became str"),
        ("\ud800", "surrogates"),
        (object(), "unsupported"),
        (nested(300), "nested deeper"),
        (nested(50_000), "recursion"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_would_bend_is_not_written(value: object, reason: str) -> None:
    with pytest.raises(WriteVerifyFailed, match=reason) as refused:
        encode(WORKSPACE, KEY, PREV, replace(OFFER, why={"x": value}))
    assert refused.value.event_type == "OfferMade"


@pytest.mark.parametrize(
    "value",
    [2**63 - 1, -(2**63), 2**53 + 1, "9" * 40, 0.1 + 0.2, 5e-324, nested(200), [[]] * 300],
    ids=["long", "negative", "54 bits", "digits", "sum", "tiny", "deep", "many"],
)
def test_what_json_can_say_is_written(value: object) -> None:
    event = replace(OFFER, why={"x": value})
    assert decode(WORKSPACE, KEY, encode(WORKSPACE, KEY, PREV, event)) == (event, PREV)


@pytest.mark.parametrize(
    "wrong",
    [{"at": True}, {"at": 1.0}, {"at": 2**63}, {"priority": None}, {"skills": {"french": "2"}}],
    ids=["bool", "float", "long", "none", "inside"],
)
def test_a_field_of_another_type_is_not_written(wrong: dict[str, Any]) -> None:
    with pytest.raises(WriteVerifyFailed):
        encode(WORKSPACE, KEY, PREV, replace(ENTERED, **wrong))


def test_a_whole_number_for_a_fraction_is_not_written() -> None:
    rule = ServiceLevelRule(percent=80)
    event = QueueConfigured(1, "q", 1, QueueSettings(name="Q", service_level=rule), "system")
    with pytest.raises(WriteVerifyFailed, match=r"service_level\.percent: int became float"):
        encode(WORKSPACE, KEY, PREV, event)


def test_what_is_no_event_is_not_written() -> None:
    with pytest.raises(WriteVerifyFailed, match="str cannot be stored: it has no record type"):
        encode(WORKSPACE, KEY, PREV, "text")  # type: ignore[arg-type]


@dataclass(slots=True)
class Bent:
    """Changes when it is read: what a fault in a codec would look like."""

    at: int

    def __post_init__(self) -> None:
        self.at += 1


def test_what_is_read_back_different_is_not_written() -> None:
    event: Any = Bent(1)
    with pytest.raises(WriteVerifyFailed, match=r"Bent cannot be stored: .*at changed"):
        encode(WORKSPACE, KEY, PREV, event, EventTable([Kind(1, 1, Bent)]))


def test_a_reason_shows_no_contents() -> None:
    private = replace(ENTERED, customer={"name": "Zoë", "card": ("4111", "1111")})
    with pytest.raises(WriteVerifyFailed) as refused:
        encode(WORKSPACE, KEY, PREV, private)
    assert str(refused.value).endswith("customer.card: tuple became list")


def test_another_key_is_refused() -> None:
    with pytest.raises(DamagedRecord):
        decode(WORKSPACE, b"{other}:log", encode(WORKSPACE, KEY, PREV, OFFER))


def test_another_workspace_is_refused_by_the_body_alone() -> None:
    with pytest.raises(WrongIdentity) as refused:
        decode("other", KEY, encode(WORKSPACE, KEY, PREV, OFFER))
    assert (refused.value.found, refused.value.expected) == (WORKSPACE, "other")


def test_an_unknown_record_type_is_refused() -> None:
    with pytest.raises(UnknownKind) as refused:
        decode(WORKSPACE, KEY, seal(KEY, 9_999, 1, PREV, b'{"ws":"main","at":1}'))
    assert refused.value.kind == 9_999


@pytest.mark.parametrize("schema", [0, 2, 65_535])
def test_an_unknown_version_is_refused(schema: int) -> None:
    body = open_(KEY, encode(WORKSPACE, KEY, PREV, SEEN)).body
    with pytest.raises(UnknownSchema) as refused:
        decode(WORKSPACE, KEY, seal(KEY, SEEN_KIND.number, schema, PREV, body))
    assert (refused.value.found, refused.value.newest) == (schema, 1)


@pytest.mark.parametrize(
    "body",
    [
        '{"ws":"main","at":1,"offer":"o-1","conversation":"c-1","agent":"anna"}',
        ' { "agent":"anna", "ws":"main", "at":1, "offer":"o\\u002d1", "conversation":"c-1" } ',
    ],
)
def test_layout_is_not_held_against_a_body(body: str) -> None:
    assert seen(body) == SEEN


def test_a_float_that_another_library_printed_is_read() -> None:
    record = encode(WORKSPACE, KEY, PREV, replace(OFFER, why={"x": 1e22, "y": 0.5}))
    body = open_(KEY, record).body
    assert b"1e22" in body
    kind = TABLE.by_type[OfferMade]
    again = seal(KEY, kind.number, 1, PREV, body.replace(b"1e22", b"1.0E+22"))
    assert decode(WORKSPACE, KEY, again) == decode(WORKSPACE, KEY, record)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"at":1,"offer":"o-1","conversation":"c-1","agent":"anna"}', "which workspace"),
        ('{"ws":1,"at":1,"offer":"o-1","conversation":"c-1","agent":"anna"}', "which workspace"),
        ('{"ws":"main","at":1,"offer":"o-1","conversation":"c-1"}', "missing required field"),
        (
            '{"ws":"main","at":1,"offer":"o","conversation":"c","agent":"a","queue":"q"}',
            "queue is not known",
        ),
        (
            '{"ws":"main","at":1,"offer":"o","conversation":"c","agent":"a","agent":"b"}',
            "stands there twice",
        ),
        (
            '{"ws":"other","ws":"main","at":1,"offer":"o","conversation":"c","agent":"a"}',
            "stands there twice",
        ),
        ('{"ws":"main","at":"1","offer":"o-1","conversation":"c-1","agent":"anna"}', r"\$\.at"),
        ('{"ws":"main","at":1.0,"offer":"o-1","conversation":"c-1","agent":"anna"}', r"\$\.at"),
        ('{"ws":"main","at":true,"offer":"o-1","conversation":"c-1","agent":"anna"}', r"\$\.at"),
        ('{"ws":"main","at":1,"offer":"o-1","conversation":"c-1","agent":null}', r"\$\.agent"),
        ('{"ws":"main","at":1,"offer":"o","conversation":"c","agent":"\\ud800"}', "surrogates"),
        ('{"ws":"main","at":NaN,"offer":"o","conversation":"c","agent":"a"}', "not a number"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_a_body_that_says_anything_else_is_refused(body: str, reason: str) -> None:
    with pytest.raises(BadBody, match=reason):
        seen(body)


@pytest.mark.parametrize(
    "why",
    [
        '{"x":NaN}',
        '{"x":-Infinity}',
        '{"x":1e999}',
        '{"x":"\\udfff"}',
        '{"x":1,"x":1}',
        '{"x":[01]}',
    ],
)
def test_free_form_fields_are_no_hole(why: str) -> None:
    body = open_(KEY, encode(WORKSPACE, KEY, PREV, replace(OFFER, why={}))).body
    changed = body.replace(b'"why":{}', f'"why":{why}'.encode())
    record = seal(KEY, TABLE.by_type[OfferMade].number, 1, PREV, changed)
    with pytest.raises(BadBody):
        decode(WORKSPACE, KEY, record)


def test_a_field_with_a_default_is_not_filled_in() -> None:
    body = open_(KEY, encode(WORKSPACE, KEY, PREV, OFFER)).body
    cut = body[: body.index(b',"why"')] + b"}"
    with pytest.raises(BadBody, match="why is missing"):
        decode(WORKSPACE, KEY, seal(KEY, TABLE.by_type[OfferMade].number, 1, PREV, cut))


def test_an_unknown_value_of_an_enumeration_is_refused() -> None:
    event = next(example for example in EXAMPLES if isinstance(example, QueueConfigured))
    body = open_(KEY, encode(WORKSPACE, KEY, PREV, event)).body
    number = TABLE.by_type[QueueConfigured].number
    changed = body.replace(b"least_loaded", b"best_guess!!")
    with pytest.raises(Unreadable, match="strategy"):
        decode(WORKSPACE, KEY, seal(KEY, number, 2, PREV, changed))
