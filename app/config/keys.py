"""The list of keys: every single setting with its type, unit, default and environment variable.

Reads no value. The rule: the list is made from ``Settings``, so that a key is never forgotten
elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from inspect import isclass
from typing import Any

from pydantic import BaseModel, SecretStr

from app.config.kinds import Unit
from app.config.settings import Settings

PREFIX = "INTERLOCK_"


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. ``path`` is ``section.key``; ``secret`` ones may also come from a file."""

    path: str
    kind: Any
    default: Any
    unit: str
    reason: str
    secret: bool

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return PREFIX + self.path.upper().replace(".", "__")

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return isinstance(self.default, tuple)


def sections() -> dict[str, type[BaseModel]]:
    """The tables with fixed keys: all but ``queues``, ``agents`` and ``presences``."""
    return {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isclass(field.annotation) and issubclass(field.annotation, BaseModel)
    }


@cache
def keys() -> dict[str, Key]:
    """Every key by its path, in the order of the file."""
    return {key.path: key for name, model in sections().items() for key in _keys_of(name, model)}


def _keys_of(section: str, model: type[BaseModel]) -> Iterator[Key]:
    for name, info in model.model_fields.items():
        unit = next((mark.text for mark in info.metadata if isinstance(mark, Unit)), "text")
        yield Key(
            path=f"{section}.{name}",
            kind=info.annotation,
            default=info.default,
            unit=unit,
            reason=" ".join((info.description or "").split()),
            secret=info.annotation is SecretStr or "secret" in unit,
        )
