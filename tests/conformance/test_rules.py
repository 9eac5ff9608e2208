"""Queue settings at work: units, weights, decline reasons, rings."""

from __future__ import annotations

import pytest

from .client import problem
from .desk import Desk, offered, take


@pytest.mark.parametrize("target", ["none", "itself"])
async def test_overflow_to_nowhere_is_refused_or_warned_of(desk: Desk, target: str) -> None:
    name = desk.name("queue")
    queue = name if target == "itself" else desk.name("none")
    rule = {"when": "after_ms", "value": 500, "to": "queue", "queue": queue}
    answer = await desk.api.put(f"/v1/queues/{name}", json={"name": "Q", "overflow": [rule]})
    if answer.status_code < 300:
        assert "overflow" in str(answer.json()["warnings"]), answer.text
        return
    problem(answer, 400, 404, 409, 422)


async def test_units_bound_all_channels_together(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue, capacity={"chat": 2, "mail": 2}, units=2)
    socket = await desk.online(anna)
    for channel in ("chat", "mail", "chat"):
        await desk.create(queue, channel=channel)
    held = [await take(socket) for _ in range(2)]
    row = await desk.board_queue(queue)
    assert (row["assigned"], row["waiting"], row["offered"]) == (2, 1, 0)
    await socket.do("complete", conversation=held[0]["conversation"])
    await take(socket)


async def test_weight_takes_more_units(desk: Desk) -> None:
    queue = await desk.queue(weight_by_channel={"chat": 2})
    anna = await desk.agent("anna", queue, chats=3)
    socket = await desk.online(anna)
    await desk.create(queue)
    await desk.create(queue)
    await take(socket)
    row = await desk.board_queue(queue)
    assert (row["assigned"], row["waiting"], row["offered"]) == (1, 1, 0)


async def test_a_reason_for_good_keeps_it_away_from_the_agent(desk: Desk) -> None:
    queue = await desk.queue(
        decline={"cooldown_ms": 0, "reasons": [{"code": "conflict", "again": False}]}
    )
    socket = await desk.online(await desk.agent("anna", queue))
    made = await desk.create(queue)
    await socket.do("decline", offer=(await offered(socket, made))["id"], reason="conflict")
    second = await desk.create(queue)
    await take(socket, second)
    assert (await desk.conversation(made))["state"] == "waiting"


async def test_a_decline_without_cooldown_comes_again(desk: Desk) -> None:
    queue = await desk.queue(decline={"cooldown_ms": 0})
    socket = await desk.online(await desk.agent("anna", queue))
    made = await desk.create(queue)
    first = await offered(socket, made)
    await socket.do("decline", offer=first["id"])
    second = await take(socket, made)
    assert second["id"] != first["id"]


async def test_a_ring_relaxes_a_skill(desk: Desk) -> None:
    queue = await desk.queue(
        rings=[
            {"after_ms": 0, "max_level": 5},
            {"after_ms": 1000, "max_level": 5, "relax_skills": ["french"]},
        ]
    )
    socket = await desk.online(await desk.agent("anna", queue))
    made = await desk.create(queue, skills={"french": 1})
    assert (await offered(socket, made))["waited_ms"] >= 1000


async def test_without_levels_the_longest_idle_is_asked(desk: Desk) -> None:
    queue = await desk.queue(offer={"strategy": "longest_idle", "respect_levels": False})
    first = await desk.online(await desk.agent("anna", queues={queue: 2}))
    await desk.online(await desk.agent("bob", queues={queue: 1}))
    await offered(first, await desk.create(queue))


async def test_least_loaded_spreads(desk: Desk) -> None:
    queue = await desk.queue(offer={"strategy": "least_loaded"})
    hers = await desk.online(await desk.agent("anna", queue, chats=4))
    his = await desk.online(await desk.agent("bob", queue, chats=4))
    for _ in range(2):
        await desk.create(queue)
        await desk.create(queue)
        await take(hers)
        await take(his)


async def test_the_channel_has_its_own_time_to_answer(desk: Desk) -> None:
    queue = await desk.queue(offer={"timeout_ms": 20_000, "timeouts_by_channel": {"mail": 60_000}})
    socket = await desk.online(await desk.agent("anna", queue, capacity={"mail": 1, "chat": 1}))
    mail = await offered(socket, await desk.create(queue, channel="mail"))
    assert mail["expires_at"] - mail["made_at"] == 60_000


async def test_no_more_than_fan_out_are_asked_at_once(desk: Desk) -> None:
    queue = await desk.queue(offer={"strategy": "all_at_once", "fan_out": 2})
    sockets = [await desk.online(await desk.agent(f"agent{n}", queue)) for n in range(3)]
    made = await desk.create(queue)
    await desk.state(made, "offered")
    seen = await desk.conversation(made)
    assert len(seen["offers"]) == 2
    asked = {offer["agent"] for offer in seen["offers"]}
    for number, socket in enumerate(sockets):
        if desk.name(f"agent{number}") in asked:
            await offered(socket, made)
        else:
            assert not socket.untaken("offer")
