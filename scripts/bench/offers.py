"""How many offers a second are made, accepted and durable, without the cost of sockets.

    python scripts/bench/offers.py [--quick] [--rounds N] [--offers N]

The real router, store (a Valkey of its own, once with ``everysec`` and once with ``always``) and
hub; 1,000 agents whose screens are objects in this process and who accept at once. 200
conversations are always open: entered, offered, received, accepted, completed, and the next one
enters. Frames are read and answered as at a socket, so the CPU time is the server's without
sockets, and with the (small) cost of the screens. MUST NOT count an offer before its acceptance
is answered as durable.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from os import sysconf
from pathlib import Path

import orjson

from app.adapters.redis import RedisStore
from app.shell.session import Speaker
from app.shell.work import Answer, Trouble
from app.wire.frames import read_frame, to_command
from app.wire.outgoing import reply_ok
from scripts.bench.node import WORKSPACE, BenchNode, own_server, run
from scripts.bench.rounds import Row, in_turns, machine, middle, table
from scripts.bench.world import Shape, furniture, request, settle_memory

OPEN_AT_ONCE = 200
SHAPE = Shape(1_000, 0, 100)
QUICK_SHAPE = Shape(50, 0, 10)
LEVELS = ["everysec", "always"]
OFFER = '{"type":"offer",'


class Floor:
    """The conversations of one node on their way; ``accepted`` counts durable acceptances."""

    def __init__(self, node: BenchNode, queues: int, pid: int | None) -> None:
        self.node, self.pid = node, pid
        self.accepted = 0
        self._queues = queues
        self._entered = 0
        self._open = 0
        self._until = 0
        self._reached = asyncio.Event()

    async def serve(self, offers: int) -> None:
        """Keep conversations open until so many more offers are accepted, then let them end."""
        self._until = self.accepted + offers
        self._reached.clear()
        for _ in range(min(OPEN_AT_ONCE, offers)):
            self.enter()
        await self._reached.wait()

    def enter(self) -> None:
        """One more conversation, as the HTTP interface hands it in."""
        self._open += 1
        self.node.router.post(request(self._entered, self._queues), _is_in)
        self._entered += 1

    def completed(self) -> None:
        """One has ended: the next, while there is more to do."""
        self._open -= 1
        if self.accepted + self._open < self._until:
            self.enter()
        elif not self._open:
            self._reached.set()


def _is_in(answer: Answer | Trouble) -> None:
    _expect(answer)


def _expect(answer: Answer | Trouble) -> Answer:
    """Anything but a yes ends the run: a fast server that fails is no result."""
    if isinstance(answer, Trouble):
        raise answer
    assert answer.refusal is None, answer.refusal
    return answer


class Screen:
    """An agent's page in this process: takes every offer, and completes what it took."""

    def __init__(self, floor: Floor, agent: str) -> None:
        self.backlog = 0
        self._floor, self._agent, self._ref = floor, agent, 0

    def send(self, text: str) -> None:
        """A push: only offers are of interest."""
        if text.startswith(OFFER):
            offer = orjson.loads(text)["offer"]
            self._say({"type": "received", "offer": offer["id"]}, None)
            self._say({"type": "accept", "offer": offer["id"]}, offer["conversation"])

    def close(self, code: int, reason: str) -> None:
        """Nobody closes a screen here."""
        raise AssertionError(reason)

    async def ended(self) -> None:
        """Nothing is queued."""

    def _say(self, frame: dict[str, object], taken: str | None) -> None:
        """One frame through the wire and the router; ``taken`` is the conversation it takes."""
        self._ref += 1
        raw = orjson.dumps({"ref": self._ref, **frame}).decode()
        read = read_frame("agent", raw)
        command = to_command(read, agent=self._agent, by=f"agent:{self._agent}")

        def done(answer: Answer | Trouble) -> None:
            told = _expect(answer)
            reply_ok(read.ref or 0, position=str(told.position))
            if taken is not None:
                self._floor.accepted += 1
                self._say({"type": "complete", "conversation": taken}, None)
            elif frame["type"] == "complete":
                self._floor.completed()

        self._floor.node.router.post(command, done, lambda: None)


def child_cpu_s(pid: int | None) -> float:
    """CPU time of the store's process; 0 where the system does not tell."""
    path = Path(f"/proc/{pid}/stat")
    if not path.exists():
        return 0.0
    fields = path.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / sysconf("SC_CLK_TCK")


@asynccontextmanager
async def furnished(fsync: str, shape: Shape) -> AsyncIterator[Floor]:
    """A node whose agents are all there, each with one screen."""
    async with own_server(fsync) as server:
        store = RedisStore(await server.start(), WORKSPACE)
        node = BenchNode(store, lambda events: None)
        await node.router.open(force=True)
        async with node.serving():
            await asyncio.gather(*map(node.router.submit, furniture(shape)))
            floor, now = Floor(node, shape.queues, server.pid), node.router.now_ms()
            for agent in node.router.state.agents:
                speaker = Speaker("agent", f"agent:{agent}", agent, "key")
                screen = Screen(floor, agent)
                welcome = node.hub.join(speaker, screen, None, node.router.state.gen, now)
                node.hub.send_snapshot(welcome.session, node.router.engine, now)
            yield floor
        await store.aclose()


async def turn(floor: Floor, offers: int) -> Row:
    """Some offers of one node, after a few to warm up."""
    await floor.serve(min(1_000, offers))
    meter, router_s, child_s = floor.node.meter, time.process_time(), child_cpu_s(floor.pid)
    batches, records = meter.seen["batch_records"], meter.sums["batch_records"]
    append_s, started = meter.sums["append_seconds"], time.perf_counter()
    await floor.serve(offers)
    wall_s = time.perf_counter() - started
    router_s, child_s = time.process_time() - router_s, child_cpu_s(floor.pid) - child_s
    batches = meter.seen["batch_records"] - batches
    return {
        "offers/s": offers / wall_s,
        "per CPU s": offers / router_s,
        "router µs": 1e6 * router_s / offers,
        "store µs": 1e6 * child_s / offers,
        "records/batch": (meter.sums["batch_records"] - records) / batches,
        "append ms": 1e3 * (meter.sums["append_seconds"] - append_s) / batches,
    }


async def measure(shape: Shape, rounds: int, offers: int) -> None:
    """Both levels by turns."""
    async with AsyncExitStack() as stack:
        floors = {
            level: await stack.enter_async_context(furnished(level, shape)) for level in LEVELS
        }
        settle_memory()
        taken: dict[str, list[Row]] = {level: [] for level in LEVELS}
        for level in in_turns(LEVELS, rounds):
            taken[level].append(await turn(floors[level], offers))
    rows = {level: middle(taken[level]) for level in LEVELS}
    table(f"{shape.agents:,} agents, {OPEN_AT_ONCE} open", rows)
    print("router, store: CPU µs per offer of the two processes; per CPU s: offers, router alone")
    print(f"always/everysec: {rows['always']['offers/s'] / rows['everysec']['offers/s']:.2f}")


def main() -> None:
    """Read the options and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few offers, to see that it runs")
    parser.add_argument("--offers", type=int, default=10_000, help="in one round of one level")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    if options.quick:
        run(measure(QUICK_SHAPE, 2, 300))
    else:
        run(measure(SHAPE, options.rounds, options.offers))


if __name__ == "__main__":
    main()
