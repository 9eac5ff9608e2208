"""A snapshot: a whole state at a place in the log, sealed in records chained to one another.

Head (what it is of), parts (``state_form`` sections and the journal), end (how many, and the state
hash). Whatever is wrong with any byte of it, reading raises ``Unreadable`` and the caller falls
back on the generation before or on the log: a snapshot is never repaired and never half believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from app.codec.envelope import NO_RECORD, open_, record_hash, seal
from app.codec.errors import (
    BadBody,
    BrokenChain,
    UnknownFormat,
    UnknownKind,
    UnknownSchema,
    WriteVerifyFailed,
    WrongIdentity,
)
from app.codec.formats import NEWEST, reads_text
from app.codec.state_form import STATE_SCHEMA, Part, hash_of, parts_of, schema_of, state_of
from app.domain.state import State

HEAD: Final = 0x8001
PART: Final = 0x8002
END: Final = 0x8003
JOURNAL: Final = "journal"
PLACES_PER_PART: Final = 5_000
Places = dict[str, list[int]]
"""Conversation -> where its records are in the log."""


@dataclass(slots=True, frozen=True)
class Snapshot:
    """``at``: place in the log (``<epoch>-<n>``); ``prev``: the hash the record after it carries;
    ``count``: how many records made the state; ``places``: the journal.
    """

    workspace: str
    at: str
    prev: bytes
    count: int
    state: State
    places: Places


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    ws: str
    at: str
    prev: str
    count: int
    format: int = 1


class _AnyHead(msgspec.Struct):
    """What every build finds in the head of every other one."""

    format: int = 1


class _End(msgspec.Struct, forbid_unknown_fields=True):
    ws: str
    parts: int
    state_hash: str


def write_snapshot(key: bytes, snapshot: Snapshot) -> tuple[list[bytes], str]:
    """The records of a snapshot in the format in force, and its state hash.

    Raises WriteVerifyFailed if it would not come back as it is: then the state holds what its form
    cannot say.
    """
    state = snapshot.state
    head = _Head(snapshot.workspace, snapshot.at, snapshot.prev.hex(), snapshot.count, state.format)
    parts, schema = [*parts_of(state)], schema_of(state)
    found = hash_of(parts)
    end = _End(snapshot.workspace, len(parts), found)
    records: list[bytes] = []
    prev = NO_RECORD
    for kind, body in (
        (HEAD, msgspec.json.encode(head)),
        *((PART, _labelled(part)) for part in (*parts, *_journal(snapshot.places))),
        (END, msgspec.json.encode(end)),
    ):
        records.append(seal(key, kind, schema, prev, body))
        prev = record_hash(records[-1])
    try:
        same = read_snapshot(key, snapshot.workspace, records).state == state
    except BadBody as error:
        raise WriteVerifyFailed("snapshot", str(error)) from None
    if not same:
        raise WriteVerifyFailed("snapshot", "the state came back different")
    return records, found


def read_snapshot(key: bytes, workspace: str, records: Sequence[bytes]) -> Snapshot:
    """The snapshot in these records, found under ``key``. Raises Unreadable."""
    opened = [*_opened(key, records)]
    if len(opened) < 2 or opened[0][0] != HEAD or opened[-1][0] != END:
        raise BadBody("not a whole snapshot: its head or its end is missing")
    head = _read(opened[0][2], _Head)
    end = _read(opened[-1][2], _End)
    for found in (head.ws, end.ws):
        if found != workspace:
            raise WrongIdentity(found, workspace)
    if any(kind != PART for kind, _, _ in opened[1:-1]):
        raise BadBody("a head or an end stands among the parts")
    parts = [_unlabelled(body) for _, _, body in opened[1:-1]]
    places: Places = {}
    sections = [part for part in parts if part[0] != JOURNAL]
    for _, content in (part for part in parts if part[0] == JOURNAL):
        places |= _read(content, Places)
    if len(sections) != end.parts or hash_of(sections) != end.state_hash:
        raise BadBody("the parts do not make the state that the end names")
    state = state_of(sections, opened[0][1])
    if state.workspace != workspace:
        raise WrongIdentity(state.workspace, workspace)
    return Snapshot(workspace, head.at, _hash(head.prev), head.count, state, places)


def _opened(key: bytes, records: Iterable[bytes]) -> Iterator[tuple[int, int, bytes]]:
    prev = NO_RECORD
    for record in records:
        opened = open_(key, record)
        if opened.kind not in (HEAD, PART, END):
            raise UnknownKind(opened.kind)
        if not 0 < opened.schema <= STATE_SCHEMA:
            _refuse_newer_format(opened.kind, opened.body)
            raise UnknownSchema(opened.kind, opened.schema, STATE_SCHEMA)
        if opened.prev != prev:
            raise BrokenChain(opened.prev, prev)
        prev = record_hash(record)
        yield opened.kind, opened.schema, opened.body


def _refuse_newer_format(kind: int, body: bytes) -> None:
    """The head of a newer build says at least in which format the log is."""
    if kind != HEAD:
        return
    found = _read(body, _AnyHead).format
    if found > NEWEST:
        raise UnknownFormat(found, reads_text())


def _journal(places: Places) -> Iterator[Part]:
    names = [*places]
    for first in range(0, len(names), PLACES_PER_PART):
        few = {name: places[name] for name in names[first : first + PLACES_PER_PART]}
        yield JOURNAL, msgspec.json.encode(few)


def _labelled(part: Part) -> bytes:
    return part[0].encode() + b"\n" + part[1]


def _unlabelled(body: bytes) -> Part:
    section, newline, content = body.partition(b"\n")
    if not newline:
        raise BadBody("a part without a section")
    try:
        return section.decode(), content
    except UnicodeDecodeError:
        raise BadBody("a part without a section") from None


def _read(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadBody(str(error)) from None


def _hash(text: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != len(NO_RECORD):
        raise BadBody("the hash of the record before is none")
    return found
