"""The load's own WebSocket against that of a library: both sides have to agree on every frame."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from app.load.line import SUBPROTOCOL, Line
from tests.waiting import poll_until


@dataclass
class Heard:
    texts: list[bytes] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    server: list[ServerConnection] = field(default_factory=list)
    said: list[str | bytes] = field(default_factory=list)


@asynccontextmanager
async def talking() -> AsyncIterator[tuple[Line, Heard]]:
    heard = Heard()

    async def answer(connection: ServerConnection) -> None:
        heard.server.append(connection)
        async for message in connection:
            heard.said.append(message)

    protocols = [Subprotocol(SUBPROTOCOL)]
    async with serve(answer, "127.0.0.1", 0, subprotocols=protocols, ping_interval=None) as server:
        port = server.sockets[0].getsockname()[1]
        _, line = await asyncio.get_running_loop().create_connection(
            lambda: Line(f"http://127.0.0.1:{port}", heard.texts.append, heard.codes.append),
            "127.0.0.1",
            port,
        )
        await line.opened
        await poll_until(lambda: heard.server)
        yield line, heard
        line.drop()


async def test_frames_of_every_size_arrive_whole_in_both_directions() -> None:
    sizes = (0, 1, 125, 126, 65_535, 65_536, 300_000)
    async with talking() as (line, heard):
        assert heard.server[0].subprotocol == SUBPROTOCOL
        for size in sizes:
            await heard.server[0].send(b"x" * size, text=True)
            line.say(b"y" * size)
        await poll_until(lambda: len(heard.texts) == len(heard.said) == len(sizes))
        assert [len(text) for text in heard.texts] == [*sizes]
        assert [len(text) for text in heard.said] == [*sizes]


async def test_fragments_are_put_together_and_a_ping_is_answered() -> None:
    async with talking() as (_, heard):
        await heard.server[0].send([b"one ", b"two ", b"three"], text=True)
        await poll_until(lambda: heard.texts)
        assert heard.texts == [b"one two three"]
        await asyncio.wait_for(await heard.server[0].ping(), 20)


async def test_the_close_code_is_told_once() -> None:
    async with talking() as (line, heard):
        await heard.server[0].close(4009, "slow")
        await poll_until(lambda: heard.codes)
        line.drop()
        await asyncio.sleep(0)
        assert heard.codes == [4009]


async def test_a_dropped_line_ends_without_a_code_and_says_nothing_more() -> None:
    async with talking() as (line, heard):
        line.drop()
        line.say(b"too late")
        await poll_until(lambda: heard.codes)
        assert heard.codes == [1006]
        await poll_until(lambda: heard.server[0].close_code)
        assert heard.said == []


async def test_a_frozen_line_hears_nothing_until_it_thaws() -> None:
    async with talking() as (line, heard):
        line.freeze()
        await heard.server[0].send("late")
        line.say(b"still speaks")
        await poll_until(lambda: heard.said)
        assert heard.texts == []
        line.thaw()
        await poll_until(lambda: heard.texts)
        assert heard.texts == [b"late"]


async def test_a_refused_handshake_is_an_error_and_an_end() -> None:
    codes: list[int] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        _, line = await asyncio.get_running_loop().create_connection(
            lambda: Line(f"http://127.0.0.1:{port}", lambda _: None, codes.append),
            "127.0.0.1",
            port,
        )
        with pytest.raises(OSError, match="503"):
            await line.opened
        await poll_until(lambda: codes)
        assert codes == [1006]
