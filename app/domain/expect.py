"""How long a waiting conversation may expect to wait: p50 and p90, or a word why nobody can say.

Asked by views only; no decision depends on it. The model is in ``estimate``: the k-th in line waits
for k places to come free. MUST NOT say 0 for "unknown".
"""

from __future__ import annotations

from app.domain.engine import Engine
from app.domain.estimate import Estimate, estimate
from app.domain.need import came_while_closed
from app.domain.routability import is_on, serves, units_of
from app.domain.state import Agent, Queue, State
from app.domain.words import ConversationState, QueueStatus

MEMBERS_ASKED_MAX = 500
"""Above this many members a sample of them stands for all: the estimate is read, not lived by."""


def expected_wait(engine: Engine, conversation_id: str, now: int) -> Estimate | str:
    """For a conversation that waits; else, and when nobody can say, a word.

    Words: not_waiting, paused, closed, nobody_on, stalled (somebody could take it and is not
    asked: a fault), no_data. Raises KeyError when it is unknown.
    """
    conversation = engine.state.conversations[conversation_id]
    if conversation.state is not ConversationState.WAITING:
        return "not_waiting"
    queue = engine.state.queues[conversation.queue]
    if came_while_closed(conversation, queue):
        return "closed"
    place = engine.position_of(conversation_id)
    return queue_wait(engine, queue, conversation.channel, place or 1, now)


def queue_wait(engine: Engine, queue: Queue, channel: str, place: int, now: int) -> Estimate | str:
    """For the one at ``place`` (from 1) in the line of a queue; words as above."""
    if queue.status is QueueStatus.PAUSED:
        return "paused"
    if not engine.staff.on(queue.id):
        return "nobody_on"
    if engine.unoffered(queue.id, now) is not None:
        return "stalled"
    places = _places(engine, queue, channel)
    return estimate(place, places, queue.handle_ms, queue.handled) or "no_data"


def _places(engine: Engine, queue: Queue, channel: str) -> float:
    """Conversations that those on can hold at once for this queue.

    An agent of n queues in which somebody waits counts 1/n for each (Google CCAI).
    """
    members = [*engine.matcher.pools.members(queue.id).values()]
    asked = members[:: len(members) // MEMBERS_ASKED_MAX + 1]
    places = sum(_places_of(engine.state, agent, queue, channel) for agent in asked)
    return places * len(members) / len(asked) if asked else 0.0


def _places_of(state: State, agent: Agent, queue: Queue, channel: str) -> float:
    if not is_on(agent) or not serves(agent, channel):
        return 0.0
    room = agent.settings.capacity.get(channel, 0)
    if agent.settings.units is not None:
        room = min(room, agent.settings.units)
    busy = sum(
        id_ == queue.id or state.queues[id_].counts[ConversationState.WAITING] > 0
        for id_ in agent.settings.queues
    )
    return room // units_of(queue.settings, channel) / busy
