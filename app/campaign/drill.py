"""The incident of 1 October 2024, re-enacted on a server of ours, with all that could follow.

A change of the encoding sent conversations to wrong queues; going back blocked the queues for 27
hours; they were restored by hand after 55. Here live traffic goes on while each of its causes, and
worse, is done to two nodes and their store. Measured from outside: offers in a wrong queue, the
longest wait of a conversation that somebody could have had, conversations lost, steps by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx2
import msgspec

from app.adapters.redis import RedisStore
from app.campaign.balancer import Balancer
from app.campaign.export import export
from app.campaign.faulty import FAULTS, PORT
from app.campaign.machine import WORKSPACE, Late, Server, Store, until
from app.campaign.outside import NO_HASH, Json, Judge
from app.campaign.traffic import Traffic
from app.campaign.vandal import ROGUES, Vandal
from app.campaign.watcher import Watcher, WatchingJournal
from app.clients.http import ApiRefused, ApiUnreachable
from app.codec.envelope import record_hash
from app.ports import START, StoreUnavailable
from app.shell.ending import end

ENV = {
    "INTERLOCK_SNAPSHOTS__RECORDS": "120",
    "INTERLOCK_SNAPSHOTS__EVERY_MS": "1500",
    "INTERLOCK_REDIS__SOCKET_TIMEOUT_MS": "500",
    "INTERLOCK_LEASE__TTL_MS": "1000",
    "INTERLOCK_LEASE__RENEW_MS": "250",
    "INTERLOCK_LOG__FORMAT": "json",
}
WAIT_MAX_S = 5.0
HELP_S = 30.0
KEEP_S = 0.2
Say = Callable[[float, str, str], None]
"""Seconds since the drill began, what is done or seen, and "act", "seen" or "fault"."""


@dataclass(slots=True)
class Figures:
    """What the drill is judged by."""

    seconds: float = 0.0
    offers: int = 0
    wrong: list[str] = field(default_factory=list)
    longest_s: float = 0.0
    longest: str = ""
    conversations: int = 0
    lost: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What the judge from outside found besides."""

    @property
    def passed(self) -> bool:
        """0 in wrong queues, under 5 s, 0 lost, 0 steps by hand, and nothing else wrong."""
        clean = not (self.wrong or self.lost or self.by_hand or self.faults)
        return clean and self.longest_s < WAIT_MAX_S


