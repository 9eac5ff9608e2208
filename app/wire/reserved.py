"""Ids of the server's own: what they are, where they hide in a command, and what they add to sums.

The canary is made of an ordinary queue, agent and conversations, so that it goes the whole way of
one. The rule: it is left out where something leaves the server (board, lists, totals, gauges),
never inside, so the engine and everything that checks it see one sound state.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from app.domain.state import State

RESERVED: Final = "interlock."
OURS: Final = "begins with interlock., as the server's own ids do: choose another"
CANARY: Final = "interlock.canary"
"""Its queue and its agent; its conversations are numbered behind a dot."""
_NAMES: Final = ("queue", "agent", "conversation", "presence", "preferred_agent")


def is_reserved(id_: str) -> bool:
    """Whether nobody but the server may use this id."""
    return id_.startswith(RESERVED)


def open_ids(ids: Iterable[str]) -> list[str]:
    """Those that are for everybody, sorted."""
    return sorted(id_ for id_ in ids if not is_reserved(id_))


def reserved_in(command: Any) -> str | None:
    """The first id of the server's own that a command names; None when there is none."""
    ids = [getattr(command, name, None) for name in _NAMES]
    settings = getattr(command, "settings", None)
    ids += list(getattr(settings, "queues", None) or ())
    ids += [rule.queue for rule in getattr(settings, "overflow", None) or ()]
    return next((id_ for id_ in ids if isinstance(id_, str) and is_reserved(id_)), None)


class Own(NamedTuple):
    """What the canary adds to the sums of the workspace."""

    entered: int
    ended: int
    offers_made: int
    agents: int


def own_of(state: State) -> Own:
    """Count it. The newest of its conversations always lives, and its number counts them all."""
    agent, queue = state.agents.get(CANARY), state.queues.get(CANARY)
    if agent is None or queue is None:
        return Own(0, 0, 0, 0)
    live = canary_conversations(state)
    entered = max((number_of(id_) for id_ in live), default=0)
    return Own(entered, entered - len(live), agent.offers_made, 1)


def canary_conversations(state: State) -> list[str]:
    """Those that live: most often the one that its agent holds, and the next while it is asked."""
    agent, queue = state.agents.get(CANARY), state.queues.get(CANARY)
    if agent is None or queue is None:
        return []
    known = [*agent.conversations, *(state.offers[id_].conversation for id_ in agent.offers)]
    if sum(queue.counts.values()) > len(known):
        # Some wait: seldom, so they need no index of their own.
        known += [id_ for id_, one in state.conversations.items() if one.queue == CANARY]
    return [id_ for id_ in dict.fromkeys(known) if not state.conversations[id_].ended_at]


def number_of(conversation: str) -> int:
    """The number in the id of one of its conversations; 0 where there is none."""
    number = conversation.rpartition(".")[2]
    return int(number) if number.isdecimal() else 0
