"""Queues and agents as resources: create, read, replace, delete, lint, pause, presence."""

from __future__ import annotations

import pytest

from .client import Json, body_of, eventually, problem, rows
from .desk import Desk, offered, take

FULL: Json = {
    "name": "Billing",
    "priority": 2,
    "offer": {
        "strategy": "least_loaded",
        "timeout_ms": 15000,
        "timeouts_by_channel": {"mail": 60000},
        "fan_out": 1,
        "respect_levels": True,
    },
    "rings": [{"after_ms": 0, "max_level": 1}, {"after_ms": 30000, "max_level": 3}],
    "preferred": {"online_ms": 5000, "offline_ms": 0},
    "decline": {"cooldown_ms": 60000},
    "no_answer": {"streak": 3, "presence": "away"},
    "wrap_up": {"ms": 10000, "extendable": True},
    "service_level": {"target_ms": 20000, "percent": 80},
    "max_waiting": 100,
    "ageing": {"priority_per_min": 1},
    "weight_by_channel": {"chat": 1, "mail": 1},
}


def holds(seen: object, wanted: object) -> bool:
    """Whether everything wanted is in what was seen, at any depth."""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return all(key in seen and holds(seen[key], value) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(seen, list):
        return len(seen) == len(wanted) and all(map(holds, seen, wanted))
    return seen == wanted


async def test_a_queue_is_created_read_replaced_listed_and_deleted(desk: Desk) -> None:
    name = desk.name("billing")
    path = f"/v1/queues/{name}"
    problem(await desk.api.get(path), 404)
    body_of(await desk.api.put(path, json=FULL), 201)
    seen = body_of(await desk.api.get(path), 200)
    assert seen["id"] == name
    assert holds(seen, FULL), seen
    body_of(await desk.api.put(path, json={"name": "Other"}), 200)
    seen = body_of(await desk.api.get(path), 200)
    assert seen["name"] == "Other" and seen["priority"] == 0, "PUT replaces"
    listed = rows(body_of(await desk.api.get("/v1/queues"), 200))
    assert name in [row["id"] for row in listed]
    body_of(await desk.api.delete(path), 200, 204)
    problem(await desk.api.get(path), 404)
    problem(await desk.api.delete(path), 404)


async def test_what_get_answers_can_be_put_again(desk: Desk) -> None:
    name = await desk.queue(**FULL)
    seen = body_of(await desk.api.get(f"/v1/queues/{name}"), 200)
    settings = {key: seen[key] for key in FULL}
    body_of(await desk.api.put(f"/v1/queues/{name}", json=settings), 200)
    assert body_of(await desk.api.get(f"/v1/queues/{name}"), 200) == seen


@pytest.mark.parametrize(
    "strategy",
    [
        "longest_idle",
        "least_loaded",
        "round_robin",
        "random",
        "fewest_accepted",
        "linear",
        "all_at_once",
    ],
)
async def test_every_strategy_offers(desk: Desk, strategy: str) -> None:
    queue = await desk.queue(offer={"strategy": strategy})
    socket = await desk.online(await desk.agent("anna", queue))
    made = await desk.create(queue)
    await take(socket, made)
    assert (await desk.conversation(made))["state"] == "assigned"


async def test_put_answers_lint_warnings(desk: Desk) -> None:
    path = f"/v1/queues/{desk.name('lonely')}"
    body = body_of(await desk.api.put(path, json={"name": "Lonely"}), 201)
    assert any("member" in str(warning) for warning in body["warnings"]), body
    queue = desk.name("lonely")
    await desk.agent("anna", queue)
    body = body_of(await desk.api.put(path, json={"name": "Lonely"}), 200)
    assert not any("member" in str(warning) for warning in body["warnings"]), body
    heavy = {"name": "Lonely", "weight_by_channel": {"chat": 50}}
    body = body_of(await desk.api.put(path, json=heavy), 200)
    assert any("weight" in str(warning) for warning in body["warnings"]), body


async def test_a_queue_that_is_in_use_is_not_lost_silently(desk: Desk) -> None:
    queue = await desk.queue()
    made = await desk.create(queue)
    problem(await desk.api.delete(f"/v1/queues/{queue}"), 409)
    assert (await desk.conversation(made))["state"] == "waiting"


async def test_an_agent_is_created_read_replaced_listed_and_deleted(desk: Desk) -> None:
    queue, name = await desk.queue(), desk.name("anna")
    path = f"/v1/agents/{name}"
    settings = {
        "name": "Anna",
        "queues": {queue: 2},
        "skills": {"french": 3},
        "capacity": {"chat": 2, "mail": 5},
    }
    problem(await desk.api.get(path), 404)
    body_of(await desk.api.put(path, json=settings), 201)
    seen = body_of(await desk.api.get(path), 200)
    assert seen["id"] == name
    assert holds(seen, settings), seen
    body_of(await desk.api.put(path, json={**settings, "name": "Anna B."}), 200)
    listed = rows(body_of(await desk.api.get("/v1/agents"), 200))
    assert next(row for row in listed if row["id"] == name)["name"] == "Anna B."
    body_of(await desk.api.delete(path), 200, 204)
    problem(await desk.api.get(path), 404)
    problem(await desk.api.delete(path), 404)


async def test_pause_stops_offers_and_resume_starts_them(desk: Desk) -> None:
    queue = await desk.queue()
    socket = await desk.online(await desk.agent("anna", queue))
    body_of(await desk.api.post(f"/v1/queues/{queue}/pause", json={"reason": "fire drill"}), 200)
    made = await desk.create(queue)
    row = await desk.board_queue(queue)
    assert (row["waiting"], row["offered"]) == (1, 0)
    assert row["health"]["state"] == "paused"
    assert not socket.untaken("offer")
    body_of(await desk.api.post(f"/v1/queues/{queue}/resume", json={"reason": "over"}), 200)
    await offered(socket, made)
    assert (await desk.board_queue(queue))["health"]["state"] == "ok"


@pytest.mark.parametrize("action", ["pause", "resume", "drain"])
async def test_queue_actions_are_repeatable_and_know_their_queue(desk: Desk, action: str) -> None:
    queue = await desk.queue()
    for _ in range(2):
        body_of(await desk.api.post(f"/v1/queues/{queue}/{action}", json={"reason": "x"}), 200)
    path = f"/v1/queues/{desk.name('none')}/{action}"
    problem(await desk.api.post(path, json={"reason": "x"}), 404)


async def test_a_draining_queue_serves_what_waits(desk: Desk) -> None:
    queue = await desk.queue()
    made = await desk.create(queue)
    body_of(await desk.api.post(f"/v1/queues/{queue}/drain", json={"reason": "closing"}), 200)
    late = await desk.api.post("/v1/conversations", json={"queue": queue})
    problem(late, 409)
    await take(await desk.online(await desk.agent("anna", queue)), made)
    body_of(await desk.api.post(f"/v1/queues/{queue}/resume", json={"reason": "open"}), 200)
    await desk.create(queue)


async def test_a_supervisor_sets_presence_at_any_time(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    path = f"/v1/agents/{anna}/presence"
    body_of(await desk.api.post(path, json={"presence": "away", "reason": "training"}), 200)
    push = await socket.push("presence", lambda push: push["presence"] == "away")
    assert push["reason"] == "training" and push["by"]
    assert (await desk.board_agent(anna))["presence"] == "away"
    await desk.create(queue)
    assert (await desk.board_queue(queue))["offered"] == 0
    body_of(await desk.api.post(path, json={"presence": "available"}), 200)
    await offered(socket)
    problem(await desk.api.post(path, json={"presence": "asleep"}), 400, 422)
    unknown = f"/v1/agents/{desk.name('none')}/presence"
    problem(await desk.api.post(unknown, json={"presence": "away"}), 404)


async def test_removing_a_membership_takes_the_offer_back(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    made = await desk.create(queue)
    offer = await offered(socket, made)
    body_of(
        await desk.api.put(f"/v1/agents/{anna}", json={"name": "anna", "capacity": {"chat": 1}})
    )
    end = await socket.push("offer_ended")
    assert (end["offer"], end["outcome"]) == (offer["id"], "rescinded")
    await desk.state(made, "waiting")


async def test_a_new_member_gets_what_waits(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna")
    socket = await desk.online(anna)
    made = await desk.create(queue)
    await desk.agent("anna", queue)
    await offered(socket, made)


async def test_the_board_follows(desk: Desk) -> None:
    queue = await desk.queue("billing", service_level={"target_ms": 20000, "percent": 80})
    await desk.create(queue)

    async def probe() -> bool:
        return bool((await desk.board_queue(queue))["waiting"] == 1)

    await eventually(probe, "the board shows the waiting conversation")
