"""Tickets: what they say, that one opens one session, and that they go stale."""

from __future__ import annotations

import asyncio

import pytest

from .client import body_of, problem
from .desk import Desk


async def test_a_ticket_says_how_long_it_lives(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    answer = await desk.api.post("/v1/tickets", json={"role": "agent", "agent": anna})
    body = body_of(answer, 200, 201)
    assert body["expires_in_ms"] == 30000
    assert isinstance(body["ticket"], str) and len(body["ticket"]) >= 22, "128 bits"
    other = body_of(await desk.api.post("/v1/tickets", json={"role": "agent", "agent": anna}))
    assert other["ticket"] != body["ticket"]
    assert "no-store" in answer.headers.get("cache-control", "")


async def test_tickets_for_nobody_are_refused(desk: Desk) -> None:
    for body in ({}, {"role": "king"}, {"role": "agent"}, {"role": "agent", "agent": "a b"}):
        problem(await desk.api.post("/v1/tickets", json=body), 400, 422)
    unknown = {"role": "agent", "agent": desk.name("none")}
    problem(await desk.api.post("/v1/tickets", json=unknown), 404)


async def test_a_ticket_opens_one_session(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    ticket = await desk.ticket(agent=anna)
    first, second = await desk.socket(), await desk.socket()
    assert (await first.greet(ticket))["ok"] is True
    await second.say(type="hello", ticket=ticket)
    assert await second.closed() == 4500
    await first.do("set_presence", presence="available")


async def test_of_many_at_once_one_wins(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    ticket = await desk.ticket(agent=anna)
    sockets = [await desk.socket() for _ in range(4)]
    await asyncio.gather(*(socket.say(type="hello", ticket=ticket, ref="h") for socket in sockets))
    answers = [await socket.first_of("h") for socket in sockets]
    assert sum(isinstance(answer, dict) and answer["ok"] for answer in answers) == 1


@pytest.mark.parametrize("ticket", ["wrong", "", "x" * 2000, 7, None])
async def test_a_wrong_ticket_closes_with_4500(desk: Desk, ticket: object) -> None:
    socket = await desk.socket()
    await socket.say(type="hello", ticket=ticket)
    code = await socket.closed()
    assert code == 4500 or (not isinstance(ticket, str) and code == 4506), code


async def test_an_agent_ticket_gives_no_supervisor(desk: Desk) -> None:
    queue = await desk.queue()
    socket = await desk.connect(await desk.agent("anna", queue))
    made = await desk.create(queue)
    await socket.refused("cancel", conversation=made, reason="abandoned")
    await socket.refused("pause_queue", queue=queue, reason="x")
    assert (await desk.conversation(made))["state"] == "waiting"


async def test_a_supervisor_ticket_gives_no_agent(desk: Desk) -> None:
    socket, _ = await desk.supervisor()
    await socket.refused("set_presence", presence="available")
    await socket.refused("accept", offer="x")


async def test_a_ticket_goes_stale(quick_desk: Desk) -> None:
    anna = await quick_desk.agent("anna", await quick_desk.queue())
    pings = await quick_desk.connect(anna)
    body = body_of(await quick_desk.api.post("/v1/tickets", json={"role": "agent", "agent": anna}))
    assert body["expires_in_ms"] == 1000
    got = (await pings.push("ping"))["server_time"]
    await pings.push("ping", lambda ping: ping["server_time"] > got + 1200)
    late = await quick_desk.socket()
    await late.say(type="hello", ticket=body["ticket"])
    assert await late.closed() == 4500
