"""Promises across a crash: what was acknowledged is there, nothing is held twice, all goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx2

from .client import Json, body_of, eventually, problem
from .desk import Desk, offered, serving, take
from .process import Server

Spawn = Callable[..., Server]
Desks = Callable[[Server], Desk]
PARTS = ("waiting", "offered", "assigned", "wrapping", "ended")


async def all_closed(desk: Desk, names: list[str], within_s: float = 30) -> None:
    """Wait until every named conversation was served to its end."""

    async def probe() -> bool:
        return {(await desk.conversation(name))["state"] for name in names} == {"closed"}

    await eventually(probe, f"closed: {names}", within_s)


async def sums_up(desk: Desk, entered: int) -> None:
    """Check that the totals account for everything that ever entered."""
    totals = (await desk.board())["totals"]
    assert totals["entered"] == sum(totals[part] for part in PARTS) == entered, totals


def kept_figures(row: Json) -> Json:
    """Return what the board counted and a restart may not change."""
    return {key: row[key] for key in ("answered", "abandoned", "asa_ms", "service_level")} | {
        key: row["offers"][key] for key in ("accepted", "declined", "timed_out")
    }


def place(position: str) -> tuple[int, ...]:
    """Return a log position so that a later one is greater."""
    return tuple(map(int, position.split("-")))


async def repeats_are_known(desk: Desk, name: str, queue: str) -> None:
    """Check that a body sent before the crash is recognised after it."""
    body = {"id": name, "queue": queue, "subject": "once"}
    body_of(await desk.api.post("/v1/conversations", json=body), 200)
    problem(await desk.api.post("/v1/conversations", json={**body, "subject": "two"}), 409)


async def test_kill_9_loses_nothing_that_was_acknowledged(spawn: Spawn, desk_at: Desks) -> None:
    server = spawn()
    desk = desk_at(server)
    queue = await desk.queue(offer={"timeout_ms": 120_000})
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    hers = await desk.online(anna)
    closed = await desk.create(queue)
    await take(hers, closed)
    await hers.do("complete", conversation=closed)
    held = await desk.create(queue)
    await take(hers, held)
    his = await desk.online(bob)
    pending = await desk.create(queue)
    offer = await offered(his, pending)
    gone = desk.name("gone")
    await desk.create(queue, id=gone, subject="once")
    await desk.act(gone, "cancel", reason="abandoned")
    waiting = [await desk.create(queue, priority=number) for number in range(3)]
    before = await desk.conversation(held)
    told, figures = await desk.timeline(held), kept_figures(await desk.board_queue(queue))
    position = place((await desk.board())["position"])
    hers_where, his_where = hers.resume(), his.resume()

    server.kill()
    await asyncio.gather(hers.closed(), his.closed())
    server.start()
    await desk.moved()

    assert (await desk.conversation(closed))["state"] == "closed"
    assert (await desk.conversation(gone))["state"] == "abandoned"
    await repeats_are_known(desk, gone, queue)
    assert (await desk.timeline(held))[: len(told)] == told
    assert kept_figures(await desk.board_queue(queue)) == figures
    assert place((await desk.board())["position"]) >= position
    after = await desk.conversation(held)
    assert [after[key] for key in ("state", "agent", "enqueued_at")] == [
        "assigned",
        anna,
        before["enqueued_at"],
    ]
    for name in (pending, *waiting):
        assert (await desk.conversation(name))["state"] in ("waiting", "offered")
    hers = await desk.connect(anna, resume=hers_where)
    his = await desk.connect(bob, resume=his_where)
    await hers.do("complete", conversation=held)
    if (await his.ask("accept", offer=offer["id"]))["ok"]:
        await his.do("complete", conversation=pending)
    await hers.do("set_presence", presence="available")
    await his.do("set_presence", presence="available")
    async with serving(hers, his):
        await all_closed(desk, [held, pending, *waiting])
    await sums_up(desk, 7)


async def test_kill_9_in_the_middle_of_a_burst(spawn: Spawn, desk_at: Desks) -> None:
    server = spawn()
    desk = desk_at(server)
    queue = await desk.queue()
    agents = [await desk.agent(f"agent{number}", queue, chats=2) for number in range(3)]
    sockets = [await desk.online(agent) for agent in agents]
    granted: list[str] = []

    async def pour(lane: int) -> None:
        for number in range(10_000):
            name = desk.name(f"c{lane}.{number}")
            try:
                answer = await desk.api.post("/v1/conversations", json={"id": name, "queue": queue})
            except httpx2.TransportError:
                return
            if answer.status_code == 201:
                granted.append(name)

    accepted: list[str] = []

    async def work(index: int) -> None:
        while True:
            offer = await offered(sockets[index])
            await sockets[index].do("accept", offer=offer["id"])
            accepted.append(f"{offer['conversation']} {agents[index]}")

    tasks = [asyncio.create_task(pour(lane)) for lane in range(8)]
    workers = [asyncio.create_task(work(index)) for index in range(3)]

    async def enough() -> bool:
        return len(granted) > 200 and len(accepted) >= 4

    await eventually(enough, "a burst under way", 30)
    server.kill()
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*tasks, *workers, return_exceptions=True)
    server.start()
    await desk.moved()
    held = [name.split()[0] for name in accepted]
    for name in granted:
        state = (await desk.conversation(name))["state"]
        assert state in ("waiting", "offered", "assigned"), (name, state)
        assert name not in held or state == "assigned"
    for pair in accepted:
        name, agent = pair.split()
        assert (await desk.conversation(name))["agent"] == agent
    board = await desk.board()
    for row in board["agents"]:
        assert len(row["conversations"]) <= 2, row
    assert board["totals"]["entered"] >= len(granted)


async def test_sigterm_drains_and_closes_with_1012(spawn: Spawn, desk_at: Desks) -> None:
    server = spawn()
    desk = desk_at(server)
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    made = await desk.create(queue)
    await take(socket, made)
    boss, _ = await desk.supervisor()
    where = socket.resume()
    server.signal(signal.SIGTERM)
    draining = await socket.push("draining")
    assert draining["reconnect_in_ms"] >= 0
    await boss.push("draining")
    assert await socket.closed(30) == 1012
    assert await boss.closed(30) == 1012
    assert await asyncio.to_thread(server.wait) == 0
    server.start()
    await desk.moved()
    seen = await desk.conversation(made)
    assert (seen["state"], seen["agent"]) == ("assigned", anna)
    back = await desk.connect(anna, resume=where)
    await back.do("complete", conversation=made)
    assert (await desk.board_agent(anna))["presence"] == "available"


def store_of(server: Server) -> int:
    """Return the pid of the embedded store, a child of the server."""
    for pid in server.children():
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        if "valkey" in name or "redis" in name:
            return pid
    raise AssertionError(f"no store among the children of {server.pid}")


async def test_the_store_is_killed_and_nothing_is_lost(spawn: Spawn, desk_at: Desks) -> None:
    server = spawn()
    desk = desk_at(server)
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    granted = [await desk.create(queue) for _ in range(3)]
    os.kill(store_of(server), signal.SIGKILL)
    seen: list[Json] = []

    async def probe() -> bool:
        try:
            answer = await desk.api.post("/v1/conversations", json={"queue": queue})
        except httpx2.TransportError:
            return False
        if answer.status_code == 201:
            granted.append(answer.json()["id"])
            return True
        seen.append(problem(answer, 503))
        assert int(answer.headers["retry-after"]) >= 0
        return False

    await eventually(probe, "writes are served again", 60)
    assert server.alive(), "the server itself must survive its store"

    async def ready() -> bool:
        return (await desk.api.get("/readyz")).status_code == 200

    await eventually(ready, "ready again", 30)
    for name in granted:
        await desk.conversation(name)
    back = socket
    if socket.close_code is not None:
        assert socket.close_code in range(4000, 4500) or socket.close_code in (1012, 1013)
        back = await desk.connect(anna)
    await back.ask("set_presence", presence="available")
    async with serving(back):
        await all_closed(desk, granted)


async def test_a_stopped_store_means_503_and_nothing_taken(spawn: Spawn, desk_at: Desks) -> None:
    server = spawn()
    desk = desk_at(server)
    queue = await desk.queue()
    store = store_of(server)
    name = desk.name("c")
    body = {"id": name, "queue": queue}
    os.kill(store, signal.SIGSTOP)
    try:
        answer = await desk.api.post("/v1/conversations", json=body)
        problem(answer, 503)
        assert int(answer.headers["retry-after"]) >= 0
        unready = await desk.api.get("/readyz")
        assert unready.status_code == 503, unready.text
        assert "store" in unready.text
        assert (await desk.api.get("/healthz")).status_code == 200
    finally:
        os.kill(store, signal.SIGCONT)

    async def probe() -> bool:
        again = await desk.api.post("/v1/conversations", json=body)
        return again.status_code in (200, 201)

    await eventually(probe, "served again", 60)
    await sums_up(desk, 1)


async def test_a_second_server_on_the_same_data_does_not_serve(
    spawn: Spawn, desk_at: Desks
) -> None:
    first = spawn()
    desk = desk_at(first)
    queue = await desk.queue()
    made = await desk.create(queue)
    code = await asyncio.to_thread(first.rival)
    assert code == 3, code
    assert (await desk.conversation(made))["state"] == "waiting"
    await desk.create(queue)
