"""One world: a disk, its nodes, its people, the weather, and the two halves of its life.

First everything may go wrong and nothing wrong may come of it (safety); then all is healed and
everything has to come to its end (liveness). MUST draw all chance from the seed and all time from
the loop, so that a seed is one history.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from random import Random
from typing import Any

from app.adapters.memory import MemoryDisk
from app.adapters.memory.disk import MemoryWorkspace
from app.campaign.sim.desk import Desk, Monkey
from app.campaign.sim.faults import STORIES
from app.campaign.sim.judge import Judge
from app.campaign.sim.ledger import Ledger
from app.campaign.sim.node import Node, OpenDoor
from app.campaign.sim.people import AgentPage, BoardPage
from app.campaign.sim.processes import Process, Suspension, WorldLoop, later
from app.campaign.sim.setting import Setting
from app.campaign.sim.store import Way, Weather, WorldStore
from app.campaign.sim.wire import Roughness
from app.campaign.sim.witness import Witness
from app.domain import commands as c
from app.domain.settings import HoursRule
from app.domain.words import Presence, QueueStatus
from app.ports import Position, Record

WORKSPACE = "main"
LANDS_S = 2.0


class World:
    """``counts``: what the servers counted; ``faults``: what was done to them; ``closed``: how
    sockets ended.
    """

    def __init__(
        self,
        seed: int,
        setting: Setting,
        open_door: OpenDoor,
        workspace: str,
        disk: MemoryDisk | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, WorldLoop)
        self._loop, self._open_door, self.setting = loop, open_door, setting
        self.setting_queues = list(setting.queues)
        self.chance = Random(seed)
        self.disk, self.suspension = disk or MemoryDisk(), Suspension()
        self.workspace, self.ledger = workspace, Ledger(workspace)
        self.weather, self.rough = Weather(), Roughness()
        self.faults: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        self._clock = Process("store", loop, self.suspension, 0)
        self.witness = Witness(self.ledger, self.now_ms)
        self.judge = Judge(self.ledger, self.witness)
        self.nodes: list[Node] = []
        self.gone: list[Node] = []
        self.spoilt_until_ms = 0
        self.wounds: Counter[str] = Counter()
        self._stopping: list[Node] = []
        self._spoilt: list[tuple[Position, Record]] = []
        self._alone_until_s = 0.0
        self._started = self._tabs = 0
        self.agents = [
            AgentPage(self, id_, tab, self.chance.getrandbits(32), list(setting.queues))
            for id_ in setting.agents
            for tab in range(setting.tabs[id_])
        ]
        self.boards = [
            BoardPage(self, f"board{n}", self.chance.getrandbits(32)) for n in range(setting.boards)
        ]
        self.extra: list[AgentPage] = []
        self.desk = Desk(self, Random(self.chance.getrandbits(32)))
        self.monkey = Monkey(self, Random(self.chance.getrandbits(32)))
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self.broken: list[str] = []

    # What others ask.

    def now_ms(self) -> int:
        """The store's time."""
        return self._clock.now_ms()

    @property
    def kept(self) -> MemoryWorkspace:
        """What is on the disk."""
        return self.disk.workspace(self.workspace)

    def owner(self) -> Node | None:
        """The node that owns the workspace, by the store's word, and is well."""
        nonce = self.kept.nonce
        for node in self.nodes:
            opened = node.router.opened
            if opened is not None and opened.owner.nonce == nonce and not node.process.frozen:
                return node
        return None

    def pick(self) -> Node | None:
        """The node that a load balancer chooses: one that says it is ready, mostly."""
        ready = [n for n in self.nodes if n.router.owns and not n.process.frozen]
        if ready and self.chance.random() < 0.97:
            return self.chance.choice(ready)
        return self.chance.choice(self.nodes) if self.nodes else None

    def pages(self) -> Iterator[AgentPage | BoardPage]:
        """All of them."""
        yield from self.agents
        yield from self.boards
        yield from self.extra

    def any_page(self, chance: Random) -> AgentPage | BoardPage:
        """One of them."""
        number = chance.randrange(len(self.agents) + len(self.boards))
        return [*self.pages()][number]

    def tab(self, agent: str) -> AgentPage:
        """One more tab of an agent, who does nothing in it."""
        self._tabs += 1
        page = AgentPage(
            self, agent, 10 + self._tabs, self.chance.getrandbits(32), list(self.setting.queues)
        )
        page.mute = True
        self.extra.append(page)
        page.come()
        return page

    def may_hurt_owner(self) -> bool:
        """Whether nobody has to write again what the store took back."""
        return self._loop.time() >= self._alone_until_s and not self.ledger.lost

    def leave_owner_alone(self, seconds: float) -> None:
        """For so long."""
        self._alone_until_s = self._loop.time() + seconds

    def any_key(self, chance: Random) -> str:
        """Some key that was given out, or none."""
        return f"key-{chance.randint(1, 5)}"

    def sha256_of(self, key: str) -> str:
        """What is stored of a key."""
        return hashlib.sha256(key.encode()).hexdigest()

    def task(self, work: Coroutine[Any, Any, Any]) -> None:
        """Have the world do it beside everything else."""
        task = self._loop.create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            self.broken.append(f"the world itself: {task.exception()!r}")

    # Processes.

    def start(self) -> Node:
        """One more server process, and its follower's."""
        self._started += 1
        name = f"n{self._started}"
        skew = self.chance.choice((0, 0, self.chance.randint(-400, 400)))
        processes = [
            Process(name, self._loop, self.suspension, skew),
            Process(f"{name}f", self._loop, self.suspension, skew),
        ]
        stores = [
            WorldStore(
                self.disk,
                self.workspace,
                self._clock,
                self.ledger,
                Way(self.weather, Random(self.chance.getrandbits(32)), self.faults),
            )
            for _ in processes
        ]
        node = Node(
            processes[0],
            stores[0],
            (processes[1], stores[1]),
            self.ledger,
            self.counts,
            self.setting.sizes,
            self._open_door,
        )
        self.nodes.append(node)
        return node

    async def kill(self, node: Node, *, again_s: float) -> None:
        """It is gone, its sockets are reset, and somebody starts another."""
        if node not in self.nodes:
            return
        self._bury(node)
        await asyncio.sleep(again_s)
        self.start()

    def _bury(self, node: Node) -> None:
        self.broken += node.ended()
        self.nodes.remove(node)
        self.gone.append(node)
        node.process.kill()
        node.follower_process.kill()
        for page in self.pages():
            if page.line is not None and page.at is node:
                page.line.cut()

    async def stop(self, node: Node, *, again_s: float) -> None:
        """It ends in good order, and somebody starts another."""
        if node not in self.nodes:
            return
        stopping = node.process.spawn(node.stop(), "stop")
        self._stopping.append(node)
        await asyncio.wait([stopping], timeout=5.0)
        await self.kill(node, again_s=again_s)

    async def kill_follower(self, node: Node) -> None:
        """Its follower is gone; the server starts another."""
        skew_ms = node.process.skew_ms
        process = Process(node.follower_process.name, self._loop, self.suspension, skew_ms)
        node.replace_follower(process)

    def bring_back(self, after_s: float, place: Position, record: Record) -> None:
        """Somebody repairs the log by hand, after a while or when all is healed."""
        self._spoilt.append((place, record))
        later(after_s, self._repair, place, record)

    def _repair(self, place: Position, record: Record) -> None:
        if place in self.kept.entries:
            self.kept.entries[place] = record

    # Its life.

    async def open(self) -> None:
        """Everybody comes to work."""
        for _ in range(self.setting.nodes):
            self.start()
        await self.configure()
        for page in self.pages():
            page.come()
        self.task(self.desk.customers(self.setting.rush_s))
        self.task(self.monkey.run(self.desk, 4.0))
        self.task(self.monkey.stir(6.0))

    async def configure(self) -> None:
        """Put what the setting says."""
        for id_, settings in self.setting.queues.items():
            await self.desk.insist(c.PutQueue(id_, settings, "config"))
        for id_, agent in self.setting.agents.items():
            await self.desk.insist(c.PutAgent(id_, agent, "config"))

    async def suffer(self, seconds: float, every_s: float) -> None:
        """Things go wrong."""
        loop, chance, until = self._loop, self.chance, self._loop.time() + seconds
        names = self.setting.faults
        weights = [STORIES[name][1] for name in names]
        while names:
            pause_s = chance.expovariate(1 / every_s)
            if loop.time() + pause_s >= until:
                break
            await asyncio.sleep(pause_s)
            name = chance.choices(names, weights)[0]
            self.faults[name] += 1
            self.witness.note(f"fault {name}")
            self.task(STORIES[name][0](self, Random(chance.getrandbits(32))))
        await asyncio.sleep(max(until - loop.time(), 0.0))

    def heal(self) -> None:
        """All faults are over; nobody new comes."""
        for task in [*self._tasks]:
            task.cancel()
        self.weather.clear()
        self.rough.clear()
        for node in self.nodes:
            for process in (node.process, node.follower_process):
                if process.frozen:
                    process.thaw()
            for store in node.stores:
                store.way.cut = False
        for place, record in self._spoilt:
            self._repair(place, record)
        self._put_strangers_out()
        for node in self._stopping:
            if node in self.nodes:
                self._bury(node)
        if not self.nodes:
            self.start()
        for page in self.extra:
            page.leave()

    def _put_strangers_out(self) -> None:
        """By hand, where nobody owns the log who would."""
        kept, end = self.kept, self.ledger.end
        while self.owner() is None and kept.places and kept.places[-1] > end:
            del kept.entries[kept.places.pop()]
            kept.last = kept.places[-1]

    async def recover(self) -> None:
        """Everybody is there, and everything may be served."""
        # What somebody had asked for before may still be on its way.
        await asyncio.sleep(LANDS_S)
        await self.desk.insist(c.ThawRepairs("healed", "config"))
        for id_, settings in self.setting.queues.items():
            open_ = replace(settings, hours=HoursRule(), overflow=[], max_waiting=0)
            await self.desk.insist(c.PutQueue(id_, open_, "config"))
            await self.desk.insist(c.SetQueueStatus(id_, QueueStatus.OPEN, "healed", "config"))
        for id_, agent in self.setting.agents.items():
            await self.desk.insist(c.PutAgent(id_, agent, "config"))
        node = self.owner()
        agents = node.router.state.agents.values() if node is not None else ()
        for id_ in [one.id for one in agents if one.custom is not None]:
            # It may be one that a supervisor chose, with channels shut.
            back = c.SetPresence(id_, Presence.AVAILABLE, "healed", "config")
            await self.desk.insist(back)
        known = node.router.state.conversations.values() if node is not None else ()
        for id_ in [one.id for one in known if one.quarantine is not None]:
            await self.desk.insist(c.RequeueConversation(id_, "healed", "config"))
        for page in self.pages():
            if not page.home:
                page.be_sound()

    async def bury(self) -> None:
        """Leave nothing behind on the loop."""
        for page in self.pages():
            page.home = True
        for task in [*self._tasks]:
            task.cancel()
        for node in (*self.nodes, *self.gone):
            for process in (node.process, node.follower_process, *node.buried):
                await process.bury()
