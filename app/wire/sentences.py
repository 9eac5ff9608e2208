"""Each event of a conversation's life as one sentence, for the timeline.

MUST NOT say anything that the event's own fields do not: the log is the truth, this its print.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from app.domain import events as e
from app.domain.words import OfferState
from app.wire.reasons import overflow_text, reason_text

OTHERS_TOLD_MAX: Final = 5


def sentence(event: e.Event) -> str:
    """What happened; empty for an event that is not of a conversation."""
    teller = _SENTENCES.get(type(event))
    return teller(event) if teller is not None else ""


def _entered(event: e.ConversationEntered) -> str:
    return f"Entered queue {event.queue} on channel {event.channel}."


def _moved(event: e.ConversationMoved) -> str:
    if event.overflow is None:
        return f"Moved from queue {event.from_queue} to {event.queue}."
    why = overflow_text(event.overflow)
    return f"Overflowed from queue {event.from_queue} to {event.queue}: {why}."


def _requeued(event: e.ConversationRequeued) -> str:
    away = f", away from {event.agent}" if event.agent else ""
    first = f"; {event.preferred_agent} is asked first" if event.preferred_agent else ""
    return f"Back in line in queue {event.queue}{away}{first}."


def _assigned(event: e.ConversationAssigned) -> str:
    if event.by == f"agent:{event.agent}":
        return f"Picked by {event.agent} from queue {event.queue}."
    away = f", taken from {event.from_agent}" if event.from_agent else ""
    return f"Given to {event.agent} without an offer{away}."


def _notified(event: e.ConversationNotified) -> str:
    return f"The customer is told, because {overflow_text(event.overflow)}: {event.message}"


def _ended(event: e.ConversationEnded) -> str:
    if event.overflow is not None:
        return f"Closed by an overflow rule: {overflow_text(event.overflow)}."
    agent = f", it was with {event.agent}" if event.agent else ""
    came = f"; what came of it: {event.disposition}" if event.disposition else ""
    return f"Ended as {event.state}{agent}{came}."


def _offer_made(event: e.OfferMade) -> str:
    why = event.why
    chosen = "as the preferred agent" if why.get("preferred") else f"by {why.get('strategy')}"
    places = "".join(f", {name} {why[name]}" for name in ("level", "ring") if name in why)
    others = [f"{agent} ({reason_text(code)})" for agent, code in why.get("others", {}).items()]
    more = len(others) - OTHERS_TOLD_MAX
    if more > 0:
        others[OTHERS_TOLD_MAX:] = [f"{more} more"]
    beside = f" Not to {', '.join(others)}." if others else ""
    return f"Offered to {event.agent} {chosen}{places}.{beside}"


_OUTCOMES: Final = {
    OfferState.ACCEPTED: "accepted it",
    OfferState.DECLINED: "declined it",
    OfferState.TIMED_OUT: "did not answer in time",
    OfferState.RESCINDED: "had the offer taken back",
    OfferState.UNDELIVERED: "was not reached",
}


def _offer_ended(event: e.OfferEnded) -> str:
    return f"{event.agent} {_OUTCOMES[event.outcome]}."


_SENTENCES: Final[dict[type[Any], Callable[[Any], str]]] = {
    e.ConversationEntered: _entered,
    e.ConversationMoved: _moved,
    e.ConversationRequeued: _requeued,
    e.ConversationPrioritized: lambda event: f"Its priority is {event.priority} now.",
    e.ConversationAssigned: _assigned,
    e.ConversationWrapping: lambda event: f"In wrap-up with {event.agent}.",
    e.ConversationActive: lambda event: f"Something was said; it is with {event.agent}.",
    e.ConversationIdled: lambda event: f"Silent: {event.agent} keeps it, its units are free.",
    e.ConversationWoke: lambda event: f"Goes on with {event.agent}; its units are taken again.",
    e.ConversationNotified: _notified,
    e.ConversationQuarantined: lambda event: f"Set aside ({event.reason}): {event.evidence}.",
    e.ConversationEnded: _ended,
    e.IncidentOpened: lambda event: f"Incident {event.incident}: {event.text}",
    e.OfferMade: _offer_made,
    e.OfferDelivered: lambda event: f"The offer is in the hands of {event.agent}.",
    e.OfferSeen: lambda event: f"The offer was on the screen of {event.agent}.",
    e.OfferEnded: _offer_ended,
}
