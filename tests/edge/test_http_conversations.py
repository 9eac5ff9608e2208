"""Conversations over HTTP, against the real router: what is answered, and that it is durable."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from app.adapters.memory import Fault, Faults, MemoryDisk
from app.domain import commands as c
from app.shell.limits import RouterLimits
from tests.edge.front import Front, open_front, paths, refused, said
from tests.virtual_time import elapse


async def test_a_conversation_is_entered_shown_and_found(front: Front) -> None:
    await front.node.furnish(agents=0)
    body = {"id": "c1", "queue": "q", "customer": {"name": "Ada"}, "attributes": {"n": 1}}
    answer = await front.api.post("/v1/conversations", json=body)
    view = said(answer, 201)
    assert answer.headers["location"] == "/v1/conversations/c1"
    assert (view["state"], view["position"], view["customer"]) == ("waiting", 1, {"name": "Ada"})
    seen = said(await front.api.get("/v1/conversations/c1"))
    assert seen == {**view, "estimated_wait": {"unknown": "nobody_on"}}
    (row,) = said(await front.api.get("/v1/conversations?queue=q"))["conversations"]
    assert row == view, "lists and writes leave the estimate out"
    again = await front.api.post("/v1/conversations", json=body)
    assert said(again, 200)["enqueued_at"] == view["enqueued_at"]
    other = await front.api.post("/v1/conversations", json={**body, "priority": 1})
    refused(other, 409, "conversation_exists")


async def test_without_an_id_one_is_made(front: Front) -> None:
    await front.node.furnish(agents=0)
    made = [said(await front.api.post("/v1/conversations", json={"queue": "q"}), 201)["id"]]
    made.append(said(await front.api.post("/v1/conversations", json={"queue": "q"}), 201)["id"])
    assert len(set(made)) == 2


async def test_many_at_once_make_one(front: Front) -> None:
    await front.node.furnish(agents=0)
    body = {"id": "c1", "queue": "q"}
    posts = (front.api.post("/v1/conversations", json=body) for _ in range(20))
    answers = await asyncio.gather(*posts)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}


async def test_refusals_have_their_codes(front: Front) -> None:
    await front.node.furnish(agents=0, max_waiting=1)
    post = front.api.post
    refused(await post("/v1/conversations", json={"queue": "none"}), 404, "unknown_queue")
    await front.enter("c1")
    refused(await post("/v1/conversations", json={"queue": "q"}), 409, "queue_full")
    said(await post("/v1/queues/q/drain", json={}))
    refused(await post("/v1/conversations", json={"queue": "q"}), 409, "queue_draining")
    for path in ("", "/timeline", "/explain"):
        answer = await front.api.get(f"/v1/conversations/none{path}")
        refused(answer, 404, "unknown_conversation")


async def test_a_bad_body_is_told_field_by_field(front: Front) -> None:
    answer = await front.api.post("/v1/conversations", json={"colour": 1, "priority": "x"})
    document = refused(answer, 400, "body_invalid")
    assert set(paths(document)) == {"$.colour", "$.queue", "$.priority"}


async def test_nothing_is_answered_before_it_is_durable() -> None:
    faults = Faults()
    async with open_front(faults=faults) as front:
        await front.node.furnish(agents=0)
        await front.enter("c0")
        faults.hold()
        post = front.api.post("/v1/conversations", json={"id": "c1", "queue": "q"})
        entering = asyncio.create_task(post)
        await faults.held()
        looking = [
            asyncio.create_task(front.api.get(path))
            for path in ("/v1/board", "/v1/conversations/c1", "/v1/conversations/c1/timeline")
        ]
        for _ in range(20):
            await asyncio.sleep(0)
        assert not entering.done() and not any(look.done() for look in looking)
        faults.release()
        said(await entering, 201)
        board, _, timeline = [said(await look) for look in looking]
        last = await front.node.store.log.last()
        assert board["totals"]["waiting"] == 2 and board["position"] == str(last)
        assert [item["type"] for item in timeline["timeline"]] == ["conversation_entered"]


async def test_a_store_that_is_away_takes_nothing() -> None:
    faults = Faults()
    async with open_front(faults=faults) as front:
        await front.node.furnish(agents=0)
        faults.down = True
        await elapse(3)
        answer = await front.api.post("/v1/conversations", json={"id": "c1", "queue": "q"})
        refused(answer, 503, "store_unavailable")
        assert answer.headers["retry-after"] == "1"
        assert not said(await front.api.get("/readyz"), 503)["ready"]
        said(await front.api.get("/healthz"))
        assert "interlock_ready 0.0" in (await front.api.get("/metrics")).text
        faults.down = False
        await elapse(3)
        said(await front.api.get("/readyz"))
        refused(await front.api.get("/v1/conversations/c1"), 404, "unknown_conversation")


async def test_an_unknown_outcome_is_said_with_the_id_and_a_repeat_settles_it() -> None:
    faults = Faults()
    async with open_front(faults=faults, limits=RouterLimits(patience_ms=500)) as front:
        await front.node.furnish(agents=0)
        faults.next_append(Fault.LOST_REPLY)
        faults.delay_ms = 2_000
        answer = await front.api.post("/v1/conversations", json={"queue": "q"})
        document = refused(answer, 503, "outcome_unknown")
        assert answer.headers["retry-after"] == "1"
        faults.delay_ms = 0
        await elapse(10)
        again = {"id": document["id"], "queue": "q"}
        said(await front.api.post("/v1/conversations", json=again), 200)


async def test_a_node_that_does_not_own_says_so() -> None:
    disk = MemoryDisk()
    async with open_front(disk=disk) as front:
        await front.node.furnish(agents=0)
        key = (await front.key("supervisor"))["key"]
        async with open_front(disk=disk, force=True):
            await elapse(3)
            refused(await front.api.get("/v1/board"), 503, "not_owner")
            stranger = front.client(key)
            refused(await stranger.get("/v1/board"), 503, "not_owner")
            assert not said(await front.api.get("/readyz"), 503)["ready"]


ACTIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("move", {"queue": "r"}, {"queue": "r", "state": "waiting"}),
    ("priority", {"priority": 7}, {"priority": 7}),
    ("requeue", {}, {"state": "waiting"}),
    ("release", {}, {"state": "waiting"}),
    ("close", {}, {"state": "closed"}),
    ("cancel", {"reason": "abandoned"}, {"state": "abandoned"}),
    ("cancel", {"reason": "test", "outcome": "canceled"}, {"state": "canceled"}),
    ("assign", {"agent": "a1"}, {"state": "assigned", "agent": "a1"}),
]


@pytest.mark.parametrize(("action", "body", "wanted"), ACTIONS)
async def test_actions_answer_the_new_state(
    front: Front, action: str, body: dict[str, Any], wanted: dict[str, Any]
) -> None:
    await front.node.furnish()
    said(await front.api.put("/v1/queues/r", json={"name": "R"}), 201)
    said(await front.api.post("/v1/queues/q/pause", json={}))
    await front.enter("c1")
    reason = {"reason": "a special reason"} | body
    view = said(await front.api.post(f"/v1/conversations/c1/{action}", json=reason))
    assert wanted.items() <= view.items()
    timeline = said(await front.api.get("/v1/conversations/c1/timeline"))["timeline"]
    if len(timeline) > 1:
        assert (timeline[-1]["actor"], timeline[-1]["reason"]) == (
            "admin:bootstrap",
            reason["reason"],
        )


async def test_actions_are_refused_by_state_and_body(front: Front) -> None:
    await front.node.furnish(agents=0)
    await front.enter("c1")
    post = front.api.post
    gone = await post("/v1/conversations/none/close", json={})
    refused(gone, 404, "unknown_conversation")
    bad = await post("/v1/conversations/c1/move", json={"queue": "r", "colour": 1})
    assert paths(refused(bad, 400, "body_invalid")) == ["$.colour"]
    refused(await post("/v1/conversations/c1/move", json={"queue": "none"}), 404, "unknown_queue")
    said(await post("/v1/conversations/c1/close", json={}))
    ended = await post("/v1/conversations/c1/move", json={"queue": "q"})
    refused(ended, 409, "conversation_ended")
    refused(await front.api.get("/v1/conversations/c1/move"), 405, "method_not_allowed")


async def test_the_timeline_can_be_read_in_pieces(front: Front) -> None:
    await front.node.furnish()
    await front.enter("c1")
    offer = next(iter(front.node.router.state.agents["a1"].offers))
    await front.node.router.submit(c.AcceptOffer(offer, "a1"))
    path = "/v1/conversations/c1/timeline"
    whole = said(await front.api.get(path))
    assert [item["type"] for item in whole["timeline"]] == [
        "conversation_entered",
        "offer_made",
        "offer_ended",
    ]
    assert whole["timeline"][1]["details"]["why"] is not None
    first = said(await front.api.get(path, params={"limit": 1}))["timeline"]
    rest = said(await front.api.get(path, params={"after": first[0]["position"]}))["timeline"]
    assert first + rest == whole["timeline"]
    for params in ({"limit": "0"}, {"limit": "x"}, {"after": "x"}, {"limit": "²"}):
        refused(await front.api.get(path, params=params), 400, "query_invalid")


async def test_explain_names_members_in_words(front: Front) -> None:
    await front.node.furnish()
    said(await front.api.put("/v1/agents/bob", json={"name": "Bob", "queues": {"q": 1}}), 201)
    await front.enter("c1", skills={"french": 2})
    view = said(await front.api.get("/v1/conversations/c1/explain"))
    reasons = {row["agent"]: [r["code"] for r in row["reasons"]] for row in view["members"]}
    assert reasons["a1"] == ["skill:french"] and "offline" in reasons["bob"]
    assert view["sentence"] and view["conversation"] == "c1"


async def test_the_list_is_in_order_and_filtered(front: Front) -> None:
    await front.node.furnish()
    said(await front.api.put("/v1/queues/r", json={"name": "R"}), 201)
    for n in range(1, 5):
        await front.enter(f"c{n}", "r" if n == 4 else "q")
    await front.enter("vip", priority=5)
    await front.enter("c5")
    for id_ in ("c3", "c5"):
        await elapse(1)
        said(await front.api.post(f"/v1/conversations/{id_}/close", json={}))

    async def ids(**params: Any) -> list[str]:
        view = said(await front.api.get("/v1/conversations", params=params))
        return [row["id"] for row in view["conversations"]]

    assert await ids() == ["vip", "c2", "c4", "c1"]
    assert await ids(queue="q") == ["vip", "c2", "c1"]
    assert await ids(queue="q", state="waiting", limit=1) == ["vip"]
    assert await ids(agent="a1") == ["c1"] == await ids(state="offered")
    assert await ids(state="ended") == ["c5", "c3"]
    assert await ids(agent="nobody") == [] == await ids(queue="none")
    for params in ({"state": "x"}, {"limit": 201}, {"colour": "red"}):
        refused(await front.api.get("/v1/conversations", params=params), 400, "query_invalid")


async def test_ingest_sees_and_cancels_its_own_only(front: Front) -> None:
    await front.node.furnish(agents=0)
    await front.enter("others")
    shop, rival = await front.as_role("ingest"), await front.as_role("ingest")
    said(await shop.post("/v1/conversations", json={"id": "own", "queue": "q"}), 201)
    said(await shop.get("/v1/conversations/own"))
    said(await shop.get("/v1/conversations/own/timeline"))
    cancel = {"reason": "abandoned"}
    for client, id_ in ((shop, "others"), (rival, "own"), (shop, "none")):
        path = f"/v1/conversations/{id_}"
        refused(await client.get(path), 404, "unknown_conversation")
        refused(await client.get(f"{path}/timeline"), 404, "unknown_conversation")
        refused(await client.post(f"{path}/cancel", json=cancel), 404, "unknown_conversation")
    said(await shop.post("/v1/conversations/own/cancel", json=cancel))
    refused(await shop.get("/v1/conversations"), 403, "forbidden")
    refused(await shop.get("/v1/conversations/own/explain"), 403, "forbidden")
