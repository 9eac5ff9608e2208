"""``check(engine)``: every invariant of the engine, recounted from nothing. For tests and the
simulation.

I1 load equals the recount and never exceeds capacity unless configuration shrank; I2 a
conversation is in exactly one place; I3 live offers are reserved on both sides; I4 nothing waits
that an able agent could take; I5 the indexes hold exactly the waiting; I6 entered = live + ended.
"""

from __future__ import annotations

from collections import Counter

from app.domain.engine import Engine
from app.domain.need import need_of
from app.domain.routability import is_on, is_present, qualifies, serves, takes, units_of
from app.domain.state import Agent, Conversation, State
from app.domain.waiting import waits
from app.domain.words import HELD_STATES, LIVE_OFFERS, LIVE_STATES, ConversationState, QueueStatus


def check(engine: Engine, now: int) -> None:
    """Assert all invariants at ``now``. Raises AssertionError with the culprit."""
    state = engine.state
    for agent in state.agents.values():
        _check_agent(state, agent)
    for conversation in state.conversations.values():
        _check_conversation(state, conversation)
    _check_counts(state)
    waiting = {c.id for c in state.conversations.values() if waits(c)}
    assert waiting == set(engine.matcher.waiting.places), "the index holds exactly the waiting"
    for id_ in sorted(waiting):
        found = match_left(engine, state.conversations[id_], now)
        assert found is None, f"{id_} waits although {found} could take it"


def _check_agent(state: State, agent: Agent) -> None:
    load: Counter[str] = Counter()
    for id_ in agent.offers:
        offer = state.offers[id_]
        assert offer.state in LIVE_OFFERS and offer.agent == agent.id, id_
        load[state.conversations[offer.conversation].channel] += offer.units
    for id_ in agent.conversations:
        conversation = state.conversations[id_]
        assert conversation.state in HELD_STATES and conversation.agent == agent.id, id_
        if not conversation.idle:
            load[conversation.channel] += conversation.units
    assert agent.load == dict(load), f"load of {agent.id}: {agent.load}, recount {dict(load)}"
    assert agent.load_units == sum(load.values()), agent.id
    if agent.offers:
        assert agent.presence == "available" and agent.connection != "lost", agent.id
        assert agent.plan is None, agent.id
    assert agent.plan is None or agent.conversations, f"{agent.id} holds nothing: the plan is due"
    assert bool(agent.off_since) != is_on(agent), agent.id


def _check_conversation(state: State, conversation: Conversation) -> None:
    live = [state.offers[id_] for id_ in conversation.offers]
    assert (conversation.state is ConversationState.OFFERED) == bool(live), conversation.id
    for offer in live:
        assert offer.state in LIVE_OFFERS and offer.conversation == conversation.id, offer.id
        assert offer.queue == conversation.queue, "the offer names the queue of its conversation"
        assert offer.id in state.agents[offer.agent].offers, offer.id
        assert offer.queue in state.agents[offer.agent].settings.queues, offer.id
    if conversation.state in HELD_STATES:
        assert conversation.agent is not None
        assert conversation.id in state.agents[conversation.agent].conversations, conversation.id
    if conversation.state in (ConversationState.WAITING, ConversationState.OFFERED):
        assert conversation.agent is None, conversation.id
    if conversation.state is ConversationState.WRAPPING:
        assert conversation.wrap_until > 0, conversation.id


def _check_counts(state: State) -> None:
    counts: Counter[tuple[str, ConversationState]] = Counter()
    for conversation in state.conversations.values():
        if conversation.state in LIVE_STATES:
            counts[conversation.queue, conversation.state] += 1
    for queue in state.queues.values():
        for name, count in queue.counts.items():
            assert count == counts[queue.id, name], (queue.id, name, count)
    assert state.totals.entered == sum(counts.values()) + state.totals.ended


def match_left(engine: Engine, conversation: Conversation, now: int) -> str | None:
    """An agent who could be offered this waiting conversation now, by a plain scan; None as it
    should be.
    """
    state = engine.state
    queue = state.queues[conversation.queue]
    if queue.status is QueueStatus.PAUSED:
        return None
    need = need_of(state, conversation, queue, now)
    channel, skills, max_level = need.kind
    units = units_of(queue.settings, channel)
    able, present = [], []
    for agent in state.agents.values():
        level = agent.settings.queues.get(queue.id)
        if level is None or (need.held_for is not None and agent.id != need.held_for):
            continue
        if need.held_for is None and (level > max_level or not qualifies(agent, skills)):
            continue
        exclusion = conversation.exclusions.get(agent.id)
        passed = exclusion is not None and exclusion.pass_until > now
        if is_present(agent) and serves(agent, channel) and not passed:
            present.append(agent.id)
        if takes(agent, channel, units, now):
            if not passed:
                return agent.id
            if exclusion is not None and exclusion.soft_until <= now:
                able.append(agent.id)
    return able[0] if able and not present else None
