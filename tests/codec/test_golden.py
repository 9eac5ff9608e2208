"""Whatever was once written is read for ever, and means what it meant."""

from __future__ import annotations

import json
from dataclasses import make_dataclass
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from app.codec.envelope import record_hash
from app.codec.events import TABLE, decode, encode
from app.codec.table import EventTable, Kind
from app.domain import events
from tests.codec.examples import EXAMPLES
from tests.codec.golden import (
    HOW_TO_ADD,
    RECORDS,
    describe,
    fields_file,
    file_of,
    label,
    write_missing,
)

VERSIONS = [(kind, schema) for kind in TABLE.kinds for schema in range(1, kind.schema + 1)]
NAMES = [label(kind, schema) for kind, schema in VERSIONS]


def read_golden(kind: Kind, schema: int) -> dict[str, Any]:
    path = file_of(RECORDS, kind, schema)
    assert path.exists(), f"{path.name} is missing: {HOW_TO_ADD}"
    return dict(json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize(("kind", "schema"), VERSIONS, ids=NAMES)
def test_every_released_record_is_read(kind: Kind, schema: int) -> None:
    golden = read_golden(kind, schema)
    record = bytes.fromhex(golden["record"])
    event, prev = decode(golden["workspace"], golden["key"].encode(), record)
    assert type(event) is kind.event_type
    assert prev.hex() == golden["prev"]
    assert record_hash(record).hex() == golden["hash"]


@pytest.mark.parametrize("kind", TABLE.kinds, ids=lambda kind: kind.event_type.__name__)
def test_the_newest_records_mean_the_same_and_are_written_the_same(kind: Kind) -> None:
    golden = read_golden(kind, kind.schema)
    record, key = bytes.fromhex(golden["record"]), golden["key"].encode()
    event, prev = decode(golden["workspace"], key, record)
    assert msgspec.to_builtins(event) == golden["fields"]
    assert encode(golden["workspace"], key, prev, event) == record


def test_every_event_class_has_a_record_type() -> None:
    named = set(get_args(events.Event))
    defined = {
        value
        for value in vars(events).values()
        if isinstance(value, type) and value.__module__.startswith(events.__name__)
    }
    assert defined == named, "a class in app.domain.events is not in Event"
    assert set(TABLE.by_type) == named, "give each event class its own number in app.codec.events"


def test_every_event_class_has_an_example() -> None:
    assert [type(example) for example in EXAMPLES] == [kind.event_type for kind in TABLE.kinds]


def test_no_released_version_changes() -> None:
    released = json.loads(fields_file(RECORDS).read_text("utf-8"))
    for kind in TABLE.kinds:
        name = label(kind, kind.schema)
        assert name in released, f"{name} is new: {HOW_TO_ADD}"
        assert describe(kind) == released[name], (
            f"{name} is released: raise its schema in app.codec.events and add an upcaster"
        )


def test_no_released_version_disappears_and_no_number_is_reused() -> None:
    released = json.loads(fields_file(RECORDS).read_text("utf-8"))
    assert released.keys() == set(NAMES)
    assert {name: said["number"] for name, said in released.items()} == {
        label(kind, schema): kind.number for kind, schema in VERSIONS
    }
    kept = {path.name for path in RECORDS.iterdir()} - {fields_file(RECORDS).name}
    assert kept == {file_of(RECORDS, kind, schema).name for kind, schema in VERSIONS}


@pytest.mark.parametrize("changed", ["by_millis", "added", "type"])
def test_a_changed_field_is_noticed(changed: str) -> None:
    fields = {
        "by_millis": [("at", "int"), ("by_millis", "int")],
        "added": [("at", "int"), ("by_ms", "int"), ("added", "int")],
        "type": [("at", "int"), ("by_ms", "float")],
    }
    now = make_dataclass("DeadlinesExtended", fields[changed])
    kind = TABLE.by_type[events.DeadlinesExtended]
    assert describe(kind._replace(event_type=now)) != describe(kind)


def test_a_change_deep_inside_is_noticed() -> None:
    said = describe(TABLE.by_type[events.QueueConfigured])["types"]
    assert {"QueueSettings", "OfferRule", "Strategy", "Ring", "DeclineReason"} <= said.keys()
    assert "linear" in said["Strategy"]


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    kind = TABLE.by_type[events.KeyRevoked]
    old = file_of(tmp_path, kind, 1)
    old.write_text("kept", "utf-8")
    fields_file(tmp_path).write_text('{"KeyRevoked.v1": "kept"}', "utf-8")
    added = write_missing(tmp_path)
    assert len(added) == 2 * (len(TABLE.kinds) - 1)
    assert old.read_text("utf-8") == "kept"
    assert json.loads(fields_file(tmp_path).read_text("utf-8"))["KeyRevoked.v1"] == "kept"
    assert write_missing(tmp_path) == []


def test_a_new_record_type_is_added_and_the_rest_left_alone(tmp_path: Path) -> None:
    first = EventTable(TABLE.kinds[:-1], TABLE.upcasters)
    write_missing(tmp_path, first)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("0*.json")}
    newest = TABLE.kinds[-1]
    assert write_missing(tmp_path) == [
        file_of(tmp_path, newest, 1).name,
        f"fields.json: {label(newest, 1)}",
    ]
    assert all((tmp_path / name).read_bytes() == text for name, text in before.items())
