"""Looking for the agent of a conversation, and for the conversation of an agent. Changes nothing.

The lazy indexes may be tidied by a look; what is found does not depend on that.
"""

from __future__ import annotations

from app.domain.line import Rank
from app.domain.need import NOBODY, Need, need_of
from app.domain.pools import Pool, Pools
from app.domain.routability import is_present, qualifies, serves, takes, units_of
from app.domain.state import Agent, Conversation, Queue, State
from app.domain.waiting import Bucket, Waiting, rank_among_queues
from app.domain.words import QueueStatus

KINDS_LOOKED_AT = 20


class Search:
    """The questions that matching asks of the state and its indexes."""

    __slots__ = ("_pools", "_state", "_waiting")

    def __init__(self, state: State, pools: Pools, waiting: Waiting) -> None:
        self._state, self._pools, self._waiting = state, pools, waiting

    def unoffered(self, queue_id: str, now: int) -> str | None:
        """An agent who could take the first of some kind in the queue; None as it should be."""
        queue, line = self._state.queues[queue_id], self._waiting.queues.get(queue_id)
        if line is None or queue.status is QueueStatus.PAUSED:
            return None
        for bucket in list(line.buckets.values())[:KINDS_LOOKED_AT]:
            conversation = self._state.conversations[next(self._waiting.walk(bucket))]
            need = need_of(self._state, conversation, queue, now)
            if need.held_for == NOBODY:
                continue
            agent = self.preferred(conversation, queue, need, now)
            if agent is None and need.held_for is None:
                agent = self.pick(conversation, self._pools.pool(queue, *need.kind), now)
            if agent is not None:
                return agent.id
        return None

    def pick(self, conversation: Conversation, pool: Pool, now: int) -> Agent | None:
        """The agent of the pool whom the queue's strategy would have take it now."""
        if not pool.anyone:
            return None

        def passes(agent: Agent) -> bool:
            return self.passes(conversation, agent, now)

        agent = self._pools.pick(pool, now, passes)
        if agent is not None or not conversation.exclusions or conversation.offers:
            return agent
        if not self.is_sole(conversation, pool, now):
            return None

        def passes_softly(agent: Agent) -> bool:
            exclusion = conversation.exclusions.get(agent.id)
            return exclusion is None or exclusion.soft_until <= now

        return self._pools.pick(pool, now, passes_softly)

    def passes(self, conversation: Conversation, agent: Agent, now: int) -> bool:
        """Whether nothing between these two forbids an offer: no exclusion in force, no offer of
        it yet.
        """
        exclusion = conversation.exclusions.get(agent.id)
        if exclusion is not None and exclusion.pass_until > now:
            return False
        offers = self._state.offers
        return not any(offers[id_].agent == agent.id for id_ in conversation.offers)

    def is_sole(self, conversation: Conversation, pool: Pool, now: int) -> bool:
        """Whether everybody present who qualifies has been passed over (domain fault 45)."""
        return not any(
            is_present(agent)
            and serves(agent, conversation.channel)
            and self.passes(conversation, agent, now)
            for agent in pool.members.values()
        )

    def preferred(
        self, conversation: Conversation, queue: Queue, need: Need, now: int
    ) -> Agent | None:
        """The preferred agent, when he takes it now; only while it is held for him are rings
        waived.
        """
        agent = self._state.agents.get(conversation.preferred_agent or "")
        level = agent.settings.queues.get(queue.id) if agent else None
        if agent is None or level is None:
            return None
        channel, skills, max_level = need.kind
        if need.held_for is None and (level > max_level or not qualifies(agent, skills)):
            return None
        able = takes(agent, channel, units_of(queue.settings, channel), now)
        return agent if able and self.passes(conversation, agent, now) else None

    def best_for(self, agent: Agent, now: int) -> Conversation | None:
        """The conversation that this agent should be offered first: queue priority, then place in
        line.
        """
        lines, own = self._waiting.queues, agent.settings.queues
        few = own if len(own) <= len(lines) else lines
        best: tuple[Rank, Conversation] | None = None
        for id_ in few:
            line, level = lines.get(id_), own.get(id_)
            if line is None or level is None:
                continue
            queue = self._state.queues[id_]
            if queue.status is QueueStatus.PAUSED:
                continue
            first = -queue.settings.priority
            if best is not None and first > best[0][0]:
                continue
            for (_, held_for), bucket in list(line.buckets.items()):
                if held_for is not None and held_for != agent.id:
                    continue
                found = self._head_for(agent, level, queue, bucket, held_for is not None, now)
                if found is not None:
                    rank = rank_among_queues(found, queue.settings, now)
                    if best is None or rank < best[0]:
                        best = rank, found
        return best[1] if best else None

    def _head_for(
        self, agent: Agent, level: int, queue: Queue, bucket: Bucket, held: bool, now: int
    ) -> Conversation | None:
        """The first of this kind that the agent may be offered."""
        channel, skills, max_level = bucket.kind
        if not takes(agent, channel, units_of(queue.settings, channel), now):
            return None
        if not held and (level > max_level or not qualifies(agent, skills)):
            return None
        for id_ in self._waiting.walk(bucket):
            conversation = self._state.conversations[id_]
            if self._suits(conversation, agent, queue, bucket, now):
                return conversation
        return None

    def _suits(
        self, conversation: Conversation, agent: Agent, queue: Queue, bucket: Bucket, now: int
    ) -> bool:
        if self.passes(conversation, agent, now):
            return True
        exclusion = conversation.exclusions.get(agent.id)
        if exclusion is None or exclusion.soft_until > now:
            return False
        return self.is_sole(conversation, self._pools.pool(queue, *bucket.kind), now)
