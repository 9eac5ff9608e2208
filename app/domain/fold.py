"""``fold(state, event)``: the only writer of state. Replaying the log gives the identical state.

MUST NOT decide, read a clock, or depend on anything but its two arguments. An event that does not
fit the state is a bug (or a damaged log) and fails by assertion; nothing is skipped, nothing is
guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain import events as e
from app.domain.state import Agent, Conversation, Exclusion, Key, Offer, Queue, State
from app.domain.transitions import move, move_offer
from app.domain.words import (
    LIVE_OFFERS,
    Connection,
    ConversationState,
    OfferState,
    Presence,
)


def fold(state: State, event: e.Event) -> None:
    """Apply one event."""
    assert event.at >= state.last_at, "time in the log never goes back"
    state.last_at = event.at
    _FOLDS[type(event)](state, event)


def _workspace_opened(state: State, event: e.WorkspaceOpened) -> None:
    assert not state.gen, "a log is opened once"
    state.workspace, state.gen = event.workspace, event.gen


def _epoch_opened(state: State, event: e.EpochOpened) -> None:
    assert event.epoch > state.epoch
    state.epoch = event.epoch
    _extend(state, event.gap_ms)
    for agent in state.agents.values():
        if agent.connection is not Connection.LOST:
            agent.connection = Connection.GRACE
            agent.grace_until = event.at + event.grace_ms


def _deadlines_extended(state: State, event: e.DeadlinesExtended) -> None:
    _extend(state, event.by_ms)
    for agent in state.agents.values():
        if agent.connection is Connection.GRACE:
            agent.grace_until += event.by_ms


def _extend(state: State, by_ms: int) -> None:
    for agent in state.agents.values():
        for offer in agent.offers:
            state.offers[offer].expires_at += by_ms
        for conversation in agent.conversations:
            held = state.conversations[conversation]
            if held.state is ConversationState.WRAPPING:
                held.wrap_until += by_ms


def _queue_configured(state: State, event: e.QueueConfigured) -> None:
    state.version = event.version
    queue = state.queues.get(event.queue)
    if queue is None:
        state.ordinals += 1
        queue = Queue(event.queue, event.settings, event.version, state.ordinals)
        queue.status_since = event.at
        queue.counts = dict.fromkeys(_COUNTED, 0)
        state.queues[event.queue] = queue
    queue.settings, queue.version = event.settings, event.version


def _queue_removed(state: State, event: e.QueueRemoved) -> None:
    state.version = event.version
    queue = state.queues.pop(event.queue)
    assert not any(queue.counts.values()), "only an empty queue is removed"


def _queue_status(state: State, event: e.QueueStatusChanged) -> None:
    queue = state.queues[event.queue]
    queue.status, queue.status_since = event.status, event.at


def _agent_configured(state: State, event: e.AgentConfigured) -> None:
    state.version = event.version
    agent = state.agents.get(event.agent)
    if agent is None:
        state.ordinals += 1
        agent = Agent(event.agent, event.settings, event.version, state.ordinals)
        agent.presence_since = agent.idle_since = event.at
        state.agents[event.agent] = agent
    agent.settings, agent.version = event.settings, event.version


def _agent_removed(state: State, event: e.AgentRemoved) -> None:
    state.version = event.version
    agent = state.agents.pop(event.agent)
    assert not agent.offers and not agent.conversations, "only an idle agent is removed"


def _presence_changed(state: State, event: e.PresenceChanged) -> None:
    agent = state.agents[event.agent]
    if event.presence is Presence.AVAILABLE and agent.presence is not Presence.AVAILABLE:
        agent.idle_since = event.at
        agent.missed_streak = 0
    if event.presence is not agent.presence or event.reason != agent.presence_reason:
        agent.presence_since = event.at
    agent.presence, agent.presence_reason = event.presence, event.reason
    agent.presence_by = event.by


def _connection_changed(state: State, event: e.ConnectionChanged) -> None:
    agent = state.agents[event.agent]
    agent.connection, agent.grace_until = event.connection, event.until
    if event.connection is Connection.CONNECTED:
        agent.back_off_until = 0


def _entered(state: State, event: e.ConversationEntered) -> None:
    conversation = Conversation(
        id=event.conversation,
        queue=event.queue,
        channel=event.channel,
        state=ConversationState.WAITING,
        priority=event.priority,
        skills=event.skills,
        preferred_agent=event.preferred_agent,
        customer=event.customer,
        subject=event.subject,
        attributes=event.attributes,
        fingerprint=event.fingerprint,
        entered_by=event.by,
        entered_at=event.at,
        enqueued_at=event.at,
        waiting_since=event.at,
    )
    assert conversation.id not in state.conversations
    state.conversations[conversation.id] = conversation
    state.totals.entered += 1
    queue = state.queues[event.queue]
    queue.counts[ConversationState.WAITING] += 1
    queue.figures.on(event.at).entered += 1


def _step(state: State, conversation: Conversation, to: ConversationState) -> None:
    """Move a conversation and keep its queue's counters."""
    counts = state.queues[conversation.queue].counts
    counts[conversation.state] -= 1
    move(conversation, to)
    if to in counts:
        counts[to] += 1


