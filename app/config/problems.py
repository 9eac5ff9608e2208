"""What is wrong with the settings, said so that a person can put it right.

Checks nothing itself: it explains what the types refused. The rule: every sentence names the path
of the key, where the value came from, and the remedy; no sentence repeats a value that may be
secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from difflib import get_close_matches
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.config.kinds import ID_TEXT

UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
UNQUOTED = ("int_type", "float_type", "bool_type")
REMEDIES = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": 'must be text, in quotes: "…"',
    "list_type": "must be a list: [ … ]",
    "tuple_type": "must be a list: [ … ]",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "dataclass_type": "must be a table",
    "path_type": 'must be text, in quotes: "…"',
    "missing": "is missing; add it",
    "string_pattern_mismatch": ID_TEXT,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right. ``source``: the file, variable or flag it came from, or empty."""

    path: str
    text: str
    source: str = ""

    def __str__(self) -> str:
        where = f" ({self.source})" if self.source else ""
        return f"{self.path}: {self.text}{where}"


class ConfigError(Exception):
    """The settings cannot be used; ``problems`` holds all that was found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def explain(
    error: ValidationError, root: type[BaseModel], origins: Mapping[str, str]
) -> Iterator[Problem]:
    """Each error of the types as a problem."""
    for detail in error.errors(include_url=False):
        origin = origin_of(".".join(map(str, detail["loc"])), origins)
        text = _sentence(detail, root)
        if detail["type"] in UNQUOTED and isinstance(detail["input"], str) and "file" in origin:
            text += ", without quotes"
        yield Problem(_dotted(detail["loc"]), text, origin)


def origin_of(path: str, origins: Mapping[str, str]) -> str:
    """Where ``path``, or else the table that should hold it, was set; '' when nowhere."""
    while path and path not in origins:
        below = next((origins[key] for key in origins if key.startswith(path + ".")), "")
        if below:
            return below
        path = path.rpartition(".")[0]
    return origins.get(path, "")


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like this one; '' when none is."""
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=0.6)), "")


def children(kind: Any) -> dict[str, Any]:
    """The keys of a table type with the types below them; ``*`` stands for any id or place."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return {field.name: hints[field.name] for field in fields(kind)}
    return {"*": get_args(kind)[-1]} if get_args(kind) else {}


def _dotted(loc: Iterable[str | int]) -> str:
    """``queues.billing.rings[1].after_ms``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return "".join(steps).lstrip(".")


def _sentence(detail: ErrorDetails, root: type[BaseModel]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in UNKNOWN:
        return _unknown(detail["loc"], root)
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        return f"must be {bound} or {'more' if 'ge' in context else 'less'}"
    if kind in ("enum", "literal_error"):
        return _choice(str(detail["input"]), str(context["expected"]))
    if kind == "value_error":
        return str(context["error"])
    return REMEDIES.get(kind, detail["msg"])


def _choice(given: str, expected: str) -> str:
    words = expected.replace("'", "").replace(" or ", ", ").split(", ")
    near = nearest(given, words)
    hint = f", did you mean {near}?" if near else ""
    return f"must be one of {', '.join(words)}{hint}"


def _unknown(loc: tuple[str | int, ...], root: type[BaseModel]) -> str:
    *above, key = map(str, loc)
    kind: Any = root
    for step in above:
        below = children(kind)
        kind = below.get(step, below.get("*"))
    known = children(kind)
    if near := nearest(key, known) or _elsewhere(key, root):
        path = near if "." in near else _dotted([*loc[:-1], near])
        return f"unknown key, did you mean {path}?"
    return f"unknown key; known here: {', '.join(known)}"


def _elsewhere(key: str, root: type[BaseModel]) -> str:
    found = [
        f"{section}.{name}"
        for section, kind in children(root).items()
        for name in children(kind)
        if name == key
    ]
    return found[0] if len(found) == 1 else ""
