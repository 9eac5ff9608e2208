"""Servers that misbehave by script: HTTP answers from a list, WebSocket sessions by a function.

They stand where the real server cannot be made to fail on demand.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from app.clients.agent import AgentClient, Connecting
from app.clients.http import ApiClient, Persistence
from app.clients.journal import MemoryJournal

EAGER = Persistence(give_up_s=20.0, base_s=0.001, cap_s=0.005)
Reply = bytes | None
"""What the server answers: raw bytes, or None to cut the connection after reading the request."""


def answer(status: int, body: object = None, **headers: str) -> bytes:
    content = orjson.dumps(body if body is not None else {})
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Scripted:
    """Answers requests from a list, in order; keeps what was asked."""

    def __init__(self, replies: list[Reply]) -> None:
        self.replies = replies
        self.asked: list[tuple[str, dict[str, object]]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    (
                        int(line[15:])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length:")
                    ),
                    0,
                )
                body = await reader.readexactly(length)
                self.asked.append((head.split(b"\r\n")[0].decode(), orjson.loads(body or b"{}")))
                reply = self.replies.pop(0)
                if reply is None:
                    break
                writer.write(reply)
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        writer.close()


@asynccontextmanager
async def scripted(
    *replies: Reply, persistence: Persistence = EAGER
) -> AsyncIterator[tuple[ApiClient, Scripted]]:
    script = Scripted(list(replies))
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with ApiClient(
        f"http://127.0.0.1:{port}/", "key", persistence=persistence, seed=1
    ) as api:
        yield api, script
    server.close()


class Peer:
    """The server's end of one scripted session."""

    def __init__(self, socket: ServerConnection, number: int) -> None:
        self._socket = socket
        self.number = number
        self.seq = 0

    async def hear(self) -> dict[str, Any]:
        """The next frame of the client."""
        frame: dict[str, Any] = orjson.loads(await self._socket.recv())
        return frame

    async def say(self, frame: dict[str, Any]) -> None:
        """Any frame."""
        await self._socket.send(orjson.dumps(frame), text=True)

    async def push(self, kind: str, **fields: Any) -> None:
        """A numbered push."""
        self.seq += 1
        await self.say({"type": kind, "seq": self.seq, "at": 0, **fields})

    async def reply(self, frame: dict[str, Any], ok: bool = True, **fields: Any) -> None:
        """Answer a command."""
        await self.say({"type": "reply", "ref": frame["ref"], "ok": ok, **fields})

    async def close(self, code: int) -> None:
        """End the socket."""
        await self._socket.close(code)

    async def linger(self) -> int | None:
        """Stay until the client goes; returns its close code."""
        await self._socket.wait_closed()
        return self._socket.close_code

    def cut(self) -> None:
        """Lose the connection."""
        self._socket.transport.abort()

    async def welcome(
        self, *, resumed: bool = False, offers: list[Any] | None = None, ping_ms: int = 10_000
    ) -> dict[str, Any]:
        """Hear hello and grant a session, with a snapshot unless it is resumed; returns hello."""
        hello = await self.hello()
        await self.reply(hello, **granted("replay" if resumed else "snapshot", ping_ms))
        if resumed:
            self.seq = hello["resume"]["seq"]
        else:
            await self.snapshot(offers or [])
        return hello

    async def hello(self) -> dict[str, Any]:
        """Hear hello."""
        hello = await self.hear()
        assert hello["type"] == "hello", hello
        return hello

    async def snapshot(self, offers: list[Any]) -> None:
        """Push an agent's snapshot."""
        agent = {"presence": "available", "routable": True, "why_not": []}
        await self.push("snapshot", agent=agent, offers=offers, conversations=[])


def granted(mode: str, ping_ms: int = 10_000) -> dict[str, Any]:
    """What the answer to hello grants."""
    return {"session": "s", "secret": "x", "gen": "g", "mode": mode, "ping_every_ms": ping_ms}


Script = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def agent_against(
    script: Script, *, answer_s: float = 5.0
) -> AsyncIterator[tuple[AgentClient, MemoryJournal]]:
    """An agent's client whose every connection is served by ``script``."""
    count = 0
    faults: list[BaseException] = []

    async def session(socket: ServerConnection) -> None:
        nonlocal count
        count += 1
        try:
            await script(Peer(socket, count))
        except AssertionError as fault:
            faults.append(fault)

    tickets = [answer(200, {"ticket": f"t{number}"}) for number in range(99)]
    journal = MemoryJournal()
    protocol = Subprotocol("interlock.v1")
    async with (
        serve(session, "127.0.0.1", 0, subprotocols=[protocol]) as server,
        scripted(*tickets) as (api, _),
    ):
        port = next(iter(server.sockets)).getsockname()[1]
        eager = Connecting(base_s=0.001, cap_s=0.01, answer_s=answer_s, seed=1)
        async with AgentClient(
            f"http://127.0.0.1:{port}", "key", "anna", api=api, connecting=eager, journal=journal
        ) as client:
            yield client, journal
    assert not faults, faults
