"""A conversation of the server's own, every few seconds, the whole way to an offer on a socket.

Inbox, decision, append, release, push: measured from handing it in until the frame is handed to the
socket, of which the canary has one of its own in this process. So a slow or blocked way is noticed
when no customer is there to suffer it. The rule: it is an ordinary conversation inside and is left
out of everything that is shown (``wire.reserved``); its newest conversation is never ended, since
its number counts them. MUST NOT fail the server: what goes wrong is counted and told.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable

from app.domain import commands as c
from app.domain.settings import AgentSettings, NoAnswerRule, OfferRule, QueueSettings
from app.domain.words import Connection, Presence
from app.shell.hub import Hub
from app.shell.meter import Meter
from app.shell.router import Router
from app.shell.session import Session, Speaker
from app.shell.work import Answer, Trouble
from app.wire.reserved import CANARY, canary_conversations, number_of

log = logging.getLogger(__name__)
BY = "canary"
LATE = "canary_late"
LATE_S, GIVE_UP_S = 2.0, 5.0
LATE_TIMES = 2
CHANNEL = "canary"
QUEUE = QueueSettings(
    name="Canary", offer=OfferRule(timeout_ms=60_000), no_answer=NoAnswerRule(streak=0)
)
AGENT = AgentSettings(name="Canary", queues={CANARY: 1}, capacity={CHANNEL: 4})


class Perch:
    """A socket that hears offers and answers pings."""

    backlog = 0

    def __init__(self, hear: Callable[[str, str], None], answer: Callable[[int], None]) -> None:
        self.open = True
        self._hear, self._answer = hear, answer

    def send(self, text: str) -> None:
        """A frame for it."""
        frame = json.loads(text)
        if frame["type"] == "offer":
            self._hear(frame["offer"]["conversation"], frame["offer"]["id"])
        elif frame["type"] == "ping":
            self._answer(frame["ping"])

    def close(self, code: int, reason: str) -> None:
        """It is over; the next round takes another."""
        self.open = False

    async def ended(self) -> None:
        """Nothing is queued."""


class Canary:
    """One node's. ``every_ms`` between two rounds."""

    def __init__(self, router: Router, hub: Hub, meter: Meter, every_ms: int) -> None:
        self._router, self._hub, self._meter = router, hub, meter
        self._every_s, self._give_up_s = every_ms / 1000, GIVE_UP_S
        self._perch: Perch | None = None
        self._session: Session | None = None
        self._offers: dict[str, tuple[float, str]] = {}
        self._heard = asyncio.Event()
        self._late = 0

    async def run(self) -> None:
        """Sing until cancelled."""
        while True:
            await asyncio.sleep(self._every_s)
            await self.sing()

    async def sing(self) -> float | None:
        """One round: seconds from entering to the push; None when there was none to measure."""
        if not self._router.health().ready:
            return None
        try:
            await self._be_there()
            took_s = await self._ask()
        except Trouble as trouble:
            # A store that is away is told by others; a refused or lost round is ours.
            log.warning("the canary's round failed: %s", trouble)
            self._meter.count("canary_failed_total")
            return None
        self._note(took_s)
        return took_s

    async def _be_there(self) -> None:
        """Queue, agent, socket and presence, whatever became of the last ones. Raises Trouble."""
        router = self._router
        queue, agent = router.state.queues.get(CANARY), router.state.agents.get(CANARY)
        if queue is None or queue.settings != QUEUE:
            await router.submit(c.PutQueue(CANARY, QUEUE, BY))
        if agent is None or agent.settings != AGENT:
            await router.submit(c.PutAgent(CANARY, AGENT, BY))
        if self._perch is None or not self._perch.open:
            self._join()
        agent = router.state.agents[CANARY]
        if agent.connection is not Connection.CONNECTED:
            await router.submit(c.ConnectAgent(CANARY))
        if agent.presence is not Presence.AVAILABLE:
            await router.submit(c.SetPresence(CANARY, Presence.AVAILABLE, "", BY))

    def _join(self) -> None:
        if self._perch is not None and self._session is not None:
            self._hub.leave(self._session, self._perch, self._router.now_ms())
        perch = Perch(self._hear, self._pong)
        speaker = Speaker("agent", f"agent:{CANARY}", CANARY, "")
        now, gen = self._router.now_ms(), self._router.state.gen
        self._session = self._hub.join(speaker, perch, None, gen, now).session
        self._perch = perch

    def _hear(self, conversation: str, offer: str) -> None:
        self._offers[conversation] = (asyncio.get_running_loop().time(), offer)
        self._heard.set()

    def _pong(self, ping: int) -> None:
        if self._session is not None:
            self._hub.pong(self._session, ping, self._router.now_ms())

    async def _ask(self) -> float | None:
        """Enter the next, wait for its offer, take it, end those before it. Raises Trouble."""
        router, loop = self._router, asyncio.get_running_loop()
        before = canary_conversations(router.state)
        number = max(map(number_of, before), default=0) + 1
        id_ = f"{CANARY}.{number}"
        self._offers.clear()
        self._heard.clear()
        started = loop.time()
        await router.submit(c.EnterConversation(id_, CANARY, CHANNEL, BY))
        heard = await self._hear_of(id_)
        if heard is not None:
            await router.submit(c.AcceptOffer(heard[1], CANARY))
        for old in before:
            await router.submit(c.CloseConversation(old, "", BY))
        return None if heard is None else heard[0] - started

    async def _hear_of(self, conversation: str) -> tuple[float, str] | None:
        try:
            async with asyncio.timeout(self._give_up_s):
                while conversation not in self._offers:
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            return None
        return self._offers[conversation]

    def _note(self, took_s: float | None) -> None:
        """Count it; late twice in a row is an incident until one is in time."""
        if took_s is None:
            self._meter.count("canary_failed_total")
        else:
            self._meter.observe("canary_seconds", took_s)
        late = took_s is None or took_s > LATE_S
        self._late = self._late + 1 if late else 0
        if not late:
            self._resolve()
        elif self._late >= LATE_TIMES:
            took = f"{took_s:.1f} s" if took_s is not None else f"more than {GIVE_UP_S:.0f} s"
            text = (
                f"From entering to the offer on a socket took {took}, {self._late} times in a row."
            )
            since = self._router.now_ms() - round(self._late * self._every_s * 1000)
            self._router.post(c.OpenIncident(LATE, since, text), _told)

    def _resolve(self) -> None:
        for id_, incident in self._router.state.incidents.items():
            if incident.cause == LATE and not incident.resolved_at:
                done = c.ResolveIncident(id_, "The canary is in time again.", BY)
                self._router.post(done, _told)


def _told(_: Answer | Trouble) -> None:
    """The next round says it again."""