class Drill:
    """Two nodes behind one address, a store, traffic, and the acts in their order."""

    def __init__(self, folder: Path, store: Store, say: Say, *, short: bool, seed: int) -> None:
        self._folder, self._store, self._short = folder, store, short
        self._say_at = say
        self._port = folder / "fault"
        env = {**ENV, PORT: str(self._port)}
        self._nodes = [
            Server(folder, store, env, name=name, program="app.main.drilled")
            for name in ("node-a", "node-b")
        ]
        self._journal = WatchingJournal()
        self._seed = seed
        self._vandal = Vandal(store.admin(), store.url, WORKSPACE, seed)
        self._lines: dict[str, Json] = {}
        self._exported = START
        self._act = "the beginning"
        self._began = 0.0
        self.figures = Figures()
        self._traffic: Traffic
        self._watcher: Watcher

    async def run(self) -> Figures:
        """All acts. Raises Late when it cannot even begin."""
        self._began = asyncio.get_running_loop().time()
        balancer = Balancer([node.port for node in self._nodes])
        async with balancer, self._running(balancer):
            for act in self._acts():
                await self._play(act)
            self._begin("       the last ones are served, and everything is judged")
            try:
                await self._traffic.drain(HELP_S)
            except Late as late:
                self.figures.by_hand.append(str(late))
        await self._judge()
        return self.figures

    def _acts(self) -> list[Callable[[], Awaitable[None]]]:
        return [
            self._change_of_encoding,
            self._faulty_encoder,
            self._rogue_writer,
            self._rollback,
            self._spoilt_snapshots,
            self._stale_cache,
            self._swapped_records,
        ]

    def _say(self, text: str, kind: str = "seen") -> None:
        self._say_at(asyncio.get_running_loop().time() - self._began, text, kind)

    def _begin(self, text: str) -> None:
        self._act = text
        self._say(text, "act")

    @contextlib.asynccontextmanager
    async def _running(self, balancer: Balancer) -> AsyncIterator[None]:
        self._begin("two nodes, one store, three queues, six agents at work")
        self._nodes[0].launch()
        await self._nodes[0].ready()
        self._launch(self._nodes[1])
        self._traffic = Traffic(balancer.base, self._journal, self._seed, every_s=0.12)
        self._journal.traffic = self._traffic
        self._watcher = Watcher(self._traffic, self._journal)
        await self._traffic.start()
        beside = [
            asyncio.create_task(self._watcher.run(lambda: self._act)),
            asyncio.create_task(self._keep()),
        ]
        try:
            await self._pause(2.0)
            yield
        finally:
            await end(beside)
            await self._traffic.stop()
            for node in self._nodes:
                await node.end()

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds if self._short else 3 * seconds)

    async def _play(self, act: Callable[[], Awaitable[None]]) -> None:
        """One act; when the nodes do not get over it by themselves, somebody must: that counts."""
        try:
            async with asyncio.timeout(2 * HELP_S):
                await act()
                await self._owner()
        except (Late, TimeoutError) as error:
            self.figures.by_hand.append(f"{self._act}: {error}")
            self._say(f"nobody gets over this without a hand: {error}", "fault")
        self._traffic.check()

    async def _owner(self) -> Server:
        """The node that serves, waited for."""

        async def find() -> Server | None:
            for node in self._nodes:
                if await _answer(node) == 200:
                    return node
            return None

        found: Server = await until(find, "a node owns the workspace", HELP_S)
        return found

    async def _kill(self) -> None:
        """End the owner as a power cut would; the other takes over, the dead one comes back."""
        owner = await self._owner()
        other = next(node for node in self._nodes if node is not owner)

        async def waits() -> bool:
            # It listens once it has owned the workspace; before, its log tells that it waits.
            said = other.log.read_text(errors="replace") if other.log.exists() else ""
            return await _answer(other) == 503 or "; waiting" in said

        await until(waits, "the other node stands by", HELP_S)
        at = asyncio.get_running_loop().time()
        owner.kill()
        await self._owner()
        took = asyncio.get_running_loop().time() - at
        self._say(f"{owner.name} killed; {other.name} serves after {took:.1f} s")
        self._launch(owner)

    def _launch(self, node: Server) -> None:
        """Start a node that will stand by; what it said before does not count."""
        node.log.unlink(missing_ok=True)
        node.launch()

    async def _change_of_encoding(self) -> None:
        self._begin("13:07  the encoding changes, under load")
        await self._finalize(newest=True)

    async def _finalize(self, *, newest: bool) -> None:
        api = self._traffic.api
        found = await api.call("GET", "/v1/format")
        target = found["writes"][1 if newest else 0]
        body = {"format": target, "now": True, "allow_downgrade": True}

        async def done() -> bool:
            with contextlib.suppress(ApiUnreachable):
                try:
                    await api.call("POST", "/v1/format/finalize", body)
                except ApiRefused as refused:
                    if refused.status >= 500:
                        return False
                    now = (await api.call("GET", "/v1/format"))["finalized"]
                    self._say(f"format {now} is in force ({refused.message})")
                    return True
                self._say(f"format {target} is in force; both nodes read it")
                return True
            return False

        await until(done, "the format is changed", HELP_S, 0.2)
        await self._pause(0.7)

    async def _faulty_encoder(self) -> None:
        self._begin("       the new encoder is faulty: the program itself would write nonsense")
        for fault in FAULTS:
            before = self._refusals()
            self._port.write_text(fault)
            try:
                await until(partial(self._more_refusals, before), fault, HELP_S)
            finally:
                self._port.unlink()
            self._say(f"{fault}: seen before it was written, {self._refusals() - before} times")
            await self._owner()

    def _more_refusals(self, than: int) -> bool:
        return self._refusals() > than

    def _refusals(self) -> int:
        return sum(
            node.log.read_text(errors="replace").count("an event cannot be stored")
            for node in self._nodes
            if node.log.exists()
        )

    async def _rogue_writer(self) -> None:
        self._begin("       a node of the bad release writes into the log")
        self._say(await self._vandal.write_by_the_rules())
        for number, kind in enumerate(ROGUES):
            before = self._vandal.set_aside()
            told = self._vandal.write_past_the_fence(kind, far=number % 2 == 1)
            await until(partial(self._more_aside, before), told, HELP_S)
            self._say(f"past the fence: {told}: put aside")

    def _more_aside(self, than: int) -> bool:
        return self._vandal.set_aside() > than

    async def _rollback(self) -> None:
        self._begin("14:30  rolled back; records of the new format stay behind")
        await self._finalize(newest=False)
        await self._snapshots(2)
        self._say(self._vandal.newer_format())
        await self._kill()

    async def _snapshots(self, count: int) -> None:
        """Wait until there are so many, as there always are after a while."""
        await until(lambda: len(self._vandal.snapshots()) >= count, "snapshots", HELP_S)

    async def _spoilt_snapshots(self) -> None:
        self._begin("       bits flip in the newest snapshot, parts of two change places")
        await self._snapshots(2)
        self._say(self._vandal.flip_bits(self._vandal.snapshots()[0]))
        if not self._short:
            await self._kill()
            await self._snapshots(2)
            self._say(self._vandal.swap_between_keys())
        await self._kill()

    async def _stale_cache(self) -> None:
        self._begin("15:00  a stale cache: the older state under the newer one's name")
        await self._snapshots(2)
        self._say(self._vandal.make_stale())
        await self._kill()

    async def _swapped_records(self) -> None:
        self._begin("       two stored records of the log are swapped")
        await self._export()

        def swap() -> str:
            return self._vandal.swap_in_the_log(self._exported)

        done = await until(swap, "records to swap", HELP_S)
        newest, _ = self._vandal.end()
        at = asyncio.get_running_loop().time()
        self._say(done)

        def behind() -> bool:
            found = self._vandal.snapshots()
            return bool(found) and found[0] >= newest

        await until(behind, "a snapshot behind the damage", HELP_S)
        took = asyncio.get_running_loop().time() - at
        self._say(f"a snapshot lies behind the damage after {took:.1f} s")
        await self._kill()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(KEEP_S)
            with contextlib.suppress(StoreUnavailable):
                await self._export()

    async def _export(self) -> None:
        """Keep each record as it was when it was written, before anybody spoils it."""
        store = RedisStore(self._store.url, WORKSPACE, timeout_s=5.0)
        lines: list[bytes] = []
        try:
            until_ = await store.log.written()
            if until_ is not None and until_ > self._exported:
                self._exported = await export(
                    store, WORKSPACE, lines.append, after=self._exported, until=until_
                )
        finally:
            await store.aclose()
        for line in map(msgspec.json.decode, lines):
            self._lines.setdefault(line["hash"], line)

    async def _judge(self) -> None:
        """The log as it was written, link by link from its end, and what everybody was told."""
        await self._export()
        links: list[Json] = []
        _, last = self._vandal.end()
        at = record_hash(last).hex()
        while at != NO_HASH and at in self._lines:
            links.append(self._lines[at])
            at = str(links[-1].get("prev"))
        judge = Judge()
        judge.read(reversed(links))
        judge.hear(self._journal.entries)
        verdict = judge.verdict()
        figures = self.figures
        figures.seconds = asyncio.get_running_loop().time() - self._began
        figures.offers, figures.wrong = self._journal.offers, self._journal.wrong
        figures.longest_s, figures.longest = self._watcher.longest_s, self._watcher.longest
        figures.conversations = len(self._journal.created)
        figures.lost = sorted(
            name
            for name in self._journal.created
            if name not in judge.talks or judge.talks[name].ends != 1
        )
        figures.faults = verdict.faults


async def _answer(node: Server) -> int:
    """What a node says of its readiness: 200, 503, or 0 when nobody answers."""
    async with httpx2.AsyncClient(trust_env=False, timeout=2) as http:
        try:
            return (await http.get(node.base + "/readyz")).status_code
        except httpx2.TransportError:
            return 0


async def drill(say: Say, *, short: bool = False, seed: int = 1) -> Figures:
    """Re-enact the incident. Raises Late when it cannot even begin."""
    with tempfile.TemporaryDirectory(prefix="interlock-drill-") as name:
        async with Store() as store:
            return await Drill(Path(name), store, say, short=short, seed=seed).run()
