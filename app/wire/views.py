"""What is shown of one conversation, offer, queue or key: state as plain dicts.

MUST NOT change state, and MUST NOT decide: estimates and reasons come from the domain. A field is
never renamed or given another meaning; the shapes are published in ``shapes``. Agents have a room
of their own, ``agent_views``.
"""

from __future__ import annotations

from typing import Any

import msgspec

from app.domain.engine import Engine
from app.domain.expect import expected_wait
from app.domain.figures import QueueFigures
from app.domain.state import Conversation, Key, Offer, Queue
from app.domain.words import MS_PER_DAY, ConversationState
from app.wire.reserved import open_ids

View = dict[str, Any]


def conversation_view(engine: Engine, conversation_id: str, now: int) -> View:
    """One conversation for those who sent or supervise it. Raises KeyError when it is unknown."""
    row = conversation_row(engine, conversation_id)
    return {**row, "estimated_wait": _estimated_wait(engine, conversation_id, now)}


def conversation_row(engine: Engine, conversation_id: str) -> View:
    """The same without the estimate, which is dear. Raises KeyError when it is unknown."""
    state = engine.state
    conversation = state.conversations[conversation_id]
    offers = [state.offers[id_] for id_ in conversation.offers]
    return {
        "id": conversation.id,
        "queue": conversation.queue,
        "channel": conversation.channel,
        "state": str(conversation.state),
        "priority": conversation.priority,
        "skills": conversation.skills,
        "preferred_agent": conversation.preferred_agent,
        "customer": conversation.customer,
        "subject": conversation.subject,
        "attributes": conversation.attributes,
        "agent": conversation.agent,
        "offer": offers[0].id if offers else None,
        "offers": [_offer_brief(offer) for offer in offers],
        "position": engine.position_of(conversation.id),
        "entered_at": conversation.entered_at,
        "enqueued_at": conversation.enqueued_at,
        "joined_at": conversation.joined_at,
        "quarantine": _quarantine(conversation),
        "notices": [{"at": one.at, "message": one.message} for one in conversation.notices],
        "idle": conversation.idle,
        "assigned_at": conversation.assigned_at or None,
        "wrap_until": _wrap_until(conversation),
        "ended_at": conversation.ended_at or None,
        "end_reason": conversation.end_reason or None,
        "disposition": conversation.disposition,
        "offers_made": len(conversation.offers) + len(conversation.past_offers),
    }


def _quarantine(conversation: Conversation) -> View | None:
    why = conversation.quarantine
    if why is None:
        return None
    return {"at": why.at, "reason": why.reason, "evidence": why.evidence, "by": why.by}


def held_view(engine: Engine, conversation_id: str) -> View:
    """One conversation for the agent who holds it. Raises KeyError when it is unknown."""
    conversation = engine.state.conversations[conversation_id]
    settings = engine.state.queues[conversation.queue].settings
    return {
        "id": conversation.id,
        "queue": conversation.queue,
        "queue_name": settings.name,
        "channel": conversation.channel,
        "state": str(conversation.state),
        "priority": conversation.priority,
        "units": conversation.units,
        "customer": conversation.customer,
        "subject": conversation.subject,
        "attributes": conversation.attributes,
        "enqueued_at": conversation.enqueued_at,
        "assigned_at": conversation.assigned_at or None,
        "disposition": conversation.disposition,
        "wrap_until": _wrap_until(conversation),
        "wrap_extendable": settings.wrap_up.extendable,
        "idle": conversation.idle,
    }


def offer_view(engine: Engine, offer_id: str, now: int) -> View:
    """One offer for the agent who is to decide. Raises KeyError when it is unknown."""
    offer = engine.state.offers[offer_id]
    conversation = engine.state.conversations[offer.conversation]
    settings = engine.state.queues[offer.queue].settings
    return {
        "id": offer.id,
        "conversation": offer.conversation,
        "queue": offer.queue,
        "queue_name": settings.name,
        "channel": conversation.channel,
        "priority": conversation.priority,
        "customer": conversation.customer,
        "subject": conversation.subject,
        "waited_ms": max(0, offer.made_at - conversation.enqueued_at),
        "made_at": offer.made_at,
        "expires_at": offer.expires_at,
        "expires_in_ms": max(0, offer.expires_at - now),
        "units": offer.units,
        "decline_reasons": [reason.code for reason in settings.decline.reasons],
        "why": why_for_agents(offer),
    }


def why_for_agents(offer: Offer) -> View:
    """The decision in short, without what it says about colleagues."""
    return {name: value for name, value in offer.why.items() if name != "others"}


def queue_view(engine: Engine, queue_id: str, now: int) -> View:
    """One queue: settings as they were put, and what is going on. Raises KeyError when unknown."""
    return _queue_now(engine, engine.state.queues[queue_id], now)


def queues_view(engine: Engine, now: int) -> list[View]:
    """All queues, by id."""
    queues = engine.state.queues
    return [_queue_now(engine, queues[id_], now) for id_ in open_ids(queues)]


def figures_on(queue: Queue, now: int) -> QueueFigures:
    """The counters of the UTC day that ``now`` is on."""
    return queue.figures if queue.figures.day == now // MS_PER_DAY else QueueFigures()


def key_view(key: Key, now: int, last_used_at: int | None = None) -> View:
    """One API key at ``now``, without anything that opens a door."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "agent": key.agent,
        "queues": key.queues,
        "hides_customers": key.hides_customers,
        "created_at": key.created_at,
        "expires_at": key.expires_at or None,
        "rotated_at": key.rotated_at or None,
        "former_until": key.former_until if key.former_until > now else None,
        "revoked_at": key.revoked_at or None,
        "last_used_at": last_used_at,
    }


def settings_view(settings: Any) -> View:
    """A settings record as the JSON that could be put again."""
    view: View = msgspec.to_builtins(settings)
    return view


def _queue_now(engine: Engine, queue: Queue, now: int) -> View:
    return {
        "id": queue.id,
        **settings_view(queue.settings),
        "version": queue.version,
        "status": str(queue.status),
        "status_since": queue.status_since,
        "open": queue.open,
        "members_on": engine.staff.on(queue.id),
        "overflowed": figures_on(queue, now).overflowed,
    }


def _estimated_wait(engine: Engine, conversation_id: str, now: int) -> View | None:
    """None when it does not wait."""
    if engine.state.conversations[conversation_id].state is not ConversationState.WAITING:
        return None
    wait = expected_wait(engine, conversation_id, now)
    if isinstance(wait, str):
        return {"unknown": str(wait)}
    return {"p50_ms": wait.p50_ms, "p90_ms": wait.p90_ms}


def _offer_brief(offer: Offer) -> View:
    return {
        "id": offer.id,
        "agent": offer.agent,
        "state": str(offer.state),
        "made_at": offer.made_at,
        "expires_at": offer.expires_at,
    }


def _wrap_until(conversation: Conversation) -> int | None:
    return conversation.wrap_until if conversation.state is ConversationState.WRAPPING else None