def _to_waiting(state: State, conversation: Conversation, at: int) -> None:
    _step(state, conversation, ConversationState.WAITING)
    conversation.waiting_since, conversation.agent = at, None


def _moved(state: State, event: e.ConversationMoved) -> None:
    conversation = state.conversations[event.conversation]
    assert conversation.queue == event.from_queue and not conversation.offers
    _let_go(state, conversation, event.at)
    counts = state.queues[event.from_queue].counts
    counts[conversation.state] -= 1
    move(conversation, ConversationState.WAITING)
    conversation.queue, conversation.agent = event.queue, None
    target = state.queues[event.queue]
    target.counts[ConversationState.WAITING] += 1
    target.figures.on(event.at).entered += 1
    conversation.enqueued_at, conversation.waiting_since = event.enqueued_at, event.at
    conversation.exclusions.clear()
    conversation.answered = False
    _exclude(conversation, event.agent, event.soft_until, event.pass_until)


def _requeued(state: State, event: e.ConversationRequeued) -> None:
    conversation = state.conversations[event.conversation]
    assert conversation.queue == event.queue and not conversation.offers
    _let_go(state, conversation, event.at)
    _to_waiting(state, conversation, event.at)
    if event.fresh:
        conversation.exclusions.clear()
    if event.preferred_agent is not None:
        conversation.preferred_agent = event.preferred_agent
    _exclude(conversation, event.agent, event.soft_until, event.pass_until)


def _exclude(conversation: Conversation, agent: str | None, soft: int, full: int) -> None:
    if agent is not None and full:
        conversation.exclusions[agent] = Exclusion(soft, full)


def _prioritized(state: State, event: e.ConversationPrioritized) -> None:
    state.conversations[event.conversation].priority = event.priority


def _assigned(state: State, event: e.ConversationAssigned) -> None:
    conversation = state.conversations[event.conversation]
    assert not conversation.offers
    _let_go(state, conversation, event.at)
    units = state.queues[conversation.queue].settings.weight_by_channel.get(conversation.channel, 1)
    agent = state.agents[event.agent]
    _reserve(agent, conversation.channel, units)
    _give(state, conversation, agent, units, event.at)


def _give(state: State, conversation: Conversation, agent: Agent, units: int, at: int) -> None:
    """The agent, whose units are already reserved, now holds the conversation."""
    _step(state, conversation, ConversationState.ASSIGNED)
    conversation.agent, conversation.units, conversation.assigned_at = agent.id, units, at
    conversation.exclusions.clear()
    agent.conversations[conversation.id] = None
    agent.idle_since = at
    if not conversation.answered:
        conversation.answered = True
        queue = state.queues[conversation.queue]
        wait_ms = at - conversation.enqueued_at
        queue.figures.on(at).count_answer(wait_ms, queue.settings.service_level)


def _wrapping(state: State, event: e.ConversationWrapping) -> None:
    conversation = state.conversations[event.conversation]
    _step(state, conversation, ConversationState.WRAPPING)
    conversation.wrap_until = event.until


def _ended(state: State, event: e.ConversationEnded) -> None:
    conversation = state.conversations[event.conversation]
    assert not conversation.offers
    waited = conversation.state is ConversationState.WAITING
    _let_go(state, conversation, event.at)
    _step(state, conversation, event.state)
    conversation.ended_at, conversation.end_reason = event.at, event.reason
    conversation.exclusions.clear()
    state.totals.ended += 1
    assert waited or event.state is not ConversationState.ABANDONED
    if event.state is ConversationState.ABANDONED and not conversation.answered:
        queue = state.queues[conversation.queue]
        wait_ms = event.at - conversation.enqueued_at
        queue.figures.on(event.at).count_abandon(wait_ms, queue.settings.service_level)


