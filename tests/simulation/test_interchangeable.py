"""Among agents who are alike, whom the strategy chooses never changes who is served when."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.settings import OfferRule, QueueSettings, WrapUpRule
from app.domain.words import Strategy
from app.simulation.scenario import Arrival, Scenario, SimulatedAgent
from tests.simulation.centre import agent, centre, run

Shifts = tuple[tuple[int, int | None], ...]


@dataclass(slots=True, frozen=True)
class History:
    """Arrivals close together, so that many things happen in one instant."""

    arrivals: list[Arrival]
    agents: int
    shifts: Shifts
    wrap_up_ms: int
    fan_out: int

    def under(self, strategy: Strategy) -> Scenario:
        """The same history with agents chosen by another rule."""
        queues = {
            id_: QueueSettings(
                name=id_,
                priority=number,
                offer=OfferRule(strategy=strategy, fan_out=self.fan_out),
                wrap_up=WrapUpRule(ms=self.wrap_up_ms),
            )
            for number, id_ in enumerate("qr")
        }
        agents: dict[str, SimulatedAgent] = {
            f"a{number}": agent("qr", shifts=self.shifts) for number in range(self.agents)
        }
        return centre(self.arrivals, agents, **queues)


@st.composite
def histories(draw: st.DrawFn) -> History:
    gaps = draw(st.lists(st.integers(0, 8), min_size=1, max_size=25))
    arrivals, at = [], 0
    for number, gap in enumerate(gaps):
        at += gap
        arrivals.append(
            Arrival(
                at,
                f"c{number:02}",
                draw(st.sampled_from("qr")),
                draw(st.integers(1, 20)),
                draw(st.none() | st.integers(0, 30)),
                draw(st.integers(0, 2)),
            )
        )
    pause = draw(st.none() | st.tuples(st.integers(0, 40), st.integers(41, 80)))
    return History(
        arrivals,
        draw(st.integers(1, 4)),
        ((0, None),) if pause is None else ((0, pause[0] + 1), (pause[1], None)),
        draw(st.sampled_from([0, 0, 5])),
        draw(st.integers(1, 5)),
    )


@given(histories())
@settings(max_examples=150)
def test_the_strategy_never_changes_who_is_served_when(history: History) -> None:
    results = {strategy: run(history.under(strategy))[0] for strategy in Strategy}
    first = results[Strategy.LONGEST_IDLE]
    assert len(first.served) + len(first.left) == len(history.arrivals)
    for strategy, waits in results.items():
        assert (waits.served, waits.left) == (first.served, first.left), strategy
