"""What each event means for the screens of agents: the pushes of the public protocol.

Reads the state as it is after the whole batch; MUST NOT decide anything. An agent without a
session costs one look-up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain import events as e
from app.domain.engine import Engine
from app.domain.supervision import is_meant
from app.domain.words import LIVE_OFFERS, OfferState
from app.wire.agent_views import open_channels, presence_of
from app.wire.outgoing import Push
from app.wire.supervision import broadcast_brief
from app.wire.views import held_view, offer_view

Tell = Callable[[str, Push], None]
"""Send a push to every session of an agent, if there is one."""


def tell(
    tell_agent: Tell, knows: Callable[[str], bool], engine: Engine, event: e.Event, now: int
) -> None:
    """Push ``event`` to the agents it concerns; ``knows`` says who has a session."""
    teller = _TELLERS.get(type(event))
    if teller is not None:
        for agent, push in teller(engine, event, now):
            if knows(agent):
                tell_agent(agent, push())


Pushes = list[tuple[str, Callable[[], Push]]]


def _offer_made(engine: Engine, event: e.OfferMade, now: int) -> Pushes:
    offer = engine.state.offers.get(event.offer)
    if offer is None or offer.state not in LIVE_OFFERS:
        return []

    def push() -> Push:
        return Push("offer", event.at, {"offer": offer_view(engine, event.offer, now)})

    return [(event.agent, push)]


def _offer_ended(engine: Engine, event: e.OfferEnded, now: int) -> Pushes:
    body = {"offer": event.offer, "outcome": str(event.outcome), "reason": event.reason}
    body["conversation"] = event.conversation
    pushes: Pushes = [(event.agent, lambda: Push("offer_ended", event.at, body))]
    if event.outcome is OfferState.ACCEPTED:
        pushes += _holding(engine, event.conversation, event.agent, event.at)
    return pushes


def _holding(
    engine: Engine, conversation: str, agent: str, at: int, kind: str = "assigned"
) -> Pushes:
    """The agent's copy of a conversation, unless it has left him again within the batch."""
    if conversation not in getattr(engine.state.agents.get(agent), "conversations", ()):
        return []

    def push() -> Push:
        return Push(kind, at, {"conversation": held_view(engine, conversation)})

    return [(agent, push)]


def _gone(agent: str | None, conversation: str, reason: str, at: int) -> Pushes:
    if agent is None:
        return []
    body = {"conversation": conversation, "reason": reason}
    return [(agent, lambda: Push("conversation_ended", at, body))]


def _assigned(engine: Engine, event: e.ConversationAssigned, now: int) -> Pushes:
    return _gone(event.from_agent, event.conversation, "reassigned", event.at) + _holding(
        engine, event.conversation, event.agent, event.at
    )


def _wrapping(engine: Engine, event: e.ConversationWrapping, now: int) -> Pushes:
    return _holding(engine, event.conversation, event.agent, event.at)


def _ended(engine: Engine, event: e.ConversationEnded, now: int) -> Pushes:
    return _gone(event.agent, event.conversation, event.reason or str(event.state), event.at)


def _aside(engine: Engine, event: e.ConversationQuarantined, now: int) -> Pushes:
    return _gone(event.agent, event.conversation, event.reason, event.at)


def _left(engine: Engine, event: e.ConversationMoved | e.ConversationRequeued, now: int) -> Pushes:
    moved = isinstance(event, e.ConversationMoved)
    reason = event.reason or ("moved" if moved else "requeued")
    return _gone(event.agent, event.conversation, reason, event.at)


def _prioritized(engine: Engine, event: e.ConversationPrioritized, now: int) -> Pushes:
    conversation = engine.state.conversations.get(event.conversation)
    agent = conversation.agent if conversation else None
    return _holding(engine, event.conversation, agent, event.at) if agent else []


def _idle(engine: Engine, event: e.ConversationIdled | e.ConversationWoke, now: int) -> Pushes:
    return _holding(engine, event.conversation, event.agent, event.at, kind="conversation_changed")


def _presence(engine: Engine, event: e.PresenceChanged, now: int) -> Pushes:
    """The event's own words: two changes in one batch are two pushes that tell them apart."""
    agent = engine.state.agents.get(event.agent)
    body = {
        "presence": str(event.presence),
        "custom_presence": event.custom,
        "reason": event.reason,
        "by": event.by,
        "plan": None,
        "channels": open_channels(agent) if agent else [],
    }
    return [(event.agent, lambda: Push("presence", event.at, body))]


def _plan(engine: Engine, event: e.PresencePlanned, now: int) -> Pushes:
    return _presence_now(engine, event.agent, event.at)


def _presence_now(engine: Engine, agent_id: str, at: int) -> Pushes:
    agent = engine.state.agents.get(agent_id)
    if agent is None:
        return []
    body = {**presence_of(agent), "by": agent.presence_by}
    return [(agent_id, lambda: Push("presence", at, body))]


def _channels(engine: Engine, event: e.PresenceConfigured, now: int) -> Pushes:
    """Those who are in the presence may have other channels open now."""
    agents = engine.state.agents.values()
    found = [one.id for one in agents if one.custom == event.presence]
    return [push for id_ in found for push in _presence_now(engine, id_, event.at)]


def _broadcast(engine: Engine, event: e.BroadcastSent, now: int) -> Pushes:
    one = engine.state.broadcasts.get(event.broadcast)
    if one is None:
        return []
    push = Push("broadcast", event.at, {"broadcast": broadcast_brief(one)})
    return [
        (agent, lambda: push) for agent in engine.state.agents if is_meant(engine.state, one, agent)
    ]


def _withdrawn(engine: Engine, event: e.BroadcastWithdrawn, now: int) -> Pushes:
    """To everybody: memberships may have changed since it was sent."""
    push = Push("broadcast_withdrawn", event.at, {"broadcast": event.broadcast})
    return [(agent, lambda: push) for agent in engine.state.agents]


_TELLERS: dict[type[Any], Callable[[Engine, Any, int], Pushes]] = {
    e.OfferMade: _offer_made,
    e.OfferEnded: _offer_ended,
    e.ConversationAssigned: _assigned,
    e.ConversationWrapping: _wrapping,
    e.ConversationEnded: _ended,
    e.ConversationQuarantined: _aside,
    e.ConversationMoved: _left,
    e.ConversationRequeued: _left,
    e.ConversationPrioritized: _prioritized,
    e.ConversationIdled: _idle,
    e.ConversationWoke: _idle,
    e.PresenceChanged: _presence,
    e.PresencePlanned: _plan,
    e.PresenceConfigured: _channels,
    e.BroadcastSent: _broadcast,
    e.BroadcastWithdrawn: _withdrawn,
}
