"""Decisions on conversations: enter, leave, move, assign, complete, wrap up.

Each one refuses first, in the order of ``refusals``, with nothing written; then it must succeed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain import commands as c
from app.domain import events as e
from app.domain.decide_offers import exclusion, rescind_of_conversation
from app.domain.outcome import Done, Verdict, refuse
from app.domain.refusals import Refusal, Refused
from app.domain.routability import fits, units_of
from app.domain.state import Agent, Conversation, Queue, State
from app.domain.words import HELD_STATES, LIVE_STATES, ConversationState, QueueStatus

if TYPE_CHECKING:
    from app.domain.engine import Engine


def enter(engine: Engine, command: c.EnterConversation, now: int) -> Verdict:
    """A new conversation joins its queue; the same id and body are the same conversation."""
    state = engine.state
    known = state.conversations.get(command.conversation)
    if known is not None:
        if known.fingerprint == command.fingerprint:
            return Done.ALREADY
        message = f"Conversation {known.id} exists with another body; use a new id."
        return refuse(Refusal.CONVERSATION_EXISTS, message)
    queue = _open_queue(state, command.queue)
    if isinstance(queue, Refused):
        return queue
    engine.emit(
        e.ConversationEntered(
            at=now,
            conversation=command.conversation,
            queue=command.queue,
            channel=command.channel,
            priority=command.priority,
            skills=command.skills,
            preferred_agent=command.preferred_agent,
            customer=command.customer,
            subject=command.subject,
            attributes=command.attributes,
            fingerprint=command.fingerprint,
            by=command.by,
        )
    )
    return Done.NOW


def _open_queue(state: State, id_: str) -> Queue | Refused:
    """The queue, when it takes one more conversation in."""
    queue = state.queues.get(id_)
    if queue is None:
        return refuse(Refusal.UNKNOWN_QUEUE, f"There is no queue {id_}; create it first.")
    if queue.status is QueueStatus.DRAINING:
        return refuse(Refusal.QUEUE_DRAINING, f"Queue {id_} is draining and takes nothing in.")
    limit = queue.settings.max_waiting
    if limit and queue.counts[ConversationState.WAITING] >= limit:
        return refuse(Refusal.QUEUE_FULL, f"Queue {id_} holds its maximum of {limit} waiting.")
    return queue


def live(state: State, id_: str) -> Conversation | Refused:
    """The conversation, when it has not ended."""
    conversation = state.conversations.get(id_)
    if conversation is None:
        return refuse(Refusal.UNKNOWN_CONVERSATION, f"There is no conversation {id_}.")
    if conversation.state not in LIVE_STATES:
        message = f"Conversation {id_} has ended: {conversation.state}."
        return refuse(Refusal.CONVERSATION_ENDED, message)
    return conversation


def cancel(engine: Engine, command: c.CancelConversation, now: int) -> Verdict:
    """The customer left, or the conversation is void."""
    target = ConversationState.ABANDONED if command.abandoned else ConversationState.CANCELED
    known = engine.state.conversations.get(command.conversation)
    if known is not None and known.state is target:
        return Done.ALREADY
    conversation = live(engine.state, command.conversation)
    if isinstance(conversation, Refused):
        return conversation
    if command.abandoned and conversation.state in HELD_STATES:
        message = (
            f"Agent {conversation.agent} holds it: an answered conversation is closed instead."
        )
        return refuse(Refusal.WRONG_STATE, message)
    end_conversation(engine, conversation, target, command.reason, command.by, now)
    return Done.NOW


def close(engine: Engine, command: c.CloseConversation, now: int) -> Verdict:
    """End it as closed, wherever it is."""
    known = engine.state.conversations.get(command.conversation)
    if known is not None and known.state is ConversationState.CLOSED:
        return Done.ALREADY
    conversation = live(engine.state, command.conversation)
    if isinstance(conversation, Refused):
        return conversation
    end_conversation(
        engine, conversation, ConversationState.CLOSED, command.reason, command.by, now
    )
    return Done.NOW


def end_conversation(
    engine: Engine,
    conversation: Conversation,
    state: ConversationState,
    reason: str,
    by: str,
    now: int,
) -> None:
    """End a live conversation; its offers are taken back."""
    rescind_of_conversation(engine, conversation, str(state), by, now)
    engine.emit(
        e.ConversationEnded(
            at=now,
            conversation=conversation.id,
            queue=conversation.queue,
            agent=conversation.agent,
            state=state,
            reason=reason,
            by=by,
        )
    )


def move(engine: Engine, command: c.MoveConversation, now: int) -> Verdict:
    """To another queue; a conversation in wrap-up has no customer any more and stays."""
    conversation = live(engine.state, command.conversation)
    if isinstance(conversation, Refused):
        return conversation
    if conversation.queue == command.queue:
        return Done.ALREADY
    refused = cannot_move(engine.state, conversation, command.queue)
    if refused is not None:
        return refused
    enqueued_at = conversation.enqueued_at if command.keep_wait else now
    move_to(engine, conversation, command.queue, enqueued_at, command.reason, command.by, now)
    return Done.NOW


def cannot_move(state: State, conversation: Conversation, queue: str) -> Refused | None:
    """Why the conversation cannot go to the queue; None when it can."""
    target = _open_queue(state, queue)
    if isinstance(target, Refused):
        return target
    if conversation.state is ConversationState.WRAPPING:
        return refuse(Refusal.WRONG_STATE, "It is in wrap-up; finish the wrap-up instead.")
    return None


def move_to(
    engine: Engine,
    conversation: Conversation,
    queue: str,
    enqueued_at: int,
    reason: str,
    by: str,
    now: int,
) -> None:
    """Put a conversation in line in another queue."""
    rescind_of_conversation(engine, conversation, "moved", by, now)
    soft, full = _passed_over(engine, conversation, queue, by, now)
    engine.emit(
        e.ConversationMoved(
            at=now,
            conversation=conversation.id,
            queue=queue,
            from_queue=conversation.queue,
            enqueued_at=enqueued_at,
            agent=conversation.agent,
            reason=reason,
            by=by,
            soft_until=soft,
            pass_until=full,
        )
    )


def _passed_over(
    engine: Engine, conversation: Conversation, queue: str, by: str, now: int
) -> tuple[int, int]:
    """An agent who hands a conversation on is passed over for it; a supervisor's act passes
    nobody.
    """
    if conversation.agent is None or by != f"agent:{conversation.agent}":
        return 0, 0
    return exclusion(engine.state.queues[queue].settings.decline, "", now)


def assign(engine: Engine, command: c.AssignConversation, now: int) -> Verdict:
    """To a member with room, without asking him."""
    conversation = live(engine.state, command.conversation)
    if isinstance(conversation, Refused):
        return conversation
    if conversation.state in HELD_STATES and conversation.agent == command.agent:
        return Done.ALREADY
    agent = member_of(engine.state, command.agent, conversation.queue)
    if isinstance(agent, Refused):
        return agent
    if conversation.state is ConversationState.WRAPPING:
        return refuse(Refusal.WRONG_STATE, "It is in wrap-up; finish the wrap-up instead.")
    queue = engine.state.queues[conversation.queue]
    # What the agent's own offer of it reserves is given back first.
    own = [
        offer
        for id_ in conversation.offers
        if (offer := engine.state.offers[id_]).agent == agent.id
    ]
    units = units_of(queue.settings, conversation.channel) - sum(offer.units for offer in own)
    if not fits(agent, conversation.channel, units):
        return refuse(
            Refusal.NO_CAPACITY, f"Agent {agent.id} has no room on {conversation.channel}."
        )
    rescind_of_conversation(engine, conversation, "assigned", command.by, now)
    engine.emit(
        e.ConversationAssigned(
            at=now,
            conversation=conversation.id,
            queue=queue.id,
            agent=agent.id,
            reason=command.reason,
            by=command.by,
            from_agent=conversation.agent,
        )
    )
    return Done.NOW


def member_of(state: State, agent_id: str, queue: str) -> Agent | Refused:
    """The agent, when the queue is one of his."""
    agent = state.agents.get(agent_id)
    if agent is None:
        return refuse(Refusal.UNKNOWN_AGENT, f"There is no agent {agent_id}.")
    if queue not in agent.settings.queues:
        message = f"Agent {agent_id} is no member of queue {queue}; add the membership first."
        return refuse(Refusal.NOT_A_MEMBER, message)
    return agent


def requeue(
    engine: Engine, command: c.RequeueConversation | c.ReleaseConversation, now: int
) -> Verdict:
    """Back in line with its original place; a release also forgets who was passed over."""
    conversation = live(engine.state, command.conversation)
    if isinstance(conversation, Refused):
        return conversation
    release = isinstance(command, c.ReleaseConversation)
    waits = conversation.state is ConversationState.WAITING and conversation.quarantine is None
    if waits and not release:
        return Done.ALREADY
    put_back(engine, conversation, command.reason, command.by, now, fresh=release)
    return Done.NOW


def quarantine(engine: Engine, command: c.QuarantineConversation, now: int) -> Verdict:
    """Set it aside, wherever it is; its offers are taken back without penalty."""
    conversation = live(engine.state, command.conversation)
    if isinstance(conversation, Refused):
        return conversation
    if conversation.quarantine is not None:
        return Done.ALREADY
    rescind_of_conversation(engine, conversation, "quarantined", command.by, now)
    engine.emit(
        e.ConversationQuarantined(
            at=now,
            conversation=conversation.id,
            queue=conversation.queue,
            agent=conversation.agent,
            reason=command.reason,
            evidence=command.evidence,
            by=command.by,
        )
    )
    return Done.NOW


def put_back(
    engine: Engine,
    conversation: Conversation,
    reason: str,
    by: str,
    now: int,
    *,
    fresh: bool = False,
    to_agent: str | None = None,
) -> None:
    """Put a conversation back in line in its own queue, with its original place."""
    rescind_of_conversation(engine, conversation, "requeued", by, now)
    soft, full = _passed_over(engine, conversation, conversation.queue, by, now)
    engine.emit(
        e.ConversationRequeued(
            at=now,
            conversation=conversation.id,
            queue=conversation.queue,
            agent=conversation.agent,
            reason=reason,
            by=by,
            preferred_agent=to_agent,
            fresh=fresh,
            soft_until=soft,
            pass_until=full,
        )
    )


def prioritize(engine: Engine, command: c.PrioritizeConversation, now: int) -> Verdict:
    """Change the place in line."""
    conversation = live(engine.state, command.conversation)
    if isinstance(conversation, Refused):
        return conversation
    if conversation.priority == command.priority:
        return Done.ALREADY
    engine.emit(
        e.ConversationPrioritized(
            now,
            conversation.id,
            conversation.queue,
            command.priority,
            command.reason,
            command.by,
        )
    )
    return Done.NOW
