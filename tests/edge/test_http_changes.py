"""Changes of configuration over HTTP: told one by one, and taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.edge.front import Front, paths, refused, said

Q, HISTORY = "/v1/queues/q", "/v1/config/history"


async def put(front: Front, path: str = Q, **settings: Any) -> None:
    said(await front.api.put(path, json={"name": "Q", **settings}), 200, 201)


async def changes(front: Front, query: str = "") -> list[dict[str, Any]]:
    return list(said(await front.api.get(HISTORY + query))["changes"])


async def undo(front: Front, version: int) -> Any:
    return await front.api.post("/v1/config/undo", json={"version": version})


async def test_each_change_is_told_with_its_difference(front: Front) -> None:
    await put(front)
    await put(front, priority=7, offer={"timeout_ms": 9_000})
    await put(front, priority=7, offer={"timeout_ms": 9_000})
    await put(front, "/v1/agents/anna", queues={"q": 1})
    said(await front.api.delete("/v1/agents/anna"), 204)
    gone, made, changed, created = await changes(front)
    assert [(one["kind"], one["id"], one["action"]) for one in (gone, made, changed, created)] == [
        ("agent", "anna", "removed"),
        ("agent", "anna", "created"),
        ("queue", "q", "changed"),
        ("queue", "q", "created"),
    ]
    assert changed["diff"] == [
        {"path": "$.priority", "before": 0, "after": 7},
        {"path": "$.offer.timeout_ms", "before": 20_000, "after": 9_000},
    ]
    assert [one["path"] for one in created["diff"]] == ["$"]
    assert changed["by"] == "admin:bootstrap" and changed["at"] > 0
    assert [one["undoable"] for one in (gone, made, changed, created)] == [True, False, True, False]
    assert said(await front.api.get(f"{HISTORY}/{changed['version']}")) == changed
    for version in ("999", "0", "x", "9" * 99):
        refused(await front.api.get(f"{HISTORY}/{version}"), 404, "unknown_version")


async def test_history_is_read_page_by_page(front: Front) -> None:
    for priority in range(5):
        await put(front, priority=priority)
    first = said(await front.api.get(f"{HISTORY}?limit=2"))
    assert [one["version"] for one in first["changes"]] == [5, 4]
    second = said(await front.api.get(f"{HISTORY}?limit=3&before={first['next_before']}"))
    assert [one["version"] for one in second["changes"]] == [3, 2, 1]
    assert second["next_before"] is None
    for query in ("limit=0", "limit=201", "limit=x", "before=0", "before=-1", "colour=red"):
        document = refused(await front.api.get(f"{HISTORY}?{query}"), 400, "query_invalid")
        assert paths(document) == [f"?{query.split('=')[0]}"]


async def test_a_change_is_taken_back_and_the_taking_back_too(front: Front) -> None:
    await put(front, priority=1)
    await put(front, priority=2)
    taken = said(await undo(front, 2))
    assert (taken["version"], taken["diff"]) == (
        3,
        [{"path": "$.priority", "before": 2, "after": 1}],
    )
    assert said(await front.api.get(Q))["priority"] == 1
    assert said(await undo(front, 3))["diff"][0]["after"] == 2
    assert said(await front.api.get(Q))["priority"] == 2


async def test_what_was_created_is_removed_and_what_was_removed_comes_back(front: Front) -> None:
    await put(front, priority=4)
    taken = said(await undo(front, 1))
    assert taken["action"] == "removed"
    refused(await front.api.get(Q), 404, "unknown_queue")
    assert said(await undo(front, taken["version"]))["action"] == "created"
    assert said(await front.api.get(Q))["priority"] == 4


async def test_what_cannot_be_taken_back_is_refused(front: Front) -> None:
    refused(await undo(front, 1), 404, "unknown_version")
    await put(front)
    await front.enter("c1")
    refused(await undo(front, 1), 409, "queue_in_use")
    await put(front, priority=1)
    refused(await undo(front, 1), 409, "changed_since")
    await put(front, "/v1/agents/anna", queues={"q": 1})
    said(await front.api.delete("/v1/agents/anna"), 204)
    said(await front.api.post("/v1/conversations/c1/close", json={}))
    said(await front.api.delete(Q), 204)
    removed = next(one for one in await changes(front) if one["kind"] == "agent")
    refused(await undo(front, removed["version"]), 404, "unknown_queue")


@pytest.mark.parametrize("body", [{}, {"version": 0}, {"version": "1"}, {"version": 1, "x": 1}])
async def test_a_bad_version_is_told(front: Front, body: dict[str, Any]) -> None:
    answer = await front.api.post("/v1/config/undo", json=body)
    refused(answer, 400, "body_invalid")


async def test_supervisors_read_and_admins_undo(front: Front) -> None:
    await put(front)
    boss, ingest = await front.as_role("supervisor"), await front.as_role("ingest")
    said(await boss.get(HISTORY))
    said(await boss.get(f"{HISTORY}/1"))
    refused(await boss.post("/v1/config/undo", json={"version": 1}), 403, "forbidden")
    refused(await ingest.get(HISTORY), 403, "forbidden")
