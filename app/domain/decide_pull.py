"""An agent picks a conversation from a queue, where the permission says so.

Membership, skills, rings, holds and capacity bind the agent as they bind an offer. What decides
whom to ask, or spares an agent from being asked, does not: the strategy, the order of the line when
one is named, being passed over, a rest, being away or finishing, the channels of a presence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain import commands as c
from app.domain import events as e
from app.domain.decide_conversations import live, member_of
from app.domain.need import NOBODY, need_of
from app.domain.outcome import Done, Verdict, refuse
from app.domain.refusals import Refusal, Refused
from app.domain.routability import fits, qualifies, units_of
from app.domain.state import Agent, Conversation, Queue
from app.domain.waiting import waits
from app.domain.words import Connection, Presence, QueueStatus

if TYPE_CHECKING:
    from app.domain.engine import Engine


def pull(engine: Engine, command: c.PullConversation, now: int) -> Verdict:
    """Take the named conversation, or the first that the agent may have."""
    queue = engine.state.queues.get(command.queue)
    if queue is None:
        return refuse(Refusal.UNKNOWN_QUEUE, f"There is no queue {command.queue}.")
    agent = member_of(engine.state, command.agent, queue.id)
    if isinstance(agent, Refused):
        return agent
    refused = _may_not(agent, queue)
    if refused is not None:
        return refused
    found = (
        _first(engine, agent, queue, now)
        if command.conversation is None
        else _named(engine, agent, queue, command.conversation, now)
    )
    if isinstance(found, Done | Refused):
        return found
    by = f"agent:{agent.id}"
    engine.emit(e.ConversationAssigned(now, found.id, queue.id, agent.id, "pulled", by))
    return Done.NOW


def _may_not(agent: Agent, queue: Queue) -> Refused | None:
    if not agent.settings.pull:
        message = "You may not pick conversations; ask for the setting pull."
        return refuse(Refusal.PULL_NOT_ALLOWED, message)
    if agent.presence is Presence.OFFLINE or agent.connection is not Connection.CONNECTED:
        return refuse(Refusal.NOT_ELIGIBLE, "You are offline; set your presence first.")
    if queue.status is QueueStatus.PAUSED:
        return refuse(Refusal.WRONG_STATE, f"Queue {queue.id} is paused by a supervisor.")
    return None


def _named(
    engine: Engine, agent: Agent, queue: Queue, id_: str, now: int
) -> Conversation | Done | Refused:
    conversation = live(engine.state, id_)
    if isinstance(conversation, Refused):
        return conversation
    if conversation.agent == agent.id:
        return Done.ALREADY
    if conversation.queue != queue.id:
        message = f"Conversation {id_} is in queue {conversation.queue}."
        return refuse(Refusal.WRONG_STATE, message)
    if not waits(conversation):
        state = conversation.state if conversation.quarantine is None else "in quarantine"
        return refuse(Refusal.WRONG_STATE, f"Conversation {id_} is {state}.")
    why_not = _why_not(engine, agent, queue, conversation, now)
    if why_not is not None:
        return refuse(Refusal.NOT_ELIGIBLE, f"You may not have it now: {why_not}.")
    if not fits(agent, conversation.channel, units_of(queue.settings, conversation.channel)):
        return refuse(Refusal.NO_CAPACITY, f"You have no room for one more {conversation.channel}.")
    return conversation


def _why_not(
    engine: Engine, agent: Agent, queue: Queue, conversation: Conversation, now: int
) -> str | None:
    need = need_of(engine.state, conversation, queue, now)
    if need.held_for == NOBODY:
        return "the queue is closed"
    if need.held_for is not None:
        return None if need.held_for == agent.id else "it is kept for its preferred agent"
    _, skills, max_level = need.kind
    if agent.settings.queues[queue.id] > max_level:
        return "your level is not open yet"
    return None if qualifies(agent, skills) else "it asks for skills that you do not have"


def _first(engine: Engine, agent: Agent, queue: Queue, now: int) -> Conversation | Refused:
    """The first in line, one look per kind of conversation that waits."""
    full = False
    for conversation in engine.matcher.heads(queue.id):
        if _why_not(engine, agent, queue, conversation, now) is not None:
            continue
        if fits(agent, conversation.channel, units_of(queue.settings, conversation.channel)):
            return conversation
        full = True
    if full:
        return refuse(Refusal.NO_CAPACITY, "You have no room for what waits.")
    return refuse(Refusal.NOTHING_WAITING, f"Nothing that you may have waits in {queue.id}.")
