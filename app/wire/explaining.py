"""Why a conversation is (not) offered: for a supervisor all of it, for an agent what is the own.

An agent MUST NOT learn from here about colleagues: no name, no presence, no reason but the own.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from app.domain.engine import Engine
from app.domain.explain import Explanation, MemberVerdict, explain
from app.domain.state import Agent, Conversation, Offer
from app.domain.words import HELD_STATES, ConversationState, QueueStatus
from app.wire.reasons import reason_text, reason_view
from app.wire.views import View, why_for_agents

OFFERS_TOLD_MAX: Final = 50
OFFERS_EXAMINED_MAX: Final = 200_000


def explanation_view(engine: Engine, conversation_id: str, now: int) -> View:
    """All of it, for a supervisor. Raises KeyError when it is unknown."""
    explanation = explain(engine, conversation_id, now)
    agents = engine.state.agents
    return {
        **_shared(conversation_id, explanation),
        "sentence": explanation.sentence,
        "members": [
            _member(member, agents[member.agent].settings.name) for member in explanation.members
        ],
        "offers": [_record(offer) for offer in _offers_of(engine, conversation_id)],
    }


def own_explanation_view(engine: Engine, conversation_id: str, agent_id: str, now: int) -> View:
    """What the agent may know of it. Raises KeyError unless it is in a queue of the agent's."""
    conversation = engine.state.conversations[conversation_id]
    agent = engine.state.agents[agent_id]
    if conversation.queue not in agent.settings.queues:
        raise KeyError(conversation_id)
    explanation = explain(engine, conversation_id, now)
    own = [member for member in explanation.members if member.agent == agent_id]
    records = (_own_record(offer, agent_id) for offer in _offers_of(engine, conversation_id))
    return {
        **_shared(conversation_id, explanation),
        "sentence": _own_sentence(engine, conversation, agent, own, now),
        "members": [_member(member, agent.settings.name) for member in own],
        "offers": [record for record in records if record is not None],
    }


def agent_offers_view(
    engine: Engine, agent_id: str, limit: int, queues: frozenset[str] | None = None
) -> View:
    """The newest offers of an agent that are still in memory; only of ``queues``, unless None.

    Raises KeyError when the agent is unknown.
    """
    agent = engine.state.agents[agent_id]
    made = (one for one in _made_to(engine, agent) if queues is None or one.queue in queues)
    found = islice(made, min(limit, agent.offers_made))
    return {"agent": agent_id, "offers": [_own_day(engine, offer) for offer in found]}


def _made_to(engine: Engine, agent: Agent) -> Iterator[Offer]:
    """Newest first; offers stand in the order in which they were made."""
    newest = islice(reversed(engine.state.offers.values()), OFFERS_EXAMINED_MAX)
    return (offer for offer in newest if offer.agent == agent.id)


def _own_day(engine: Engine, offer: Offer) -> View:
    conversation = engine.state.conversations[offer.conversation]
    ended_at = offer.ended_at or None
    return {
        "id": offer.id,
        "conversation": offer.conversation,
        "queue": offer.queue,
        "channel": conversation.channel,
        "state": str(offer.state),
        "reason": offer.reason,
        "made_at": offer.made_at,
        "ended_at": ended_at,
        "answered_in_ms": None if ended_at is None else ended_at - offer.made_at,
        "waited_ms": max(0, offer.made_at - conversation.enqueued_at),
        "why": why_for_agents(offer),
    }


def _shared(conversation_id: str, explanation: Explanation) -> View:
    return {
        "conversation": conversation_id,
        "state": str(explanation.state),
        "ring": explanation.ring,
        "max_level": explanation.max_level,
        "skills": explanation.skills,
        "queue_status": str(explanation.queue_status),
        "next_change_at": explanation.next_change_at,
    }


def _offers_of(engine: Engine, conversation_id: str) -> list[Offer]:
    """The latest, in the order in which they were made."""
    conversation = engine.state.conversations[conversation_id]
    latest = [*conversation.past_offers, *conversation.offers][-OFFERS_TOLD_MAX:]
    return [engine.state.offers[id_] for id_ in latest]


def _record(offer: Offer) -> View:
    return {
        "id": offer.id,
        "agent": offer.agent,
        "state": str(offer.state),
        "reason": offer.reason,
        "made_at": offer.made_at,
        "ended_at": offer.ended_at or None,
        "version": offer.version,
        "why": offer.why,
        "reasons": [],
    }


def _own_record(offer: Offer, agent_id: str) -> View | None:
    """The own offer, or why a colleague's was not the own; None where nothing was noted of it."""
    if offer.agent == agent_id:
        return {**_record(offer), "why": why_for_agents(offer)}
    code = offer.why.get("others", {}).get(agent_id)
    if code is None:
        return None
    own: View = {"agent": None, "reason": "", "why": {}, "reasons": [reason_view(code)]}
    return {**_record(offer), **own}


def _own_sentence(
    engine: Engine, conversation: Conversation, agent: Agent, own: list[MemberVerdict], now: int
) -> str:
    """As the supervisor's, about the asker alone: counts of a small team would tell of the rest."""
    queue = engine.state.queues[conversation.queue]
    name, state = queue.settings.name, conversation.state
    if state is ConversationState.OFFERED:
        yours = any(engine.state.offers[id_].agent == agent.id for id_ in conversation.offers)
        return f"{name}: offered to {'you' if yours else 'a colleague'} now."
    if state in HELD_STATES:
        return (
            f"{name}: {state}, with {'you' if conversation.agent == agent.id else 'a colleague'}."
        )
    if state is not ConversationState.WAITING:
        return f"{name}: {state}."
    waited_s = (now - conversation.enqueued_at) // 1_000
    start = f"{name}: waiting for {waited_s} s; "
    if queue.status is QueueStatus.PAUSED:
        return start + "the queue is paused, nothing is offered."
    reasons = [reason_text(code) for one in own for code in one.reasons]
    return start + (f"you: {', '.join(reasons)}." if reasons else "you could be offered it.")


def _member(member: MemberVerdict, name: str) -> View:
    return {
        "agent": member.agent,
        "name": name,
        "level": member.level,
        "eligible": member.eligible,
        "reasons": [reason_view(code) for code in member.reasons],
    }
