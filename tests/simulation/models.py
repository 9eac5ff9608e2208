"""Textbook models as scenarios: Poisson arrivals, exponential talks and patience.

Rates are per minute of the model, as in the published tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.domain.settings import QueueSettings
from app.simulation.scenario import Scenario, SimulatedAgent
from app.simulation.traffic import Spec, Traffic, generated
from tests.simulation.centre import agent
from tests.simulation.measure import MINUTE_MS


def model(
    rates: Mapping[str, float],
    mu: float,
    agents: Mapping[str, SimulatedAgent],
    conversations: int,
    *,
    theta: float = 0.0,
    priorities: Mapping[str, int] | None = None,
    seed: int = 1,
    **rules: Any,
) -> Scenario:
    """A scenario of about so many conversations; ``rates`` {queue: arrivals a minute}."""
    minutes = conversations / sum(rates.values())
    spec = Spec(
        name="model",
        traffic={
            id_: Traffic(
                queue=id_,
                per_period=(rate * minutes,),
                period_ms=round(minutes * MINUTE_MS),
                service_ms=(MINUTE_MS / mu,),
                patience_ms=(MINUTE_MS / theta,) if theta else (),
                channel="call",
            )
            for id_, rate in rates.items()
        },
        staff={},
    )
    ranks = priorities or {}
    queues = {
        id_: replace(QueueSettings(name=id_, priority=ranks.get(id_, 0)), **rules) for id_ in rates
    }
    scenario = generated(spec, seed, queues)
    return Scenario(name="model", queues=scenario.queues, agents=agents, arrivals=scenario.arrivals)


def pools(**sizes: tuple[int, Mapping[str, int]]) -> dict[str, SimulatedAgent]:
    """Agents by pool, in this order."""
    return {
        f"{name}-{number}": agent(queues, group=name)
        for name, (size, queues) in sizes.items()
        for number in range(size)
    }
