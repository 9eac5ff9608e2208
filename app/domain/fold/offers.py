"""What events of offers do to the state."""

from __future__ import annotations

from app.domain import events as e
from app.domain.fold.steps import exclude, free, give, reserve, step, to_waiting
from app.domain.state import Agent, Offer, State
from app.domain.transitions import move_offer
from app.domain.words import LIVE_OFFERS, ConversationState, OfferState


def made(state: State, event: e.OfferMade) -> None:
    """One conversation is held for one agent."""
    conversation = state.conversations[event.conversation]
    assert conversation.queue == event.queue, "an offer names the queue of its conversation"
    agent = state.agents[event.agent]
    assert event.queue in agent.settings.queues, "an offer goes to a member"
    step(state, conversation, ConversationState.OFFERED)
    conversation.offers.append(event.offer)
    reserve(agent, conversation.channel, event.units)
    agent.offers[event.offer] = None
    state.offers_made += 1
    agent.offers_made += 1
    agent.last_offer = state.offers_made
    state.offers[event.offer] = Offer(
        id=event.offer,
        conversation=event.conversation,
        queue=event.queue,
        agent=event.agent,
        units=event.units,
        state=OfferState.CREATED,
        made_at=event.at,
        expires_at=event.expires_at,
        version=event.version,
        why=event.why,
    )
    queue = state.queues[event.queue]
    queue.last_offer_at = event.at
    queue.figures.on(event.at).offers_made += 1


def delivered(state: State, event: e.OfferDelivered) -> None:
    """It is in hand."""
    move_offer(state.offers[event.offer], OfferState.DELIVERED)


def seen(state: State, event: e.OfferSeen) -> None:
    """It was on the screen."""
    move_offer(state.offers[event.offer], OfferState.SEEN)


def ended(state: State, event: e.OfferEnded) -> None:
    """It is taken, or its units are free and the agent may be passed over or rest."""
    offer = state.offers[event.offer]
    assert offer.state in LIVE_OFFERS and offer.agent == event.agent
    conversation, agent = state.conversations[offer.conversation], state.agents[offer.agent]
    move_offer(offer, event.outcome)
    offer.reason, offer.ended_at = event.reason, event.at
    conversation.offers.remove(offer.id)
    conversation.past_offers.append(offer.id)
    del agent.offers[offer.id]
    queue = state.queues[conversation.queue]
    queue.figures.on(event.at).count_offer(event.outcome)
    if event.outcome is OfferState.ACCEPTED:
        agent.missed_streak = 0
        agent.accepted += 1
        give(state, conversation, agent, offer.units, event.at)
        return
    free(agent, conversation.channel, offer.units)
    exclude(conversation, agent.id, event.soft_until, event.pass_until)
    if event.outcome is OfferState.TIMED_OUT:
        agent.missed_streak += 1
    elif event.outcome is OfferState.DECLINED:
        agent.missed_streak = 0
    _rest(agent, event)
    if not conversation.offers:
        to_waiting(state, conversation, event.at)


def _rest(agent: Agent, event: e.OfferEnded) -> None:
    """The longest rest counts; ``undelivered`` is its cause only while there is no other."""
    if event.back_off_until <= event.at:
        return
    if agent.back_off_until <= event.at or event.outcome is not OfferState.UNDELIVERED:
        agent.back_off_cause = str(event.outcome)
    agent.back_off_until = max(agent.back_off_until, event.back_off_until)
