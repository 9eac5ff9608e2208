"""The life of a conversation over HTTP, without any agent connected."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from .client import Json, body_of, problem
from .desk import Desk


async def test_a_created_conversation_is_described_in_full(desk: Desk) -> None:
    queue, name = await desk.queue(), desk.name("c")
    before = time.time() * 1000
    answer = await desk.api.post("/v1/conversations", json={"id": name, "queue": queue})
    body = body_of(answer, 201)
    wanted = {
        "id": name,
        "queue": queue,
        "channel": "chat",
        "state": "waiting",
        "priority": 0,
        "skills": {},
    }
    assert wanted.items() <= body.items()
    assert isinstance(body["enqueued_at"], int)
    assert before - 5000 < body["enqueued_at"] < time.time() * 1000 + 5000
    assert answer.headers["location"].endswith(f"/v1/conversations/{name}")
    seen = await desk.conversation(name)
    assert wanted.items() <= seen.items()
    assert seen["enqueued_at"] == body["enqueued_at"]
    assert seen.get("agent") is None and seen.get("offer") is None
    assert seen["position"] == 1


async def test_the_position_is_the_place_in_line(desk: Desk) -> None:
    queue = await desk.queue()
    first, second, third = [await desk.create(queue, priority=number) for number in (1, 0, 5)]
    places = [(await desk.conversation(name))["position"] for name in (first, second, third)]
    assert places == [2, 3, 1]
    await desk.act(third, "cancel", reason="abandoned")
    places = [(await desk.conversation(name))["position"] for name in (first, second)]
    assert places == [1, 2]


async def test_every_field_is_kept(desk: Desk) -> None:
    fields: Json = {
        "id": desk.name("c"),
        "queue": await desk.queue(),
        "channel": "mail",
        "priority": 7,
        "skills": {"french": 2},
        "preferred_agent": await desk.agent("anna"),
        "customer": {"name": "Ada"},
        "subject": "Grüße 👋",
        "attributes": {"order": "17", "vip": True},
    }
    body_of(await desk.api.post("/v1/conversations", json=fields), 201)
    seen = await desk.conversation(fields["id"])
    for key, value in fields.items():
        assert seen[key] == value, key


async def test_without_an_id_the_server_makes_unique_ones(desk: Desk) -> None:
    queue = await desk.queue()
    made = [await desk.create(queue) for _ in range(5)]
    assert len(set(made)) == 5
    assert all(0 < len(name) <= 128 for name in made)


async def test_the_same_again_is_200_and_only_one(desk: Desk) -> None:
    queue, name = await desk.queue(), desk.name("c")
    body = {"id": name, "queue": queue, "skills": {"a": 1, "b": 2}, "subject": "x"}
    first = body_of(await desk.api.post("/v1/conversations", json=body), 201)
    turned = dict(reversed(body.items()))
    again = body_of(await desk.api.post("/v1/conversations", json=turned), 200)
    assert again["id"] == first["id"] and again["enqueued_at"] == first["enqueued_at"]
    assert (await desk.board_queue(queue))["waiting"] == 1


async def test_the_same_with_defaults_spelt_out_is_the_same_body(desk: Desk) -> None:
    queue, name = await desk.queue(), desk.name("c")
    body = {"id": name, "queue": queue}
    body_of(await desk.api.post("/v1/conversations", json=body), 201)
    spelt = {**body, "channel": "chat", "priority": 0, "skills": {}, "attributes": {}}
    body_of(await desk.api.post("/v1/conversations", json=spelt), 200)


@pytest.mark.parametrize(
    "change", [{"priority": 1}, {"subject": "y"}, {"attributes": {"a": 1}}, {"channel": "mail"}]
)
async def test_the_same_id_with_another_body_is_409(desk: Desk, change: Json) -> None:
    queue, name = await desk.queue(), desk.name("c")
    body = {"id": name, "queue": queue, "subject": "x"}
    body_of(await desk.api.post("/v1/conversations", json=body), 201)
    problem(await desk.api.post("/v1/conversations", json={**body, **change}), 409)
    assert (await desk.conversation(name))["subject"] == "x"


async def test_a_repeat_after_actions_is_still_a_repeat(desk: Desk) -> None:
    queue, name = await desk.queue(), desk.name("c")
    body = {"id": name, "queue": queue}
    body_of(await desk.api.post("/v1/conversations", json=body), 201)
    await desk.act(name, "priority", priority=9)
    await desk.act(name, "cancel", reason="abandoned")
    again = body_of(await desk.api.post("/v1/conversations", json=body), 200)
    assert again["state"] == "abandoned"


async def test_twenty_at_once_make_one(desk: Desk) -> None:
    queue, name = await desk.queue(), desk.name("c")
    body = {"id": name, "queue": queue}
    answers = await asyncio.gather(
        *(desk.api.post("/v1/conversations", json=body) for _ in range(20))
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
    assert (await desk.board_queue(queue))["waiting"] == 1


async def test_an_unknown_queue_is_404(desk: Desk) -> None:
    answer = await desk.api.post("/v1/conversations", json={"queue": desk.name("none")})
    assert "queue" in problem(answer, 404)["code"]


async def test_a_full_queue_is_409_queue_full_and_a_repeat_is_not(desk: Desk) -> None:
    queue = await desk.queue(max_waiting=2)
    name = desk.name("c")
    await desk.create(queue, id=name)
    await desk.create(queue)
    answer = await desk.api.post("/v1/conversations", json={"queue": queue})
    assert problem(answer, 409)["code"] == "queue_full"
    repeat = await desk.api.post("/v1/conversations", json={"id": name, "queue": queue})
    body_of(repeat, 200)
    await desk.act(name, "cancel", reason="abandoned")
    await desk.create(queue)


@pytest.mark.parametrize("part", ["", "/timeline", "/explain"])
async def test_an_unknown_conversation_is_404(desk: Desk, part: str) -> None:
    problem(await desk.api.get(f"/v1/conversations/{desk.name('none')}{part}"), 404)


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("cancel", {"reason": "abandoned"}),
        ("move", {"queue": "q", "reason": "x"}),
        ("assign", {"agent": "a", "reason": "x"}),
        ("requeue", {"reason": "x"}),
        ("release", {"reason": "x"}),
        ("priority", {"priority": 1, "reason": "x"}),
        ("close", {"reason": "x"}),
    ],
)
async def test_an_action_on_an_unknown_conversation_is_404(
    desk: Desk, action: str, fields: Json
) -> None:
    path = f"/v1/conversations/{desk.name('none')}/{action}"
    problem(await desk.api.post(path, json=fields), 404)
    problem(await desk.api.post(path, json={**fields, "colour": 1}), 400, 422)
    problem(await desk.api.get(path), 405)


@pytest.mark.parametrize("reason", ["abandoned", "canceled"])
async def test_cancel_says_whether_the_customer_left(desk: Desk, reason: str) -> None:
    queue = await desk.queue()
    name = await desk.create(queue)
    assert (await desk.act(name, "cancel", reason=reason))["state"] == reason
    assert (await desk.conversation(name))["state"] == reason
    row = await desk.board_queue(queue)
    assert row["waiting"] == 0
    assert row["abandoned"] == (reason == "abandoned")


async def test_cancel_is_idempotent_and_final(desk: Desk) -> None:
    name = await desk.create(await desk.queue())
    await desk.act(name, "cancel", reason="abandoned")
    again = await desk.api.post(f"/v1/conversations/{name}/cancel", json={"reason": "abandoned"})
    assert again.status_code in (200, 409), again.text
    other = desk.api.post(f"/v1/conversations/{name}/move", json={"queue": "x", "reason": "x"})
    problem(await other, 404, 409)
    assert (await desk.conversation(name))["state"] == "abandoned"


async def test_cancel_needs_a_reason(desk: Desk) -> None:
    name = await desk.create(await desk.queue())
    problem(await desk.api.post(f"/v1/conversations/{name}/cancel", json={}), 400, 422)


async def test_move_keeps_the_wait_unless_told(desk: Desk) -> None:
    first, second = await desk.queue("first"), await desk.queue("second")
    name = await desk.create(first)
    start = (await desk.conversation(name))["enqueued_at"]
    moved = await desk.act(name, "move", queue=second)
    assert (moved["queue"], moved["state"]) == (second, "waiting")
    assert (await desk.conversation(name))["enqueued_at"] == start
    await desk.act(name, "move", queue=first, keep_wait=False)
    seen = await desk.conversation(name)
    assert seen["queue"] == first and seen["enqueued_at"] > start
    answer = desk.api.post(
        f"/v1/conversations/{name}/move", json={"queue": desk.name("none"), "reason": "x"}
    )
    problem(await answer, 404)
    row_first, row_second = await desk.board_queue(first), await desk.board_queue(second)
    assert (row_first["waiting"], row_second["waiting"]) == (1, 0)


async def test_priority_is_changed(desk: Desk) -> None:
    name = await desk.create(await desk.queue())
    assert (await desk.act(name, "priority", priority=5))["priority"] == 5
    path = f"/v1/conversations/{name}/priority"
    problem(await desk.api.post(path, json={"priority": "x", "reason": "y"}), 400, 422)


async def test_close_ends_a_waiting_conversation_or_refuses(desk: Desk) -> None:
    name = await desk.create(await desk.queue())
    path = f"/v1/conversations/{name}/close"
    answer = await desk.api.post(path, json={"reason": "done by phone"})
    assert answer.status_code in (200, 409), answer.text
    wanted = "closed" if answer.status_code == 200 else "waiting"
    assert (await desk.conversation(name))["state"] == wanted


async def test_assign_to_someone_unknown_is_refused(desk: Desk) -> None:
    name = await desk.create(await desk.queue())
    path = f"/v1/conversations/{name}/assign"
    problem(await desk.api.post(path, json={"agent": desk.name("no"), "reason": "x"}), 404)
    assert (await desk.conversation(name))["state"] == "waiting"


async def test_the_timeline_tells_time_actor_reason_and_position(desk: Desk) -> None:
    name = await desk.create(await desk.queue())
    await desk.act(name, "priority", priority=5, reason="a very special reason")
    await desk.act(name, "cancel", reason="abandoned")
    steps = await desk.timeline(name)
    assert len(steps) >= 3
    for step in steps:
        assert isinstance(step["at"], int), step
        assert step["position"], step
        assert "actor" in step and "reason" in step, step
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)
    assert any(step["reason"] == "a very special reason" and step["actor"] for step in steps)


async def test_explain_names_every_member_and_the_reasons(desk: Desk) -> None:
    queue, other = await desk.queue(), await desk.queue("other")
    anna = await desk.agent("anna", queue, skills={"french": 3})
    bob = await desk.agent("bob", queue)
    await desk.agent("carl", other)
    name = await desk.create(queue, skills={"french": 2})
    body = body_of(await desk.api.get(f"/v1/conversations/{name}/explain"), 200)
    members = {str(row.get("agent", row.get("id"))): row for row in body["members"]}
    assert set(members) == {anna, bob}
    for row in members.values():
        assert row["eligible"] is False
        assert row["reasons"], row
    assert len(members[bob]["reasons"]) > len(members[anna]["reasons"])
    assert "skill" in str(members[bob]["reasons"])
    assert "ring" in body


async def test_explain_says_that_the_queue_is_paused(desk: Desk) -> None:
    queue = await desk.queue()
    await desk.online(await desk.agent("anna", queue, chats=2))
    body_of(await desk.api.post(f"/v1/queues/{queue}/pause", json={"reason": "test"}), 200)
    name = await desk.create(queue)
    body = body_of(await desk.api.get(f"/v1/conversations/{name}/explain"), 200)
    assert "paused" in str(body)
    (row,) = body["members"]
    assert row["eligible"] is (not row["reasons"]), row


async def test_explain_says_eligible_for_whoever_could_take_it(desk: Desk) -> None:
    queue = await desk.queue()
    anna, bob = await desk.agent("anna", queue, chats=2), await desk.agent("bob", queue)
    await desk.online(anna)
    await desk.online(bob)
    name = await desk.create(queue)
    body = body_of(await desk.api.get(f"/v1/conversations/{name}/explain"), 200)
    assert body["state"] == "offered"
    members = {row["agent"]: row for row in body["members"]}
    assert members[bob]["eligible"] is True and not members[bob]["reasons"], members
