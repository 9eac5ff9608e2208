"""What is told afterwards: the timeline of a conversation, and why it is (not) offered now.

MUST NOT retell an event in other words than its own fields: the log is the truth, this its print.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from app.domain.engine import Engine
from app.domain.events import Event, OfferDelivered, OfferSeen
from app.domain.explain import MemberVerdict, explain
from app.wire.views import View

REASON_WORDS: Final = {
    "away": "away by own choice or by a rule",
    "offline": "signed off",
    "disconnected": "no live connection",
    "at_capacity": "at capacity",
    "wrap_up": "in wrap-up",
    "back_off": "an offer did not reach the agent a moment ago",
    "no_room": "no room left on this channel",
    "passed_over": "passed over after the agent declined or missed it",
    "held_for_preferred": "the preferred agent is tried first",
    "level": "the agent's level is not open yet",
    "queue_paused": "the queue is paused",
    "offered_now": "has the offer now",
    "holds_it": "holds the conversation",
}
"""Codes of ``domain.explain`` in words; ``skill:NAME`` is put together."""
_HIDDEN: Final = frozenset({"at", "by", "reason", "conversation", "fingerprint"})


def timeline_item(position: str, event: Event) -> View:
    """One transition: when, who, why, where in the log, and the event's own fields as details."""
    fields = msgspec.to_builtins(event)
    return {
        "position": position,
        "at": event.at,
        "type": event_name(type(event)),
        "actor": fields.get("by") or _actor(event),
        "reason": fields.get("reason", ""),
        "details": {name: value for name, value in fields.items() if name not in _HIDDEN},
    }


def event_name(kind: type[Any]) -> str:
    """``OfferMade`` as ``offer_made``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


def explanation_view(engine: Engine, conversation_id: str, now: int) -> View:
    """Why a conversation is (not) offered at ``now``. Raises KeyError when it is unknown."""
    explanation = explain(engine, conversation_id, now)
    agents = engine.state.agents
    return {
        "conversation": conversation_id,
        "state": str(explanation.state),
        "sentence": explanation.sentence,
        "ring": explanation.ring,
        "max_level": explanation.max_level,
        "skills": explanation.skills,
        "queue_status": str(explanation.queue_status),
        "next_change_at": explanation.next_change_at,
        "members": [
            _member(member, agents[member.agent].settings.name) for member in explanation.members
        ],
    }


def reason_text(code: str) -> str:
    """A reason against, for people."""
    if code.startswith("skill:"):
        return f"lacks the skill {code.removeprefix('skill:')} at the level asked for"
    return REASON_WORDS.get(code, code)


def _member(member: MemberVerdict, name: str) -> View:
    return {
        "agent": member.agent,
        "name": name,
        "level": member.level,
        "eligible": member.eligible,
        "reasons": [{"code": code, "text": reason_text(code)} for code in member.reasons],
    }


def _actor(event: Event) -> str:
    """Events without ``by`` are an agent's own word or the system's."""
    if isinstance(event, OfferDelivered | OfferSeen):
        return f"agent:{event.agent}"
    return "system"
