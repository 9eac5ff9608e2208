"""Queues and agents over HTTP: resources that can be put, compared, and that warn."""

from __future__ import annotations

from typing import Any

import pytest

from tests.edge.front import Front, paths, refused, said

QUEUE: dict[str, Any] = {
    "name": "Billing",
    "offer": {"strategy": "least_loaded", "timeout_ms": 15_000},
    "rings": [{"after_ms": 0, "max_level": 1}, {"after_ms": 30_000, "max_level": 3}],
    "service_level": {"target_ms": 20_000, "percent": 80},
}


async def test_a_queue_is_put_read_replaced_and_deleted(front: Front) -> None:
    path = "/v1/queues/billing"
    refused(await front.api.get(path), 404, "unknown_queue")
    made = said(await front.api.put(path, json=QUEUE), 201)
    assert made["offer"]["timeout_ms"] == 15_000 and made["status"] == "open"
    seen = said(await front.api.get(path))
    assert made["warnings"] and seen == {k: v for k, v in made.items() if k != "warnings"}
    said(await front.api.put(path, json={key: seen[key] for key in QUEUE}))
    assert said(await front.api.get(path)) == seen
    said(await front.api.put(path, json={"name": "Other"}))
    assert said(await front.api.get(path))["rings"] == []
    assert [row["id"] for row in said(await front.api.get("/v1/queues"))["queues"]] == ["billing"]
    said(await front.api.delete(path), 204)
    refused(await front.api.delete(path), 404, "unknown_queue")


async def test_a_queue_in_use_stays(front: Front) -> None:
    await front.node.furnish(agents=0)
    await front.enter("c1")
    refused(await front.api.delete("/v1/queues/q"), 409, "queue_in_use")


async def test_queues_are_paused_resumed_and_drained_repeatably(front: Front) -> None:
    await front.node.furnish(agents=0)
    for action, status in (("pause", "paused"), ("resume", "open"), ("drain", "draining")):
        for _ in range(2):
            view = said(await front.api.post(f"/v1/queues/q/{action}", json={"reason": "x"}))
            assert view["status"] == status
        refused(await front.api.post(f"/v1/queues/no/{action}", json={}), 404, "unknown_queue")
    said(await front.api.post("/v1/queues/q/resume"))


async def test_an_agent_is_put_read_and_deleted(front: Front) -> None:
    await front.node.furnish(agents=0)
    path = "/v1/agents/anna"
    body = {"name": "Anna", "queues": {"q": 2}, "capacity": {"chat": 2, "mail": 5}, "units": 6}
    seen = said(await front.api.put(path, json=body), 201)
    assert body.items() <= seen.items()
    assert (seen["presence"], seen["connection"], seen["load"]) == ("offline", "lost", {})
    said(await front.api.put(path, json=body))
    lost = {"name": "Bob", "queues": {"none": 1}}
    refused(await front.api.put("/v1/agents/bob", json=lost), 404, "unknown_queue")
    assert [row["id"] for row in said(await front.api.get("/v1/agents"))["agents"]] == ["anna"]
    said(await front.api.delete(path), 204)
    refused(await front.api.get(path), 404, "unknown_agent")


async def test_an_agent_who_works_stays(front: Front) -> None:
    await front.node.furnish()
    await front.enter("c1")
    said(await front.api.post("/v1/conversations/c1/assign", json={"agent": "a1"}))
    refused(await front.api.delete("/v1/agents/a1"), 409, "agent_in_use")


async def test_presence_is_set_by_a_supervisor(front: Front) -> None:
    await front.node.furnish()
    boss = await front.as_role("supervisor")
    path = "/v1/agents/a1/presence"
    view = said(await boss.post(path, json={"presence": "away", "reason": "training"}))
    assert (view["presence"], view["reason"], view["routable"]) == ("away", "training", False)
    assert view["by"].startswith("supervisor:k-")
    bad = await boss.post(path, json={"presence": "asleep"})
    assert paths(refused(bad, 400, "body_invalid")) == ["$.presence"]
    gone = await boss.post("/v1/agents/none/presence", json={"presence": "away"})
    refused(gone, 404, "unknown_agent")


@pytest.mark.parametrize("kind", ["queues", "agents", "presences"])
@pytest.mark.parametrize("name", ["has%20space", "x" * 129, "%C3%BCber", "a%0Ab", "a%00b"])
async def test_a_bad_id_is_not_created(front: Front, kind: str, name: str) -> None:
    answer = await front.api.put(f"/v1/{kind}/{name}", json={"name": "x"})
    assert paths(refused(answer, 400, "body_invalid")) == ["$.id"]
    assert (await front.api.get(f"/v1/{kind}/{name}")).status_code == 404


async def warnings(front: Front, kind: str, body: dict[str, Any]) -> set[str]:
    answer = said(await front.api.put(f"/v1/{kind}/x", json={"name": "X", **body}), 200, 201)
    return {warning["code"] for warning in answer["warnings"]}


async def test_settings_that_look_like_mistakes_are_told(front: Front) -> None:
    assert await warnings(front, "queues", {}) == {"no_members"}
    anna = {"name": "Anna", "queues": {"x": 5}, "capacity": {"chat": 2}}
    said(await front.api.put("/v1/agents/anna", json=anna), 201)
    assert await warnings(front, "queues", {}) == set()
    assert await warnings(front, "queues", {"weight_by_channel": {"chat": 3}}) == {
        "weight_above_capacity"
    }
    overflow = [{"when": "depth", "queue": "x"}, {"when": "depth", "queue": "nowhere"}]
    assert await warnings(front, "queues", {"overflow": overflow}) == {
        "overflow_to_itself",
        "overflow_to_nowhere",
    }
    closed = {"hours": {"zone": "UTC", "weekly": {}, "holidays": ["2030-01-01"]}}
    answer = said(await front.api.put("/v1/queues/x", json={"name": "X", **closed}))
    assert [(one["code"], one["level"]) for one in answer["warnings"]] == [
        ("closed_without_overflow", "info")
    ]
    assert await warnings(front, "agents", {"capacity": {"chat": 0}}) == {
        "no_queues",
        "no_capacity",
    }
    said(await front.api.put("/v1/queues/x", json={"name": "X", "weight_by_channel": {"chat": 3}}))
    assert await warnings(front, "agents", {"queues": {"x": 1}, "capacity": {"chat": 2}}) == {
        "weight_above_capacity"
    }
    mail = {"presence": "available", "channels": ["mail"]}
    assert await warnings(front, "presences", mail) == {"channel_nobody_has"}


async def test_a_queue_tells_what_is_going_on(front: Front) -> None:
    await front.node.furnish(agents=2)
    said(await front.api.put("/v1/queues/r", json={"name": "R"}), 201)
    seen = said(await front.api.get("/v1/queues/q"))
    assert (seen["open"], seen["members_on"], seen["overflowed"]) == (True, 2, 0)
    rule = {"when": "depth", "value": 0, "to": "queue", "queue": "r"}
    said(await front.api.put("/v1/queues/q", json={"name": "Q", "overflow": [rule]}))
    for agent in ("a1", "a2"):
        said(await front.api.post(f"/v1/agents/{agent}/presence", json={"presence": "away"}))
    assert (await front.enter("c1"))["queue"] == "r"
    seen = said(await front.api.get("/v1/queues/q"))
    assert (seen["members_on"], seen["overflowed"]) == (0, 1)
    row = said(await front.api.get("/v1/board"))["queues"][0]
    assert (row["open"], row["members_on"], row["overflowed"]) == (True, 0, 1)
