"""Decisions on silence and activity in a held conversation: what falls silent gives capacity back.

The server does not see what is said; who does (the integration, the agent's page) notes it. Source:
Zendesk frees capacity after 10 min without a customer's word; what wakes may overload its agent for
a while (domain fault 47), and then the agent is offered nothing until the load has shrunk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain import commands as c
from app.domain import events as e
from app.domain.decide_conversations import live
from app.domain.outcome import Done, Verdict, refuse
from app.domain.refusals import Refusal, Refused
from app.domain.state import Conversation
from app.domain.timers import Due
from app.domain.words import ConversationState

if TYPE_CHECKING:
    from app.domain.engine import Engine

NOTED_PER_IDLE_TIME = 10
NOTED_EVERY_MS_MIN = 1_000


def note_activity(engine: Engine, command: c.NoteActivity, now: int) -> Verdict:
    """Something was said, or it is known that nothing will be for a while.

    Activity is written at most ``NOTED_PER_IDLE_TIME`` times per idle time of the queue, so a
    conversation falls silent up to a tenth of that time early, and a lively one costs little.
    """
    conversation = live(engine.state, command.conversation)
    if isinstance(conversation, Refused):
        return conversation
    if command.agent is not None and conversation.agent != command.agent:
        return refuse(Refusal.NOT_YOURS, "You do not hold this conversation.")
    if conversation.state is not ConversationState.ASSIGNED:
        return Done.ALREADY
    if command.idle:
        return _fall_silent(engine, conversation, command.by, now)
    if conversation.idle:
        wake(engine, conversation, command.by, now)
        return Done.NOW
    after_ms = engine.state.queues[conversation.queue].settings.idle.after_ms
    pause_ms = max(after_ms // NOTED_PER_IDLE_TIME, NOTED_EVERY_MS_MIN)
    if not after_ms or now - conversation.active_at < pause_ms:
        return Done.ALREADY
    assert conversation.agent is not None
    engine.emit(
        e.ConversationActive(
            now, conversation.id, conversation.queue, conversation.agent, command.by
        )
    )
    return Done.NOW


def _fall_silent(engine: Engine, conversation: Conversation, by: str, now: int) -> Verdict:
    if conversation.idle:
        return Done.ALREADY
    assert conversation.agent is not None
    engine.emit(
        e.ConversationIdled(now, conversation.id, conversation.queue, conversation.agent, by)
    )
    return Done.NOW


def wake(engine: Engine, conversation: Conversation, by: str, now: int) -> None:
    """An idle conversation goes on."""
    assert conversation.agent is not None
    engine.emit(
        e.ConversationWoke(now, conversation.id, conversation.queue, conversation.agent, by)
    )


def silence_due(engine: Engine, id_: str, now: int) -> None:
    """The idle time may have passed; activity since only moved the deadline."""
    conversation = engine.state.conversations.get(id_)
    if (
        conversation is None
        or conversation.state is not ConversationState.ASSIGNED
        or conversation.idle
    ):
        return
    after_ms = engine.state.queues[conversation.queue].settings.idle.after_ms
    if not after_ms:
        return
    due_at = conversation.active_at + after_ms
    if due_at > now:
        engine.timers.add(due_at, Due.IDLE, id_)
    else:
        _fall_silent(engine, conversation, "system", now)
