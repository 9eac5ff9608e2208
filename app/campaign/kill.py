"""Kills at random instants: server, follower, store, both; frozen ones too. Then a judge.

The instants are drawn and not aimed: with snapshots every few hundred records and a batch always
under way, some of them fall into an append, a snapshot, a trim, a takeover or a change of the
stored format, and the table says how much of each there was. MUST judge by ``outside`` alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from app.adapters.redis import RedisStore
from app.campaign.keeper import Keeper, process_lives
from app.campaign.machine import WORKSPACE, Server, Store, until
from app.campaign.outside import Judge, Verdict
from app.campaign.traffic import Traffic
from app.clients.http import ApiRefused, ApiUnreachable
from app.clients.journal import MemoryJournal
from app.ports import START, Position
from app.shell.ending import end
from app.shell.verify import verify

ENV = {
    "INTERLOCK_SNAPSHOTS__RECORDS": "150",
    "INTERLOCK_SNAPSHOTS__EVERY_MS": "1000",
    "INTERLOCK_RETENTION__LOG_MS": "8000",
    "INTERLOCK_SESSION__GRACE_MS": "5000",
}
FAULTS = {
    "kill server": 7,
    "kill store": 4,
    "kill server and store": 3,
    "kill follower": 3,
    "freeze server": 2,
    "freeze store": 2,
    "freeze follower": 1,
}
"""Fault -> how often, among all."""
FINALIZE_SHARE = 0.12
Say = Callable[[str], None]


@dataclass(slots=True)
class Result:
    """What was done, what came of it, and what the judge says."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=Verdict)
    checked: str = ""


class Campaign:
    """One server, one store, their traffic, and the hand that kills."""

    def __init__(self, seed: int, folder: Path, store: Store, say: Say) -> None:
        self._rng = Random(seed)
        self._store, self._say = store, say
        self._server = Server(folder, store, ENV)
        self._journal = MemoryJournal()
        self._traffic = Traffic(self._server.base, self._journal, seed)
        self._keeper = Keeper(store.url)
        self._finalizing: asyncio.Task[None] | None = None
        self.result = Result(seed)

    async def run(self, count: int) -> Result:
        """Kill ``count`` times and judge. Raises Late when something does not come back."""
        await self._server.start()
        keeping = asyncio.create_task(self._keeper.run())
        try:
            await self._traffic.start()
            for number in range(count):
                await self._once(number, count)
            await self._traffic.drain()
        finally:
            await end([task for task in (keeping, self._finalizing) if task is not None])
            await self._traffic.stop()
            follower = self._server.follower() if self._server.alive else None
            await self._server.end()
            if follower is not None:
                # It must not change what is looked at now.
                gone = "the follower has ended with its server"
                await until(lambda: not process_lives(follower), gone)
        await self._judge()
        return self.result

    async def _once(self, number: int, count: int) -> None:
        """One fault, and the way back."""
        rng = self._rng
        await asyncio.sleep(rng.choice((0.05, 0.5, 1.5, 4.0)) * rng.random())
        if rng.random() < FINALIZE_SHARE:
            self._finalizing = asyncio.create_task(self._finalize())
            await asyncio.sleep(rng.uniform(0.0, 0.05))
        fault = rng.choices([*FAULTS], [*FAULTS.values()])[0]
        follower = self._server.follower()
        if "follower" in fault and follower is None:
            fault = "kill server"
        if fault == "kill follower":
            self._signal(follower, signal.SIGKILL)
        elif fault.startswith("freeze"):
            await self._freeze(fault, follower)
        else:
            await self._kill(fault)
        self.result.faults[fault] += 1
        self._traffic.check()
        self._say(f"{number + 1}/{count} {fault}; log at {self._keeper.last}")

    async def _finalize(self) -> None:
        """Change the stored format, up or down; whether that was in time shows in the log."""
        api = self._traffic.api
        with contextlib.suppress(ApiRefused, ApiUnreachable):
            found = await api.call("GET", "/v1/format")
            lowest, highest = found["writes"]
            target = lowest if found["finalized"] != lowest else highest
            body = {"format": target, "now": True, "allow_downgrade": True}
            self.result.seen["changes of the format asked"] += 1
            await api.call("POST", "/v1/format/finalize", body)
            self.result.seen["changes of the format answered"] += 1

    async def _kill(self, fault: str) -> None:
        if "server" in fault:
            self._server.kill()
        if "store" in fault:
            self._store.kill()
            await asyncio.sleep(self._rng.choice((0.0, 0.3, 1.0)))
            await self._store.start()
        if "server" in fault:
            self._server.launch()
            if self._rng.random() < 0.15:
                # Once more while it takes the workspace over.
                await asyncio.sleep(self._rng.uniform(0.3, 2.5))
                self._server.kill()
                self.result.seen["killed again while starting"] += 1
                self._server.launch()
        await self._server.ready()

    async def _freeze(self, fault: str, follower: int | None) -> None:
        pids = {"server": self._server.pid, "store": self._store.pid, "follower": follower}
        pid = pids[fault.removeprefix("freeze ")]
        self._signal(pid, signal.SIGSTOP)
        await asyncio.sleep(self._rng.uniform(0.1, 4.0))
        self._signal(pid, signal.SIGCONT)
        await self._server.ready()

    def _signal(self, pid: int | None, number: int) -> None:
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    async def _judge(self) -> None:
        await self._keeper.take()
        judge = Judge()
        judge.read(self._keeper.lines())
        judge.hear(self._journal.entries)
        self.result.verdict = judge.verdict()
        store = RedisStore(self._store.url, WORKSPACE, timeout_s=5.0)
        try:
            found = await verify(store, WORKSPACE)
            first = await anext(aiter(store.log.read(START)), (Position(0, 0), b""))
        finally:
            await store.aclose()
        assert found is not None
        wrong = [f"snapshot {at}: {why}" for at, why in found.snapshots.items() if why]
        self.result.verdict.faults += wrong
        self.result.checked = f"the log from {first[0]} and {len(found.snapshots)} snapshots"
        self._count_log()

    def _count_log(self) -> None:
        kinds = Counter(line.get("kind") for line in self._keeper.lines())
        self.result.seen["changes of the format in the log"] = kinds["FormatFinalized"]
        said = self._server.log.read_text(errors="replace")
        for what, pattern in {
            "snapshots taken": r"snapshot at \S+, state",
            "trims": r"trimmed \d+ records",
            "step-downs": "stepping down",
            "snapshots passed by": "passed by: ",
            "tails written again": "records again",
            "store lost": "deciding stops",
        }.items():
            self.result.seen[what] += len(re.findall(pattern, said))


async def campaign(seed: int, count: int, say: Say = lambda _: None) -> Result:
    """Kill ``count`` times. Raises Late when server or store do not come back."""
    with tempfile.TemporaryDirectory(prefix="interlock-kill-") as name:
        async with Store() as store:
            return await Campaign(seed, Path(name), store, say).run(count)
