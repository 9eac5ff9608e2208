"""Which deadline comes next. Derived from state: a timer that no longer fits is ignored when it
fires.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from heapq import heapify, heappop, heappush

from app.domain.state import Offer, State
from app.domain.words import LIVE_OFFERS, Connection, ConversationState


class Due(IntEnum):
    """What to look at when a timer fires; the order breaks ties at the same instant."""

    WRAP_UP = 1
    GRACE = 2
    OFFER = 3
    RETRY = 4
    AGENT = 5
    OVERFLOW = 6
    STAFF = 7
    IDLE = 8


LOOKS = frozenset({Due.RETRY, Due.AGENT, Due.OVERFLOW, Due.STAFF})
"""Instants to look at somebody again: not deadlines that an outage moves."""


Timer = tuple[int, int, str]


class Timers:
    """A heap of (due at, kind, id)."""

    __slots__ = ("_heap",)

    def __init__(self, state: State) -> None:
        self._heap: list[Timer] = []
        self.reset(state)

    def reset(self, state: State) -> None:
        """Take every deadline from ``state``, keeping the instants to look at somebody again."""
        kept = [timer for timer in self._heap if timer[1] in LOOKS]
        self._heap = [*kept, *_of(state)]
        heapify(self._heap)

    def add(self, due_at: int, kind: Due, id_: str) -> None:
        """Look at ``id_`` at ``due_at``."""
        heappush(self._heap, (due_at, int(kind), id_))

    def next_at(self) -> int | None:
        """The earliest instant something may be due."""
        return self._heap[0][0] if self._heap else None

    def offered_until(self, now: int, offers: Mapping[str, Offer]) -> int:
        """How many conversations have an offer that runs out by ``now``; costs what is due."""
        heap, places = self._heap, [0]
        found: dict[str, None] = {}
        while places:
            place = places.pop()
            if place >= len(heap) or heap[place][0] > now:
                continue
            places += (2 * place + 1, 2 * place + 2)
            _, kind, id_ = heap[place]
            offer = offers.get(id_) if kind == Due.OFFER else None
            if offer is not None and offer.state in LIVE_OFFERS and offer.expires_at <= now:
                found[offer.conversation] = None
        return len(found)

    def pop_due(self, now: int, limit: int) -> Iterator[tuple[Due, str]]:
        """At most ``limit`` timers that are due, oldest first."""
        while limit and self._heap and self._heap[0][0] <= now:
            _, kind, id_ = heappop(self._heap)
            limit -= 1
            yield Due(kind), id_


def _of(state: State) -> Iterator[Timer]:
    for agent in state.agents.values():
        if agent.connection is Connection.GRACE:
            yield agent.grace_until, int(Due.GRACE), agent.id
        if agent.back_off_until >= state.last_at:
            yield agent.back_off_until, int(Due.AGENT), agent.id
        for id_ in agent.offers:
            if state.offers[id_].state in LIVE_OFFERS:
                yield state.offers[id_].expires_at, int(Due.OFFER), id_
        for id_ in agent.conversations:
            held = state.conversations[id_]
            if held.state is ConversationState.WRAPPING:
                yield held.wrap_until, int(Due.WRAP_UP), id_
            elif after_ms := state.queues[held.queue].settings.idle.after_ms:
                yield held.active_at + after_ms, int(Due.IDLE), id_
