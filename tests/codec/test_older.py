"""All that an older release could write is read, means what it meant, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import MISSING, asdict, fields, is_dataclass
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings

from app.codec.body import write_body
from app.codec.envelope import seal
from app.codec.errors import BadBody
from app.codec.events import TABLE, decode, encode
from app.codec.table import Kind
from app.domain.events import Event
from tests.codec.examples import EXAMPLES, KEY, PREV, WORKSPACE, any_of
from tests.codec.older import Plain, as_meant, first_table, older_kind

BY_TYPE = {type(example): example for example in EXAMPLES}
UPGRADED = [kind for kind in TABLE.kinds if kind.schema > 1]
OF_ANY_VERSION = [
    older_kind(kind.number, schema) for kind in TABLE.kinds for schema in range(1, kind.schema + 1)
]


def named(kind: Kind) -> str:
    return f"{kind.event_type.__name__}.v{kind.schema}"


@pytest.mark.parametrize("kind", UPGRADED, ids=named)
def test_whatever_the_first_release_wrote_is_read_as_it_was_meant(kind: Kind) -> None:
    old = older_kind(kind.number, 1).event_type

    @settings(max_examples=60)
    @given(event=any_of(old))
    def is_read(event: Any) -> None:
        record = encode(WORKSPACE, KEY, PREV, event, first_table())
        assert record[6:8] == b"\x00\x01"
        now, _ = decode(WORKSPACE, KEY, record)
        plain = as_meant(kind.number, 1, msgspec.to_builtins(event))
        assert type(now) is kind.event_type
        assert repr(_sorted(msgspec.to_builtins(now))) == repr(_sorted(plain))
        assert decode(WORKSPACE, KEY, encode(WORKSPACE, KEY, PREV, now)) == (now, PREV)

    is_read()


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(entry) for entry in value] if isinstance(value, list) else value


def said_by(hint: Any, plain: Any) -> Iterator[Plain]:
    """Each place in a body where a class of the event says its fields, the outermost first."""
    if is_dataclass(hint) and isinstance(plain, dict):
        yield plain
        for name, inner in get_type_hints(hint).items():
            yield from said_by(inner, plain[name])
    elif isinstance(plain, list):
        for entry in plain:
            yield from said_by(get_args(hint)[0] if get_args(hint) else None, entry)
    elif plain is not None:
        for option in get_args(hint):
            yield from said_by(option, plain) if is_dataclass(option) else ()


def as_written(kind: Kind) -> Plain:
    """The body of an example as this version says it, without what came later."""
    example = BY_TYPE[TABLE.by_number[kind.number].event_type]
    return dict(_only(kind.event_type, msgspec.to_builtins(example)))


def _only(hint: Any, plain: Any) -> Any:
    if is_dataclass(hint) and isinstance(plain, dict):
        hints = get_type_hints(hint)
        return {name: _only(inner, plain[name]) for name, inner in hints.items()}
    if isinstance(plain, list) and get_args(hint):
        return [_only(get_args(hint)[0], entry) for entry in plain]
    return plain


def read(kind: Kind, plain: Plain) -> Event:
    body = write_body(WORKSPACE, plain)
    return decode(WORKSPACE, KEY, seal(KEY, kind.number, kind.schema, PREV, body))[0]


@pytest.mark.parametrize("kind", OF_ANY_VERSION, ids=named)
def test_no_field_is_missing_and_none_too_many_in_any_version(kind: Kind) -> None:
    plain = as_written(kind)
    assert type(read(kind, plain)) is TABLE.by_number[kind.number].event_type
    places = list(said_by(kind.event_type, plain))
    for place in places:
        for name in list(place):
            taken = place.pop(name)
            with pytest.raises(BadBody):
                read(kind, plain)
            place[name] = taken
        place["later"] = None
        with pytest.raises(BadBody):
            read(kind, plain)
        del place["later"]
    assert type(read(kind, plain)) is TABLE.by_number[kind.number].event_type


@pytest.mark.parametrize("kind", UPGRADED, ids=named)
def test_an_old_version_with_any_field_of_a_later_one_is_refused(kind: Kind) -> None:
    old = older_kind(kind.number, 1)
    plain, later = as_written(old), as_written(kind)
    tried = 0
    places = zip(said_by(old.event_type, plain), said_by(old.event_type, later), strict=True)
    for place, now in places:
        for name in now.keys() - place.keys():
            place[name] = now[name]
            with pytest.raises(BadBody, match="later version"):
                read(old, plain)
            del place[name]
            tried += 1
    assert tried and type(read(old, plain)) is kind.event_type


ODD: tuple[Any, ...] = (None, True, 0, -1, 0.5, 2**63, "", "undelivered", [], {}, [None], {"a": 1})


@pytest.mark.parametrize("kind", UPGRADED, ids=named)
def test_an_upcaster_bends_no_value_into_another(kind: Kind) -> None:
    """Found by the fuzz campaign: no rules at all, said as ``{}``, came back as ``[]``."""
    old = older_kind(kind.number, 1)
    plain = as_written(old)
    for place in list(said_by(old.event_type, plain)):
        for name, known in list(place.items()):
            for value in ODD:
                place[name] = value
                said = deepcopy(plain)
                try:
                    now = read(old, plain)
                except BadBody:
                    continue
                assert asdict(now) == as_meant(kind.number, 1, said), (name, value)
            place[name] = known


def test_each_field_with_a_default_is_something_else_in_an_example() -> None:
    """A golden record of a default shows nothing: whoever forgets the field reads the same."""
    told: set[tuple[str, str]] = set()
    silent: set[tuple[str, str]] = set()
    for example in EXAMPLES:
        for record in _records(example):
            for field in fields(record):
                default = field.default
                if field.default_factory is not MISSING:
                    default = field.default_factory()
                if default is not MISSING:
                    spoken = getattr(record, field.name) != default
                    (told if spoken else silent).add((type(record).__name__, field.name))
    assert not silent - told


def _records(value: Any) -> Iterator[Any]:
    if is_dataclass(value):
        yield value
        for field in fields(value):
            yield from _records(getattr(value, field.name))
    elif isinstance(value, list):
        for entry in value:
            yield from _records(entry)
