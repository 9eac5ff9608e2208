"""What a textbook would make of a day: an exact event simulation to hold a replay against.

Duty: serve the day with ideal agents in no real time. MUST NOT share a line with the server's own
rules: it is the second opinion. The rules: the conversation first in line whom an idle agent can
serve goes to the agent of the lowest level, then the longest idle, then the first by name. Within
one instant: shifts begin, arrivals, ends, answers, leavings, shifts end.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from itertools import count

from app.clients.day import Conversation, Day
from app.clients.figures import Figures

HEAD_START_S = 90.0


class _What(IntEnum):
    ON = 0
    ARRIVE = 1
    END = 2
    ANSWER = 3
    LEAVE = 4
    OFF = 5


@dataclass(slots=True)
class _Caller:
    who: Conversation
    place: tuple[float, float, str]
    agent: str | None = None
    answered: bool = False


def simulate(day: Day, *, order: str = "fifo", ring_s: float = 0.0) -> Figures:
    """The figures of the day when every call is answered ``ring_s`` seconds after it is offered.

    ``order``: ``fifo``, or ``prio90`` where each step of priority counts as 90 s waited already.
    """
    return _Office(day, HEAD_START_S if order == "prio90" else 0.0, ring_s).run()


class _Office:
    def __init__(self, day: Day, head_start_s: float, ring_s: float) -> None:
        self._day = day
        self._head_start_s = head_start_s
        self._ring_s = ring_s
        self._events: list[tuple[float, _What, int, Callable[[], None]]] = []
        self._count = count()
        self._now = 0.0
        self._on_duty: set[str] = set()
        self._idle_since: dict[str, float] = {}
        self._busy: set[str] = set()
        self._line: list[_Caller] = []
        self._waits: list[float] = []

    def run(self) -> Figures:
        for shift in self._day.shifts:
            self._at(shift.on_s, _What.ON, partial(self._begin, shift.agent))
            self._at(shift.off_s, _What.OFF, partial(self._on_duty.discard, shift.agent))
        for one in self._day.conversations:
            place = one.arrived_s - self._head_start_s * one.priority
            caller = _Caller(one, (place, one.arrived_s, one.id))
            self._at(one.arrived_s, _What.ARRIVE, partial(self._arrive, caller))
        while self._events:
            self._now, _, _, happen = heapq.heappop(self._events)
            happen()
        return Figures.of(len(self._day.conversations), self._waits)

    def _at(self, when: float, what: _What, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, what, next(self._count), happen))

    def _begin(self, agent: str) -> None:
        self._on_duty.add(agent)
        if agent not in self._busy:
            self._idle_since[agent] = self._now
            self._match()

    def _arrive(self, caller: _Caller) -> None:
        insort(self._line, caller, key=lambda one: one.place)
        if caller.who.patience_s is not None:
            gone = self._now + caller.who.patience_s
            self._at(gone, _What.LEAVE, partial(self._leave, caller))
        self._match()

    def _match(self) -> None:
        """Offer until nobody in line can be served by an agent who is idle and on duty."""
        for caller in list(self._line):
            able = [agent for agent in self._idle() if self._serves(agent, caller.who)]
            if able:
                agent = min(able, key=lambda id: self._turn(id, caller.who.queue))
                self._ring(caller, agent)

    def _idle(self) -> list[str]:
        return [agent for agent in self._idle_since if agent in self._on_duty]

    def _serves(self, agent: str, who: Conversation) -> bool:
        known = self._day.agents[agent]
        return who.queue in known.queues and all(
            known.skills.get(skill, -1) >= level for skill, level in who.skills.items()
        )

    def _turn(self, agent: str, queue: str) -> tuple[int, float, str]:
        return self._day.agents[agent].queues[queue], self._idle_since[agent], agent

    def _ring(self, caller: _Caller, agent: str) -> None:
        self._line.remove(caller)
        del self._idle_since[agent]
        self._busy.add(agent)
        caller.agent = agent
        if self._ring_s:
            self._at(self._now + self._ring_s, _What.ANSWER, partial(self._answer, caller))
        else:
            self._answer(caller)

    def _answer(self, caller: _Caller) -> None:
        if caller.agent is None:
            return
        caller.answered = True
        self._waits.append(self._now - caller.who.arrived_s)
        end = self._now + caller.who.service_s
        self._at(end, _What.END, partial(self._free, caller.agent))

    def _leave(self, caller: _Caller) -> None:
        if caller.answered:
            return
        if caller.agent is None:
            self._line.remove(caller)
        else:
            agent, caller.agent = caller.agent, None
            self._free(agent)

    def _free(self, agent: str) -> None:
        self._busy.discard(agent)
        self._idle_since[agent] = self._now
        self._match()
