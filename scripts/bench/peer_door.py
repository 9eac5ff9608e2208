"""The whole server behind the door that the peers' load client knocks at.

    python -m scripts.bench.peer_door PORT REDIS_URL AGENTS

The client knows three messages: it says ``produce``, takes an ``offer`` and says ``accept``, and
waits for an ``ack``. Here each of its sockets is an agent's: it gets a ticket over the API, says
hello, is offered conversations by the rules (skills, levels, capacity, timers), says ``received``
and ``accept`` for each offer, and completes it. What is translated costs this server, not the
peers. MUST leave nothing out that a served agent has: identity, sessions, log, board, metrics,
watchdog, canary and the follower process are all on.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from app.config import load
from app.domain import commands as c
from app.domain.settings import AgentSettings, QueueSettings, Ring
from app.domain.words import Presence
from app.edge.server import build_server, listen
from app.main.mark import mark_of
from app.main.node import Node
from app.main.stores import open_store

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

KEY = "bench-admin-key-0123456789abcdef"
QUEUES = 10
RINGS = [Ring(after_ms=0, max_level=1), Ring(after_ms=5_000, max_level=3)]
SKILLS: list[dict[str, int]] = [{}, {"german": 1}]
OFFER, REPLY = '{"type":"offer",', '{"type":"reply"'
HEADERS = [(b"authorization", b"Bearer " + KEY.encode()), (b"host", b"127.0.0.1")]


class Door:
    """Translates; ``node`` is the server."""

    def __init__(self, node: Node, agents: int) -> None:
        self._node = node
        self._agents = itertools.cycle(f"a{n}" for n in range(agents))
        self._numbers = itertools.count()
        self._left = 0
        self._producer: asyncio.Task[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._node.app(scope, receive, send)

    async def _socket(self, scope: Message, receive: Receive, send: Send) -> None:
        agent = next(self._agents)
        asked = {"role": "agent", "agent": agent}
        ticket = (await self._call("POST", "/v1/tickets", asked))["ticket"]
        hello = {"type": "hello", "ref": 0, "ticket": ticket}
        waiting: deque[str] = deque()
        offers: dict[str, tuple[str, int]] = {}
        greeted = False

        async def from_client() -> Message:
            nonlocal greeted
            if waiting:
                return {"type": "websocket.receive", "text": waiting.popleft()}
            message = await receive()
            if message["type"] == "websocket.connect":
                waiting.append(orjson.dumps(hello).decode())
                return message
            text = message.get("text")
            if text is None:
                return message
            said = orjson.loads(text)
            if "cmd" in said:
                self._produce(said)
                return {"type": "websocket.receive", "text": '{"type":"pong","ping":0}'}
            offer = said["id"]
            waiting.append(f'{{"type":"accept","ref":"{offer}","offer":"{offer}"}}')
            received = f'{{"type":"received","ref":"r","offer":"{offer}"}}'
            return {"type": "websocket.receive", "text": received}

        async def to_client(message: Message) -> None:
            text = message.get("text")
            if text is None:
                await send(
                    {**message, "subprotocol": None} if "subprotocol" in message else message
                )
                return
            if text.startswith(OFFER):
                offer = orjson.loads(text)["offer"]
                offers[offer["id"]] = offer["conversation"], offer["customer"]["ts"]
            elif text.startswith(REPLY):
                ref = orjson.loads(text)["ref"]
                taken = offers.pop(ref, None) if isinstance(ref, str) else None
                if taken is not None:
                    conversation, began = taken
                    ack = f'{{"type":"ack","id":"{ref}","ts":{began}}}'
                    await send({"type": "websocket.send", "text": ack})
                    self._acknowledged(conversation, agent)
                    return
            await send(message)

        inner = {**scope, "path": "/ws", "raw_path": b"/ws", "subprotocols": ["interlock.v1"]}
        await self._node.app(inner, from_client, to_client)

    def _produce(self, said: Message) -> None:
        if "outstanding" in said:
            self._left = said["n"] - said["outstanding"]
            for _ in range(said["outstanding"]):
                self._enter()
        else:
            self._left = 0
            self._producer = asyncio.create_task(self._at_rate(said["n"], said["per_s"]))

    async def _at_rate(self, count: int, per_s: float) -> None:
        began, done = time.monotonic(), 0
        while done < count:
            due = min(count, int((time.monotonic() - began) * per_s))
            for _ in range(due - done):
                self._enter()
            done = due
            await asyncio.sleep(0.001)

    def _enter(self) -> None:
        n = next(self._numbers)
        command = c.EnterConversation(
            f"c{n}",
            f"q{n % QUEUES}",
            "chat",
            "ingest:bench",
            skills=SKILLS[n // QUEUES % len(SKILLS)],
            customer={"name": "Ana Example", "ts": time.monotonic_ns()},
            subject=f"Order {n} has not arrived",
            attributes={"order": f"{n:08d}", "page": "/orders"},
            fingerprint=str(n),
        )
        self._node.router.post(command, lambda _: None)

    def _acknowledged(self, conversation: str, agent: str) -> None:
        self._node.router.post(c.CompleteConversation(conversation, agent), lambda _: None)
        if self._left > 0:
            self._left -= 1
            self._enter()

    async def _call(self, method: str, path: str, body: Message) -> Message:
        """Ask the API as a program would, without a network between."""
        said: list[Message] = []
        headers = [*HEADERS, (b"content-type", b"application/json")]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "scheme": "http",
            "http_version": "1.1",
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 1),
        }

        async def receive() -> Message:
            return {"type": "http.request", "body": orjson.dumps(body), "more_body": False}

        async def send(message: Message) -> None:
            said.append(message)

        await self._node.app(scope, receive, send)
        assert said[0]["status"] < 300, said
        answer: Message = orjson.loads(b"".join(part.get("body", b"") for part in said[1:]))
        return answer


async def furnish(node: Node, agents: int) -> None:
    """Ten queues; every agent in one of them, half with a skill, all of them available."""
    for q in range(QUEUES):
        queue = QueueSettings(name=f"Queue {q}", rings=RINGS)
        await node.router.submit(c.PutQueue(f"q{q}", queue, "bench"))
    for a in range(agents):
        staff = AgentSettings(
            name=f"Agent {a}",
            queues={f"q{a % QUEUES}": 1 + a // QUEUES % 2},
            skills={"german": 2},
            capacity={"chat": 2},
        )
        await node.router.submit(c.PutAgent(f"a{a}", staff, "bench"))
        presence = c.SetPresence(f"a{a}", Presence.AVAILABLE, "", f"agent:a{a}")
        await node.router.submit(presence)


async def serve(port: int, url: str, agents: int) -> None:
    """Until it is ended from outside."""
    env = {
        "INTERLOCK_AUTH__ADMIN_KEY": KEY,
        "INTERLOCK_REDIS__URL": url,
        "INTERLOCK_EMBEDDED__DATA": tempfile.mkdtemp(prefix="interlock-bench-"),
        # A load client's agent does in a second what a person does in ten minutes.
        "INTERLOCK_LIMITS__FRAMES_PER_S": "10000",
        "INTERLOCK_LIMITS__FRAMES_BURST": "10000",
        "INTERLOCK_LIMITS__PROGRAM_CALLS_PER_S": "100000",
        "INTERLOCK_LIMITS__PROGRAM_CALLS_BURST": "100000",
        "INTERLOCK_LIMITS__ADMISSIONS_PER_S": "100000",
        "INTERLOCK_RETENTION__ENDED_MS": "10000",
        # The client answers no ping of the protocol.
        "INTERLOCK_SESSION__LOST_AFTER_MS": "600000",
    }
    settings = load(None, env=env)
    async with open_store(settings) as (store, force):
        node = Node(settings, store, os.urandom(32), mark_of(settings))
        await node.open(force=force)
        async with node.running():
            await furnish(node, agents)
            edge = build_server(Door(node, agents), node.guard, backlog=4_096, stop_s=1)
            await edge.serve([listen("127.0.0.1", port, 4_096)])


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
