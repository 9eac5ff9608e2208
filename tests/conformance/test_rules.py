"""Queue settings at work: overflow, opening hours, units, weights, decline reasons, ageing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from .client import Json, body_of, eventually, problem
from .desk import Desk, offered, take

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def another_day() -> Json:
    """Return opening hours that are on another day of the week."""
    today = datetime.now(UTC).weekday()
    return {"zone": "UTC", "weekly": {DAYS[(today + 3) % 7]: [["09:00", "17:00"]]}}


def holiday() -> Json:
    """Return hours that are always open, save for these days."""
    now = datetime.now(UTC)
    days = [(now + timedelta(days=number)).date().isoformat() for number in (0, 1)]
    return {
        "zone": "UTC",
        "weekly": {day: [["00:00", "24:00"]] for day in DAYS},
        "holidays": days,
    }


async def test_overflow_by_age_moves_to_the_other_queue_with_the_wait(desk: Desk) -> None:
    other = await desk.queue("other")
    queue = await desk.queue(
        overflow=[{"when": "after_ms", "value": 700, "to": "queue", "queue": other}]
    )
    socket = await desk.online(await desk.agent("anna", other))
    made = await desk.create(queue)
    before = await desk.conversation(made)
    offer = await offered(socket, made)
    assert offer["queue"] == other and offer["waited_ms"] >= 700
    seen = await desk.conversation(made)
    assert (seen["queue"], seen["enqueued_at"]) == (other, before["enqueued_at"])
    assert "overflow" in str(await desk.timeline(made))


async def test_overflow_by_depth_takes_the_excess(desk: Desk) -> None:
    other = await desk.queue("other")
    queue = await desk.queue(
        overflow=[{"when": "depth", "value": 2, "to": "queue", "queue": other}]
    )
    for _ in range(4):
        await desk.create(queue)
    waiting = [(await desk.board_queue(name))["waiting"] for name in (queue, other)]
    assert sum(waiting) == 4 and 1 <= waiting[0] <= 2, waiting


async def test_overflow_without_agents(desk: Desk) -> None:
    other = await desk.queue("other")
    queue = await desk.queue(overflow=[{"when": "no_agents", "to": "queue", "queue": other}])
    await desk.agent("anna", queue)
    socket = await desk.online(await desk.agent("bob", other))
    made = await desk.create(queue)
    assert (await offered(socket, made))["queue"] == other


async def test_overflow_can_close(desk: Desk) -> None:
    queue = await desk.queue(overflow=[{"when": "after_ms", "value": 300, "to": "close"}])
    made = await desk.create(queue)
    seen = await desk.state(made, "closed", "canceled", "abandoned")
    assert seen["state"] in ("closed", "canceled"), seen
    assert "overflow" in str(await desk.timeline(made))


async def test_a_circle_of_overflows_does_not_spin(desk: Desk) -> None:
    one, two = desk.name("one"), desk.name("two")
    for name, other in ((one, two), (two, one)):
        rule = {"when": "no_agents", "to": "queue", "queue": other}
        await desk.queue(name.split("-")[0])
        body_of(await desk.api.put(f"/v1/queues/{name}", json={"name": name, "overflow": [rule]}))
    made = await desk.create(one)
    seen = await desk.conversation(made)
    assert seen["state"] == "waiting" and seen["queue"] in (one, two)
    assert len(await desk.timeline(made)) < 10
    assert (await desk.api.get("/readyz")).status_code == 200


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


@pytest.mark.parametrize("hours", [another_day, holiday])
async def test_a_closed_queue_is_called_closed_and_does_not_offer(
    desk: Desk, hours: Callable[[], Json]
) -> None:
    queue = await desk.queue(hours=hours())
    socket = await desk.online(await desk.agent("anna", queue))

    async def probe() -> bool:
        return bool((await desk.board_queue(queue))["health"]["state"] == "closed")

    await eventually(probe, "the queue is called closed", 5)
    answer = await desk.api.post("/v1/conversations", json={"queue": queue})
    if answer.status_code != 201:
        problem(answer, 409)
        return
    assert (await desk.board_queue(queue))["offered"] == 0
    body_of(await desk.api.put(f"/v1/queues/{queue}", json={"name": "open now"}))
    await offered(socket, answer.json()["id"])


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
