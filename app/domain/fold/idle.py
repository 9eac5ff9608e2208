"""What silence and activity in a held conversation do to the state."""

from __future__ import annotations

from app.domain import events as e
from app.domain.fold.steps import free, reserve
from app.domain.state import State
from app.domain.words import ConversationState


def active(state: State, event: e.ConversationActive) -> None:
    """Somebody said something."""
    state.conversations[event.conversation].active_at = event.at


def idled(state: State, event: e.ConversationIdled) -> None:
    """It fell silent: its units are free for other work."""
    conversation = state.conversations[event.conversation]
    assert conversation.state is ConversationState.ASSIGNED and not conversation.idle
    conversation.idle = True
    free(state.agents[event.agent], conversation.channel, conversation.units)


def woke(state: State, event: e.ConversationWoke) -> None:
    """It goes on. The load may pass the capacity: the customer is not turned away for it."""
    conversation = state.conversations[event.conversation]
    assert conversation.state is ConversationState.ASSIGNED and conversation.idle
    conversation.idle, conversation.active_at = False, event.at
    reserve(state.agents[event.agent], conversation.channel, conversation.units)
