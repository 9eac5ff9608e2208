"""How much one event costs the auditor, whether that depends on size, and what it remembers.

    python scripts/bench/auditor.py [--quick]

The log of a world at work (see ``world``) is written down first, then fed to an auditor that knows
the world's floor, with a look a second of the log. Figures are CPU time. MUST NOT judge.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from functools import partial

from app.auditor import Auditor
from app.domain import commands as c
from app.domain import events as e
from app.shell.auditing import LOOK_MS, floor_of
from scripts.bench.rounds import Row, machine, medians, resident_bytes, table
from scripts.bench.world import Shape, World, settle_memory

SHAPES = [
    Shape(10, 10, 10),
    Shape(100, 1_000, 20),
    Shape(1_000, 0, 100),
    Shape(1_000, 10_000, 100),
    Shape(1_000, 100_000, 100),
    Shape(5_000, 100_000, 100),
]
QUICK = [Shape(10, 10, 10), Shape(100, 500, 20)]


@dataclass
class Written(World):
    """A world that writes its log down once it is furnished."""

    log: list[e.Event] = field(default_factory=list)

    def apply(self, command: c.Command) -> list[e.Event]:
        """Let the engine decide, and note what happened."""
        events = super().apply(command)
        self.log += events
        return events


def turn(worlds: dict[str, Written], cycles: int, name: str) -> Row:
    """Some cycles of one world, then the auditor over what they wrote."""
    world = worlds[name]
    before = resident_bytes()
    auditor = Auditor(floor_of(world.engine.state))
    took = resident_bytes() - before
    world.log.clear()
    for _ in range(cycles):
        world.cycle()
    fouls, looks, look_s, looked_at = 0, 0, 0.0, world.log[0].at
    started = time.process_time()
    for event in world.log:
        fouls += len(auditor.see(event))
        if event.at - looked_at >= LOOK_MS:
            looked_at, looks = event.at, looks + 1
            begun = time.process_time()
            auditor.settled(event.at)
            look_s += time.process_time() - begun
    spent_s = time.process_time() - started
    assert not fouls, f"{fouls} violations in a sound log"
    live = len(world.engine.state.conversations)
    return {
        "µs/event": spent_s * 1e6 / len(world.log),
        "events/s": len(world.log) / spent_s,
        "ms/look": look_s * 1e3 / looks if looks else 0.0,
        "live": float(live),
        "bytes/live": took / live,
    }


def main() -> None:
    """Read the options and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small worlds, to see that it runs")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(machine())
    worlds = {str(shape): Written(shape) for shape in (QUICK if options.quick else SHAPES)}
    settle_memory()
    cycles, rounds = (50, 1) if options.quick else (2_000, options.rounds)
    table("agents x waiting x queues", medians(list(worlds), rounds, partial(turn, worlds, cycles)))


if __name__ == "__main__":
    main()
