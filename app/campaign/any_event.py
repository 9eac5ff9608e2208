"""Events of every kind, made up from what their fields allow; none of them need make sense.

So a campaign knows every record type that exists, also those made after it. All is drawn from the
one source of chance that is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from random import Random
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from app.domain import events as e

WORDS = (
    "",
    "main",
    "billing",
    "anna",
    "c-1",
    "o-1",
    "Zo\u00eb \u2028",
    "\u00e6\u00f8",
    "0",
    "null",
)
NUMBERS = (0, 1, -1, 2, 20_000, 1_790_000_000_000, 2**53, 2**63 - 1)
_PLAIN: Mapping[Any, Callable[[Random], Any]] = {
    int: lambda chance: chance.choice(NUMBERS),
    float: lambda chance: chance.choice((0.0, -1.5, 0.1, 1e300, 92.5)),
    str: lambda chance: chance.choice(WORDS),
    bool: lambda chance: chance.random() < 0.5,
    NoneType: lambda _: None,
    Any: lambda chance: chance.choice((None, True, 7, 0.5, "x", [], ["a", 1], {"a": {"b": []}})),
}


def any_events(chance: Random, of_each: int = 1) -> list[e.Event]:
    """``of_each`` events of every kind there is."""
    return [any_of(kind, chance) for kind in get_args(e.Event) for _ in range(of_each)]


def any_of(hint: Any, chance: Random) -> Any:
    """A value that an annotation of an event allows."""
    if hint in _PLAIN:
        return _PLAIN[hint](chance)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any_of(chance.choice(inner), chance)
    if origin is list:
        return [any_of(inner[0], chance) for _ in range(chance.randrange(3))]
    if origin is dict:
        few = range(chance.randrange(3))
        return {any_of(inner[0], chance): any_of(inner[1], chance) for _ in few}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return chance.choice(list(hint))
    if is_dataclass(hint) and isinstance(hint, type):
        hints = get_type_hints(hint)
        return hint(**{field.name: any_of(hints[field.name], chance) for field in fields(hint)})
    raise TypeError(f"nothing is known about {hint}")
