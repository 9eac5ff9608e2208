"""Who may be chosen next: one pool of agents per (queue, channel, skills, level bound).

The index is lazy. An entry is checked when it reaches the front: an agent who cannot take work
leaves the pool then (and comes back through ``restore`` when he can), and one whose rank has grown
sinks to his place. So a change of one agent costs only the pools that noticed him missing, never
all of his queues, and a choice costs O(log n) however many agents are idle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush, heapreplace

from app.domain.line import Rank
from app.domain.routability import qualifies, takes, units_of
from app.domain.state import Agent, Queue, State
from app.domain.words import Strategy

Passes = Callable[[Agent], bool]
Skills = tuple[tuple[str, int], ...]
PoolKey = tuple[str, str, Skills, int]
POOL_ENTRIES_MAX = 2_000_000
HEAP_SLACK = 64
"""How many outdated entries a heap may hold beyond its members before it is made anew."""


def _rank_longest_idle(agent: Agent, level: int) -> Rank:
    return (level, agent.idle_since, agent.ordinal)


def _rank_least_loaded(agent: Agent, level: int) -> Rank:
    room = agent.settings.units or sum(agent.settings.capacity.values()) or 1
    return (level, agent.load_units / room, agent.idle_since, agent.ordinal)


def _rank_round_robin(agent: Agent, level: int) -> Rank:
    return (level, agent.last_offer, agent.ordinal)


def _rank_fewest_accepted(agent: Agent, level: int) -> Rank:
    return (level, agent.accepted, agent.idle_since, agent.ordinal)


def _rank_linear(agent: Agent, level: int) -> Rank:
    return (level, agent.ordinal)


RANKS: dict[Strategy, Callable[[Agent, int], Rank]] = {
    Strategy.LONGEST_IDLE: _rank_longest_idle,
    Strategy.ALL_AT_ONCE: _rank_longest_idle,
    Strategy.LEAST_LOADED: _rank_least_loaded,
    Strategy.ROUND_ROBIN: _rank_round_robin,
    Strategy.RANDOM: _rank_linear,
    Strategy.FEWEST_ACCEPTED: _rank_fewest_accepted,
    Strategy.LINEAR: _rank_linear,
}


class Pool:
    """The members of a queue who qualify for one kind of conversation, ordered by the queue's
    strategy.
    """

    __slots__ = ("_heap", "_level", "_present", "_rank", "channel", "key", "members", "units")

    shrinks = False
    """Whether a rank can become smaller while the agent stands here (the front check repairs
    growth only).
    """

    def __init__(self, key: PoolKey, queue: Queue) -> None:
        self.key = key
        self.channel = key[1]
        self.units = units_of(queue.settings, key[1])
        self._level = queue.settings.offer.respect_levels
        self._rank = RANKS[queue.settings.offer.strategy]
        self.members: dict[str, Agent] = {}
        self._heap: list[tuple[Rank, str]] = []
        self._present: dict[str, Rank] = {}

    @property
    def anyone(self) -> bool:
        """Whether there is somebody to look at; False is what nearly all who wait find."""
        return bool(self._heap)

    def admits(self, agent: Agent) -> bool:
        """Whether the agent belongs here by configuration."""
        level = agent.settings.queues.get(self.key[0])
        return level is not None and level <= self.key[3] and qualifies(agent, self.key[2])

    def _rank_of(self, agent: Agent) -> Rank:
        return self._rank(agent, agent.settings.queues[self.key[0]] if self._level else 0)

    def fill(self, agents: Iterable[Agent]) -> None:
        """Take in the first members at once."""
        for agent in agents:
            self.members[agent.id] = agent
            rank = self._present[agent.id] = self._rank_of(agent)
            self._heap.append((rank, agent.id))
        heapify(self._heap)

    def push(self, agent: Agent) -> None:
        """Put a member in (again) at his present rank."""
        rank = self._rank_of(agent)
        if self._present.get(agent.id) != rank:
            self._present[agent.id] = rank
            heappush(self._heap, (rank, agent.id))
            if len(self._heap) > 2 * len(self._present) + HEAP_SLACK:
                self._heap = [(rank, id_) for id_, rank in self._present.items()]
                heapify(self._heap)

    def pick(self, now: int, passes: Passes, seed: int) -> tuple[Agent | None, list[Agent]]:
        """The best agent who takes work at ``now`` and whom ``passes`` lets through.

        The second value lists the agents found unable and taken out: the caller remembers to
        restore them. ``seed`` is for pools that draw lots.
        """
        aside: list[tuple[Rank, str]] = []
        missing: list[Agent] = []
        found = None
        heap, present = self._heap, self._present
        while heap:
            rank, id_ = heap[0]
            if present.get(id_) != rank:
                heappop(heap)
                continue
            agent = self.members[id_]
            if not takes(agent, self.channel, self.units, now):
                heappop(heap)
                del present[id_]
                missing.append(agent)
                continue
            fresh = self._rank_of(agent)
            if fresh != rank:
                present[id_] = fresh
                heapreplace(heap, (fresh, id_))
                continue
            if passes(agent):
                found = agent
                break
            aside.append(heappop(heap))
        for entry in aside:
            heappush(heap, entry)
        return found, missing


class LeastLoadedPool(Pool):
    """A load shrinks when work ends, so ``Pools.restore`` pushes the agent again each time."""

    __slots__ = ()
    shrinks = True


class RandomPool(Pool):
    """Draws lots among the able agents of the lowest level that has one; every one is equally
    likely.
    """

    __slots__ = ("_places", "_urns")

    def __init__(self, key: PoolKey, queue: Queue) -> None:
        super().__init__(key, queue)
        self._urns: dict[int, list[Agent]] = {}
        self._places: dict[str, int] = {}

    @property
    def anyone(self) -> bool:
        """Whether there is somebody to draw."""
        return bool(self._places)

    def fill(self, agents: Iterable[Agent]) -> None:
        """Take in the first members at once."""
        for agent in agents:
            self.members[agent.id] = agent
            self.push(agent)

    def push(self, agent: Agent) -> None:
        """Put a member in (again)."""
        if agent.id not in self._places:
            urn = self._urns.setdefault(self._rank_of(agent)[0], [])
            self._places[agent.id] = len(urn)
            urn.append(agent)

    def _take_out(self, urn: list[Agent], agent: Agent) -> None:
        place, last = self._places.pop(agent.id), urn.pop()
        if last is not agent:
            urn[place] = last
            self._places[last.id] = place

    def pick(self, now: int, passes: Passes, seed: int) -> tuple[Agent | None, list[Agent]]:
        """As ``Pool.pick``, by lot."""
        missing: list[Agent] = []
        for level in sorted(self._urns):
            urn, aside, found = self._urns[level], [], None
            while urn and found is None:
                seed = _mix(seed)
                agent = urn[seed % len(urn)]
                if not takes(agent, self.channel, self.units, now):
                    self._take_out(urn, agent)
                    missing.append(agent)
                elif passes(agent):
                    found = agent
                else:
                    self._take_out(urn, agent)
                    aside.append(agent)
            for agent in aside:
                self.push(agent)
            if found is not None:
                return found, missing
        return None, missing


def _mix(seed: int) -> int:
    """The next number of a splitmix64 sequence (Steele, Lea, Flood 2014)."""
    seed = (seed + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    seed = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    seed = ((seed ^ (seed >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return seed ^ (seed >> 31)


KINDS: dict[Strategy, type[Pool]] = {
    Strategy.LEAST_LOADED: LeastLoadedPool,
    Strategy.RANDOM: RandomPool,
}


class Pools:
    """All pools in use, made on demand and dropped when their queue or too many entries ask for
    it.
    """

    __slots__ = ("_by_queue", "_entries", "_members", "_missing", "_pools", "_shrinking", "_state")

    def __init__(self, state: State) -> None:
        self._state = state
        self._pools: dict[PoolKey, Pool] = {}
        self._by_queue: dict[str, dict[PoolKey, Pool]] = {}
        self._missing: dict[str, dict[PoolKey, Pool]] = {}
        self._shrinking: dict[str, dict[PoolKey, Pool]] = {}
        self._members: dict[str, dict[str, Agent]] = {}
        self._entries = 0
        for agent in state.agents.values():
            self.enroll(agent, ())

    def members(self, queue: str) -> dict[str, Agent]:
        """Agents with a membership in the queue, by id."""
        return self._members.get(queue, {})

    def pool(self, queue: Queue, channel: str, skills: Skills, max_level: int) -> Pool:
        """The pool for one kind of conversation."""
        key = (queue.id, channel, skills, max_level)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._make(key, queue)
        return pool

    def _make(self, key: PoolKey, queue: Queue) -> Pool:
        if self._entries > POOL_ENTRIES_MAX:
            self.clear()
        pool = KINDS.get(queue.settings.offer.strategy, Pool)(key, queue)
        pool.fill(agent for agent in self.members(queue.id).values() if pool.admits(agent))
        self._entries += len(pool.members)
        self._pools[key] = pool
        self._by_queue.setdefault(queue.id, {})[key] = pool
        if pool.shrinks:
            for agent_id in pool.members:
                self._shrinking.setdefault(agent_id, {})[key] = pool
        return pool

    def pick(self, pool: Pool, now: int, passes: Passes) -> Agent | None:
        """``Pool.pick``, remembering who has to be restored."""
        found, missing = pool.pick(now, passes, self._state.offers_made)
        for agent in missing:
            self._missing.setdefault(agent.id, {})[pool.key] = pool
        return found

    def restore(self, agent: Agent) -> None:
        """The agent may be able to take work again, or his load shrank."""
        for pool in self._missing.pop(agent.id, {}).values():
            if agent.id in pool.members:
                pool.push(agent)
        for pool in self._shrinking.get(agent.id, {}).values():
            pool.push(agent)

    def enroll(self, agent: Agent, former: Iterable[str]) -> None:
        """The agent's configuration changed; ``former`` are the queues he was in before."""
        for queue in former:
            self.drop_queue(queue)
            self._members.get(queue, {}).pop(agent.id, None)
        for queue in agent.settings.queues:
            self.drop_queue(queue)
            self._members.setdefault(queue, {})[agent.id] = agent

    def dismiss(self, agent: Agent) -> None:
        """The agent was removed."""
        for queue in agent.settings.queues:
            self.drop_queue(queue)
            self._members.get(queue, {}).pop(agent.id, None)
        self._missing.pop(agent.id, None)
        self._shrinking.pop(agent.id, None)

    def drop_queue(self, queue: str) -> None:
        """Forget the pools of a queue; they are made again when asked for."""
        for key, pool in self._by_queue.pop(queue, {}).items():
            self._entries -= len(pool.members)
            del self._pools[key]
            for agent_id in pool.members:
                self._missing.get(agent_id, {}).pop(key, None)
                self._shrinking.get(agent_id, {}).pop(key, None)

    def clear(self) -> None:
        """Forget all pools."""
        for queue in list(self._by_queue):
            self.drop_queue(queue)
