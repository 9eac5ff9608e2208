"""What events of conversations do to the state."""

from __future__ import annotations

from app.domain import events as e
from app.domain.fold.steps import exclude, give, let_go, reserve, step, to_waiting
from app.domain.state import Conversation, Notice, Quarantine, State
from app.domain.transitions import move
from app.domain.words import ConversationState


def entered(state: State, event: e.ConversationEntered) -> None:
    """A conversation joins its first queue."""
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
        joined_at=event.at,
        waiting_since=event.at,
    )
    assert conversation.id not in state.conversations
    state.conversations[conversation.id] = conversation
    state.totals.entered += 1
    queue = state.queues[event.queue]
    queue.counts[ConversationState.WAITING] += 1
    queue.figures.on(event.at).entered += 1


def moved(state: State, event: e.ConversationMoved) -> None:
    """It stands in another queue."""
    conversation = state.conversations[event.conversation]
    assert conversation.queue == event.from_queue and not conversation.offers
    let_go(state, conversation, event.at)
    counts = state.queues[event.from_queue].counts
    counts[conversation.state] -= 1
    move(conversation, ConversationState.WAITING)
    conversation.queue, conversation.agent = event.queue, None
    target = state.queues[event.queue]
    target.counts[ConversationState.WAITING] += 1
    target.figures.on(event.at).entered += 1
    conversation.enqueued_at = event.enqueued_at
    conversation.joined_at = conversation.waiting_since = event.at
    if event.overflow is None:
        conversation.visited.clear()
    else:
        conversation.visited.append(event.from_queue)
        state.queues[event.from_queue].figures.on(event.at).overflowed += 1
    conversation.exclusions.clear()
    conversation.quarantine = conversation.disposition = None
    conversation.answered = False
    exclude(conversation, event.agent, event.soft_until, event.pass_until)


def requeued(state: State, event: e.ConversationRequeued) -> None:
    """It stands in line again."""
    conversation = state.conversations[event.conversation]
    assert conversation.queue == event.queue and not conversation.offers
    let_go(state, conversation, event.at)
    to_waiting(state, conversation, event.at)
    conversation.quarantine = conversation.disposition = None
    if event.fresh:
        conversation.exclusions.clear()
    if event.preferred_agent is not None:
        conversation.preferred_agent = event.preferred_agent
    exclude(conversation, event.agent, event.soft_until, event.pass_until)


def prioritized(state: State, event: e.ConversationPrioritized) -> None:
    """Its place in line changes."""
    state.conversations[event.conversation].priority = event.priority


def assigned(state: State, event: e.ConversationAssigned) -> None:
    """An agent has it without an offer."""
    conversation = state.conversations[event.conversation]
    assert not conversation.offers
    let_go(state, conversation, event.at)
    units = state.queues[conversation.queue].settings.weight_by_channel.get(conversation.channel, 1)
    agent = state.agents[event.agent]
    reserve(agent, conversation.channel, units)
    give(state, conversation, agent, units, event.at)


def wrapping(state: State, event: e.ConversationWrapping) -> None:
    """Wrap-up runs."""
    conversation = state.conversations[event.conversation]
    step(state, conversation, ConversationState.WRAPPING)
    conversation.wrap_until, conversation.disposition = event.until, event.disposition


def notified(state: State, event: e.ConversationNotified) -> None:
    """The customer is told something and waits on."""
    conversation = state.conversations[event.conversation]
    assert conversation.queue == event.queue
    conversation.notices.append(Notice(event.at, event.queue, event.rule, event.message))


def quarantined(state: State, event: e.ConversationQuarantined) -> None:
    """It is set aside: it waits, in no line."""
    conversation = state.conversations[event.conversation]
    assert conversation.queue == event.queue and not conversation.offers
    let_go(state, conversation, event.at)
    to_waiting(state, conversation, event.at)
    conversation.disposition = None
    conversation.quarantine = Quarantine(event.at, event.reason, event.evidence, event.by)


def ended(state: State, event: e.ConversationEnded) -> None:
    """It is over."""
    conversation = state.conversations[event.conversation]
    assert not conversation.offers
    waited = conversation.state is ConversationState.WAITING
    let_go(state, conversation, event.at)
    step(state, conversation, event.state)
    conversation.ended_at, conversation.end_reason = event.at, event.reason
    if event.disposition is not None:
        conversation.disposition = event.disposition
    conversation.quarantine = None
    conversation.exclusions.clear()
    state.totals.ended += 1
    if event.overflow is not None:
        state.queues[conversation.queue].figures.on(event.at).overflowed += 1
    assert waited or event.state is not ConversationState.ABANDONED
    if event.state is ConversationState.ABANDONED and not conversation.answered:
        queue = state.queues[conversation.queue]
        wait_ms = event.at - conversation.enqueued_at
        queue.figures.on(event.at).count_abandon(wait_ms, queue.settings.service_level)


def forgotten(state: State, event: e.ConversationsForgotten) -> None:
    """It leaves the memory."""
    for id_ in event.conversations:
        conversation = state.conversations.pop(id_)
        for offer in conversation.past_offers:
            del state.offers[offer]
