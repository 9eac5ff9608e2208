"""Why: offers explained to supervisors and agents, settings checked, changes told and undone."""

from __future__ import annotations

from typing import Any

import pytest

from .client import Json, body_of, problem
from .desk import Desk, offered, take
from .test_routing import hold, key_of


async def changes(desk: Desk, kind: str, name: str) -> list[Json]:
    """Return the changes of one thing, newest first."""
    told = body_of(await desk.api.get("/v1/config/history?limit=200"), 200)["changes"]
    return [change for change in told if (change["kind"], change["id"]) == (kind, name)]


async def undo(desk: Desk, version: int) -> Any:
    """Ask for a change to be taken back."""
    return await desk.api.post("/v1/config/undo", json={"version": version})


async def explained(desk: Desk, made: str) -> Json:
    """Return why the conversation is (not) offered now."""
    return dict(body_of(await desk.api.get(f"/v1/conversations/{made}/explain"), 200))


# ------------------------------------------------------------ offers


async def test_each_offer_says_who_was_considered(desk: Desk) -> None:
    queue = await desk.queue()
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queues={queue: 2})
    hers = await desk.online(anna)
    made = await desk.create(queue, skills={})
    offer = await offered(hers, made)
    record = next(
        one for one in (await explained(desk, made))["offers"] if one["id"] == offer["id"]
    )
    assert record["agent"] == anna and record["why"]["level"] == 1
    assert record["why"]["others"] == {bob: "offline"}
    assert record["version"] > 0
    row = next(row for row in await desk.timeline(made) if row["type"] == "offer_made")
    assert anna in row["text"] and "bob" in row["text"] and "signed off" in row["text"]
    assert bob not in str(offer["why"]), "an agent is told nothing about colleagues"


async def test_an_agent_may_ask_why_and_is_told_of_nobody_else(desk: Desk) -> None:
    queue, other = await desk.queue(), await desk.queue("other")
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    hers, his = await desk.online(anna), await desk.online(bob)
    made = await desk.create(queue)
    first = await offered(hers, made)
    await hers.do("decline", offer=first["id"], reason="busy")
    await take(his, made)
    async with await key_of(desk, "agent", anna) as own:
        seen = body_of(await own.get(f"/v1/conversations/{made}/explain"), 200)
        assert [member["agent"] for member in seen["members"]] == [anna]
        assert bob not in str(seen) and "colleague" in seen["sentence"]
        mine, theirs = seen["offers"]
        assert (mine["agent"], mine["state"], mine["reason"]) == (anna, "declined", "busy")
        assert theirs["agent"] is None
        assert [reason["code"] for reason in theirs["reasons"]] == ["passed_over"]
        elsewhere = await desk.create(other)
        problem(await own.get(f"/v1/conversations/{elsewhere}/explain"), 404, 403)
        problem(await own.get(f"/v1/conversations/{made}"), 403)


async def test_an_agents_day_is_told_newest_first(desk: Desk) -> None:
    queue = await desk.queue()
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    socket = await desk.online(anna)
    declined = await desk.create(queue)
    first = await offered(socket, declined)
    await socket.do("decline", offer=first["id"], reason="busy")
    await desk.act(declined, "close")
    accepted = await hold(desk, socket, queue)
    async with await key_of(desk, "agent", anna) as own:
        offers = body_of(await own.get(f"/v1/agents/{anna}/offers"), 200)["offers"]
        told = [(offer["conversation"], offer["state"], offer["reason"]) for offer in offers]
        assert told == [(accepted, "accepted", ""), (declined, "declined", "busy")]
        assert all(offer["waited_ms"] >= 0 and offer["answered_in_ms"] >= 0 for offer in offers)
        assert bob not in str(offers)
        assert len(body_of(await own.get(f"/v1/agents/{anna}/offers?limit=1"))["offers"]) == 1
        problem(await own.get(f"/v1/agents/{bob}/offers"), 403)
        problem(await own.get(f"/v1/agents/{anna}/offers?limit=none"), 400)


async def test_the_wait_is_estimated_or_honestly_unknown(desk: Desk) -> None:
    queue = await desk.queue()
    made = await desk.create(queue)
    assert (await desk.conversation(made))["estimated_wait"] == {"unknown": "nobody_on"}
    socket = await desk.online(await desk.agent("anna", queue))
    await take(socket, made)
    assert (await desk.conversation(made))["estimated_wait"] is None
    second = await desk.create(queue)
    assert (await desk.conversation(second))["estimated_wait"] == {"unknown": "no_data"}
    for conversation in (made, second, *[await desk.create(queue) for _ in range(5)]):
        if conversation != made:
            await take(socket, conversation)
        await socket.do("complete", conversation=conversation)
    await take(socket, await desk.create(queue))
    last = await desk.create(queue)
    wait = (await desk.conversation(last))["estimated_wait"]
    assert set(wait) == {"p50_ms", "p90_ms"} and 0 < wait["p50_ms"] <= wait["p90_ms"]


# ------------------------------------------------------------ configuration


