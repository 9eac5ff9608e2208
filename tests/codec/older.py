"""The record types as an older release had them, and what their records mean today.

The types are made from what ``fields.json`` says of each, so that a test can write what that
release wrote without a line of its code. What each version added stands here a second time, by
hand: shares nothing with the upcasters.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import make_dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from app.codec.events import TABLE
from app.codec.table import EventTable, Kind
from tests.codec.golden import RECORDS, fields_file, file_of, label

Plain = dict[str, Any]


@cache
def older_kind(number: int, schema: int) -> Kind:
    """One record type as it was in this version."""
    kind = TABLE.by_number[number]
    released = json.loads(fields_file(RECORDS).read_text("utf-8"))
    types = released[label(kind, schema)]["types"]
    return Kind(number, schema, _Classes(types)[kind.event_type.__name__])


@cache
def first_table() -> EventTable:
    """All record types as the first release had them, and those that came later as they came."""
    return EventTable([older_kind(kind.number, 1) for kind in TABLE.kinds])


def older_records() -> list[bytes]:
    """The golden record of every version that is not written any more."""
    files = [
        file_of(RECORDS, kind, schema) for kind in TABLE.kinds for schema in range(1, kind.schema)
    ]
    return [bytes.fromhex(json.loads(path.read_text("utf-8"))["record"]) for path in files]


def as_meant(number: int, schema: int, plain: Plain) -> Plain:
    """The fields of a record of this version with what it means for those that came later."""
    kind = TABLE.by_number[number]
    for version in range(schema, kind.schema):
        _MEANT[kind.event_type.__name__, version](plain)
    return plain


def _queue_configured(plain: Plain) -> None:
    rest_ms = min(plain["settings"]["decline"]["cooldown_ms"], 5_000)
    plain["settings"]["back_off"] = {
        "declined_ms": 0,
        "busy_ms": 0,
        "missed_ms": 0,
        "undelivered_ms": rest_ms,
    }
    plain["settings"]["idle"] = {"after_ms": 0}
    for rule in plain["settings"]["overflow"]:
        rule["message"] = None


def _agent_configured(plain: Plain) -> None:
    plain["settings"] |= {"blocks": {}, "wrap_up_ms": None, "pull": False}


def _presence_changed(plain: Plain) -> None:
    plain["custom"] = None


def _no_overflow(plain: Plain) -> None:
    plain["overflow"] = None


def _offer_ended(plain: Plain) -> None:
    undelivered = plain["outcome"] == "undelivered"
    plain["back_off_until"] = plain["soft_until"] if undelivered else 0


def _no_disposition(plain: Plain) -> None:
    plain["disposition"] = None


_MEANT: dict[tuple[str, int], Callable[[Plain], None]] = {
    ("QueueConfigured", 1): _queue_configured,
    ("AgentConfigured", 1): _agent_configured,
    ("PresenceChanged", 1): _presence_changed,
    ("ConversationMoved", 1): _no_overflow,
    ("ConversationWrapping", 1): _no_disposition,
    ("ConversationEnded", 1): _no_overflow,
    ("ConversationEnded", 2): _no_disposition,
    ("OfferEnded", 1): _offer_ended,
}


class _Classes(dict[str, Any]):
    """Name -> the class, made when it is first asked for: an annotation may name any other."""

    def __init__(self, types: dict[str, Any]) -> None:
        super().__init__()
        self._types = types

    def __missing__(self, name: str) -> Any:
        if name not in self._types:
            raise KeyError(name)
        said = self._types[name]
        if isinstance(said, list):
            self[name] = StrEnum(name, {value.upper(): value for value in said})
        else:
            hints = [(field, eval(hint, {"Any": Any}, self)) for field, hint in said.items()]
            self[name] = make_dataclass(name, hints, frozen=True, slots=True)
        return self[name]
