"""Decisions of the agent who holds a conversation: complete, wrap up, hand on.

Each one refuses first, in the order of ``refusals``, with nothing written; then it must succeed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain import commands as c
from app.domain import events as e
from app.domain.decide_conversations import (
    cannot_move,
    member_of,
    move_to,
    put_back,
)
from app.domain.decide_idle import wake
from app.domain.outcome import Done, Verdict, refuse
from app.domain.refusals import Refusal, Refused
from app.domain.state import Conversation, State
from app.domain.words import ConversationState

if TYPE_CHECKING:
    from app.domain.engine import Engine


def _held(state: State, id_: str, agent_id: str) -> Conversation | Refused:
    """The conversation, when the agent holds it or was the last who did."""
    conversation = state.conversations.get(id_)
    if conversation is None:
        return refuse(Refusal.UNKNOWN_CONVERSATION, f"There is no conversation {id_}.")
    if conversation.agent != agent_id:
        return refuse(Refusal.NOT_YOURS, "You do not hold this conversation.")
    if conversation.state in (ConversationState.ABANDONED, ConversationState.CANCELED):
        message = f"Conversation {id_} has ended: {conversation.state}."
        return refuse(Refusal.CONVERSATION_ENDED, message)
    return conversation


def complete(engine: Engine, command: c.CompleteConversation, now: int) -> Verdict:
    """The agent is done: to wrap-up if the queue has one, else closed. What came of it stays."""
    conversation = _held(engine.state, command.conversation, command.agent)
    if isinstance(conversation, Refused):
        return conversation
    if conversation.state is not ConversationState.ASSIGNED:
        return Done.ALREADY
    by = f"agent:{command.agent}"
    wrap_ms = engine.state.queues[conversation.queue].settings.wrap_up.ms
    own_ms = engine.state.agents[command.agent].settings.wrap_up_ms
    if own_ms is not None:
        wrap_ms = own_ms
    if wrap_ms:
        if conversation.idle:
            wake(engine, conversation, by, now)
        engine.emit(
            e.ConversationWrapping(
                at=now,
                conversation=conversation.id,
                queue=conversation.queue,
                agent=command.agent,
                until=now + wrap_ms,
                by=by,
                disposition=command.disposition,
            )
        )
    else:
        _close(engine, conversation, "completed", command.disposition, by, now)
    return Done.NOW


def finish_wrap_up(engine: Engine, command: c.FinishWrapUp, now: int) -> Verdict:
    """Wrap-up over before its time."""
    conversation = _held(engine.state, command.conversation, command.agent)
    if isinstance(conversation, Refused):
        return conversation
    if conversation.state is ConversationState.CLOSED:
        return Done.ALREADY
    if conversation.state is not ConversationState.WRAPPING:
        return refuse(Refusal.WRONG_STATE, "It is not in wrap-up; complete it first.")
    by = f"agent:{command.agent}"
    _close(engine, conversation, "wrapped_up", conversation.disposition, by, now)
    return Done.NOW


def extend_wrap_up(engine: Engine, command: c.ExtendWrapUp, now: int) -> Verdict:
    """More time, where the queue allows it."""
    conversation = _held(engine.state, command.conversation, command.agent)
    if isinstance(conversation, Refused):
        return conversation
    if conversation.state is not ConversationState.WRAPPING:
        return refuse(Refusal.WRONG_STATE, "It is not in wrap-up.")
    if not engine.state.queues[conversation.queue].settings.wrap_up.extendable:
        return refuse(Refusal.NOT_EXTENDABLE, "This queue does not extend wrap-ups.")
    until = conversation.wrap_until + command.by_ms
    by = f"agent:{command.agent}"
    engine.emit(
        e.ConversationWrapping(
            at=now,
            conversation=conversation.id,
            queue=conversation.queue,
            agent=command.agent,
            until=until,
            by=by,
            disposition=conversation.disposition,
        )
    )
    return Done.NOW


def wrap_up_over(engine: Engine, id_: str, now: int) -> None:
    """The wrap-up's time has passed."""
    conversation = engine.state.conversations.get(id_)
    if (
        conversation is not None
        and conversation.state is ConversationState.WRAPPING
        and conversation.wrap_until <= now
    ):
        _close(engine, conversation, "wrap_up_over", conversation.disposition, "system", now)


def _close(
    engine: Engine,
    conversation: Conversation,
    reason: str,
    disposition: str | None,
    by: str,
    now: int,
) -> None:
    """End a conversation that is held: no offer of it is out."""
    engine.emit(
        e.ConversationEnded(
            at=now,
            conversation=conversation.id,
            queue=conversation.queue,
            agent=conversation.agent,
            state=ConversationState.CLOSED,
            reason=reason,
            by=by,
            disposition=disposition,
        )
    )


def transfer(engine: Engine, command: c.TransferConversation, now: int) -> Verdict:
    """The agent hands it on: to a queue (newly enqueued there) or, as an offer, to a colleague."""
    conversation = _held(engine.state, command.conversation, command.agent)
    if isinstance(conversation, Refused):
        return conversation
    if conversation.state is not ConversationState.ASSIGNED:
        return refuse(Refusal.WRONG_STATE, "Only an assigned conversation can be transferred.")
    by = f"agent:{command.agent}"
    if command.queue is not None:
        if command.queue == conversation.queue:
            put_back(engine, conversation, "transferred", by, now)
            return Done.NOW
        refused = cannot_move(engine.state, conversation, command.queue)
        if refused is not None:
            return refused
        move_to(engine, conversation, command.queue, now, "transferred", by, now)
        return Done.NOW
    if command.to_agent == command.agent:
        return refuse(Refusal.WRONG_STATE, "You hold it already; name a colleague.")
    target = member_of(engine.state, command.to_agent or "", conversation.queue)
    if isinstance(target, Refused):
        return target
    put_back(engine, conversation, "transferred", by, now, to_agent=target.id)
    return Done.NOW
