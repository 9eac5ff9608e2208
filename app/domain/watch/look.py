"""One look over a workspace for what no command would find.

Costs a bounded amount whatever the size: agents, conversations and queues are gone over in slices,
and whatever a slice showed is looked at again each time until it is gone, so that nothing is judged
by one look. MUST NOT trust the engine's indexes: they are what may be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Generic, TypeVar

from app.domain.engine import Engine
from app.domain.watch import of_agents, of_conversations, of_queues
from app.domain.watch.findings import Finding

T = TypeVar("T")
AGENTS_A_LOOK = 1_000
CONVERSATIONS_A_LOOK = 2_000
QUEUES_A_LOOK = 300
Rule = Callable[[Engine, T, int], Iterator[Finding]]


class Round(Generic[T]):
    """Goes over a table slice by slice, and back to what looked wrong each time."""

    __slots__ = ("_next", "_rules", "_size", "_suspects")

    def __init__(self, size: int, rules: Iterable[Rule[T]]) -> None:
        self._size, self._rules = size, tuple(rules)
        self._next = 0
        self._suspects: dict[str, None] = {}

    def at(self, engine: Engine, table: dict[str, T], now: int) -> list[Finding]:
        """What is wrong with the suspects and with the next slice."""
        if self._next >= len(table):
            self._next = 0
        ids = dict.fromkeys(islice(table, self._next, self._next + self._size))
        self._next += self._size
        found: list[Finding] = []
        suspects: dict[str, None] = {}
        for id_ in {**self._suspects, **ids}:
            entity = table.get(id_)
            if entity is None:
                continue
            wrong = [one for rule in self._rules for one in rule(engine, entity, now)]
            if wrong:
                suspects[id_] = None
                found += wrong
        self._suspects = suspects
        return found


class Look:
    """Keeps where the slices are. ``at`` is called about twice a second."""

    __slots__ = ("_agents", "_conversations", "_queues")

    def __init__(self) -> None:
        self._agents = Round(AGENTS_A_LOOK, of_agents.RULES)
        self._conversations = Round(CONVERSATIONS_A_LOOK, of_conversations.RULES)
        self._queues = Round(QUEUES_A_LOOK, of_queues.RULES)

    def at(self, engine: Engine, now: int) -> list[Finding]:
        """Everything that looks wrong at ``now``; of several about the same the first."""
        state = engine.state
        found = [
            *of_queues.lost(engine, now),
            *self._agents.at(engine, state.agents, now),
            *self._conversations.at(engine, state.conversations, now),
            *self._queues.at(engine, state.queues, now),
        ]
        first: dict[object, Finding] = {}
        for finding in found:
            first.setdefault(finding.about, finding)
        return [*first.values()]
