"""What differs between two versions of settings, place by place, for people to read.

MUST NOT be used to change anything: an undo puts whole settings back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any


@dataclass(slots=True, frozen=True)
class Difference:
    """``path`` like ``$.offer.timeout_ms``; None: it was not there, or is not any more."""

    path: str
    before: Any
    after: Any


def diff(before: Any, after: Any) -> list[Difference]:
    """The smallest places that differ, in the order of the settings; a default is a value too."""
    return [*_diff("$", before, after)]


def _diff(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    old, new = _parts(before), _parts(after)
    if old is None or new is None or (isinstance(before, list) and len(before) != len(after)):
        yield Difference(path, _plain(before), _plain(after))
        return
    for name in [*old, *(name for name in new if name not in old)]:
        place = f"{path}[{name}]" if isinstance(before, list) else f"{path}.{name}"
        yield from _diff(place, old.get(name), new.get(name))


def _parts(value: Any) -> dict[Any, Any] | None:
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return dict(enumerate(value))
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return None


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    parts = _parts(value)
    return value if parts is None else {name: _plain(part) for name, part in parts.items()}
