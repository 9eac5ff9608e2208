"""How fast the real engine is on the virtual clock: simulated conversations a second, on one core.

    python scripts/bench/simulate.py [--quick] [--profile] [--conversations N]

Each world is a day of Poisson arrivals at 90 % load with impatient customers, and the figures that
`interlock simulate` prints are kept along. Times are CPU time. The share of the engine is that of
its two entrances, ``apply`` and ``next_deadline``, by a stopwatch in a run of its own: the rest is
the kernel and the figures. MUST NOT judge: it prints, and the reader compares rows.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.domain.settings import AgentSettings, QueueSettings
from app.simulation.runs import simulate
from app.simulation.scenario import Scenario
from app.simulation.traffic import Spec, Staff, Traffic, generated
from app.simulation.world import World
from scripts.bench.rounds import Row, machine, resident_bytes, table

CONVERSATIONS = 1_000_000
QUICK = 3_000
LOAD = 0.9
TALK_MS, PATIENCE_MS = 240_000, 300_000


@dataclass(frozen=True)
class Shape:
    """How large a contact centre is."""

    agents: int
    queues: int

    def __str__(self) -> str:
        return f"{self.agents:,} agents, {self.queues} queues"


SHAPES = [Shape(10, 1), Shape(50, 5), Shape(1_000, 50)]


def centre(shape: Shape, conversations: int) -> Scenario:
    """A world of this shape that sees about so many conversations; agents serve three queues."""
    queues = [f"q{number}" for number in range(shape.queues)]
    day_ms = round(conversations * TALK_MS / (shape.agents * LOAD))
    each = conversations / shape.queues
    traffic = {
        id_: Traffic(
            queue=id_,
            per_period=(each,),
            period_ms=day_ms,
            service_ms=(TALK_MS,),
            patience_ms=(PATIENCE_MS,),
        )
        for id_ in queues
    }
    staff = {
        f"team{number}": Staff(
            count=shape.agents // shape.queues,
            settings=AgentSettings(
                name="Agent",
                queues={queues[(number + k) % shape.queues]: k + 1 for k in range(3)},
            ),
        )
        for number in range(shape.queues)
    }
    settings = {id_: QueueSettings(name=id_) for id_ in queues}
    return generated(Spec(name=str(shape), traffic=traffic, staff=staff), 1, settings)


def measure(shape: Shape, conversations: int) -> Row:
    """One run with the figures kept along."""
    before = resident_bytes()
    started = time.process_time()
    run = simulate(centre(shape, conversations))
    took_s = time.process_time() - started
    total = run.figures.total()
    return {
        "conversations": float(total.offered),
        "CPU s": took_s,
        "conv/s": total.offered / took_s,
        "µs each": 1e6 * took_s / total.offered,
        "engine %": 100 * engine_share(centre(shape, min(conversations, 50_000))),
        "MiB more": (resident_bytes() - before) / 2**20,
        "abandoned %": 100 * total.abandoned / total.offered,
    }


def engine_share(scenario: Scenario) -> float:
    """What part of a run without watchers is spent inside the engine."""
    world = World(scenario)
    clock = time.perf_counter
    spent = 0.0

    def timed(call: Callable[..., Any]) -> Callable[..., Any]:
        def inner(*arguments: Any) -> Any:
            nonlocal spent
            started = clock()
            try:
                return call(*arguments)
            finally:
                spent += clock() - started

        return inner

    class Watched:
        """The engine behind a stopwatch."""

        state = world.engine.state
        apply = staticmethod(timed(world.engine.apply))
        next_deadline = staticmethod(timed(world.engine.next_deadline))

    world.engine = Watched()  # type: ignore[assignment]
    started = clock()
    world.run()
    return spent / (clock() - started)


def profile(shape: Shape, conversations: int) -> None:
    """The dearest functions; shares, for the profiler slows what is small."""
    profiler = cProfile.Profile()
    profiler.enable()
    simulate(centre(shape, conversations))
    profiler.disable()
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(25)


def main() -> None:
    """Read the options and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small worlds, to see that it runs")
    parser.add_argument("--profile", action="store_true", help="only the dearest functions")
    parser.add_argument("--conversations", type=int, default=CONVERSATIONS)
    options = parser.parse_args()
    print(machine())
    conversations = QUICK if options.quick else options.conversations
    if options.profile:
        profile(SHAPES[1], min(conversations, 50_000))
        return
    rows = {str(shape): measure(shape, conversations) for shape in SHAPES}
    table("simulated", rows)


if __name__ == "__main__":
    main()
