"""One client process: takes its share and then orders, and reports twice a second.

Orders are JSON lines on the standard input, reports on the standard output; it ends when the input
does. MUST NOT judge (see ``ledger``). The rule: what the process itself was late by is in every
report.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import orjson

from app.load.entry import Entry
from app.load.floor import Floor
from app.load.plan import Share

Json = dict[str, Any]

REPORT_S = 0.5
LAG_EVERY_S = 0.02


class Worker:
    """Its seats and its arrivals, under orders."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self.floor = floor = Floor(share)
        self._entry = entry = Entry(floor)
        self._orders: dict[str, Callable[..., Awaitable[None]]] = {
            "furnish": floor.furnish,
            "connect": floor.open_all,
            "go": entry.go,
            "calm": entry.calm,
            "drop": floor.drop,
            "freeze": floor.freeze,
            "thaw": floor.thaw,
            "flap": floor.flap,
            "leave": floor.leave,
            "clear": floor.clear,
        }

    async def obey(self, order: Json) -> None:
        """Do what an order says, and report that it is done."""
        name = order.pop("order")
        await self._orders[name](**order)
        self.floor.tell("did", self.floor.now(), self._share.number, name)

    def report(self) -> bytes:
        """All since the last report, as one line."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        events, self.floor.events = self.floor.events, []
        told = {
            "number": self._share.number,
            "t": self.floor.now(),
            "events": events,
            "times": {name: list(one.take().items()) for name, one in self.floor.times.items()},
            "counts": dict(self.floor.counts),
            "open": sum(seat.line is not None for seat in self.floor.all),
            "firm": sum(seat.firm for seat in self.floor.all),
            "frozen": sum(seat.frozen for seat in self.floor.seats),
            "held": sum(len(seat.held) for seat in self.floor.seats),
            "posting": self._entry.under_way,
            "cpu_s": usage.ru_utime + usage.ru_stime,
        }
        self.floor.counts.clear()
        return orjson.dumps(told) + b"\n"

    async def measure_lag(self) -> None:
        """How late this process is: when it is, what it measures of the server is too high."""
        due_s = self.floor.now()
        while True:
            due_s = max(due_s + LAG_EVERY_S, self.floor.now())
            await asyncio.sleep(due_s - self.floor.now())
            self.floor.time("client lag", self.floor.now() - due_s)


async def work() -> None:
    """Read the share, then obey until the input ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    pipe, _ = await loop.connect_write_pipe(asyncio.Protocol, sys.stdout)
    worker = Worker(msgspec.json.decode(await reader.readline(), type=Share))
    floor = worker.floor
    floor.spawn(worker.measure_lag)

    async def report() -> None:
        while True:
            await asyncio.sleep(REPORT_S)
            pipe.write(worker.report())

    floor.spawn(report)
    while line := await reader.readline():
        floor.spawn(worker.obey, orjson.loads(line))


def main() -> None:
    """Be a client process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        import uvloop
    except ImportError:
        asyncio.run(work())
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work())


if __name__ == "__main__":
    main()
