"""How long a new owner needs from a cold start to its first offer, and what takes the time.

    python scripts/bench/recovery.py [--quick] [--waiting N] [--rounds N]

A log with 100,000 waiting conversations is written into a real Valkey, which is then stopped. Each
round starts it again, takes the workspace over through the router, frees one agent and waits for
the next offer to be durable and published; then the parts of that are done one by one. The same
again with a snapshot of it, taken as the follower takes it. MUST NOT keep anything from round to
round but the log and the snapshot.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import time
from collections.abc import Iterator

from app.adapters.embedded import EmbeddedServer
from app.adapters.redis import RedisStore
from app.codec.chain import LogReader, seal_batch
from app.codec.envelope import NO_RECORD
from app.codec.snapshot import read_snapshot
from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.fold import fold
from app.domain.state import State
from app.ports import START, Position, Record
from app.shell.collecting import no_collection
from app.shell.follower import Follower, FollowerLimits
from app.shell.journal import Journal
from app.shell.rebuilding import log_key, snapshot_key
from scripts.bench.node import WORKSPACE, BenchNode, own_server, run
from scripts.bench.rounds import Row, machine, middle, table
from scripts.bench.world import Shape, history

BATCH = 1_000
LOG_PARTS = "read", "decode", "fold", "journal", "index", "settle"
SNAPSHOT_PARTS = "load", "open", "tail", "index", "settle"


class Stopwatch:
    """Wall and CPU time of what is done under a name."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    @contextlib.contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Measure the block."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        self.rows[name] = {"wall ms": wall * 1e3, "CPU ms": cpu * 1e3}


async def write_log(url: str, shape: Shape) -> int:
    """Store the history of a world as the router would; the number of records."""
    store = RedisStore(url, WORKSPACE)
    owner = await store.lease.acquire("writer", 60_000)
    last, prev, batch, count = START, NO_RECORD, list[e.Event](), 0

    async def flush() -> None:
        nonlocal last, prev
        records, prev = seal_batch(WORKSPACE, log_key(WORKSPACE), prev, batch)
        last = await store.log.append(owner, last, records)
        batch.clear()

    for event in history(shape):
        batch.append(event)
        count += 1
        if len(batch) == BATCH:
            await flush()
    if batch:
        await flush()
    await store.lease.release(owner)
    await store.aclose()
    return count


async def whole(url: str, number: int, watch: Stopwatch) -> None:
    """Take over and make one offer. Each round frees another agent."""
    store = RedisStore(url, WORKSPACE)
    offered = asyncio.Event()

    def heard(events: list[e.Event]) -> None:
        if any(isinstance(event, e.OfferMade) for event in events):
            offered.set()

    node = BenchNode(store, heard)
    with watch.on("take-over"):
        await node.router.open(force=True)
    async with node.serving():
        with watch.on("first offer"):
            await node.router.submit(c.ConnectAgent(f"a{number}"))
            await node.router.submit(c.CompleteConversation(f"c{number}", f"a{number}"))
            await offered.wait()
    await store.aclose()


async def parts(url: str, watch: Stopwatch) -> None:
    """The same work in its parts, on what the store holds now."""
    store = RedisStore(url, WORKSPACE)
    last = await store.log.last()
    records: list[tuple[Position, Record]] = []
    with watch.on("read"):
        async for found in store.log.read(START, last):
            records.append(found)
    reader = LogReader(WORKSPACE, log_key(WORKSPACE))
    with watch.on("decode"):
        events = [reader.decode(record) for _, record in records]
    state, journal = State(), Journal()
    with watch.on("fold"):
        for event in events:
            fold(state, event)
    with watch.on("journal"):
        for event, (position, _) in zip(events, records, strict=True):
            journal.note(event, position)
    with watch.on("index"):
        engine = Engine(state)
    with watch.on("settle"):
        engine.apply(c.OpenEpoch(state.epoch + 1, "bench", 20_000), state.last_at)
    await store.aclose()


async def snapshot_parts(url: str, watch: Stopwatch) -> None:
    """The parts of a take-over that begins with a snapshot."""
    store = RedisStore(url, WORKSPACE)
    last = await store.log.last()
    assert last is not None
    at = (await store.snapshots.positions())[0]
    with watch.on("load"):
        chunks = await store.snapshots.load(at)
    with watch.on("open"):
        taken = read_snapshot(snapshot_key(WORKSPACE, at), WORKSPACE, chunks)
    with watch.on("tail"):
        reader = LogReader(WORKSPACE, log_key(WORKSPACE), taken.prev)
        async for _, record in store.log.read(at, last):
            fold(taken.state, reader.decode(record))
    state = taken.state
    with watch.on("index"):
        engine = Engine(state)
    with watch.on("settle"):
        engine.apply(c.OpenEpoch(state.epoch + 1, "bench", 20_000), state.last_at)
    await store.aclose()


async def take_snapshot(url: str) -> None:
    """As the follower does."""
    store = RedisStore(url, WORKSPACE)
    follower = Follower(store, WORKSPACE, lambda: 0, FollowerLimits())
    await follower.begin()
    started = time.perf_counter()
    await follower.take_snapshot()
    print(f"a snapshot is taken and read back in {time.perf_counter() - started:.1f} s")
    await store.aclose()


async def one_round(server: EmbeddedServer, number: int, *, snapshot: bool) -> dict[str, Row]:
    """Cold store, whole take-over, then the parts."""
    watch = Stopwatch()
    with watch.on("store start"):
        url = await server.start()
    gc.unfreeze()
    gc.collect()
    await whole(url, number, watch)
    gc.collect()
    with no_collection():
        await (snapshot_parts if snapshot else parts)(url, watch)
    gc.collect()
    await server.stop()
    names = SNAPSHOT_PARTS if snapshot else LOG_PARTS
    together = sum(watch.rows[part]["CPU ms"] for part in names)
    for part in names:
        watch.rows[part]["% of parts"] = 100 * watch.rows[part]["CPU ms"] / together
    return watch.rows


async def measure(shape: Shape, rounds: int) -> None:
    """Write the log, then rounds, then the table."""
    async with own_server("everysec") as server:
        count = await write_log(await server.start(), shape)
        await server.stop()
        taken = [await one_round(server, number, snapshot=False) for number in range(rounds)]
        _show(f"{shape}, the log alone, {count:,} records", taken)
        await take_snapshot(await server.start())
        await server.stop()
        numbers = range(rounds, 2 * rounds)
        taken = [await one_round(server, number, snapshot=True) for number in numbers]
        _show(f"{shape}, from a snapshot", taken)


def _show(title: str, taken: list[dict[str, Row]]) -> None:
    rows = {name: middle([round_[name] for round_ in taken]) for name in taken[0]}
    table(title, rows)
    parts = ("store start", "take-over", "first offer")
    start, take, offer = (rows[name]["wall ms"] for name in parts)
    print(f"from cold to the first offer: {start + take + offer:,.0f} ms wall")


def main() -> None:
    """Read the options and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a short log, to see that it runs")
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    if options.quick:
        run(measure(Shape(20, 500, 5), 2))
    else:
        run(measure(Shape(1_000, options.waiting, 100), options.rounds))


if __name__ == "__main__":
    main()
