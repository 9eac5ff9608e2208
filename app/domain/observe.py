"""What each event means for the indexes: who has to be looked at, and which deadline was set.

Called after the fold, once per event. Forgetting a case here is a lost wake-up: the invariant check
(``check``) and the property tests exist to catch exactly that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.domain import events as e
from app.domain.routability import is_present
from app.domain.timers import Due
from app.domain.words import Connection, ConversationState, OfferState

if TYPE_CHECKING:
    from app.domain.engine import Engine


def observe(engine: Engine, event: e.Event) -> None:
    """Keep the indexes right after ``event``."""
    watch = _WATCHES.get(type(event))
    if watch is not None:
        watch(engine, event)


def _time_moved(engine: Engine, event: e.EpochOpened | e.DeadlinesExtended) -> None:
    engine.timers.reset(engine.state)
    engine.matcher.touch_excluding(None)
    engine.matcher.touch_preferring()


def _queue_changed(engine: Engine, event: e.QueueConfigured | e.QueueStatusChanged) -> None:
    engine.matcher.touch_queue(event.queue)


def _queue_removed(engine: Engine, event: e.QueueRemoved) -> None:
    engine.matcher.pools.drop_queue(event.queue)


def _agent_changed(
    engine: Engine, event: e.AgentConfigured | e.PresenceChanged | e.ConnectionChanged
) -> None:
    agent = engine.state.agents[event.agent]
    engine.matcher.met_agent(agent)
    engine.matcher.touch_agent(agent)
    if type(event) is e.AgentConfigured:
        engine.matcher.touch_excluding(None)
    elif not is_present(agent):
        engine.matcher.touch_excluding(agent)
    if agent.connection is Connection.GRACE:
        engine.timers.add(agent.grace_until, Due.GRACE, agent.id)


def _entered(engine: Engine, event: e.ConversationEntered) -> None:
    engine.matcher.touch_conversation(event.conversation)


def _came_back(engine: Engine, event: e.ConversationMoved | e.ConversationRequeued) -> None:
    engine.matcher.touch_conversation(event.conversation)
    _touch(engine, event.agent)


def _prioritized(engine: Engine, event: e.ConversationPrioritized) -> None:
    conversation = engine.state.conversations[event.conversation]
    if conversation.state is ConversationState.WAITING:
        engine.matcher.touch_conversation(event.conversation)


def _assigned(engine: Engine, event: e.ConversationAssigned) -> None:
    engine.matcher.waiting.discard(event.conversation)
    _touch(engine, event.from_agent)


def _wrapping(engine: Engine, event: e.ConversationWrapping) -> None:
    engine.timers.add(event.until, Due.WRAP_UP, event.conversation)


def _ended(engine: Engine, event: e.ConversationEnded) -> None:
    engine.matcher.waiting.discard(event.conversation)
    engine.ended.append((event.at, event.conversation))
    _touch(engine, event.agent)


def _offer_made(engine: Engine, event: e.OfferMade) -> None:
    engine.matcher.waiting.discard(event.conversation)
    engine.timers.add(event.expires_at, Due.OFFER, event.offer)


def _offer_ended(engine: Engine, event: e.OfferEnded) -> None:
    if event.outcome is OfferState.ACCEPTED:
        return
    _touch(engine, event.agent)
    conversation = engine.state.conversations[event.conversation]
    if conversation.state is ConversationState.WAITING:
        engine.matcher.touch_conversation(event.conversation)
    if event.outcome is OfferState.UNDELIVERED:
        engine.timers.add(event.soft_until, Due.AGENT, event.agent)


def _touch(engine: Engine, agent_id: str | None) -> None:
    agent = engine.state.agents.get(agent_id or "")
    if agent is not None:
        engine.matcher.touch_agent(agent)


_WATCHES: dict[type[Any], Callable[[Engine, Any], None]] = {
    e.EpochOpened: _time_moved,
    e.DeadlinesExtended: _time_moved,
    e.QueueConfigured: _queue_changed,
    e.QueueStatusChanged: _queue_changed,
    e.QueueRemoved: _queue_removed,
    e.AgentConfigured: _agent_changed,
    e.PresenceChanged: _agent_changed,
    e.ConnectionChanged: _agent_changed,
    e.ConversationEntered: _entered,
    e.ConversationMoved: _came_back,
    e.ConversationRequeued: _came_back,
    e.ConversationPrioritized: _prioritized,
    e.ConversationAssigned: _assigned,
    e.ConversationWrapping: _wrapping,
    e.ConversationEnded: _ended,
    e.OfferMade: _offer_made,
    e.OfferEnded: _offer_ended,
}
