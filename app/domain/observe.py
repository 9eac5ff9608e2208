"""What each event means for the indexes: who has to be looked at, and which deadline was set.

Called after the fold, once per event. Forgetting a case here is a lost wake-up: the invariant check
(``check``) and the property tests exist to catch exactly that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


def _queue_configured(engine: Engine, event: e.QueueConfigured) -> None:
    engine.matcher.touch_queue(event.queue)
    engine.overflow.look_at_queue(event.queue)
    after_ms = event.settings.idle.after_ms
    # Who holds one of its conversations need not be a member any more.
    for agent in engine.state.agents.values() if after_ms else ():
        for id_ in agent.conversations:
            held = engine.state.conversations[id_]
            if held.queue == event.queue:
                engine.timers.add(held.active_at + after_ms, Due.IDLE, id_)


def _queue_changed(engine: Engine, event: e.QueueStatusChanged | e.QueueHoursChanged) -> None:
    engine.matcher.touch_queue(event.queue)
    engine.overflow.look_at_queue(event.queue)


def _queue_removed(engine: Engine, event: e.QueueRemoved) -> None:
    engine.matcher.pools.drop_queue(event.queue)


def _agent_changed(
    engine: Engine,
    event: e.AgentConfigured | e.PresenceChanged | e.PresencePlanned | e.ConnectionChanged,
) -> None:
    agent = engine.state.agents[event.agent]
    engine.matcher.met_agent(agent)
    engine.matcher.touch_agent(agent)
    if type(event) is e.AgentConfigured:
        engine.matcher.touch_excluding(None)
    elif not is_present(agent) or agent.only is not None:
        engine.matcher.touch_excluding(agent)
    if agent.connection is Connection.GRACE:
        engine.timers.add(agent.grace_until, Due.GRACE, agent.id)
    staff_left(engine, engine.staff.note(agent))


def staff_left(engine: Engine, queues: Iterable[str]) -> None:
    """Maybe nobody is on in these queues any more: look at those who wait when a rule says so."""
    for id_ in queues:
        queue = engine.state.queues.get(id_)
        for rule in queue.settings.overflow if queue else ():
            since = engine.staff.nobody_since(id_) if rule.when == "no_agents" else None
            if since is None:
                continue
            if since + rule.value <= engine.state.last_at:
                # At once, and all of them: who is looked at for another reason must not go before.
                engine.overflow.look_at_queue(id_)
            else:
                engine.timers.add(since + rule.value, Due.STAFF, id_)


def _presence_configured(engine: Engine, event: e.PresenceConfigured) -> None:
    """Those in it may serve other channels now."""
    for agent in engine.state.agents.values():
        if agent.custom == event.presence:
            engine.matcher.touch_agent(agent)
            engine.matcher.touch_excluding(agent)
            engine.matcher.met_agent(agent)


def _entered(engine: Engine, event: e.ConversationEntered) -> None:
    _waits(engine, event.conversation, joined=True)


def _waits(engine: Engine, id_: str, *, joined: bool = False) -> None:
    engine.matcher.touch_conversation(id_)
    engine.overflow.look_at(engine.state.conversations[id_], joined=joined)


def _moved(engine: Engine, event: e.ConversationMoved) -> None:
    _waits(engine, event.conversation, joined=True)
    _let_go(engine, event.agent)


def _requeued(engine: Engine, event: e.ConversationRequeued) -> None:
    _waits(engine, event.conversation)
    _let_go(engine, event.agent)


def _prioritized(engine: Engine, event: e.ConversationPrioritized) -> None:
    conversation = engine.state.conversations[event.conversation]
    if conversation.state is ConversationState.WAITING:
        engine.matcher.touch_conversation(event.conversation)


def _assigned(engine: Engine, event: e.ConversationAssigned) -> None:
    engine.matcher.waiting.discard(event.conversation)
    _held(engine, event.conversation, event.at)
    _let_go(engine, event.from_agent)


def _held(engine: Engine, id_: str, at: int) -> None:
    queue = engine.state.queues[engine.state.conversations[id_].queue]
    if queue.settings.idle.after_ms:
        engine.timers.add(at + queue.settings.idle.after_ms, Due.IDLE, id_)


def _quarantined(engine: Engine, event: e.ConversationQuarantined) -> None:
    engine.matcher.touch_conversation(event.conversation)
    _let_go(engine, event.agent)


def _idled(engine: Engine, event: e.ConversationIdled) -> None:
    _touch(engine, event.agent)


def _woke(engine: Engine, event: e.ConversationWoke) -> None:
    _held(engine, event.conversation, event.at)


def _wrapping(engine: Engine, event: e.ConversationWrapping) -> None:
    engine.timers.add(event.until, Due.WRAP_UP, event.conversation)


def _ended(engine: Engine, event: e.ConversationEnded) -> None:
    engine.matcher.waiting.discard(event.conversation)
    engine.ended.append((event.at, event.conversation))
    _let_go(engine, event.agent)


def _offer_made(engine: Engine, event: e.OfferMade) -> None:
    engine.matcher.waiting.discard(event.conversation)
    engine.timers.add(event.expires_at, Due.OFFER, event.offer)


def _offer_ended(engine: Engine, event: e.OfferEnded) -> None:
    if event.outcome is OfferState.ACCEPTED:
        _held(engine, event.conversation, event.at)
        return
    _touch(engine, event.agent)
    conversation = engine.state.conversations[event.conversation]
    if conversation.state is ConversationState.WAITING:
        engine.matcher.touch_conversation(event.conversation)
        engine.overflow.came_back(conversation)
    if event.back_off_until:
        engine.timers.add(event.back_off_until, Due.AGENT, event.agent)


def _let_go(engine: Engine, agent_id: str | None) -> None:
    """The agent holds one less, and maybe nothing any more."""
    _touch(engine, agent_id)
    agent = engine.state.agents.get(agent_id or "")
    if agent is not None and agent.plan is not None:
        engine.freed.append(agent.id)


def _touch(engine: Engine, agent_id: str | None) -> None:
    agent = engine.state.agents.get(agent_id or "")
    if agent is not None:
        engine.matcher.touch_agent(agent)


_WATCHES: dict[type[Any], Callable[[Engine, Any], None]] = {
    e.EpochOpened: _time_moved,
    e.DeadlinesExtended: _time_moved,
    e.QueueConfigured: _queue_configured,
    e.QueueStatusChanged: _queue_changed,
    e.QueueHoursChanged: _queue_changed,
    e.QueueRemoved: _queue_removed,
    e.AgentConfigured: _agent_changed,
    e.PresenceConfigured: _presence_configured,
    e.PresenceChanged: _agent_changed,
    e.PresencePlanned: _agent_changed,
    e.ConnectionChanged: _agent_changed,
    e.ConversationEntered: _entered,
    e.ConversationMoved: _moved,
    e.ConversationRequeued: _requeued,
    e.ConversationPrioritized: _prioritized,
    e.ConversationAssigned: _assigned,
    e.ConversationWrapping: _wrapping,
    e.ConversationIdled: _idled,
    e.ConversationWoke: _woke,
    e.ConversationQuarantined: _quarantined,
    e.ConversationEnded: _ended,
    e.OfferMade: _offer_made,
    e.OfferEnded: _offer_ended,
}
