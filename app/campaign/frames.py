"""Frames of every kind at ``/ws``: right ones, spoilt ones, and bytes that are none.

What a right frame is comes from the served ``/asyncapi.json`` alone. Whatever is sent, a frame that
can be answered is answered once, a socket ends with a code that says why, and nothing is left. MUST
share no code with what reads the frames.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.campaign.machine import ADMIN_KEY, Server, Store
from app.campaign.spoiling import Grammar
from app.campaign.tally import left_over, tally_of

Json = dict[str, Any]
BATCH: Final = 40
LINES: Final = 6
ANSWER_S: Final = 30.0
ENDS: Final = frozenset({1000, 1002, 1003, 1007, 1009, 4001, 4009, 4500, 4501, 4502, 4503, 4506})
"""How a socket may end that is sent such things. Not among them: 1011, a fault of the server, and
1006, which is no end at all."""
OPEN_TO_ALL: Final = {
    "INTERLOCK_LIMITS__FRAMES_PER_S": "10000000",
    "INTERLOCK_LIMITS__FRAMES_BURST": "10000000",
    "INTERLOCK_LIMITS__NEW_SOCKETS_PER_USER": "10000000",
    "INTERLOCK_LIMITS__OUTBOX_FRAMES_MAX": "100000",
    "INTERLOCK_LIMITS__OUTBOX_BYTES_MAX": "100000000",
    "INTERLOCK_SNAPSHOTS__FOLLOWER": "false",
}
"""The rates are not what is attacked here."""


@dataclass
class Fuzzed:
    """What came of it."""

    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    ends: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


async def campaign(seed: int, count: int, say: Callable[[Fuzzed], None]) -> Fuzzed:
    """Send so many frames to a server of our own."""
    fuzzed = Fuzzed()
    async with Store(fsync="everysec") as store:
        server = Server(store.folder, store, OPEN_TO_ALL)
        await server.start()
        try:
            before = await tally_of(server)
            ground = await _settle(server.base)
            lines = [
                _Line(server.base, ground, Grammar(ground.document, random.Random(f"{seed} {n}")))
                for n in range(LINES)
            ]
            while fuzzed.sent < count and not fuzzed.faults:
                await asyncio.gather(*(line.batch(fuzzed) for line in lines))
                say(fuzzed)
            for line in lines:
                await line.leave()
            fuzzed.faults += await left_over(server, before)
        finally:
            await server.end()
    return fuzzed


@dataclass
class _Ground:
    document: Json
    ids: dict[str, list[str]]
    agents: list[str]


async def _settle(base: str) -> _Ground:
    """Things for the commands to be about."""
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx2.AsyncClient(base_url=base, headers=headers, trust_env=False) as http:
        document = (await http.get("/asyncapi.json")).json()
        queues, agents = ["billing", "sales"], [f"agent-{n}" for n in range(LINES)]
        for queue in queues:
            await http.put(f"/v1/queues/{queue}", json={"name": queue})
        for agent in agents:
            await http.put(
                f"/v1/agents/{agent}",
                json={"name": agent, "queues": dict.fromkeys(queues, 1), "capacity": {"chat": 9}},
            )
        conversations = [f"c-{n}" for n in range(40)]
        for conversation in conversations:
            body = {"id": conversation, "queue": queues[len(conversation) % 2]}
            (await http.post("/v1/conversations", json=body)).raise_for_status()
    ids = {"queue": queues, "agent": agents, "conversation": conversations, "offer": []}
    return _Ground(document, ids, agents)


class _Line:
    """One socket after another, an agent's or a supervisor's by turns."""

    def __init__(self, base: str, ground: _Ground, grammar: Grammar) -> None:
        self._base, self._ground, self._grammar = base, ground, grammar
        self._wire: ClientConnection | None = None
        self._role = "agent"
        self._number = 0

    async def batch(self, fuzzed: Fuzzed) -> None:
        """Some frames and one that is certainly answered; then everything they got is looked at."""
        if self._wire is None:
            await self._open(fuzzed)
            return
        wire, owed = self._wire, {}
        try:
            for _ in range(BATCH):
                self._number += 1
                ref = f"f{self._number}"
                data, answered = self._grammar.frame(self._role, ref, self._ground.ids)
                if answered:
                    owed[ref] = data
                fuzzed.sent += 1
                await wire.send(data, text=True)
            end = f"end{self._number}"
            await wire.send(json.dumps({"type": "no such command", "ref": end}), text=True)
            await self._read(fuzzed, wire, owed, end)
        except ConnectionClosed:
            self._closed(fuzzed, wire)

    async def leave(self) -> None:
        """Close the socket."""
        if self._wire is not None:
            await self._wire.close()

    async def _read(
        self, fuzzed: Fuzzed, wire: ClientConnection, owed: dict[str, Any], end: str
    ) -> None:
        seen = False
        try:
            async with asyncio.timeout(ANSWER_S):
                while owed or not seen:
                    frame = json.loads(await wire.recv())
                    if frame["type"] == "ping":
                        await wire.send(json.dumps({"type": "pong", "ping": frame["ping"]}))
                    elif frame["type"] == "offer":
                        self._ground.ids["offer"][-20:] = [frame["offer"]["id"]]
                    elif frame["type"] == "reply" and frame["ref"] == end:
                        seen = True
                    elif frame["type"] == "reply":
                        self._count(fuzzed, frame, owed)
        except TimeoutError:
            fuzzed.faults += [f"no answer to {ref}: {data!r}"[:400] for ref, data in owed.items()]

    def _count(self, fuzzed: Fuzzed, frame: Json, owed: dict[str, Any]) -> None:
        code = "ok" if frame["ok"] else frame["code"]
        fuzzed.answers[code] += 1
        sent = owed.pop(frame["ref"], None) if isinstance(frame["ref"], str) else None
        if code == "internal":
            fuzzed.faults.append(f"internal: {frame} to {sent!r}"[:400])

    def _closed(self, fuzzed: Fuzzed, wire: ClientConnection) -> None:
        code = wire.close_code or 1006
        fuzzed.ends[code] += 1
        self._wire = None
        if code not in ENDS:
            fuzzed.faults.append(f"a socket ended with {code} {wire.close_reason}")

    async def _open(self, fuzzed: Fuzzed) -> None:
        self._role = "supervisor" if self._role == "agent" else "agent"
        agent = self._grammar.chance.choice(self._ground.agents)
        about = {"agent": agent} if self._role == "agent" else {}
        headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
        async with httpx2.AsyncClient(
            base_url=self._base, headers=headers, trust_env=False
        ) as http:
            got = await http.post("/v1/tickets", json={"role": self._role, **about})
        wire = await connect(
            self._base.replace("http", "ws", 1) + "/ws",
            subprotocols=[Subprotocol("interlock.v1")],
            compression=None,
            ping_interval=None,
            max_size=None,
            proxy=None,
        )
        hello = {"type": "hello", "ref": "h", "ticket": got.json()["ticket"]}
        fuzzed.sent += 1
        whole = json.dumps(hello)
        spoils = self._grammar.chance.random() < 0.2
        first = self._grammar.spoil(whole)[0] if spoils else whole
        try:
            await wire.send(first, text=True)
            async with asyncio.timeout(ANSWER_S):
                while json.loads(await wire.recv())["type"] != "snapshot":
                    pass
        except ConnectionClosed:
            self._closed(fuzzed, wire)
        else:
            self._wire = wire
