"""One source of settings: nested tables, with the place each value came from.

Knows no key and checks nothing. The rule: no value without its origin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.config.problems import Problem


@dataclass(slots=True)
class Layer:
    """Values by section and key, ``origins`` by path, and what could not be read at all."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def put(self, path: str, value: Any, origin: str) -> None:
        """Set ``section.key``, replacing a weaker value of the same layer."""
        section, _, key = path.partition(".")
        self.values.setdefault(section, {})[key] = value
        self.origins[path] = origin


def leaves(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below ``table`` with its dotted path; lists and empty tables count as values."""
    for key, value in table.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{path}.")
        else:
            yield path, value
