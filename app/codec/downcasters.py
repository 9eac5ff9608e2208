"""From one version of a record to the one before: what lets a new build write an older format.

Pure functions on the plain fields of a body; they may change and return their argument. The rule:
down and then up again (``upcasters``) gives the same fields, or ``NotInFormat`` is raised because
the event says something that the older version has no words for. MUST NOT drop what was said. Kept
for as long as the older format is written, and no longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from app.codec.errors import NotInFormat

Fields = dict[str, Any]


def _without(fields: Fields, what: str, **nothing: object) -> Fields:
    """The fields without some that say nothing. Raises NotInFormat when one says something."""
    for name, value in nothing.items():
        if fields.pop(name) != value:
            raise NotInFormat(what, f"the older version has no {name}")
    return fields


def _conversation_wrapping_2(fields: Fields) -> Fields:
    return _without(fields, "ConversationWrapping", disposition=None)


def _conversation_ended_3(fields: Fields) -> Fields:
    return _without(fields, "ConversationEnded", disposition=None)


DOWNCASTERS: Final[Mapping[tuple[int, int], Any]] = MappingProxyType(
    {
        (16, 2): _conversation_wrapping_2,
        (17, 3): _conversation_ended_3,
    }
)
"""(record type, version) -> what makes the version before of it."""
