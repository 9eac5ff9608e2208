"""The body of a stored event: its fields as JSON, after the workspace it belongs to.

Knows no record types and no versions. An event is accepted only when the body says exactly what the
event says: no field more, none less, none twice, no value bent to fit. How the body is *laid out*
(order, spaces, the way a float is printed) is not held against it, so that another release of the
JSON library cannot make a log unreadable. For the same reason limits are set on what is written,
and MUST NOT be set on what is read.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from math import isfinite
from typing import Any

import msgspec

from app.codec.errors import BadBody, WrongIdentity

WORKSPACE_FIELD = "ws"
DEPTH_MAX = 256

_encode = msgspec.json.Encoder().encode
_DIGITS_AS_ZERO = bytes(0x30 if 0x30 <= byte <= 0x39 else byte for byte in range(256))
_LONG_NUMBER = b"0" * len(str(2**63))
_NOT_JSON = (ValueError, TypeError, RecursionError)


def write_body(workspace: str, event: object) -> bytes:
    """The body of ``event``. Raises ValueError, TypeError, RecursionError if JSON cannot say it."""
    return _opening(workspace) + _encode(event)[1:]


def read_exact(workspace: str, body: bytes, event_type: type[Any]) -> Any:
    """The event, if writing it again gives the same bytes; else None: ``read_plain`` tells why."""
    try:
        event = _decoder(event_type).decode(body)  # type: ignore[arg-type]  # classes are hashable
        again = _encode(event)
    except _NOT_JSON:
        return None
    return event if _opening(workspace) + again[1:] == body else None


def read_plain(workspace: str, body: bytes) -> dict[str, Any]:
    """The fields of a body of ``workspace``, of whatever version. Raises BadBody, WrongIdentity."""
    try:
        plain = _strict_json(body.decode())
    except _NOT_JSON as error:
        raise BadBody(f"not JSON: {error}") from None
    if not isinstance(plain, dict):
        raise BadBody("not a JSON object")
    found = plain.pop(WORKSPACE_FIELD, None)
    if not isinstance(found, str):
        raise BadBody("does not say which workspace it belongs to")
    if found != workspace:
        raise WrongIdentity(found, workspace)
    return plain


def build(plain: dict[str, Any], event_type: type[Any]) -> Any:
    """The event that has exactly these fields. Raises BadBody."""
    try:
        event = msgspec.convert(plain, event_type)
        _encode(event)
        said = msgspec.to_builtins(event)
        wrong = difference(plain, said) if said != plain else None
    except _NOT_JSON as error:
        raise BadBody(f"not a {event_type.__name__}: {error}") from None
    if wrong:
        raise BadBody(f"not exactly a {event_type.__name__}: {wrong}")
    return event


def beyond_limits(body: bytes) -> str | None:
    """Why this body is not written although it could be read: others would choke on it."""
    # A level takes two bytes, so most bodies are too short to be too deep. What the reader can nest
    # depends on the stack it has left, and that may be less than there was at writing.
    deep = len(body) > 2 * DEPTH_MAX and body.count(b"{") + body.count(b"[") > DEPTH_MAX
    if not deep and body.translate(_DIGITS_AS_ZERO).find(_LONG_NUMBER) < 0:
        return None
    return _beyond(json.loads(body), 0)


def difference(before: object, after: object) -> str:
    """Where two values first differ: ``why.score: float became NoneType``. Shows no contents."""
    return _difference(before, after, "") or "not in the same bytes"


def _difference(before: object, after: object, path: str) -> str | None:
    old, new = _parts(before), _parts(after)
    if old is None or new is None:
        # 80 equals 80.0, but states built from the one and from the other do not hash alike.
        if before == after and isinstance(before, float) == isinstance(after, float):
            return None
        was, now = type(before).__name__, type(after).__name__
        return f"{path} changed" if was == now else f"{path}: {was} became {now}"
    here = f"{path}." if path else ""
    for name in old:
        if name not in new:
            return f"{here}{name} is not known"
        if found := _difference(old[name], new[name], f"{here}{name}"):
            return found
    return next((f"{here}{name} is missing" for name in new if name not in old), None)


def _parts(value: object) -> dict[Any, Any] | None:
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return dict(enumerate(value))
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return None


def _beyond(value: object, depth: int) -> str | None:
    if depth > DEPTH_MAX:
        return f"nested deeper than {DEPTH_MAX}"
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return "an integer does not fit into 64 bits"
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return next((why for item in value if (why := _beyond(item, depth + 1))), None)
    return None


@lru_cache(maxsize=1_024)
def _opening(workspace: str) -> bytes:
    return _encode({WORKSPACE_FIELD: workspace})[:-1] + b","


@cache
def _decoder(event_type: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(event_type)


def _strict_json(text: str) -> Any:
    return json.loads(
        text, object_pairs_hook=_no_doubles, parse_float=_finite, parse_constant=_finite
    )


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) != len(pairs):
        raise ValueError("a field stands there twice")
    return plain


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is not a number of JSON")
    return value
