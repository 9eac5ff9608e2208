"""Real gateways: sessions outlive them, they do not outlive their server, a frozen one is ended."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from tests.conformance.desk import Desk, offered, take
from tests.conformance.process import Server
from tests.waiting import poll_until


def gateways(server: Server) -> list[int]:
    """The pids of the living gateways."""
    return [pid for pid in server.children() if b"gateway" in command_of(pid).split(b"\0")]


def command_of(pid: int) -> bytes:
    """What a process was started with; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


async def test_an_agent_goes_on_through_another_gateway(desk: Desk) -> None:
    server = desk.server
    before = gateways(server)
    assert len(before) == 2
    queue = await desk.queue(offer={"timeout_ms": 120_000})
    anna = await desk.agent("anna", queue, chats=2)
    socket = await desk.online(anna)
    await take(socket, held := await desk.create(queue))
    offer = await offered(socket, await desk.create(queue))
    where = socket.resume()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    await socket.closed()
    await poll_until(lambda: len(gateways(server)) == 2, "both are started again")
    assert not set(before) & set(gateways(server))
    await desk.moved()
    back = await desk.connect(anna, resume=where)
    assert back.hello["mode"] == "replay", "the session was not the gateway's"
    await back.do("accept", offer=offer["id"])
    await back.do("complete", conversation=held)
    metrics = (await desk.api.get("/metrics")).text
    assert 'interlock_gateway_ends_total{gateway="0"}' in metrics


async def test_a_frozen_one_is_ended_and_another_takes_its_place(desk: Desk) -> None:
    frozen, other = gateways(desk.server)
    os.kill(frozen, signal.SIGSTOP)
    await poll_until(lambda: frozen not in gateways(desk.server), within_s=60)
    await poll_until(lambda: len(gateways(desk.server)) == 2)
    assert other in gateways(desk.server)
    await asyncio.gather(*(desk.board() for _ in range(10)))


async def test_they_end_with_a_server_that_is_killed(desk: Desk) -> None:
    pids = gateways(desk.server)
    queue = await desk.queue()
    socket = await desk.online(await desk.agent("anna", queue))
    desk.server.kill()
    assert await socket.closed() == 1012
    await poll_until(lambda: not any(map(command_of, pids)), "no gateway is left")
    assert desk.server.start().stop() == 0
