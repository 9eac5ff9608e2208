"""What is shown of one conversation, offer, agent or queue: state as plain dicts.

MUST NOT change state, and MUST NOT decide: *routable* and the reasons come from the domain. A field
is never renamed or given another meaning; the shapes are published in ``shapes``.
"""

from __future__ import annotations

from typing import Any

import msgspec

from app.domain.engine import Engine
from app.domain.routability import why_not_routable
from app.domain.settings import AgentSettings
from app.domain.state import Agent, Conversation, Key, Offer, Queue
from app.domain.words import ConversationState

View = dict[str, Any]


def conversation_view(engine: Engine, conversation_id: str, now: int) -> View:
    """One conversation for those who sent or supervise it. Raises KeyError when it is unknown."""
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
        "assigned_at": conversation.assigned_at or None,
        "wrap_until": _wrap_until(conversation),
        "ended_at": conversation.ended_at or None,
        "end_reason": conversation.end_reason or None,
        "offers_made": len(conversation.offers) + len(conversation.past_offers),
    }


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
        "wrap_until": _wrap_until(conversation),
        "wrap_extendable": settings.wrap_up.extendable,
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
        "why": offer.why,
    }


def agent_view(engine: Engine, agent_id: str, now: int) -> View:
    """One agent: settings as they were put, then what is going on. Raises KeyError when unknown."""
    agent = engine.state.agents[agent_id]
    return {
        "id": agent.id,
        **settings_view(agent.settings),
        "version": agent.version,
        **_agent_now(engine, agent, now),
        "conversations": list(agent.conversations),
        "offers": list(agent.offers),
    }


def queue_view(engine: Engine, queue_id: str) -> View:
    """One queue: settings as they were put, and its status. Raises KeyError when unknown."""
    return _queue_now(engine.state.queues[queue_id])


def agents_view(engine: Engine, now: int) -> list[View]:
    """All agents, by id."""
    return [agent_view(engine, id_, now) for id_ in sorted(engine.state.agents)]


def queues_view(engine: Engine) -> list[View]:
    """All queues, by id."""
    return [_queue_now(engine.state.queues[id_]) for id_ in sorted(engine.state.queues)]


def agent_snapshot(engine: Engine, agent_id: str, now: int) -> View:
    """All that an agent's screen shows: the agent, the live offers, the conversations held."""
    agent = engine.state.agents[agent_id]
    return {
        "agent": {
            "id": agent.id,
            "name": agent.settings.name,
            **_agent_now(engine, agent, now),
            "capacity": agent.settings.capacity,
            "units": agent.settings.units,
            "queues": {
                id_: engine.state.queues[id_].settings.name for id_ in sorted(agent.settings.queues)
            },
        },
        "offers": [offer_view(engine, id_, now) for id_ in agent.offers],
        "conversations": [held_view(engine, id_) for id_ in agent.conversations],
    }


def key_view(key: Key) -> View:
    """One API key, without anything that opens a door."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "agent": key.agent,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at or None,
    }


def settings_view(settings: Any) -> View:
    """A settings record as the JSON that could be put again."""
    view: View = msgspec.to_builtins(settings)
    return view


def capacity_of(settings: AgentSettings) -> int:
    """Units over all channels: their sum, or the bound on it."""
    total = sum(settings.capacity.values())
    return total if settings.units is None else min(total, settings.units)


def _agent_now(engine: Engine, agent: Agent, now: int) -> View:
    why_not = why_not_routable(engine.state, agent, now)
    return {
        "presence": str(agent.presence),
        "reason": agent.presence_reason,
        "by": agent.presence_by,
        "since": agent.presence_since,
        "connection": str(agent.connection),
        "routable": not why_not,
        "why_not": why_not,
        "load": dict(agent.load),
        "load_units": agent.load_units,
    }


def _queue_now(queue: Queue) -> View:
    return {
        "id": queue.id,
        **settings_view(queue.settings),
        "version": queue.version,
        "status": str(queue.status),
        "status_since": queue.status_since,
    }


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
