"""What of the log belongs into the report on an incident, in words.

MUST NOT repeat free text of any event: reasons and names that people typed stay in the log. Bounded
by kind, so that a flood of offers cannot hide the one change of configuration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.domain import events as e
from app.domain.config_diff import diff
from app.domain.state import Incident, State
from app.domain.words import Presence
from app.wire.fields import ID_CHARS

Line = tuple[int, str, str]
"""Instant (ms), log position, words."""
OF_A_KIND_MAX: Final = 40
VALUE_CHARS: Final = 40
DIFFS_SHOWN: Final = 6


@dataclass(slots=True, frozen=True)
class Told:
    """The lines in order, and how many others there would have been."""

    lines: list[Line]
    left_off: int


def told(state: State, incident: Incident, events: Sequence[tuple[object, e.Event]]) -> Told:
    """What happened around it that may have to do with it.

    Of each kind those are kept that are nearest to when it began.
    """
    found: dict[str, list[tuple[int, Line]]] = {}
    for place, (position, event) in enumerate(events):
        teller = _TELLERS.get(type(event))
        if teller is not None and _concerns(state, incident, event):
            kind, text = teller(state, event)
            found.setdefault(kind, []).append((place, (event.at, str(position), text)))
    kept: list[tuple[int, Line]] = []
    left_off = 0
    for those in found.values():
        near = sorted(those, key=lambda one: abs(one[1][0] - incident.since))[:OF_A_KIND_MAX]
        left_off += len(those) - len(near)
        kept += near
    lines = [line for _, line in sorted(kept)]
    return Told([*lines, *_offers_in_all(incident, events)], left_off)


def _concerns(state: State, incident: Incident, event: e.Event) -> bool:
    if isinstance(event, _ALWAYS):
        return True
    conversation = getattr(event, "conversation", None)
    if conversation is not None and conversation == incident.conversation:
        return True
    if isinstance(event, _OF_CONVERSATIONS):
        return False
    queues = (getattr(event, "queue", None), getattr(event, "from_queue", None))
    if incident.queue is not None and incident.queue in queues:
        return True
    if isinstance(event, e.QueueStatusChanged | e.QueueHoursChanged):
        return incident.queue is None
    agent = getattr(event, "agent", None)
    if agent is None:
        return False
    if agent == incident.agent:
        return True
    known = state.agents.get(agent)
    own = known is not None and incident.queue in known.settings.queues
    return own and not isinstance(event, e.OfferMade | e.OfferEnded)


def _offers_in_all(incident: Incident, events: Sequence[tuple[object, e.Event]]) -> list[Line]:
    """One line about all offers while it went on, so that a silence is seen."""
    until = incident.resolved_at
    counts: Counter[str] = Counter()
    for _, event in events:
        here = incident.queue in (None, getattr(event, "queue", None))
        if event.at < incident.since or (until and event.at > until) or not here:
            continue
        if isinstance(event, e.OfferMade):
            counts["made"] += 1
        elif isinstance(event, e.OfferEnded):
            counts[str(event.outcome)] += 1
    made = counts.pop("made", 0)
    ends = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    where = "in the workspace" if incident.queue is None else f"in queue `{incident.queue}`"
    text = f"From here on {where}: {made} offers made, {ends or 'none ended'}."
    return [(incident.since, "", text)]


def _word(text: str | None) -> str:
    """A code in brackets; what is no code is left out."""
    return f" (`{text}`)" if text and ID_CHARS.fullmatch(text) else ""


def _by(event: Any) -> str:
    return f" by `{event.by}`"


def _configured(kind: str) -> Callable[[State, Any], tuple[str, str]]:
    def tell(state: State, event: Any) -> tuple[str, str]:
        id_, change = getattr(event, kind), state.changes.get(event.version)
        what = "configured"
        if change is not None and change.before is None:
            what = "created"
        elif change is not None:
            changed = [
                f"`{one['path']}` {_short(one['before'])} → {_short(one['after'])}"
                for one in diff(change.before, change.after)
            ]
            more = len(changed) - DIFFS_SHOWN
            what = "changed: " + ", ".join(changed[:DIFFS_SHOWN])
            what += f" and {more} more" if more > 0 else ""
        text = f"Configuration {event.version}{_by(event)}: {kind} `{id_}` {what}."
        return "configuration", text

    return tell


def _short(value: Any) -> str:
    """A setting's value; words that are no code are left out, for customers may be told them."""
    if isinstance(value, str) and not ID_CHARS.fullmatch(value):
        return "…"
    if isinstance(value, dict | list) and any(c in str(value) for c in "\n`"):
        return "…"
    text = str(value)
    return f"`{text[:VALUE_CHARS]}{'…' if len(text) > VALUE_CHARS else ''}`"


def _removed(kind: str) -> Callable[[State, Any], tuple[str, str]]:
    def tell(_: State, event: Any) -> tuple[str, str]:
        removed = f"{kind} `{getattr(event, kind)}` removed"
        return "configuration", f"Configuration {event.version}{_by(event)}: {removed}."

    return tell


