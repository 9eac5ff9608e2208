"""From one version of a record to the next: pure functions on the plain fields of its body.

Never changed and never deleted once released: a record written years ago is read through all that
came after it. MUST NOT import the events: an upcaster speaks of the shapes of its own day. The
rule: what a field of the new version says of an old record is what the old program did. What does
not look like an old record must not come to look like a new one: a field of a later version that is
there already is refused (``_add``), and a container stays the container that it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

Fields = dict[str, Any]


def _add(fields: Fields, **new: object) -> Fields:
    """The fields with new ones. Raises ValueError when one is there already."""
    if known := fields.keys() & new.keys():
        raise ValueError(f"has fields of a later version: {', '.join(sorted(known))}")
    return fields | new


def _queue_configured_1(fields: Fields) -> Fields:
    """Only an undelivered offer made its agent rest, for as long as it kept him from this one."""
    settings = fields["settings"]
    rest_ms = min(settings["decline"]["cooldown_ms"], 5_000)
    rests = {"declined_ms": 0, "busy_ms": 0, "missed_ms": 0, "undelivered_ms": rest_ms}
    rules = settings["overflow"]
    for number, rule in enumerate(rules):
        rules[number] = _add(rule, message=None)
    return fields | {"settings": _add(settings, back_off=rests, idle={"after_ms": 0})}


def _agent_configured_1(fields: Fields) -> Fields:
    settings = _add(fields["settings"], blocks={}, wrap_up_ms=None, pull=False)
    return fields | {"settings": settings}


def _presence_changed_1(fields: Fields) -> Fields:
    return _add(fields, custom=None)


def _without_overflow(fields: Fields) -> Fields:
    return _add(fields, overflow=None)


def _offer_ended_1(fields: Fields) -> Fields:
    """As ``_queue_configured_1``: the rest was the time until ``soft_until``."""
    rest = fields["soft_until"] if fields["outcome"] == "undelivered" else 0
    return _add(fields, back_off_until=rest)


def _without_disposition(fields: Fields) -> Fields:
    return _add(fields, disposition=None)


UPCASTERS: Final[Mapping[tuple[int, int], Any]] = MappingProxyType(
    {
        (4, 1): _queue_configured_1,
        (7, 1): _agent_configured_1,
        (9, 1): _presence_changed_1,
        (12, 1): _without_overflow,
        (16, 1): _without_disposition,
        (17, 1): _without_overflow,
        (17, 2): _without_disposition,
        (22, 1): _offer_ended_1,
    }
)
"""(record type, version) -> what makes the next version of it."""
