"""Trouble with the machine, made for real and one kind after the other, under live traffic.

The server is frozen, its loop blocked, its store frozen and its disk filled, an agent's client
frozen. Measured from outside: what the server told of it, how long the queues stood after it was
over, what was lost, who was punished for it. MUST leave the machine as it found it.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from app.campaign.faulty import HANG, PORT
from app.campaign.keeper import Keeper
from app.campaign.machine import (
    ADMIN_KEY,
    PACKAGES,
    Late,
    Process,
    Server,
    Store,
    until,
)
from app.campaign.outside import Json, Judge
from app.campaign.traffic import CAPACITY, Traffic
from app.campaign.watcher import WatchingJournal
from app.clients.http import ApiUnreachable
from app.shell.ending import end

MOVES_S = 5.0
"""Within so many seconds after the trouble is over the queues must move again."""
TOLD_S = 20.0
TOLD_FROM_S = 2
"""Who stands still for less is not worth an incident; deadlines are moved all the same."""
LOOK_S = 2.0
"""How much later than after ``session.lost_after_ms`` a frozen client may be noticed."""
IMPATIENT = {
    "INTERLOCK_SESSION__PING_EVERY_MS": "2000",
    "INTERLOCK_SESSION__LOST_AFTER_MS": "5000",
    "INTERLOCK_WATCHDOG__LOOP_EXIT_MS": "4000",
}
"""What the short form shortens."""
STORE_MIB = 24
SLEEPER = "sleeper"
EXIT_LOOP = 70
Say = Callable[[float, str, str], None]


@dataclass(slots=True)
class Outcome:
    """What came of one kind of trouble; ``wrong`` is empty when it went as it must."""

    name: str
    told: str = ""
    moved_s: float = 0.0
    note: str = ""
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """All of it, and what the judge from outside says at the end."""

    outcomes: list[Outcome] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    conversations: int = 0
    offers: int = 0

    @property
    def passed(self) -> bool:
        """Whether everything was told, moved again in time, and nothing was lost."""
        return not self.faults and not any(outcome.wrong for outcome in self.outcomes)


class Ground:
    """A server on a store with little room, traffic, and the hand that troubles them."""

    def __init__(self, folder: Path, store: Store, say: Say, seed: int, *, short: bool) -> None:
        self._store, self._say_at, self._short = store, say, short
        self._lost_after_s = 5.0 if short else 25.0
        self._port = folder / "fault"
        env = {PORT: str(self._port), **(IMPATIENT if short else {})}
        self._server = Server(folder, store, env, program="app.main.drilled")
        self._journal = WatchingJournal()
        self._traffic = Traffic(self._server.base, self._journal, seed)
        self._journal.traffic = self._traffic
        self._keeper = Keeper(store.url)
        self._sleeper = Process(folder / "sleeper.log")
        self._began = asyncio.get_running_loop().time()
        self.report = Report()

    async def run(self) -> Report:
        """Every kind once. Raises Late when something does not come back at all."""
        await self._server.start()
        keeping = asyncio.create_task(self._keeper.run())
        try:
            await self._traffic.start()
            await self._let_sleeper_in()
            await self._all_kinds()
            await self._traffic.drain()
        finally:
            await end([keeping])
            self._sleeper.signal(signal.SIGCONT)
            self._sleeper.kill()
            await self._traffic.stop()
            await self._server.end()
        await self._judge()
        return self.report

    async def _all_kinds(self) -> None:
        for seconds in (1, 5) if self._short else (1, 5, 20, 60):
            freeze = partial(self._freeze, self._server, float(seconds))
            cause = "clock_jump" if seconds > TOLD_FROM_S else ""
            await self._play(f"the server is frozen for {seconds} s", cause, freeze)
        await self._play("the event loop hangs for 3 s", "loop_blocked", self._hang)
        await self._play("the event loop does not come back", "", self._hang_for_good)
        store_s = 4.0 if self._short else 12.0
        freeze = partial(self._freeze, self._store, store_s)
        await self._play(f"the store is frozen for {store_s:g} s", "store_trouble", freeze)
        await self._play("an agent's client is frozen", "", self._freeze_sleeper)
        if self._store.roomless:
            await self._play("the disk is full for 5 s", "store_trouble", self._fill)
        else:
            self._say("a full disk is not shown: mounting a small one needs root", "fault")

    def _say(self, text: str, kind: str = "seen") -> None:
        self._say_at(asyncio.get_running_loop().time() - self._began, text, kind)

    async def _let_sleeper_in(self) -> None:
        queues = dict.fromkeys(self._traffic.queues, 1)
        settings = {"name": SLEEPER, "queues": queues, "capacity": {"chat": CAPACITY}}
        await self._traffic.api.put_agent(SLEEPER, settings)
        self._traffic.agents[SLEEPER] = [*queues]
        words = [sys.executable, "-m", "app.campaign.sleeper", self._server.base, ADMIN_KEY]
        self._sleeper.spawn([*words, SLEEPER], {"PYTHONPATH": str(PACKAGES)})
        await until(partial(self._sleeper_is, "connected"), "the sleeper is at work")

    async def _sleeper_is(self, *connections: str) -> bool:
        agent = await self._traffic.api.call("GET", f"/v1/agents/{SLEEPER}")
        return agent["connection"] in connections

    async def _play(self, name: str, cause: str, act: Callable[[], Awaitable[str]]) -> None:
        """One kind of trouble: make it, end it, and see what happens by itself."""
        outcome = Outcome(name)
        self.report.outcomes.append(outcome)
        self._say(name, "act")
        loop, since_ms = asyncio.get_running_loop(), int(time.time() * 1000)
        outcome.note = await act()
        over, offers = loop.time(), self._journal.offers
        try:
            await until(lambda: self._journal.offers > offers, "the queues move again", 60.0)
            outcome.moved_s = loop.time() - over
            outcome.told = await self._told(cause, since_ms) if cause else outcome.note
        except Late as late:
            outcome.wrong.append(str(late))
        if outcome.moved_s > MOVES_S:
            outcome.wrong.append(f"the queues stood for {outcome.moved_s:.1f} s more")
        if outcome.told:
            self._say(outcome.told)
        self._say(f"the queues move again after {outcome.moved_s:.1f} s")
        self._traffic.check()

    async def _incidents(self) -> list[Json]:
        found: list[Json] = (await self._traffic.api.call("GET", "/v1/incidents"))["incidents"]
        return found

    async def _told(self, cause: str, since_ms: int) -> str:
        """A new incident, or one more step of one that is not over yet."""

        async def incident() -> Json | None:
            with contextlib.suppress(ApiUnreachable):
                for one in await self._incidents():
                    last = max([one["opened_at"], *(step["at"] for step in one["steps"])])
                    if one["cause"] == cause and last >= since_ms:
                        return one
            return None

        try:
            found: Json = await until(incident, f"an incident {cause}", TOLD_S, 0.2)
        except Late as late:
            told = [(one["cause"], one["state"], one["text"]) for one in await self._incidents()]
            raise Late(f"{late}; there are {told[:5]}") from None
        later = [step["text"] for step in found["steps"] if step["at"] >= since_ms]
        return str(later[-1] if later and found["opened_at"] < since_ms else found["text"])

    async def _freeze(self, process: Process, seconds: float) -> str:
        process.signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        process.signal(signal.SIGCONT)
        return ""

    async def _hang(self) -> str:
        self._port.write_text(f"{HANG} 3")
        await until(lambda: not self._port.exists(), "the loop hangs")
        await asyncio.sleep(3.0)
        return ""

    async def _hang_for_good(self) -> str:
        """The watch ends the process; we are what starts it anew, as a service manager would."""
        self._port.write_text(f"{HANG} 600")
        at = asyncio.get_running_loop().time()
        await until(lambda: not self._server.alive, "the process ends itself")
        took = asyncio.get_running_loop().time() - at
        status = await self._server.end()
        self._server.launch()
        await self._server.ready()
        if status != EXIT_LOOP:
            self.report.faults.append(f"ended with {status} when its loop hung, not {EXIT_LOOP}")
        return f"The process ended itself after {took:.1f} s, was started again and was ready."

    async def _freeze_sleeper(self) -> str:
        await until(partial(self._sleeper_is, "connected"), "the agent is there")
        at = asyncio.get_running_loop().time()
        self._sleeper.signal(signal.SIGSTOP)
        gone = partial(self._sleeper_is, "grace", "lost")
        await until(gone, "a frozen client counts as gone", self._lost_after_s + LOOK_S)
        took = asyncio.get_running_loop().time() - at
        self._sleeper.signal(signal.SIGCONT)
        await until(partial(self._sleeper_is, "connected"), "the agent is back")
        return f"The agent counted as gone after {took:.1f} s, and was let in again."

    async def _fill(self) -> str:
        ballast = self._store.folder / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4_096)) == 4_096:
                pass
        await asyncio.sleep(5.0)
        ballast.unlink()
        return ""

    async def _judge(self) -> None:
        await self._keeper.take()
        judge = Judge()
        judge.read(self._keeper.lines())
        judge.hear(self._journal.entries)
        report = self.report
        report.faults += [*judge.verdict().faults, *self._journal.wrong]
        for line in self._keeper.lines():
            fields: Json = line.get("fields", {})  # type: ignore[assignment]
            by_us = line.get("kind") == "PresenceChanged" and fields["by"] == "system"
            if by_us and fields["agent"] != SLEEPER:
                said = f"{fields['agent']} was set {fields['presence']} ({fields['reason']})"
                report.faults.append(f"punished for our fault: {said}")
        report.conversations = len(self._journal.created)
        report.offers = self._journal.offers


async def trouble(say: Say, *, short: bool = False, seed: int = 1) -> Report:
    """Make every kind of trouble. Raises Late when something does not come back at all."""
    with tempfile.TemporaryDirectory(prefix="interlock-drill-") as name:
        async with Store(fsync="everysec", room_mib=STORE_MIB) as store:
            return await Ground(Path(name), store, say, seed, short=short).run()
