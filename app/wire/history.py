"""What is told afterwards: the timeline of a conversation.

MUST NOT retell an event in other words than its own fields: the log is the truth, this its print.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from app.domain.events import Event, OfferDelivered, OfferSeen
from app.wire.sentences import sentence
from app.wire.views import View

_HIDDEN: Final = frozenset({"at", "by", "reason", "conversation", "fingerprint"})


def timeline_item(position: str, event: Event) -> View:
    """One transition: when, who, why, in words, where in the log; the event's fields as details."""
    fields = msgspec.to_builtins(event)
    return {
        "position": position,
        "at": event.at,
        "type": event_name(type(event)),
        "actor": fields.get("by") or _actor(event),
        "reason": fields.get("reason", ""),
        "text": sentence(event),
        "details": {name: value for name, value in fields.items() if name not in _HIDDEN},
    }


def event_name(kind: type[Any]) -> str:
    """``OfferMade`` as ``offer_made``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


def _actor(event: Event) -> str:
    """Events without ``by`` are an agent's own word or the system's."""
    if isinstance(event, OfferDelivered | OfferSeen):
        return f"agent:{event.agent}"
    return "system"
