"""Customers, integrations and supervisors: everybody who asks over HTTP, and asks again.

A request that got no answer is repeated with the same id, as a good integration does. What was
answered is noted for the judge. ``Monkey`` asks for anything at all, of anything known or not, so
that every refusal is met. MUST ask the way the edge asks: a command to the router of one node.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from app.campaign.sim import setting
from app.campaign.sim.people import BoardPage
from app.campaign.sim.processes import later
from app.domain import commands as c
from app.domain.settings import PresenceSettings
from app.domain.words import Presence, QueueStatus
from app.shell.work import Answer, Trouble
from app.wire.reserved import reserved_in

if TYPE_CHECKING:
    from app.campaign.sim.world import World

PATIENCE_S = 15.0
STATES = (QueueStatus.OPEN, QueueStatus.PAUSED, QueueStatus.DRAINING)


class Desk:
    """Asks on behalf of those outside."""

    def __init__(self, world: World, chance: Random) -> None:
        self._world, self._chance = world, chance
        self.count = 0

    async def ask(self, command: c.Command) -> Answer | Trouble | None:
        """One request to the node that the balancer picks; None: no answer came."""
        world, loop = self._world, asyncio.get_running_loop()
        node = world.pick()
        await asyncio.sleep(self._chance.uniform(0.001, 0.03))
        if node is None or node.process.dead:
            return None
        reply: asyncio.Future[Answer | Trouble] = loop.create_future()

        async def handle() -> None:
            try:
                answer: Answer | Trouble = await node.router.submit(command)
            except Trouble as trouble:
                answer = trouble
            later(0.002, deliver, answer)

        def deliver(answer: Answer | Trouble) -> None:
            if not reply.done():
                reply.set_result(answer)

        node.process.spawn(handle(), "request")
        try:
            async with asyncio.timeout(PATIENCE_S):
                answer = await reply
        except TimeoutError:
            return None
        if world.rough.lost and self._chance.random() < 0.1:
            return None
        self._note(command, answer)
        return answer

    def _note(self, command: c.Command, answer: Answer | Trouble) -> None:
        name, seen = type(command).__name__, self._world.witness.seen
        if isinstance(answer, Trouble):
            seen[f"trouble {type(answer).__name__}"] += 1
        elif answer.refusal is not None:
            seen[f"code {answer.refusal.code}"] += 1
        self._world.witness.note(f"{name} {answer}")

    async def insist(self, command: c.Command, times: int = 40) -> Answer | None:
        """Ask until there is an answer."""
        for _ in range(times):
            answer = await self.ask(command)
            if isinstance(answer, Answer):
                return answer
            await asyncio.sleep(self._chance.uniform(0.2, 2.0))
        return None

    async def customers(self, rush_s: float) -> None:
        """They come for ever."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / rush_s))
            self._world.task(self.customer())

    async def customer(self) -> None:
        """One: comes, waits, and maybe leaves again."""
        chance, world = self._chance, self._world
        self.count += 1
        id_ = f"c{self.count}"
        command = c.EnterConversation(
            id_,
            chance.choice(world.setting_queues),
            chance.choice(("chat", "chat", "mail", "call")),
            "ingest:i",
            priority=chance.choice((0, 0, 3)),
            skills={"german": 2} if chance.random() < 0.15 else {},
            preferred_agent=f"a{chance.randrange(6)}" if chance.random() < 0.15 else None,
            fingerprint=id_,
        )
        witness = world.witness
        witness.entered[id_] = "unknown"
        answer = await self.insist(command, times=4)
        if answer is not None:
            witness.entered[id_] = "ok" if answer.refusal is None else "refused"
        if chance.random() < 0.03:
            other = await self.ask(replace(command, fingerprint="other"))
            known = isinstance(other, Answer) and other.refusal is None
            if known and answer is not None and answer.refusal is None:
                witness.fault("S2", f"{id_} was entered twice with different bodies")
            elif known:
                witness.entered[id_] = "ok"
        if chance.random() < 0.3:
            await asyncio.sleep(chance.expovariate(1 / 15.0))
            await self._leave(id_)

    async def _leave(self, id_: str) -> None:
        abandoned = self._chance.random() < 0.8
        answer = await self.insist(c.CancelConversation(id_, abandoned, "left", "ingest:i"), 5)
        if answer is not None and answer.refusal is None:
            self._world.witness.canceled[id_] = "abandoned" if abandoned else "canceled"


