"""The kernel: takes what happens off a virtual clock, and gives the engine command after command.

Plays agents and customers, who know nothing but their own offers and their own patience. MUST NOT
change the state of the engine but through its commands. The rules: nothing happens between two
events, so the clock jumps; each deadline of the engine is ticked at its own instant; within one
instant deadlines pass first, then queues open or close, shifts begin, talks end, offers are
answered, customers come, customers leave, shifts end.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from typing import Any

from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.settings import IdleRule
from app.domain.words import LIVE_OFFERS, MS_PER_DAY, ConversationState, OfferState, Presence
from app.hours import Timetable
from app.simulation.scenario import Arrival, Scenario

See = Callable[[e.Event], None]
RETENTION_MS = 1_000
HOURS, ON, END, DECLINE, ACCEPT, BACK, ARRIVE, LEAVE, OFF = range(9)
"""What can happen, in the order of one instant."""
UNANSWERED = frozenset({ConversationState.WAITING, ConversationState.OFFERED})
BY = "simulation"
TICK = c.Tick()


class World:
    """One run of a scenario. ``watchers`` see every event of the engine, in order.

    ``seed`` is for the habits of agents alone. ``drain_ms``: how long after the last arrival and
    the last shift somebody may still be waited for.
    """

    def __init__(
        self,
        scenario: Scenario,
        watchers: Sequence[See] = (),
        *,
        seed: int = 1,
        drain_ms: int = MS_PER_DAY,
    ) -> None:
        self.engine = Engine(retention_ms=RETENTION_MS)
        self.now = scenario.starts_at
        self.arrived = 0
        self.turned_away = 0
        self._scenario = scenario
        self._watchers = tuple(watchers)
        self._drain_ms = drain_ms
        self._heap: list[tuple[int, int, int, str, str]] = []
        self._number = 0
        self._ringing: deque[e.OfferMade] = deque()
        self._guests: dict[str, Arrival] = {}
        self._duties = dict.fromkeys(scenario.agents, 0)
        self._shift_ends_left = 0
        self._hours: dict[str, Timetable] = {}
        self._chance = {id_: random.Random(f"{seed} {id_}") for id_ in scenario.agents}

    def run(self) -> World:
        """Let everything happen, once. Returns itself."""
        self._open()
        start, last = self._scenario.starts_at, self.now
        step = self._step
        for arrival in self._scenario.arrivals:
            at = start + arrival.at_ms
            assert at >= last, f"{arrival.id} comes before the one in front of it"
            while step(at, ARRIVE):
                pass
            self.now = last = at
            self._arrive(arrival)
        ends = [off for agent in self._scenario.agents.values() for _, off in agent.shifts if off]
        until = max(last, start + max(ends, default=0)) + self._drain_ms
        while (self._guests or self._shift_ends_left) and step(until, OFF):
            pass
        return self

    @property
    def unfinished(self) -> int:
        """How many conversations were still live when nothing more could happen."""
        return len(self._guests)

    def _open(self) -> None:
        """Put queues and agents in place, and write the shifts into the calendar."""
        self._must(c.OpenWorkspace(BY, BY))
        self._must(c.OpenEpoch(1, BY, 0))
        for id_, settings in self._scenario.queues.items():
            # Nobody notes activity here, but a talk is one: it never falls silent.
            self._must(c.PutQueue(id_, replace(settings, idle=IdleRule()), BY))
            if settings.hours.weekly or settings.hours.holidays:
                # The clock of this world is the one on the wall of the queue.
                self._hours[id_] = Timetable(replace(settings.hours, zone="UTC"))
                self._hours_change(self.now, id_, "")
        for id_, agent in self._scenario.agents.items():
            self._must(c.PutAgent(id_, agent.settings, BY))
            self._must(c.ConnectAgent(id_))
            for on_ms, off_ms in agent.shifts:
                self._at(self._scenario.starts_at + on_ms, ON, id_)
                if off_ms is not None:
                    self._shift_ends_left += 1
                    self._at(self._scenario.starts_at + off_ms, OFF, id_)

    def _at(self, at: int, kind: int, id_: str, agent: str = "") -> None:
        self._number += 1
        heappush(self._heap, (at, kind, self._number, id_, agent))

    def _step(self, at: int, kind: int) -> bool:
        """The next thing to happen before ``kind`` at ``at``; False: there is none."""
        heap = self._heap
        due = self.engine.next_deadline()
        if due is not None and due <= at and (not heap or due <= heap[0][0]):
            if due > self.now:
                self.now = due
            self._do(TICK)
            self._answer()
            return True
        if not heap or heap[0][0] > at or (heap[0][0] == at and heap[0][1] >= kind):
            return False
        due_at, happening, _, id_, agent = heappop(heap)
        _HAPPENINGS[happening](self, due_at, id_, agent)
        return True

    def _do(self, command: c.Command) -> bool:
        """Let the engine decide, show what happened, note what is to be played; False: refused."""
        outcome = self.engine.apply(command, self.now)
        for event in outcome.events:
            for see in self._watchers:
                see(event)
            react = _REACTIONS.get(type(event))
            if react is not None:
                react(self, event)
        return outcome.refusal is None

    def _must(self, command: c.Command) -> None:
        done = self._do(command)
        assert done, f"refused: {command}"

    def _arrive(self, arrival: Arrival) -> None:
        """A customer comes; whom nobody answers at once will leave when the patience ends."""
        self.arrived += 1
        _, id_, queue, _, patience_ms, priority, channel, skills, preferred = arrival
        self._guests[id_] = arrival
        if not self._do(c.EnterConversation(id_, queue, channel, BY, priority, skills, preferred)):
            del self._guests[id_]
            self.turned_away += 1
            return
        self._answer()
        if patience_ms is not None and self._waits(id_):
            self._at(self.now + patience_ms, LEAVE, id_)

    def _waits(self, id_: str) -> bool:
        return id_ in self._guests and self.engine.state.conversations[id_].state in UNANSWERED

    def _answer(self) -> None:
        """Everybody who has been offered something does what he is like."""
        ringing, agents, offers = self._ringing, self._scenario.agents, self.engine.state.offers
        while ringing:
            offer = ringing.popleft()
            if offers[offer.offer].state not in LIVE_OFFERS:
                continue
            self._must(c.MarkDelivered(offer.offer, offer.agent))
            habits = agents[offer.agent].habits
            if habits.instant:
                self._must(c.AcceptOffer(offer.offer, offer.agent))
                continue
            thrown = self._chance[offer.agent].random()
            if thrown >= habits.misses:
                declines = thrown < habits.misses + habits.declines
                kind = DECLINE if declines else ACCEPT
                self._at(self.now + habits.accept_delay_ms, kind, offer.offer, offer.agent)

    def _is_live(self, offer_id: str) -> bool:
        offer = self.engine.state.offers.get(offer_id)
        return offer is not None and offer.state in LIVE_OFFERS

    # What happens on the clock; the arguments are an entry of the heap.

    def _hours_change(self, at: int, queue: str, _: str) -> None:
        self.now = at
        opening = self._hours[queue].opening_at(at)
        self._must(c.SetQueueHours(queue, opening.open))
        self._answer()
        if opening.changes_at is not None:
            self._at(opening.changes_at, HOURS, queue)

    def _shift_begins(self, at: int, agent: str, _: str) -> None:
        self.now = at
        self._duties[agent] += 1
        self._must(c.SetPresence(agent, Presence.AVAILABLE, "", BY))
        self._answer()

    def _shift_ends(self, at: int, agent: str, _: str) -> None:
        self.now = at
        self._shift_ends_left -= 1
        self._duties[agent] -= 1
        if not self._duties[agent]:
            self._must(c.SetPresence(agent, Presence.OFFLINE, "shift over", BY))
            self._answer()

    def _comes_back(self, at: int, agent: str, _: str) -> None:
        if self._duties[agent]:
            self.now = at
            self._must(c.SetPresence(agent, Presence.AVAILABLE, "", BY))
            self._answer()

    def _talk_ends(self, at: int, id_: str, agent: str) -> None:
        self.now = at
        self._must(c.CompleteConversation(id_, agent))
        self._answer()

    def _accepts(self, at: int, offer: str, agent: str) -> None:
        if self._is_live(offer):
            self.now = at
            self._must(c.AcceptOffer(offer, agent))
            self._answer()

    def _declines(self, at: int, offer: str, agent: str) -> None:
        if self._is_live(offer):
            self.now = at
            self._must(c.DeclineOffer(offer, agent, ""))
            self._answer()

    def _leaves(self, at: int, id_: str, _: str) -> None:
        if self._waits(id_):
            self.now = at
            self._must(c.CancelConversation(id_, True, "patience", BY))
            self._answer()

    # What the people of this world do about an event.

    def _rings(self, event: e.OfferMade) -> None:
        self._ringing.append(event)

    def _talks(self, event: e.OfferEnded) -> None:
        if event.outcome is OfferState.ACCEPTED:
            speed = self._scenario.agents[event.agent].habits.speed
            service_ms = self._guests[event.conversation].service_ms
            took_ms = service_ms if speed == 1.0 else round(service_ms / speed)
            self._at(event.at + took_ms, END, event.conversation, event.agent)

    def _goes(self, event: e.ConversationEnded) -> None:
        del self._guests[event.conversation]

    def _was_set_away(self, event: e.PresenceChanged) -> None:
        if event.reason == "no_answer":
            habits = self._scenario.agents[event.agent].habits
            self._at(event.at + habits.returns_after_ms, BACK, event.agent)


_HAPPENINGS: dict[int, Callable[[World, int, str, str], None]] = {
    HOURS: World._hours_change,
    ON: World._shift_begins,
    END: World._talk_ends,
    DECLINE: World._declines,
    ACCEPT: World._accepts,
    BACK: World._comes_back,
    LEAVE: World._leaves,
    OFF: World._shift_ends,
}
"""All but arrivals, which are not on the heap."""

_REACTIONS: dict[type[Any], Callable[[World, Any], None]] = {
    e.OfferMade: World._rings,
    e.OfferEnded: World._talks,
    e.ConversationEnded: World._goes,
    e.PresenceChanged: World._was_set_away,
}