async def test_changes_are_told_and_taken_back(desk: Desk) -> None:
    queue = await desk.queue(priority=1)
    body_of(await desk.api.put(f"/v1/queues/{queue}", json={"name": "Q", "priority": 9}), 200)
    changed, created = await changes(desk, "queue", queue)
    assert (created["action"], changed["action"]) == ("created", "changed")
    paths = {one["path"]: (one["before"], one["after"]) for one in changed["diff"]}
    assert paths["$.priority"] == (1, 9) and paths["$.name"] == ("queue", "Q")
    assert changed["by"].startswith("admin") and changed["version"] > created["version"]
    seen = body_of(await desk.api.get(f"/v1/config/history/{changed['version']}"), 200)
    assert seen == changed
    problem(await undo(desk, created["version"]), 409)
    taken = body_of(await undo(desk, changed["version"]), 200)
    assert taken["version"] > changed["version"]
    seen = body_of(await desk.api.get(f"/v1/queues/{queue}"), 200)
    assert (seen["priority"], seen["name"]) == (1, "queue")
    body_of(await undo(desk, taken["version"]), 200)
    assert body_of(await desk.api.get(f"/v1/queues/{queue}"))["priority"] == 9


async def test_an_undo_of_the_creation_minds_what_is_inside(desk: Desk) -> None:
    queue = await desk.queue()
    (created,) = await changes(desk, "queue", queue)
    made = await desk.create(queue)
    assert problem(await undo(desk, created["version"]), 409)["code"] == "queue_in_use"
    await desk.act(made, "close")
    assert body_of(await undo(desk, created["version"]), 200)["action"] == "removed"
    problem(await desk.api.get(f"/v1/queues/{queue}"), 404)
    problem(await undo(desk, 10**9), 404)


async def test_an_undone_membership_ends_an_offer(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna")
    socket = await desk.online(anna)
    await desk.agent("anna", queue)
    made = await desk.create(queue)
    await offered(socket, made)
    newest = (await changes(desk, "agent", anna))[0]
    body_of(await undo(desk, newest["version"]), 200)
    assert (await socket.push("offer_ended"))["outcome"] == "rescinded"
    await desk.state(made, "waiting")


async def test_history_goes_page_by_page(desk: Desk) -> None:
    for priority in range(3):
        await desk.queue(priority=priority)
    first = body_of(await desk.api.get("/v1/config/history?limit=2"), 200)
    assert len(first["changes"]) == 2
    path = f"/v1/config/history?limit=2&before={first['next_before']}"
    second = body_of(await desk.api.get(path), 200)
    versions = [change["version"] for change in first["changes"] + second["changes"]]
    assert versions == sorted(versions, reverse=True) and len(set(versions)) == 4


async def test_who_may_undo(desk: Desk) -> None:
    queue = await desk.queue()
    (created,) = await changes(desk, "queue", queue)
    for role in ("supervisor", "ingest"):
        async with await key_of(desk, role) as client:
            answer = await client.post("/v1/config/undo", json={"version": created["version"]})
            problem(answer, 403)
    body_of(await desk.api.get(f"/v1/queues/{queue}"), 200)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"rings": [{"relax_skills": ["klingon"]}]}, "klingon"),
        ({"weight_by_channel": {"chat": 50}}, "weight"),
        ({"rings": [{}, {"after_ms": 1_000}]}, "ring"),
        ({"overflow": [{"when": "after_ms", "value": 500, "to": "close"}]}, "offer"),
        ({"overflow": [{"when": "depth", "queue": "nowhere-at-all"}]}, "nowhere"),
        (
            {
                "overflow": [
                    {"when": "depth", "value": 1, "to": "close"},
                    {"when": "depth", "value": 1, "to": "message", "message": "x"},
                ]
            },
            "effect",
        ),
        ({"hours": {"weekly": {"mon": []}}}, "never"),
        ({"hours": {"holidays": ["2030-01-01"]}}, "closed"),
        ({"no_answer": {"presence": "nobody-knows"}}, "nobody-knows"),
        ({"idle": {"after_ms": 1_000}}, "minute"),
    ],
)
async def test_a_doubtful_setting_is_taken_and_warned_of(
    desk: Desk, settings: Json, word: str
) -> None:
    queue = await desk.queue()
    await desk.agent("anna", queue)
    answer = await desk.api.put(f"/v1/queues/{queue}", json={"name": "Q", **settings})
    warnings = body_of(answer, 200)["warnings"]
    assert any(word in str(warning) for warning in warnings), warnings
    assert all(warning["path"].startswith("$") for warning in warnings)
    body_of(await desk.api.put(f"/v1/queues/{queue}", json={"name": "Q"}), 200)
    again = body_of(await desk.api.put(f"/v1/queues/{queue}", json={"name": "Q"}), 200)
    assert again["warnings"] == []


async def test_a_queue_that_another_starves_is_warned_of(desk: Desk) -> None:
    low, high = await desk.queue("low"), await desk.queue("high", priority=5)
    await desk.agent("anna", low, high)
    for queue, other, priority in ((low, high, 0), (high, low, 5)):
        body = {"name": "Q", "priority": priority}
        warnings = body_of(await desk.api.put(f"/v1/queues/{queue}", json=body), 200)["warnings"]
        assert any(other in warning["message"] for warning in warnings), warnings