class Monkey:
    """Commands of every kind about anything."""

    def __init__(self, world: World, chance: Random) -> None:
        self._world, self._chance = world, chance
        self._keys = self._made = 0

    def _id(self, known: Any, other: str) -> str:
        ids = [*known]
        return self._chance.choice(ids) if ids and self._chance.random() < 0.93 else other

    def command(self) -> c.Command | None:
        """The next; None when nobody can be asked what there is."""
        node = self._world.owner()
        if node is None:
            return None
        state, chance = node.router.state, self._chance
        talk = self._id(state.conversations, "c-none")
        queue, agent = self._id(state.queues, "q-none"), self._id(state.agents, "a-none")
        by, why = "supervisor:s", "because"
        makers: list[Callable[[], c.Command]] = [
            lambda: c.MoveConversation(talk, queue, chance.random() < 0.5, why, by),
            lambda: c.AssignConversation(talk, agent, why, by),
            lambda: c.RequeueConversation(talk, why, by),
            lambda: c.ReleaseConversation(talk, why, by),
            lambda: c.PrioritizeConversation(talk, chance.randint(0, 9), why, by),
            lambda: c.CloseConversation(talk, why, by),
            lambda: c.QuarantineConversation(talk, why, "evidence", by),
            lambda: c.NoteActivity(talk, chance.random() < 0.5, by),
            lambda: c.CancelConversation(talk, False, why, by),
            lambda: c.SetPresence(agent, self._presence(state), why, by, chance.random() < 0.3),
            lambda: c.SetQueueStatus(queue, chance.choice(STATES), why, by),
            lambda: c.SweepQueue(queue, by),
            *self._of_supervision(state, queue, agent, by),
            *self._of_configuration(state, queue, agent, by),
        ]
        return chance.choice(makers)()

    def _of_supervision(
        self, state: Any, queue: str, agent: str, by: str
    ) -> list[Callable[[], c.Command]]:
        chance, why = self._chance, "because"
        now, text = self._world.now_ms(), "please look"
        to = chance.choice(((queue, None), (None, agent), (None, None)))
        login = chance.choice(("login-1", "login-2"))
        message = self._id(state.broadcasts, "m-none")
        return [
            lambda: c.EndLogin(login, "k1", now + chance.randint(-5, 60_000), by),
            lambda: c.SignOutAgent(agent, why, by),
            lambda: c.FreezeRepairs(chance.randint(1_000, 20_000), why, by),
            lambda: c.ThawRepairs(why, by),
            lambda: c.SendBroadcast(text, to[0], to[1], chance.randint(1_000, 30_000), by),
            lambda: c.WithdrawBroadcast(message, by),
        ]

    def _presence(self, state: Any) -> str:
        return self._chance.choice(
            ("available", "available", "away", "offline", self._id(state.presences, "p-none"))
        )

    def _of_configuration(
        self, state: Any, queue: str, agent: str, by: str
    ) -> list[Callable[[], c.Command]]:
        chance, world = self._chance, self._world
        number = chance.randrange(1, len(world.setting.agents))
        queues = list(world.setting.queues)
        presence = PresenceSettings(
            name="P", presence=chance.choice([*Presence]), channels=chance.choice((None, ["chat"]))
        )
        version = chance.randint(1, max(state.version, 1) + 1)
        return [
            lambda: c.PutQueue(queues[-1], setting.queue(chance, len(queues) - 1), by),
            lambda: c.PutAgent(f"a{number}", setting.agent(chance, number, queues), by),
            lambda: c.RemoveQueue(self._id([queues[-1]], "q-none"), by),
            lambda: c.RemoveAgent(agent if agent != setting.SOLID else "a-none", by),
            lambda: c.PutPresence("lunch", presence, by),
            lambda: c.RemovePresence(self._id(["lunch"], "p-none"), by),
            lambda: c.UndoConfig(version, by),
            partial(self._new_key, by),
            lambda: c.RevokeKey(self._id(state.keys, "k-none"), by),
        ]

    def _new_key(self, by: str) -> c.Command:
        self._keys += 1
        name, sha = f"k{self._keys}", self._world.sha256_of(f"key-{self._keys}")
        return c.CreateKey(name, name, "agent", sha, None, by)

    async def run(self, desk: Desk, every_s: float) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / every_s))
            command = self.command()
            if command is not None and not reserved_in(command):
                await desk.ask(command)

    async def stir(self, every_s: float) -> None:
        """People do on their pages whatever they please, for ever."""
        chance, world = self._chance, self._world
        while True:
            await asyncio.sleep(chance.expovariate(1 / every_s))
            node = world.owner()
            if node is None:
                continue
            state, page = node.router.state, world.any_page(chance)
            talk = self._id(state.conversations, "c-none")
            if isinstance(page, BoardPage):
                page.act(
                    talk, self._id(world.setting_queues, "q-none"), self._id(state.agents, "a-none")
                )
            elif chance.random() < 0.6:
                page.pull(talk if chance.random() < 0.5 else None)
            else:
                page.go(self._presence(state), after_work=chance.random() < 0.5)
