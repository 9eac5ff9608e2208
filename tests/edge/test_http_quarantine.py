"""What was set aside, seen and decided over HTTP."""

from __future__ import annotations

from app.domain import commands as c
from tests.edge.front import Front, refused, said


async def set_aside(front: Front, conversation: str) -> None:
    await front.enter(conversation)
    command = c.QuarantineConversation(conversation, "odd", "names two queues", "system")
    await front.node.router.submit(command)


async def test_it_is_listed_with_its_reason(front: Front) -> None:
    await front.node.furnish(agents=0)
    await set_aside(front, "c1")
    items = said(await front.api.get("/v1/quarantine"))["items"]
    assert [(item["id"], item["queue"], item["reason"]) for item in items] == [("c1", "q", "odd")]
    view = said(await front.api.get("/v1/conversations/c1"))
    assert view["quarantine"]["evidence"] == "names two queues"
    assert view["position"] is None
    timeline = said(await front.api.get("/v1/conversations/c1/timeline"))
    assert "names two queues" in str(timeline)


async def test_put_back_it_waits_again(front: Front) -> None:
    await front.node.furnish(agents=0)
    await set_aside(front, "c1")
    answer = await front.api.post("/v1/quarantine/c1/requeue", json={"reason": "fine"})
    assert answer.status_code == 204
    assert said(await front.api.get("/v1/quarantine"))["items"] == []
    view = said(await front.api.get("/v1/conversations/c1"))
    assert (view["quarantine"], view["position"]) == (None, 1)


async def test_discarded_it_is_canceled(front: Front) -> None:
    await front.node.furnish(agents=0)
    await set_aside(front, "c1")
    assert (await front.api.post("/v1/quarantine/c1/discard", json={})).status_code == 204
    view = said(await front.api.get("/v1/conversations/c1"))
    assert (view["state"], view["end_reason"]) == ("canceled", "discarded")


async def test_what_is_not_set_aside_is_left_alone(front: Front) -> None:
    await front.node.furnish(agents=0)
    await front.enter("c1")
    for action in ("requeue", "discard"):
        for id_ in ("c1", "none"):
            answer = await front.api.post(f"/v1/quarantine/{id_}/{action}", json={})
            refused(answer, 404, "not_found")
    assert said(await front.api.get("/v1/conversations/c1"))["state"] == "waiting"
