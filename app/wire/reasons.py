"""Codes of the engine in words for people: why (not) this agent, and what an overflow rule saw.

MUST NOT decide anything; a code without words here is shown as it is.
"""

from __future__ import annotations

from typing import Final

from app.wire.views import View

REASON_WORDS: Final = {
    "away": "away by own choice or by a rule",
    "offline": "signed off",
    "disconnected": "no live connection",
    "finishing": "finishes the work in hand and is then away",
    "at_capacity": "at capacity",
    "wrap_up": "in wrap-up",
    "blocked": "kept from it by work on another channel",
    "back_off": "rests after the last offer",
    "no_room": "no room left on this channel",
    "channel": "does not take this channel in the presence chosen",
    "passed_over": "passed over after the agent declined or missed it",
    "held_for_preferred": "the preferred agent is tried first",
    "level": "the agent's level is not open yet",
    "closed": "the queue is closed by its hours",
    "queue_paused": "the queue is paused",
    "quarantined": "set aside in quarantine: nobody is offered it until somebody releases it",
    "later": "could have had it, but stood behind the chosen one",
    "offered_now": "has the offer now",
    "holds_it": "holds the conversation",
}
"""Codes of ``domain.verdicts``; ``skill:NAME`` and ``blocked_by:CHANNEL`` are put together."""
OVERFLOW_WORDS: Final = {
    "after_ms": "it had waited here for long enough",
    "depth": "too many waited before it",
    "no_agents": "nobody was on",
    "closed": "the queue was closed",
}


def reason_text(code: str) -> str:
    """A reason against, for people."""
    kind, _, name = code.partition(":")
    if kind == "skill":
        return f"lacks the skill {name} at the level asked for"
    if kind == "blocked_by":
        return f"work on {name} keeps it away"
    return REASON_WORDS.get(code, code)


def reason_view(code: str) -> View:
    """A reason against: the code, and words for it."""
    return {"code": code, "text": reason_text(code)}


def overflow_text(when: str) -> str:
    """What an overflow rule saw, for people."""
    return OVERFLOW_WORDS.get(when, when)
