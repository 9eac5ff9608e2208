"""How much a decision of the engine costs, and whether that depends on size.

    python scripts/bench/engine.py [--quick] [--profile] [--no-memory]

One *cycle*: a conversation enters, the one held longest is completed, its agent is offered the next
that waits, the offer is delivered and accepted; what falls due meanwhile (rings, retention) is
included. The engine is asked four times a cycle, and once more where something is due. Figures are
CPU time. MUST NOT judge: it prints, and the reader compares rows.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import time
from functools import partial
from statistics import median

from app.codec.envelope import NO_RECORD
from app.codec.events import decode, encode
from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.fold import fold
from app.domain.state import State
from app.ports import Position
from app.shell.journal import Journal
from app.shell.rebuilding import log_key
from scripts.bench.rounds import Row, machine, medians, resident_bytes, table
from scripts.bench.world import CAPACITY, Shape, World, history, settle_memory

SHAPES = [
    Shape(10, 0, 10),
    Shape(10, 10, 10),
    Shape(10, 1_000, 10),
    Shape(10, 100_000, 10),
    Shape(1_000, 0, 100),
    Shape(1_000, 1_000, 100),
    Shape(1_000, 100_000, 100),
    Shape(10_000, 0, 100),
    Shape(10_000, 1_000, 100),
    Shape(10_000, 100_000, 100),
    Shape(10_000, 100_000, 5_000),
]
QUICK = [Shape(10, 0, 10), Shape(10, 10, 10), Shape(100, 500, 20)]
LIVE = Shape(10_000, 480_000, 5_000)
QUICK_LIVE = Shape(100, 1_000, 50)
SHORT = {
    "EnterConversation": "enter",
    "MarkDelivered": "delivered",
    "AcceptOffer": "accept",
    "CompleteConversation": "complete",
    "Tick": "tick",
}


def turn(worlds: dict[str, World], cycles: int, name: str) -> Row:
    """Some cycles of one world, after a tenth as many to warm the caches."""
    world = worlds[name]
    for _ in range(cycles // 10):
        world.cycle()
    world.spent.clear()
    world.offers = 0
    started = time.process_time()
    for _ in range(cycles):
        world.cycle()
    us = (time.process_time() - started) * 1e6 / cycles
    asked = sum(map(len, world.spent.values())) / cycles
    row = {"µs/cycle": us, "asked": asked, "µs/decision": us / asked, "offers": 0.0}
    row["offers"] = world.offers / cycles
    return row | {short: median(world.spent.get(kind, [0])) / 1e3 for kind, short in SHORT.items()}


def speed(shapes: list[Shape], rounds: int, cycles: int) -> None:
    """The table, and the ratios of the largest to the smallest world of the same load."""
    worlds = {}
    for shape in shapes:
        worlds[str(shape)] = World(shape)
    settle_memory()
    rows = medians(list(worlds), rounds, partial(turn, worlds, cycles))
    first: dict[bool, Row] = {}
    for shape in shapes:
        row = rows[str(shape)]
        smallest = first.setdefault(bool(shape.waiting), row)
        row["decisions/s"] = 1e6 / row["µs/decision"]
        row["x smallest"] = row["µs/cycle"] / smallest["µs/cycle"]
    table("agents x waiting x queues", rows, 2)
    print("enter … tick: median µs of one such command; offers: made per cycle")
    for kind, loaded in (("agents free", False), ("a backlog", True)):
        meant = [shape for shape in shapes if bool(shape.waiting) is loaded]
        ratios = [rows[str(shape)]["x smallest"] for shape in meant]
        last, most = ratios[-1], max(ratios)
        print(f"cycle with {kind}: largest/smallest {last:.2f}, dearest/smallest {most:.2f}")


class Steps:
    """CPU time and resident memory from step to step."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self._at = self._read()

    def _read(self) -> tuple[float, int]:
        gc.collect()
        return time.process_time(), resident_bytes()

    def done(self, name: str, per: int) -> None:
        """The step of this name is over; ``per`` many things share what it took."""
        cpu_s = time.process_time() - self._at[0]
        took = resident_bytes() - self._at[1]
        self.rows[name] = {"CPU s": cpu_s, "MiB": took / 2**20, "bytes each": took / per}
        self._at = self._read()


def memory(shape: Shape) -> None:
    """Rebuild a full world from its records, as a new owner does, and weigh it."""
    live = shape.waiting + CAPACITY * shape.agents
    state, journal, steps = State(), Journal(), Steps()
    key, n = log_key("bench"), 0
    agents_done = False
    for n, event in enumerate(history(shape)):
        if not agents_done and isinstance(event, e.ConversationEntered):
            agents_done = True
            steps.done("state: an agent", shape.agents)
        record = encode("bench", key, NO_RECORD, event)
        read, _ = decode("bench", key, record)
        fold(state, read)
        journal.note(read, Position(1, n))
    steps.done("state and journal: a conversation", live)
    engine = Engine(state)
    steps.done("Engine(state)", live)
    now = state.last_at + 1
    engine.apply(c.OpenEpoch(2, "n2", 20_000), now)
    steps.done("first settle: a conversation", live)
    for number in range(shape.agents):
        engine.apply(c.ConnectAgent(f"a{number}"), now)
    steps.done("everybody back: an agent", shape.agents)
    waiting = len(engine.matcher.waiting.places)
    assert waiting == shape.waiting, waiting
    table(f"{live:,} live, {n + 1:,} records, {shape}", steps.rows)
    whole = sum(row["MiB"] for row in steps.rows.values()) * 2**20
    print(f"all of it by live conversation: {whole / live:,.0f} bytes")


def profile(shape: Shape, cycles: int) -> None:
    """The dearest functions of a world at work; shares, for the profiler slows what is small."""
    world = World(shape)
    settle_memory()
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(cycles):
        world.cycle()
    profiler.disable()
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(20)


def main() -> None:
    """Read the options and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small worlds, to see that it runs")
    parser.add_argument("--profile", action="store_true", help="only the dearest functions")
    parser.add_argument("--no-memory", action="store_true", help="only the decisions")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    if options.profile:
        profile(QUICK[-1] if options.quick else SHAPES[-2], 300 if options.quick else 5_000)
        return
    if not options.no_memory:
        memory(QUICK_LIVE if options.quick else LIVE)
    if options.quick:
        speed(QUICK, 2, 100)
    else:
        speed(SHAPES, options.rounds, 2_000)


if __name__ == "__main__":
    main()
