"""Strangers' bytes: whatever comes is a checked body, or a list of faults with their places."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wire.bodies import ConversationBody, KeyBody, Move, SessionBody, TicketBody
from app.wire.reading import DEPTH_MAX, ERRORS_MAX, BodyInvalid, doubled_key, read_body, read_json
from app.wire.settings import AgentBody, QueueBody

BODIES = [ConversationBody, Move, KeyBody, TicketBody, SessionBody, QueueBody, AgentBody]
FIELDS = sorted({name for body in BODIES for name in body.__struct_fields__})

texts = st.text(st.characters(), max_size=30)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from(FIELDS) | texts, values, max_size=8)


def faults(cls: type, raw: bytes) -> dict[str, str]:
    with pytest.raises(BodyInvalid) as caught:
        read_body(cls, raw)
    return {error["path"]: error["message"] for error in caught.value.errors}


def check_anything(cls: type, raw: bytes) -> None:
    try:
        body = read_body(cls, raw)
    except BodyInvalid as error:
        assert 1 <= len(error.errors) <= ERRORS_MAX
        for fault in error.errors:
            assert fault["path"].startswith("$") and fault["message"]
            (fault["path"] + fault["message"]).encode()
    else:
        assert isinstance(body, cls)


@given(st.sampled_from(BODIES), st.binary(max_size=200))
def test_any_bytes_are_a_body_or_faults(cls: type, raw: bytes) -> None:
    check_anything(cls, raw)


@given(st.sampled_from(BODIES), values | objects)
def test_any_json_is_a_body_or_faults(cls: type, document: Any) -> None:
    check_anything(cls, json.dumps(document).encode())


@given(objects)
def test_what_is_taken_can_be_stored_and_shown(attributes: dict[str, Any]) -> None:
    raw = json.dumps({"queue": "q", "attributes": attributes}).encode()
    try:
        body = read_body(ConversationBody, raw)
    except BodyInvalid:
        return
    shown = json.dumps(body.attributes, allow_nan=False)
    assert not any(mark in shown for mark in ("\\u0000", "\\u202e", "\\ud800", "\\u0007"))


def test_every_fault_is_found_with_its_place() -> None:
    raw = b"""{"nam": 1, "offer": {"strategy": "loud", "timeout_ms": "5", "bogus": [1]},
               "rings": [{"after_ms": 0}, {"after_ms": -1}], "weight_by_channel": {"a b": 1},
               "overflow": [{"when": "depth", "to": "queue"}], "hours": {"zone": "Mars/Base"}}"""
    found = faults(QueueBody, raw)
    assert set(found) == {
        "$.nam",
        "$.name",
        "$.offer.strategy",
        "$.offer.timeout_ms",
        "$.offer.bogus",
        "$.rings[1].after_ms",
        '$.weight_by_channel["a b"]',
        "$.overflow[0].queue",
        "$.hours.zone",
    }
    assert "unknown field" in found["$.nam"] and "name" in found["$.nam"]
    assert "longest_idle" in found["$.offer.strategy"]
    assert "Europe/" in found["$.hours.zone"]


@pytest.mark.parametrize(
    ("raw", "path", "word"),
    [
        (b"", "$.queue", "missing"),
        (b"{", "$", "not JSON"),
        (b"[]", "$", "must be"),
        (b"null", "$", "must be"),
        (b"\xff", "$", "UTF-8"),
        (b"\xef\xbb\xbf{}", "$", "not JSON"),
        (b'{"queue": NaN}', "$", "NaN"),
        (b'{"queue": "q", "queue": "r"}', "$", "twice"),
        (b'{"queue": "q", "attributes": {"x": 1, "x": 1}}', "$", "twice"),
        (b'{"queue": "q", "attributes": {"x": 1e999}}', "$.attributes.x", "string"),
        (b'{"queue": "q", "attributes": {"x": 9007199254740992}}', "$.attributes.x", "2^53"),
        (b'{"queue": "q", "subject": "\\ud800"}', "$.subject", "U+D800"),
        (b'{"queue": "q", "subject": "a\\u0007"}', "$.subject", "U+0007"),
        (b'{"queue": "q", "attributes": {"a\\u0000": 1}}', "$.attributes", "printable"),
        (b'{"queue": "q", "customer": {"name": 7}}', "$.customer.name", "string"),
        (b'{"queue": "q\\n"}', "$.queue", "A-Z"),
        (b'{"queue": "q", "priority": true}', "$.priority", "int"),
        (b'{"queue": "q", "priority": 1.5}', "$.priority", "int"),
    ],
)
def test_a_fault_says_where_and_what(raw: bytes, path: str, word: str) -> None:
    assert word in faults(ConversationBody, raw)[path]


def test_depth_is_bounded_however_deep() -> None:
    def nested(levels: int) -> bytes:
        return b'{"queue":"q","attributes":{"x":' + b"[" * levels + b"]" * levels + b"}}"

    read_body(ConversationBody, nested(DEPTH_MAX - 2))
    for levels in (DEPTH_MAX - 1, 20_000):
        assert "nested" in str(faults(ConversationBody, nested(levels)))


def test_open_data_is_bounded_in_bytes() -> None:
    for name in ("attributes", "customer"):
        big = json.dumps({"queue": "q", name: {"x": "y" * 17_000}}).encode()
        assert "larger" in faults(ConversationBody, big)[f"$.{name}"]


def test_direction_overrides_go_and_line_ends_are_one_kind() -> None:
    raw = '{"queue": "q", "subject": "a\u202eb\\r\\nc\\td", "attributes": {"k": ["\u2066x"]}}'
    body = read_body(ConversationBody, raw.encode())
    assert body.subject == "ab\nc\td"
    assert body.attributes == {"k": ["x"]}


def test_honest_text_stays_as_it_is() -> None:
    text = "Grüße 👩‍👧 שלום <script> =cmd()"
    raw = json.dumps({"queue": "q", "subject": text}, ensure_ascii=False).encode()
    assert read_body(ConversationBody, raw).subject == text


@given(st.dictionaries(texts, st.dictionaries(texts, texts, max_size=3), max_size=5))
def test_a_document_without_doubled_keys_has_none(document: dict[str, Any]) -> None:
    assert doubled_key(json.dumps(document)) is None


def test_a_doubled_key_is_named_at_any_depth() -> None:
    assert doubled_key('{"a": [{"b": 1, "c": 2, "b": 3}]}') == "b"


def test_plain_json_may_be_anything() -> None:
    assert read_json(b" [1, 2.5, null] ") == [1, 2.5, None]