def _forgotten(state: State, event: e.ConversationsForgotten) -> None:
    for id_ in event.conversations:
        conversation = state.conversations.pop(id_)
        for offer in conversation.past_offers:
            del state.offers[offer]


def _offer_made(state: State, event: e.OfferMade) -> None:
    conversation = state.conversations[event.conversation]
    assert conversation.queue == event.queue, "an offer names the queue of its conversation"
    agent = state.agents[event.agent]
    assert event.queue in agent.settings.queues, "an offer goes to a member"
    _step(state, conversation, ConversationState.OFFERED)
    conversation.offers.append(event.offer)
    _reserve(agent, conversation.channel, event.units)
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
    state.queues[event.queue].figures.on(event.at).offers_made += 1


def _offer_delivered(state: State, event: e.OfferDelivered) -> None:
    move_offer(state.offers[event.offer], OfferState.DELIVERED)


def _offer_seen(state: State, event: e.OfferSeen) -> None:
    move_offer(state.offers[event.offer], OfferState.SEEN)


def _offer_ended(state: State, event: e.OfferEnded) -> None:
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
        _give(state, conversation, agent, offer.units, event.at)
        return
    _free(agent, conversation.channel, offer.units)
    _exclude(conversation, agent.id, event.soft_until, event.pass_until)
    if event.outcome is OfferState.TIMED_OUT:
        agent.missed_streak += 1
    elif event.outcome is OfferState.UNDELIVERED:
        agent.back_off_until = event.soft_until
    elif event.outcome is OfferState.DECLINED:
        agent.missed_streak = 0
    if not conversation.offers:
        _to_waiting(state, conversation, event.at)


def _reserve(agent: Agent, channel: str, units: int) -> None:
    agent.load[channel] = agent.load.get(channel, 0) + units
    agent.load_units += units


def _free(agent: Agent, channel: str, units: int) -> None:
    left = agent.load[channel] - units
    assert left >= 0, "load never falls below zero"
    if left:
        agent.load[channel] = left
    else:
        del agent.load[channel]
    agent.load_units -= units


def _let_go(state: State, conversation: Conversation, at: int) -> None:
    """The agent who holds the conversation, if any, holds it no more."""
    agent = state.agents.get(conversation.agent) if conversation.agent else None
    if agent is not None and conversation.id in agent.conversations:
        del agent.conversations[conversation.id]
        _free(agent, conversation.channel, conversation.units)
        agent.idle_since = at


def _key_created(state: State, event: e.KeyCreated) -> None:
    state.keys[event.key] = Key(
        event.key, event.name, event.role, event.sha256, event.agent, event.at
    )


def _key_revoked(state: State, event: e.KeyRevoked) -> None:
    state.keys[event.key].revoked_at = event.at


_COUNTED = (
    ConversationState.WAITING,
    ConversationState.OFFERED,
    ConversationState.ASSIGNED,
    ConversationState.WRAPPING,
)
_FOLDS: dict[type[Any], Callable[[State, Any], None]] = {
    e.WorkspaceOpened: _workspace_opened,
    e.EpochOpened: _epoch_opened,
    e.DeadlinesExtended: _deadlines_extended,
    e.QueueConfigured: _queue_configured,
    e.QueueRemoved: _queue_removed,
    e.QueueStatusChanged: _queue_status,
    e.AgentConfigured: _agent_configured,
    e.AgentRemoved: _agent_removed,
    e.PresenceChanged: _presence_changed,
    e.ConnectionChanged: _connection_changed,
    e.ConversationEntered: _entered,
    e.ConversationMoved: _moved,
    e.ConversationRequeued: _requeued,
    e.ConversationPrioritized: _prioritized,
    e.ConversationAssigned: _assigned,
    e.ConversationWrapping: _wrapping,
    e.ConversationEnded: _ended,
    e.ConversationsForgotten: _forgotten,
    e.OfferMade: _offer_made,
    e.OfferDelivered: _offer_delivered,
    e.OfferSeen: _offer_seen,
    e.OfferEnded: _offer_ended,
    e.KeyCreated: _key_created,
    e.KeyRevoked: _key_revoked,
}