def _presence(_: State, event: e.PresenceChanged) -> tuple[str, str]:
    custom = f" as `{event.custom}`" if event.custom else ""
    how = f"{event.presence}{custom}{_word(event.reason)}"
    text = f"Agent `{event.agent}` is {how}, set{_by(event)}."
    # Who leaves matters more than who comes; neither must crowd the other out.
    return f"presence {event.presence is Presence.AVAILABLE}", text


def _planned(_: State, event: e.PresencePlanned) -> tuple[str, str]:
    plan = "goes on" if event.presence is None else f"finishes, then {event.presence}"
    return "plans", f"Agent `{event.agent}` {plan}{_by(event)}."


def _offer_made(_: State, event: e.OfferMade) -> tuple[str, str]:
    text = f"Offer `{event.offer}`: `{event.conversation}` to `{event.agent}`."
    return "offers", text


def _offer_ended(_: State, event: e.OfferEnded) -> tuple[str, str]:
    how = f"{event.outcome}{_word(event.reason)}"
    return "offers ended", f"Offer `{event.offer}` to `{event.agent}` ended: {how}."


def _status(_: State, event: e.QueueStatusChanged) -> tuple[str, str]:
    return "queues", f"Queue `{event.queue}` is {event.status}, set{_by(event)}."


def _hours(_: State, event: e.QueueHoursChanged) -> tuple[str, str]:
    return "hours", f"Queue `{event.queue}` {'opened' if event.open else 'closed'} by its hours."


def _owner(_: State, event: e.EpochOpened) -> tuple[str, str]:
    gap = f"; nobody decided for {event.gap_ms} ms before" if event.gap_ms else ""
    return "owners", f"Node `{event.node}` took over as epoch {event.epoch}{gap}."


def _extended(_: State, event: e.DeadlinesExtended) -> tuple[str, str]:
    return "deadlines", f"Running deadlines were moved by {event.by_ms} ms: the fault was ours."


def _aside(_: State, event: e.ConversationQuarantined) -> tuple[str, str]:
    set_aside = f"Conversation `{event.conversation}` set aside"
    return "quarantine", f"{set_aside}{_word(event.reason)}{_by(event)}."


def _corrected(_: State, event: e.CapacityCorrected) -> tuple[str, str]:
    load = f"{event.before or 'nothing'} to {event.after or 'nothing'}"
    return "capacity", f"Load of `{event.agent}` corrected from {load}{_by(event)}."


def _connection(_: State, event: e.ConnectionChanged) -> tuple[str, str]:
    return "connections", f"Agent `{event.agent}` is {event.connection}."


def _life(words: str) -> Callable[[State, Any], tuple[str, str]]:
    def tell(_: State, event: Any) -> tuple[str, str]:
        fields = {name: getattr(event, name, None) for name in ("queue", "agent", "from_queue")}
        return "life", f"Conversation `{event.conversation}` {words.format(**fields)}."

    return tell


_ALWAYS: Final = (
    e.QueueConfigured,
    e.QueueRemoved,
    e.AgentConfigured,
    e.AgentRemoved,
    e.PresenceConfigured,
    e.PresenceRemoved,
    e.EpochOpened,
    e.DeadlinesExtended,
    e.ConversationQuarantined,
    e.CapacityCorrected,
)
_OF_CONVERSATIONS: Final = (
    e.ConversationEntered,
    e.ConversationMoved,
    e.ConversationRequeued,
    e.ConversationAssigned,
    e.ConversationWrapping,
    e.ConversationEnded,
)
_TELLERS: Final[dict[type[Any], Callable[[State, Any], tuple[str, str]]]] = {
    e.QueueConfigured: _configured("queue"),
    e.QueueRemoved: _removed("queue"),
    e.AgentConfigured: _configured("agent"),
    e.AgentRemoved: _removed("agent"),
    e.PresenceConfigured: _configured("presence"),
    e.PresenceRemoved: _removed("presence"),
    e.QueueStatusChanged: _status,
    e.QueueHoursChanged: _hours,
    e.PresenceChanged: _presence,
    e.PresencePlanned: _planned,
    e.ConnectionChanged: _connection,
    e.OfferMade: _offer_made,
    e.OfferEnded: _offer_ended,
    e.EpochOpened: _owner,
    e.DeadlinesExtended: _extended,
    e.ConversationQuarantined: _aside,
    e.CapacityCorrected: _corrected,
    e.ConversationEntered: _life("entered queue `{queue}`"),
    e.ConversationMoved: _life("moved from queue `{from_queue}` to `{queue}`"),
    e.ConversationRequeued: _life("is back in line in queue `{queue}`"),
    e.ConversationAssigned: _life("was given to `{agent}` without an offer"),
    e.ConversationWrapping: _life("is in wrap-up with `{agent}`"),
    e.ConversationEnded: _life("ended"),
}
