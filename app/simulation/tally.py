"""Who did the work: time at work, time in talks, conversations and offers of each agent.

Knows nothing of queues and waits. MUST be fed every event in order, and closed once. The rule: an
agent is at work while available or still in a talk (or wrap-up), so busy time never exceeds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain import events as e
from app.domain.words import OfferState, Presence
from app.simulation.scenario import SimulatedAgent


@dataclass(slots=True)
class AgentFigures:
    """One agent, or several added up. Sums in ms, and in unit-milliseconds.

    ``room_ms`` is the capacity during the time at work, ``load_ms`` what of it was in use.
    """

    served: int = 0
    accepted: int = 0
    declined: int = 0
    missed: int = 0
    work_ms: int = 0
    busy_ms: int = 0
    load_ms: int = 0
    room_ms: int = 0

    def add(self, other: AgentFigures) -> None:
        """Take the figures of another agent, or another run, in."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def occupancy(self) -> float | None:
        """Share of the time at work with at least one conversation; None without any."""
        return self.busy_ms / self.work_ms if self.work_ms else None

    def utilization(self) -> float | None:
        """Share of the capacity in use; None without any."""
        return self.load_ms / self.room_ms if self.room_ms else None


class _Desk:
    """One agent now, and since when it has been so."""

    __slots__ = ("available", "figures", "held", "load", "room", "since")

    def __init__(self, room: int) -> None:
        self.figures = AgentFigures()
        self.room = room
        self.available = False
        self.held = self.load = self.since = 0

    def pass_until(self, at: int) -> AgentFigures:
        """Count the time up to ``at`` as it was."""
        figures, took_ms = self.figures, at - self.since
        if took_ms and (self.available or self.held):
            figures.work_ms += took_ms
            figures.room_ms += took_ms * self.room
            if self.held:
                figures.busy_ms += took_ms
                figures.load_ms += took_ms * self.load
        self.since = at
        return figures


class Tally:
    """A watcher. ``staff``: (instant, agents available from then on), for a picture of the day."""

    def __init__(self, agents: Mapping[str, SimulatedAgent]) -> None:
        self.staff: list[tuple[int, int]] = []
        self._desks = {id_: _Desk(_room(agent)) for id_, agent in agents.items()}
        self._available = 0
        self._talks: dict[str, tuple[str, int]] = {}
        self._units: dict[str, int] = {}

    def see(self, event: e.Event) -> None:
        """Take one event in."""
        react = _REACTIONS.get(type(event))
        if react is not None:
            react(self, event)

    def close(self, at: int) -> None:
        """Count up to ``at``, when the run ended."""
        for desk in self._desks.values():
            desk.pass_until(at)

    def of(self, agents: Iterable[str] | None = None) -> AgentFigures:
        """The figures of these agents, or of all, added up."""
        total = AgentFigures()
        for id_ in self._desks if agents is None else agents:
            total.add(self._desks[id_].figures)
        return total

    def _offer_ended(self, event: e.OfferEnded) -> None:
        units = self._units.pop(event.offer)
        desk = self._desks[event.agent]
        if event.outcome is OfferState.ACCEPTED:
            desk.pass_until(event.at).accepted += 1
            desk.held += 1
            desk.load += units
            self._talks[event.conversation] = (event.agent, units)
        elif event.outcome is OfferState.DECLINED:
            desk.figures.declined += 1
        elif event.outcome is OfferState.TIMED_OUT:
            desk.figures.missed += 1

    def _offer_made(self, event: e.OfferMade) -> None:
        self._units[event.offer] = event.units

    def _let_go(
        self, event: e.ConversationEnded | e.ConversationMoved | e.ConversationRequeued
    ) -> None:
        if event.agent is None:
            return
        agent, units = self._talks.pop(event.conversation)
        desk = self._desks[agent]
        desk.pass_until(event.at).served += 1
        desk.held -= 1
        desk.load -= units

    def _presence(self, event: e.PresenceChanged) -> None:
        desk, available = self._desks[event.agent], event.presence is Presence.AVAILABLE
        desk.pass_until(event.at)
        if available != desk.available:
            desk.available = available
            self._available += 1 if available else -1
            self.staff.append((event.at, self._available))


def _room(agent: SimulatedAgent) -> int:
    settings = agent.settings
    return settings.units or sum(settings.capacity.values()) or 1


_REACTIONS: dict[type[Any], Callable[[Tally, Any], None]] = {
    e.OfferMade: Tally._offer_made,
    e.OfferEnded: Tally._offer_ended,
    e.ConversationEnded: Tally._let_go,
    e.ConversationMoved: Tally._let_go,
    e.ConversationRequeued: Tally._let_go,
    e.PresenceChanged: Tally._presence,
}
