"""The small steps that several events share: load, holding, standing in line.

MUST NOT be used outside ``fold``: state has one writer.
"""

from __future__ import annotations

from app.domain.routability import is_on
from app.domain.state import Agent, Conversation, Exclusion, Queue, State
from app.domain.transitions import move
from app.domain.words import ConversationState

HANDLED_REMEMBERED = 50


def step(state: State, conversation: Conversation, to: ConversationState) -> None:
    """Move a conversation and keep its queue's counters."""
    counts = state.queues[conversation.queue].counts
    counts[conversation.state] -= 1
    move(conversation, to)
    if to in counts:
        counts[to] += 1


def to_waiting(state: State, conversation: Conversation, at: int) -> None:
    """It waits, and nobody holds it."""
    step(state, conversation, ConversationState.WAITING)
    conversation.waiting_since, conversation.agent = at, None


def exclude(conversation: Conversation, agent: str | None, soft: int, full: int) -> None:
    """The agent is passed over for it."""
    if agent is not None and full:
        conversation.exclusions[agent] = Exclusion(soft, full)


def give(state: State, conversation: Conversation, agent: Agent, units: int, at: int) -> None:
    """The agent, whose units are already reserved, now holds the conversation."""
    step(state, conversation, ConversationState.ASSIGNED)
    conversation.agent, conversation.units, conversation.assigned_at = agent.id, units, at
    conversation.active_at = at
    conversation.quarantine = None
    conversation.exclusions.clear()
    agent.conversations[conversation.id] = None
    agent.idle_since = at
    if not conversation.answered:
        conversation.answered = True
        queue = state.queues[conversation.queue]
        wait_ms = at - conversation.enqueued_at
        queue.figures.on(at).count_answer(wait_ms, queue.settings.service_level)


def reserve(agent: Agent, channel: str, units: int) -> None:
    """The agent has less room."""
    agent.load[channel] = agent.load.get(channel, 0) + units
    agent.load_units += units


def free(agent: Agent, channel: str, units: int) -> None:
    """The agent has more room."""
    left = agent.load[channel] - units
    assert left >= 0, "load never falls below zero"
    if left:
        agent.load[channel] = left
    else:
        del agent.load[channel]
    agent.load_units -= units


def let_go(state: State, conversation: Conversation, at: int) -> None:
    """The agent who holds the conversation, if any, holds it no more."""
    agent = state.agents.get(conversation.agent) if conversation.agent else None
    if agent is not None and conversation.id in agent.conversations:
        del agent.conversations[conversation.id]
        if not conversation.idle:
            free(agent, conversation.channel, conversation.units)
        conversation.idle = False
        agent.idle_since = at
        _count_handled(state.queues[conversation.queue], at - conversation.assigned_at)


def _count_handled(queue: Queue, took_ms: int) -> None:
    """The mean forgets: the last ``HANDLED_REMEMBERED`` weigh most."""
    queue.handled += 1
    weight = 1 / min(queue.handled, HANDLED_REMEMBERED)
    queue.handle_ms += weight * (took_ms - queue.handle_ms)


def note_on(agent: Agent, at: int) -> None:
    """Keep since when the agent is not on."""
    if is_on(agent):
        agent.off_since = 0
    elif not agent.off_since:
        agent.off_since = at
