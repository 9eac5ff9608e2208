"""From one version of a record to the next: pure functions on the plain fields of its body.

Never changed and never deleted once released: a record written years ago is read through all that
came after it. MUST NOT import the events: an upcaster speaks of the shapes of its own day. The
rule: what a field of the new version says of an old record is what the old program did.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

Fields = dict[str, Any]


def _queue_configured_1(fields: Fields) -> Fields:
    settings = fields["settings"]
    settings["back_off"] = {
        "declined_ms": 0,
        "busy_ms": 0,
        "missed_ms": 0,
        "undelivered_ms": 5_000,
    }
    settings["idle"] = {"after_ms": 0}
    for rule in settings["overflow"]:
        rule["message"] = None
    return fields


def _agent_configured_1(fields: Fields) -> Fields:
    fields["settings"] |= {"blocks": {}, "wrap_up_ms": None, "pull": False}
    return fields


def _presence_changed_1(fields: Fields) -> Fields:
    return fields | {"custom": None}


def _without_overflow(fields: Fields) -> Fields:
    return fields | {"overflow": None}


def _offer_ended_1(fields: Fields) -> Fields:
    """Only an undelivered offer made its agent rest, as long as it kept him from this one."""
    rest = fields["soft_until"] if fields["outcome"] == "undelivered" else 0
    return fields | {"back_off_until": rest}


UPCASTERS: Final[Mapping[tuple[int, int], Any]] = MappingProxyType(
    {
        (4, 1): _queue_configured_1,
        (7, 1): _agent_configured_1,
        (9, 1): _presence_changed_1,
        (12, 1): _without_overflow,
        (17, 1): _without_overflow,
        (22, 1): _offer_ended_1,
    }
)
"""(record type, version) -> what makes the next version of it."""
