"""Strict JSON in: bytes from a stranger become a checked Struct, or a list of what is wrong where.

MUST NOT guess: duplicate keys, unknown fields, numbers that a browser would round and unprintable
characters are refused with the JSONPath of the culprit. Only invisible direction overrides are
removed, because they come with honest copy-and-paste and must not reach a screen.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from app.wire.fields import ID_PATTERN, INT_MAX, PLAIN_PATTERN, WRONG_MARK

DEPTH_MAX: Final = 16
KEY_CHARS_MAX: Final = 128
ERRORS_MAX: Final = 20

T = TypeVar("T")
Path = tuple[Any, ...]
"""Innermost last; made into text only when there is something to say."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PATTERN_WORDS = {
    ID_PATTERN: "must be 1-128 characters from A-Z a-z 0-9 . _ : -",
    PLAIN_PATTERN: "must not contain control or direction-override characters",
}
_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?:key` in `)?(?P<path>\$[^`]*)`)?$", re.DOTALL)

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)


class BodyInvalid(Exception):
    """The body cannot be taken: ``errors`` holds {"path", "message"} for each fault found."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{error['path']}: {error['message']}" for error in errors))
        self.errors = errors


class _Doubled(Exception):
    """A key stands twice in one object."""

    def __init__(self, key: str) -> None:
        self.key = key[:KEY_CHARS_MAX]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise _Doubled(twice)
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


_PARSER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def read_json(raw: bytes) -> Any:
    """Parse a document, cleaned. Raises BodyInvalid."""
    try:
        document = _PARSER.decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _fault("$", f"not UTF-8 (byte {error.start})") from None
    except RecursionError:
        raise _fault("$", f"nested deeper than {DEPTH_MAX} levels") from None
    except _Doubled as error:
        raise _fault("$", f"key {json.dumps(error.key)} stands twice: send it once") from None
    except ValueError as error:
        raise _fault("$", f"not JSON: {error}") from None
    errors: list[dict[str, str]] = []
    document = _clean(document, (), errors)
    if errors:
        raise BodyInvalid(errors)
    return document


def doubled_key(text: str) -> str | None:
    """A key that stands twice in one object of a well-formed document, if there is one."""
    try:
        _PARSER.decode(text)
    except _Doubled as error:
        return error.key
    return None


def read_body(cls: type[T], raw: bytes) -> T:
    """Read ``cls`` from a JSON object; an empty body counts as ``{}``. Raises BodyInvalid."""
    document = read_json(raw) if raw.strip() else {}
    try:
        return msgspec.convert(document, cls)
    except msgspec.ValidationError as error:
        errors: list[dict[str, str]] = []
        _collect(document, cls, (), errors)
        assert errors, error
        raise BodyInvalid(errors) from None


def path_text(path: Path) -> str:
    """``("rings", 0, "after_ms")`` as JSONPath: ``$.rings[0].after_ms``."""
    text = "$"
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", step):
            text += f".{step}"
        else:
            text += f"[{json.dumps(step[:KEY_CHARS_MAX])}]"
    return text


def _fault(path: str, message: str) -> BodyInvalid:
    return BodyInvalid([{"path": path, "message": message}])


def _note(errors: list[dict[str, str]], path: Path, message: str) -> None:
    if len(errors) < ERRORS_MAX:
        errors.append({"path": path_text(path), "message": message})


def _clean(value: Any, path: Path, errors: list[dict[str, str]]) -> Any:
    """``value`` with its texts cleaned; containers are changed in place."""
    if isinstance(value, str):
        return _clean_text(value, path, errors)
    if isinstance(value, dict | list):
        if len(path) >= DEPTH_MAX:
            _note(errors, path[:4], f"nested deeper than {DEPTH_MAX} levels")
            return value
        _clean_items(value, path, errors)
    elif isinstance(value, int):
        if not -INT_MAX <= value <= INT_MAX:
            _note(errors, path, "beyond 2^53 - 1, where numbers blur: send it as a string")
    elif isinstance(value, float):
        if not math.isfinite(value):
            _note(errors, path, "beyond what a number can hold: send it as a string")
        elif value.is_integer() and abs(value) <= INT_MAX:
            # JSON knows one kind of number: 5.0 is a whole one.
            return int(value)
    return value


def _clean_items(
    value: dict[str, Any] | list[Any], path: Path, errors: list[dict[str, str]]
) -> None:
    if isinstance(value, list):
        value[:] = [_clean(item, (*path, at), errors) for at, item in enumerate(value)]
        return
    for key, item in value.items():
        if len(key) > KEY_CHARS_MAX or _UNPRINTABLE.search(key) or _BIDI.search(key):
            _note(errors, path, f"a key is longer than {KEY_CHARS_MAX} or not printable")
        else:
            value[key] = _clean(item, (*path, key), errors)


def _clean_text(text: str, path: Path, errors: list[dict[str, str]]) -> str:
    text = text.replace("\r\n", "\n")
    found = _UNPRINTABLE.search(text)
    if found:
        code = ord(found.group())
        _note(errors, path, f"holds the unprintable character U+{code:04X}: remove it")
    return _BIDI.sub("", text)


def _collect(value: Any, kind: Any, path: Path, errors: list[dict[str, str]]) -> None:
    """Find every fault of ``value`` that can be told apart, each with its exact place."""
    before = len(errors)
    kind = _one_of(kind, value)
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    origin, inner = get_origin(bare), get_args(bare)
    if isinstance(value, dict) and isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        _collect_fields(value, bare, path, errors)
    elif isinstance(value, dict) and origin is dict and inner[1] is not Any:
        for key, item in value.items():
            _collect_whole(key, inner[0], (*path, key), errors)
            _collect(item, inner[1], (*path, key), errors)
    elif isinstance(value, list) and origin is list:
        for at, item in enumerate(value):
            _collect(item, inner[0], (*path, at), errors)
    if len(errors) == before:
        _collect_whole(value, kind, path, errors)


def _one_of(kind: Any, value: Any) -> Any:
    """``X | None`` is just ``X`` for a value that is there."""
    if get_origin(kind) in (UnionType, Union) and value is not None:
        others = [one for one in get_args(kind) if one is not NoneType]
        return others[0] if len(others) == 1 else kind
    return kind


def _collect_fields(
    value: dict[str, Any], kind: type[msgspec.Struct], path: Path, errors: list[dict[str, str]]
) -> None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key in value:
        if key not in fields:
            _note(errors, (*path, key), f"unknown field; known here: {', '.join(fields)}")
    for name, field in fields.items():
        if name in value:
            _collect(value[name], field.type, (*path, name), errors)
        elif field.required:
            _note(errors, (*path, name), "required, but missing")


def _collect_whole(value: Any, kind: Any, path: Path, errors: list[dict[str, str]]) -> None:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        inner, what = split_error(str(error))
        if len(errors) < ERRORS_MAX:
            errors.append({"path": path_text(path) + inner[1:], "message": in_words(what, kind)})


def split_error(text: str) -> tuple[str, str]:
    """A sentence of msgspec, or of ``fields.wrong``, as (JSONPath, what is wrong there)."""
    found = _AT.match(text)
    assert found is not None
    path, what = found["path"] or "$", found["what"]
    inner, mark, message = what.partition(WRONG_MARK)
    if mark:
        return f"{path}.{inner}", message
    unknown = _UNKNOWN.fullmatch(what)
    if unknown is None:
        return path, what
    return path + path_text((unknown["name"],))[1:], "unknown field: leave it out"


def in_words(what: str, kind: Any = None) -> str:
    """What msgspec says of one value, as something to do about it."""
    allowed = _choices(kind)
    if what.startswith("Invalid enum value") and allowed:
        return f"must be one of {', '.join(allowed)}"
    for pattern, words in _PATTERN_WORDS.items():
        if what.endswith(repr(pattern)):
            return words
    if what.startswith("Expected "):
        return "must be " + what.removeprefix("Expected ").replace("`", "")
    return what


def _choices(kind: Any) -> list[str]:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(one.value) for one in kind]
    return [str(one) for one in get_args(kind)] if get_origin(kind) is Literal else []
