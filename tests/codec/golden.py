"""The golden corpus: one committed record of every released version of every record type.

Whatever was once written must be readable for ever, so nothing in ``tests/golden/records`` is ever
changed. To add what a new record type or a new schema version needs, run::

    INTERLOCK_WRITE_GOLDEN=1 pytest tests/codec

which writes what is missing and nothing else, then commit it. Before the first release that holds a
version, its files may be deleted and written anew; after it, a failing golden test means that the
code is wrong.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from app.codec.envelope import record_hash
from app.codec.events import TABLE, encode
from app.codec.table import EventTable, Kind
from app.domain.events import Event
from tests.codec.examples import EXAMPLES, KEY, PREV, WORKSPACE

VARIABLE = "INTERLOCK_WRITE_GOLDEN"
HOW_TO_ADD = f"run {VARIABLE}=1 pytest tests/codec, look at what it wrote, and commit it"
RECORDS = Path(__file__).parents[1] / "golden" / "records"


def file_of(directory: Path, kind: Kind, schema: int) -> Path:
    """Where the record of one version is kept."""
    return directory / f"{kind.number:05}-{kind.event_type.__name__}.v{schema}.json"


def fields_file(directory: Path) -> Path:
    """Where the fields of every version are kept."""
    return directory / "fields.json"


def label(kind: Kind, schema: int) -> str:
    """The name of one version in ``fields.json``."""
    return f"{kind.event_type.__name__}.v{schema}"


def describe(kind: Kind) -> dict[str, Any]:
    """All that the newest version of a record type promises: each class in it, fields and types."""
    return {"number": kind.number, "types": _types_in(kind.event_type)}


def write_missing(
    directory: Path = RECORDS,
    table: EventTable = TABLE,
    examples: tuple[Event, ...] = EXAMPLES,
) -> list[str]:
    """Add the newest version of each record type where it is missing; return what was added."""
    by_type = {type(example): example for example in examples}
    added = []
    for kind in table.kinds:
        path = file_of(directory, kind, kind.schema)
        if not path.exists():
            with path.open("x", encoding="utf-8") as file:
                file.write(_text(_golden(kind, by_type[kind.event_type], table)))
            added.append(path.name)
    return added + _write_missing_fields(directory, table)


def _write_missing_fields(directory: Path, table: EventTable) -> list[str]:
    path = fields_file(directory)
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    missing = {label(kind, kind.schema): describe(kind) for kind in table.kinds}
    missing = {name: said for name, said in missing.items() if name not in known}
    if missing:
        path.write_text(_text(known | missing), "utf-8")
    return [f"{path.name}: {name}" for name in missing]


def _golden(kind: Kind, example: Event, table: EventTable) -> dict[str, Any]:
    record = encode(WORKSPACE, KEY, PREV, example, table)
    return {
        "workspace": WORKSPACE,
        "key": KEY.decode(),
        "prev": PREV.hex(),
        "event": kind.event_type.__name__,
        "schema": kind.schema,
        "fields": msgspec.to_builtins(example),
        "record": record.hex(),
        "hash": record_hash(record).hex(),
    }


def _text(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=True) + "\n"


def _types_in(hint: Any) -> dict[str, Any]:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {hint.__name__: [member.value for member in hint]}
    if not is_dataclass(hint):
        return {name: said for part in get_args(hint) for name, said in _types_in(part).items()}
    assert isinstance(hint, type)
    found: dict[str, Any] = {hint.__name__: {field.name: field.type for field in fields(hint)}}
    for part in get_type_hints(hint).values():
        found |= _types_in(part)
    return found
