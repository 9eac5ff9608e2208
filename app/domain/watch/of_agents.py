"""What can be wrong about one agent: load that is not his, overdue offers, work not offered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from app.domain.decide_watch import recount
from app.domain.engine import Engine
from app.domain.need import need_of
from app.domain.routability import capacity_free, is_present, qualifies, takes, units_of
from app.domain.state import Agent, Conversation, Queue
from app.domain.watch.diagnosis import diagnosis
from app.domain.watch.findings import Cause, Finding
from app.domain.words import LIVE_OFFERS, ConversationState, QueueStatus

OVERDUE_MS = 2_000
CANDIDATES_MAX = 50
"""Conversations in front of a line that an able agent is held against."""


def leaked(engine: Engine, agent: Agent, now: int) -> Iterator[Finding]:
    """The load that is kept is not the load that is counted."""
    if not agent.load and not agent.load_units and not agent.offers and not agent.conversations:
        return
    counted = recount(engine.state, agent)
    if agent.load != counted or agent.load_units != sum(counted.values()):
        yield Finding(
            Cause.LEAKED_CAPACITY,
            now,
            f"{agent.settings.name}'s load is kept as {agent.load}, counted {counted}.",
            agent=agent.id,
            evidence={"kept": dict(agent.load), "counted": counted},
            sure=True,
        )


def overdue(engine: Engine, agent: Agent, now: int) -> Iterator[Finding]:
    """An offer outlived its deadline: its conversation and its agent are held for nothing."""
    for id_ in agent.offers:
        offer = engine.state.offers.get(id_)
        if offer is None or offer.state not in LIVE_OFFERS or offer.expires_at + OVERDUE_MS >= now:
            continue
        late_s = (now - offer.expires_at) // 1000
        yield Finding(
            Cause.ORPHAN_RESERVATION,
            offer.expires_at,
            f"Offer {id_} to {agent.settings.name} is {late_s} s past its deadline.",
            queue=offer.queue,
            conversation=offer.conversation,
            agent=agent.id,
            evidence={"offer": id_, "expires_at": offer.expires_at},
        )


def unoffered(engine: Engine, agent: Agent, now: int) -> Iterator[Finding]:
    """The agent could take somebody who waits, and stands there without an offer of him."""
    if not is_present(agent) or agent.back_off_until > now:
        return
    if not any(capacity_free(agent, channel) for channel in agent.settings.capacity):
        return
    for queue_id in agent.settings.queues:
        queue = engine.state.queues[queue_id]
        if not queue.counts[ConversationState.WAITING] or queue.status is QueueStatus.PAUSED:
            continue
        found = _could_take(engine, agent, queue, now)
        if found is not None:
            yield Finding(
                Cause.LOST_WAKE_UP,
                max(found.waiting_since, agent.presence_since, agent.back_off_until),
                diagnosis(engine, queue, found, now),
                queue=queue_id,
                evidence={"conversation": found.id, "agent": agent.id},
            )


def _could_take(engine: Engine, agent: Agent, queue: Queue, now: int) -> Conversation | None:
    line = engine.matcher.waiting.queues.get(queue.id)
    for rank in islice(line.line, CANDIDATES_MAX) if line else ():
        conversation = engine.state.conversations.get(rank[-1])
        if conversation is None or agent.id in conversation.exclusions:
            continue
        units = units_of(queue.settings, conversation.channel)
        if not takes(agent, conversation.channel, units, now):
            continue
        need = need_of(engine.state, conversation, queue, now)
        if need.held_for == agent.id:
            return conversation
        _, skills, max_level = need.kind
        qualified = agent.settings.queues[queue.id] <= max_level and qualifies(agent, skills)
        if need.held_for is None and qualified:
            return conversation
    return None


RULES = (leaked, overdue, unoffered)
