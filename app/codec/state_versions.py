"""From one schema of a whole state to the next, and back: pure functions on plain sections.

As ``upcasters`` and ``downcasters`` do for records. A section may come in parts, so a step looks at
entries one by one. MUST NOT import the state: a step speaks of the shapes of its own day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from app.codec.errors import NotInFormat

Step = Callable[[str, Any], Any]
"""(section, its content or a part of it) -> the same in the other schema; may change it."""


_OF_SECOND: Final = ("sign_outs", "freezes", "broadcasts")
"""Sections that came with the second schema."""


_KEY_IN_FIRST: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "queues": None,
        "expires_at": 0,
        "hides_customers": False,
        "former_sha256": "",
        "former_until": 0,
        "rotated_at": 0,
    }
)
"""What the second schema says of a key, and its meaning in the first."""


def _second(section: str, plain: Any) -> Any:
    if section in _OF_SECOND:
        raise ValueError(f"has a section of a later version: {section}")
    if section == "changes":
        for change in plain:
            if "reason" in change:
                raise ValueError("has fields of a later version: reason")
            change["reason"] = ""
    if section == "conversations":
        for conversation in plain:
            if "disposition" in conversation:
                raise ValueError("has fields of a later version: disposition")
            conversation["disposition"] = None
    if section == "keys":
        for key in plain:
            if known := key.keys() & _KEY_IN_FIRST.keys():
                raise ValueError(f"has fields of a later version: {', '.join(sorted(known))}")
            key.update(_KEY_IN_FIRST)
    return plain


def _first(section: str, plain: Any) -> Any:
    if section in _OF_SECOND and plain:
        raise NotInFormat("state", f"the older version has no {section}")
    if section == "changes":
        for change in plain:
            if change.pop("reason"):
                raise NotInFormat("state", "the older version has no reason of a change")
    if section == "conversations":
        for conversation in plain:
            if conversation.pop("disposition") is not None:
                raise NotInFormat("state", "the older version has no disposition")
    if section == "keys":
        for key in plain:
            if any(key.pop(name) != value for name, value in _KEY_IN_FIRST.items()):
                raise NotInFormat("state", "the older version has no limits of a key")
    return plain


UPCASTERS: Final[Mapping[int, Step]] = MappingProxyType({1: _second})
"""Schema -> what makes the next one of it. Never deleted."""
DOWNCASTERS: Final[Mapping[int, Step]] = MappingProxyType({2: _first})
"""Schema -> what makes the one before of it, or raises NotInFormat."""
