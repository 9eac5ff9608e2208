"""How a queue does: what the watchdog proved and holds open, else as far as its state tells.

MUST NOT call a queue ok where somebody waits who could be offered and is not, and MUST NOT count
the wait of one whom the rules let nobody be offered (domain fault 51).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.domain.engine import Engine
from app.domain.need import NOBODY, came_while_closed
from app.domain.settings import ServiceLevelRule
from app.domain.state import Incident, Queue
from app.domain.words import ConversationState, QueueStatus
from app.wire.causes import cause_words
from app.wire.incidents import open_incidents
from app.wire.views import View


@dataclass(slots=True)
class Share:
    """What its members give to one queue, summed up."""

    members: int = 0
    present: int = 0
    routable: int = 0
    capacity_free: int = 0


def oldest_eligible_at(engine: Engine, queue: Queue) -> int | None:
    """When the one was enqueued who has waited longest of those who may be offered now.

    Nobody in a paused queue, and nobody who came while the queue was closed.
    """
    if queue.status is QueueStatus.PAUSED:
        return None
    line = engine.matcher.waiting.queues.get(queue.id)
    if queue.open or line is None:
        return engine.oldest_waiting_at(queue.id)
    if all(held_for == NOBODY for _, held_for in line.buckets):
        return None
    conversations = engine.state.conversations
    waiting = ((at, conversations[id_]) for at, id_ in line.ages)
    return next((at for at, one in waiting if not came_while_closed(one, queue)), None)


def health_of(
    engine: Engine, queue: Queue, row: View, share: Share, oldest_at: int | None, now: int
) -> View:
    """``oldest_at`` is of those who may be offered; to wait for the door to open is no trouble."""
    if queue.status is QueueStatus.PAUSED:
        return _health("paused", queue.status_since, "paused", "Paused by a person.")
    if oldest_at is not None:
        unoffered = engine.unoffered(queue.id, now) if share.routable else None
        rule = queue.settings.service_level
        trouble = _trouble(row, share, rule, now - oldest_at, unoffered)
        if trouble is not None:
            state, cause, why = trouble
            text = f"{row['name']}: {row['waiting']} waiting, {why}."
            return _health(state, oldest_at, cause, text)
    if queue.status is QueueStatus.DRAINING:
        return _health("closed", queue.status_since, "draining", "Draining: takes nothing in.")
    if not queue.open:
        words = "Closed by its hours: who comes now is offered when it opens."
        return _health("closed", queue.hours_since, "hours", words)
    return _health("ok", queue.status_since, None, None)


def health_by_incident(engine: Engine) -> dict[str, View]:
    """{queue: health} where an incident is open: the worst one, of these the oldest.

    What the watchdog has proved goes before what can be told from the state alone.
    """
    found: dict[str, View] = {}
    for incident in open_incidents(engine.state):
        words = cause_words(incident.cause)
        health = _health(words.board, incident.since, incident.cause, incident.text)
        for queue in _queues_of(engine, incident, words.everywhere):
            known = found.get(queue)
            if known is None or _WORST.index(health["state"]) < _WORST.index(known["state"]):
                found[queue] = health
    return found


_WORST: Final = ("stalled", "degraded", "starved")


def _queues_of(engine: Engine, incident: Incident, everywhere: bool) -> Iterable[str]:
    state = engine.state
    if incident.queue is not None:
        return [incident.queue]
    about = state.conversations.get(incident.conversation or "")
    if about is not None:
        return [about.queue]
    return state.queues if everywhere else ()


def quarantined(engine: Engine) -> int:
    """How many conversations are set aside; looks at all of them only when there may be some."""
    state = engine.state
    waiting = sum(queue.counts.get(ConversationState.WAITING, 0) for queue in state.queues.values())
    if waiting == sum(map(engine.waiting_count, state.queues)):
        return 0
    return sum(one.quarantine is not None for one in state.conversations.values())


def _trouble(
    row: View, share: Share, rule: ServiceLevelRule, oldest_wait_ms: int, unoffered: str | None
) -> tuple[str, str, str] | None:
    """(state, cause, words) for a queue in which somebody waits; None while it is merely busy."""
    if not share.members:
        return "starved", "no_members", "and the queue has no members"
    if not share.present:
        return "starved", "nobody_available", f"none of {share.members} members is available"
    if unoffered is not None:
        return "degraded", "routable_without_offer", f"although {unoffered} could take one"
    if share.routable and oldest_wait_ms > rule.target_ms:
        words = f"and none of {share.routable} routable members suits: see explain"
        return "starved", "nobody_suits", words
    if oldest_wait_ms > rule.target_ms:
        words = f"all {share.present} available members are busy"
        return "starved", "all_busy", words
    return None


def _health(state: str, since: int, cause: str | None, text: str | None) -> View:
    return {"state": state, "since": since, "cause": cause, "text": text}
