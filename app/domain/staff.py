"""How many agents are *on* in each queue, counted as they come and go. Derived from state.

MUST NOT be asked whether somebody can take a conversation: who is on may be full or resting.
"""

from __future__ import annotations

from app.domain.routability import is_on
from app.domain.state import Agent, State


class Staff:
    """The count, and since when it is 0."""

    __slots__ = ("_counted", "_empty_since", "_on")

    def __init__(self, state: State) -> None:
        self._on: dict[str, int] = {}
        self._counted: dict[str, tuple[str, ...]] = {}
        self._empty_since: dict[str, int] = {}
        for agent in state.agents.values():
            self.note(agent, state.last_at)
        for agent in state.agents.values():
            for queue in agent.settings.queues:
                if not self._on.get(queue):
                    since = self._empty_since.get(queue, 0)
                    self._empty_since[queue] = max(since, agent.off_since)

    def note(self, agent: Agent, at: int) -> list[str]:
        """The agent came, went or changed queues. Returns the queues that nobody is on in now."""
        was = self._counted.pop(agent.id, ())
        now_in = tuple(agent.settings.queues) if is_on(agent) else ()
        return self._count(agent.id, was, now_in, at)

    def dismiss(self, agent: Agent, at: int) -> list[str]:
        """The agent was removed; as ``note``."""
        return self._count(agent.id, self._counted.pop(agent.id, ()), (), at)

    def _count(
        self, agent_id: str, was: tuple[str, ...], now_in: tuple[str, ...], at: int
    ) -> list[str]:
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
            self._empty_since[queue] = at
        return emptied

    def on(self, queue: str) -> int:
        """How many agents of the queue are on."""
        return self._on.get(queue, 0)

    def nobody_since(self, queue: str) -> int | None:
        """Since when nobody is on in the queue (0: never was anybody); None: somebody is."""
        return None if self._on.get(queue) else self._empty_since.get(queue, 0)
