"""What changed between two states of configuration: one entry for each value that differs.

Knows nothing about queues or agents: dataclasses, dicts, lists and plain values, nested. MUST NOT
judge a change. The rule: what is equal is not mentioned, and the order is that of the fields (in a
dict: of the keys, sorted), so that the same change always reads the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

Entry = dict[str, Any]


def diff(before: Any, after: Any) -> list[Entry]:
    """The changes as ``{path, before, after}``; empty when nothing differs.

    Paths read ``$.offer.timeout_ms``, ``$.queues.billing``, ``$.rings[1].max_level``; a key that is
    no plain word stands in brackets: ``$.queues["eu.billing"]``. What stands on one side only is
    None on the other (``$`` itself: created, removed), so None and absent are the same. Values are
    plain data. Of lists, what is alike at both ends is left out; an element that came has its index
    in ``after``, one that went its index in ``before``.
    """
    return list(_changes("$", before, after))


def _changes(path: str, before: Any, after: Any) -> Iterator[Entry]:
    if before == after:
        return
    alike = type(before) is type(after)
    if alike and is_dataclass(before):
        for field in fields(before):
            mine, its = getattr(before, field.name), getattr(after, field.name)
            yield from _changes(f"{path}.{field.name}", mine, its)
    elif alike and isinstance(before, Mapping):
        for key in sorted({**before, **after}):
            yield from _changes(_below(path, key), before.get(key), after.get(key))
    elif alike and isinstance(before, list | tuple):
        yield from _list_changes(path, before, after)
    else:
        yield {"path": path, "before": _plain(before), "after": _plain(after)}


def _list_changes(path: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Entry]:
    """Pair up what lies between the common beginning and the common end."""
    shorter = min(len(before), len(after))
    first = 0
    while first < shorter and before[first] == after[first]:
        first += 1
    last = 0
    while last < shorter - first and before[-1 - last] == after[-1 - last]:
        last += 1
    old, new = before[first : len(before) - last], after[first : len(after) - last]
    for offset in range(max(len(old), len(new))):
        mine = old[offset] if offset < len(old) else None
        its = new[offset] if offset < len(new) else None
        yield from _changes(f"{path}[{first + offset}]", mine, its)


def _below(path: str, key: str) -> str:
    if key.isidentifier() and key.isascii():
        return f"{path}.{key}"
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{path}["{quoted}"]'


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in value}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value
