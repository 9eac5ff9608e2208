"""How many agents are *on* in each queue, counted as they come and go. Derived from state.

MUST NOT be asked whether somebody can take a conversation: who is on may be full or resting.
"""

from __future__ import annotations

from app.domain.pools import Pools
from app.domain.routability import is_on
from app.domain.state import Agent, State


class Staff:
    """The count, and since when it is 0."""

    __slots__ = ("_counted", "_on", "_pools")

    def __init__(self, state: State, pools: Pools) -> None:
        self._pools = pools
        self._on: dict[str, int] = {}
        self._counted: dict[str, tuple[str, ...]] = {}
        for agent in state.agents.values():
            self.note(agent)

    def note(self, agent: Agent) -> list[str]:
        """The agent came, went or changed queues. Returns the queues that nobody is on in now."""
        return self._count(agent.id, tuple(agent.settings.queues) if is_on(agent) else ())

    def dismiss(self, agent: Agent) -> list[str]:
        """The agent was removed; as ``note``."""
        return self._count(agent.id, ())

    def _count(self, agent_id: str, now_in: tuple[str, ...]) -> list[str]:
        was = self._counted.pop(agent_id, ())
        if now_in:
            self._counted[agent_id] = now_in
        if was == now_in:
            return []
        for queue in now_in:
            self._on[queue] = self._on.get(queue, 0) + 1
        for queue in was:
            self._on[queue] -= 1
        emptied = [queue for queue in was if not self._on[queue]]
        for queue in emptied:
            del self._on[queue]
        return emptied

    def on(self, queue: str) -> int:
        """How many agents of the queue are on."""
        return self._on.get(queue, 0)

    def nobody_since(self, queue: str) -> int | None:
        """Since when none of those who are its members now is on (0: it has none); None: one is."""
        if self._on.get(queue):
            return None
        members = self._pools.members(queue).values()
        return max((agent.off_since for agent in members), default=0)
