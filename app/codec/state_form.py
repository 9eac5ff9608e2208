"""A whole state as sections of bytes, and back: what a snapshot holds and what a state hash is of.

The form is exact: two states have the same form if and only if they are equal, down to the order in
which a dict was filled (an index that is rebuilt from it then makes the same choices). Every change
of a class in the state is a new ``STATE_SCHEMA`` with steps in ``state_versions``, because a log
that has been trimmed lives on in its snapshots. MUST NOT know where the bytes are kept.

A state is said as the stored format in force has it: so a build that goes back to the one before
finds snapshots that it reads, and hashes of both builds can be held side by side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import msgspec

from app.codec.errors import BadBody
from app.codec.formats import FORMATS
from app.codec.state_versions import DOWNCASTERS, UPCASTERS
from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from app.domain.state import (
    Agent,
    Broadcast,
    ConfigChange,
    Conversation,
    CustomPresence,
    Freeze,
    Incident,
    Key,
    Offer,
    Queue,
    Settings,
    SignOut,
    State,
)

STATE_SCHEMA: Final = 2
PER_PART: Final = 500

_SETTINGS: Final[Mapping[str, type[Any]]] = MappingProxyType(
    {"queue": QueueSettings, "agent": AgentSettings, "presence": PresenceSettings}
)
_TABLES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "queues": list[Queue],
        "agents": list[Agent],
        "conversations": list[Conversation],
        "offers": list[Offer],
        "keys": list[Key],
        "presences": list[CustomPresence],
        "incidents": list[Incident],
        "sign_outs": list[SignOut],
        "freezes": list[Freeze],
        "broadcasts": list[Broadcast],
    }
)
_SCALARS = (
    "workspace",
    "gen",
    "epoch",
    "last_at",
    "format",
    "version",
    "ordinals",
    "offers_made",
    "incidents_opened",
)
_NOT_A_STATE = (ValueError, TypeError, LookupError, RecursionError)
_encode = msgspec.json.Encoder().encode

Part = tuple[str, bytes]
"""(section, bytes); a section may come in several parts, in order."""


def schema_of(state: State) -> int:
    """The schema that the stored format in force has for a state."""
    known = FORMATS.get(state.format)
    return STATE_SCHEMA if known is None else known.state


def said(section: str, value: Any, schema: int) -> bytes:
    """A section's content, or a part of it, as ``schema`` has it. Raises NotInFormat."""
    if schema != STATE_SCHEMA:
        value = msgspec.to_builtins(value, str_keys=True)
        for version in range(STATE_SCHEMA, schema, -1):
            value = DOWNCASTERS[version](section, value)
    return _encode(value)


def parts_of(state: State) -> Iterator[Part]:
    """The state, section by section, in the schema of ``schema_of``. It must not change meanwhile.

    Raises NotInFormat when it holds what the format in force cannot say.
    """
    schema = schema_of(state)
    yield "state", said("state", {name: getattr(state, name) for name in _SCALARS}, schema)
    yield "totals", said("totals", state.totals, schema)
    for section in (*_TABLES, "changes"):
        entries = [*getattr(state, section).values()]
        for first in range(0, len(entries), PER_PART):
            yield section, said(section, entries[first : first + PER_PART], schema)


def hash_of(parts: Iterable[Part]) -> str:
    """The state hash: 32 hexadecimal digits."""
    digest = hashlib.blake2b(digest_size=16)
    for section, content in parts:
        digest.update(b"%s %d " % (section.encode(), len(content)))
        digest.update(content)
    return digest.hexdigest()


def state_hash(state: State) -> str:
    """``hash_of`` the parts of a state."""
    return hash_of(parts_of(state))


def state_of(parts: Iterable[Part], schema: int = STATE_SCHEMA) -> State:
    """The state that these parts are of. Raises BadBody, whatever the bytes are."""
    state = State()
    try:
        for section, content in parts:
            _take_in(state, section, content, schema)
    except _NOT_A_STATE as error:
        raise BadBody(f"not a state of schema {schema}: {error}") from None
    return state


def _take_in(state: State, section: str, content: bytes, schema: int) -> None:
    if schema != STATE_SCHEMA:
        plain = msgspec.json.decode(content)
        for version in range(schema, STATE_SCHEMA):
            plain = UPCASTERS[version](section, plain)
        content = _encode(plain)
    if section == "state":
        plain = msgspec.json.decode(content, type=dict[str, str | int])
        for name in _SCALARS:
            setattr(state, name, plain[name])
    elif section == "totals":
        state.totals = msgspec.json.decode(content, type=type(state.totals))
    elif section == "changes":
        for change in msgspec.json.decode(content):
            _take_in_change(state, change)
    else:
        table = getattr(state, section)
        for entry in _decoder(section).decode(content):
            if entry.id in table:
                raise ValueError(f"{section} {entry.id} stands there twice")
            table[entry.id] = entry


def _take_in_change(state: State, plain: dict[str, Any]) -> None:
    settings = _SETTINGS[plain["kind"]]
    before, after = (_settings(settings, plain.pop(name)) for name in ("before", "after"))
    change = ConfigChange(before=before, after=after, **plain)
    state.changes[change.version] = change


def _settings(kind: type[Any], plain: Any) -> Settings | None:
    found: Settings | None = None if plain is None else msgspec.convert(plain, kind)
    return found


@cache
def _decoder(section: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_TABLES[section])
