"""Two teams in one workspace. What is of the other team carries the word SECRET in its name."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from app.domain import commands as c
from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from tests.edge.front import Front, Json, open_front, said

SECRET = "xenon"
OWN, FOREIGN = "ours", "theirs-xenon"
BOTH, STRANGER = "both", "zed-xenon"
PERSON = "Mallory Marker"
CUSTOMER = {"name": PERSON, "mail": "marker@example.test"}
TOLD = {"customer": CUSTOMER, "subject": f"{PERSON} asks", "attributes": {"who": PERSON}}


class Office:
    """A front with two furnished teams; ids of what there is of the other team."""

    def __init__(self, front: Front) -> None:
        self.front, self.api, self.node = front, front.api, front.node

    async def furnish(self) -> None:
        ask = self.node.router.submit
        await ask(c.FinalizeFormat(2, "admin:test"))
        await ask(c.PutPresence("lunch", PresenceSettings(name="Lunch"), "admin:test"))
        for queue in (OWN, FOREIGN):
            await ask(c.PutQueue(queue, QueueSettings(name=queue), "admin:test"))
        members = {"ann": (OWN,), BOTH: (OWN, FOREIGN), STRANGER: (FOREIGN,)}
        for agent, queues in members.items():
            settings = AgentSettings(name=agent, queues=dict.fromkeys(queues, 1))
            await ask(c.PutAgent(agent, settings, "admin:test"))
            await ask(c.ConnectAgent(agent))
        for id_, queue in (("c-ours", OWN), ("c-more", OWN), ("c-xenon", FOREIGN)):
            await self.front.enter(id_, queue, **TOLD)
        await ask(c.EnterConversation("held-xenon", FOREIGN, "chat", "admin:test"))
        await ask(c.AssignConversation("held-xenon", BOTH, "", "admin:test"))
        await ask(c.QuarantineConversation("c-xenon", "odd", "x-xenon", "system"))
        for queue, agent, cause in ((OWN, None, "queue_stalled"), (FOREIGN, None, "queue_stalled")):
            evidence = {"queue": queue}
            await ask(c.OpenIncident(cause, 1, f"{queue} stands", queue, None, agent, evidence))
        for text, queue in (("to us", OWN), ("to them: xenon", FOREIGN), ("xenon to all", None)):
            await ask(c.SendBroadcast(text, queue, None, 3_600_000, "admin:test"))

    @property
    def foreign_incident(self) -> str:
        known = self.node.router.state.incidents.values()
        return next(one.id for one in known if one.queue == FOREIGN)

    @property
    def own_incident(self) -> str:
        known = self.node.router.state.incidents.values()
        return next(one.id for one in known if one.queue == OWN)

    @property
    def foreign_broadcast(self) -> str:
        known = self.node.router.state.broadcasts.values()
        return next(one.id for one in known if one.queue == FOREIGN)

    async def made(self, role: str = "supervisor", **limits: Any) -> Json:
        """A key with limits."""
        return dict(said(await self.api.post("/v1/keys", json={"role": role, **limits}), 201))

    async def lead(self) -> httpx2.AsyncClient:
        """A supervisor of our own team only."""
        return self.front.client((await self.made(queues=[OWN]))["key"])


@contextlib.asynccontextmanager
async def open_office(**settings: Any) -> AsyncIterator[Office]:
    """The office, furnished."""
    async with open_front(**settings) as front:
        office = Office(front)
        await office.furnish()
        yield office
