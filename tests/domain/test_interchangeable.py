"""Who is served when does not depend on the strategy, where the agents are all alike.

A strategy only says *who* serves. Agents of the same queues, level, skills and capacity, who take
whatever they are offered, make every strategy the same to the customer.
"""

from __future__ import annotations

from heapq import heappop, heappush

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.settings import AgentSettings
from app.domain.words import LIVE_OFFERS, Strategy
from tests.domain.workbench import START_MS, queue_settings

QUEUES = {
    "gold": {"priority": 5},
    "plain": {"ageing": {"priority_per_min": 1.0}},
    "wraps": {
        "ageing": {"priority_per_min": 3.0},
        "wrap_up": {"ms": 4_000},
        "overflow": [{"when": "after_ms", "value": 30_000, "queue": "gold"}],
    },
}
some_arrivals = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, 1_000, 7_000]),
        st.sampled_from(list(QUEUES)),
        st.sampled_from([0, 0, 2]),
        st.sampled_from([1_000, 5_000, 20_000, 60_000]),
        st.sampled_from([None, 3_000, 40_000]),
    ),
    min_size=1,
    max_size=25,
)
"""Of each customer: after how long, to which queue, priority, time of service, patience."""
Arrivals = list[tuple[int, str, int, int, int | None]]


class Day:
    """One run of the engine with agents who are all alike. ``served`` is who was answered when."""

    def __init__(self, strategy: Strategy, agents: int, answer_ms: int) -> None:
        self.engine = Engine()
        self.answer_ms = answer_ms
        self.served: dict[str, int] = {}
        self.services: dict[str, int] = {}
        self._agenda: list[tuple[int, bool, int, c.Command]] = []
        self._planned = 0
        self.do(c.OpenWorkspace("acme", "gen-1"), START_MS)
        for id_, parts in QUEUES.items():
            offer = {"strategy": strategy, "fan_out": 2}
            self.do(c.PutQueue(id_, queue_settings(id_, offer=offer, **parts), "admin"), START_MS)
        alike = AgentSettings(name="Alike", queues=dict.fromkeys(QUEUES, 1))
        for number in range(agents):
            self.do(c.PutAgent(f"a{number}", alike, "admin"), START_MS)
            self.do(c.ConnectAgent(f"a{number}"), START_MS)
            self.do(c.SetPresence(f"a{number}", "available", "", f"agent:a{number}"), START_MS)

    def plan(self, at: int, command: c.Command) -> None:
        """Let a command come at an instant: answers first, then what was planned first."""
        self._planned += 1
        is_answer = isinstance(command, c.AcceptOffer)
        heappush(self._agenda, (at, not is_answer, self._planned, command))

    def do(self, command: c.Command, now: int) -> None:
        """Carry a command out; agents answer what they are offered."""
        for event in self.engine.apply(command, now).events:
            if isinstance(event, e.OfferMade):
                self.plan(now + self.answer_ms, c.AcceptOffer(event.offer, event.agent))
            elif isinstance(event, e.OfferEnded) and event.outcome == "accepted":
                self.served[event.conversation] = now
                end = c.CompleteConversation(event.conversation, event.agent)
                self.plan(now + self.services[event.conversation], end)

    def live(self, arrivals: Arrivals) -> None:
        """Let the customers come, and all be over."""
        at = START_MS
        for number, (gap_ms, queue, priority, service_ms, patience_ms) in enumerate(arrivals):
            at, id_ = at + gap_ms, f"c{number}"
            self.services[id_] = service_ms
            self.plan(at, c.EnterConversation(id_, queue, "chat", "ingest", priority))
            if patience_ms is not None:
                self.plan(at + patience_ms, c.CancelConversation(id_, True, "left", "ingest"))
        while self._agenda:
            due = self.engine.next_deadline()
            if due is not None and due <= self._agenda[0][0]:
                self.do(c.Tick(), due)
                continue
            now, _, _, command = heappop(self._agenda)
            if not isinstance(command, c.AcceptOffer) or self._is_live(command.offer):
                self.do(command, now)

    def _is_live(self, offer: str) -> bool:
        known = self.engine.state.offers.get(offer)
        return known is not None and known.state in LIVE_OFFERS


def served(strategy: Strategy, arrivals: Arrivals, agents: int, answer_ms: int) -> dict[str, int]:
    """Tell who is answered when under a strategy."""
    day = Day(strategy, agents, answer_ms)
    day.live(arrivals)
    return day.served


@pytest.mark.parametrize("answer_ms", [0, 2_000])
@settings(max_examples=150, deadline=None)
@given(some_arrivals, st.integers(1, 4))
def test_the_strategy_does_not_change_who_is_served_when(
    answer_ms: int, arrivals: Arrivals, agents: int
) -> None:
    """An offer to several at once reserves them all, so it is alike only when answered at once."""
    expected = served(Strategy.LONGEST_IDLE, arrivals, agents, answer_ms)
    for strategy in Strategy:
        if strategy is not Strategy.ALL_AT_ONCE or not answer_ms:
            assert served(strategy, arrivals, agents, answer_ms) == expected, strategy


def test_it_is_seen_when_the_agents_are_not_alike() -> None:
    """The counter-test: with one slower to answer, the strategy does matter."""
    arrivals: Arrivals = [(0, "plain", 0, 20_000, None)] * 3
    assert served(Strategy.LONGEST_IDLE, arrivals, 2, 0) != served(
        Strategy.LONGEST_IDLE, arrivals, 2, 2_000
    )
