"""Custom presences over HTTP, and agents who are in one or about to be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.edge.front import Front, paths, refused, said

MAIL = {"name": "Mail only", "presence": "available", "channels": ["mail"]}
PATH = "/v1/presences/mail-only"


async def be(front: Front, presence: str, **more: Any) -> dict[str, Any]:
    body = {"presence": presence, **more}
    return dict(said(await front.api.post("/v1/agents/a1/presence", json=body)))


async def test_a_presence_is_put_read_replaced_and_deleted(front: Front) -> None:
    refused(await front.api.get(PATH), 404, "unknown_presence")
    made = said(await front.api.put(PATH, json=MAIL), 201)
    assert MAIL.items() <= made.items() and made["id"] == "mail-only"
    seen = said(await front.api.get(PATH))
    assert seen == {name: value for name, value in made.items() if name != "warnings"}
    assert said(await front.api.get("/v1/presences")) == {"presences": [seen]}
    assert said(await front.api.put(PATH, json=MAIL))["version"] == made["version"]
    other = said(await front.api.put(PATH, json={"name": "Lunch"}))
    assert (other["presence"], other["channels"]) == ("away", None)
    assert other["version"] > made["version"]
    said(await front.api.delete(PATH), 204)
    refused(await front.api.delete(PATH), 404, "unknown_presence")


@pytest.mark.parametrize("name", ["available", "away", "offline"])
async def test_the_three_that_always_exist_are_not_made_anew(front: Front, name: str) -> None:
    answer = await front.api.put(f"/v1/presences/{name}", json={"name": "Mine"})
    document = refused(answer, 400, "body_invalid")
    assert paths(document) == ["$.id"] and "another id" in document["detail"]


async def test_who_may(front: Front) -> None:
    await front.node.furnish()
    said(await front.api.put(PATH, json=MAIL), 201)
    for role, agent in (("agent", "a1"), ("supervisor", None)):
        other = await front.as_role(role, agent)
        said(await other.get("/v1/presences"))
        said(await other.get(PATH))
        refused(await other.put(PATH, json=MAIL), 403, "forbidden")
        refused(await other.delete(PATH), 403, "forbidden")
    ingest = await front.as_role("ingest")
    refused(await ingest.get("/v1/presences"), 403, "forbidden")


async def test_an_agent_is_in_it_and_leaves_it(front: Front) -> None:
    await front.node.furnish()
    said(await front.api.put("/v1/agents/a1", json={"name": "A", "capacity": {"chat": 1}}))
    said(await front.api.put(PATH, json=MAIL), 201)
    seen = await be(front, "mail-only", reason="post")
    assert (seen["presence"], seen["custom_presence"]) == ("available", "mail-only")
    assert (seen["reason"], seen["channels"], seen["plan"]) == ("post", [], None)
    refused(await front.api.delete(PATH), 409, "presence_in_use")
    said(await front.api.put(PATH, json={**MAIL, "channels": ["chat"]}))
    assert said(await front.api.get("/v1/agents/a1"))["channels"] == ["chat"]
    row = said(await front.api.get("/v1/board"))["agents"][0]
    assert (row["custom_presence"], row["channels"]) == ("mail-only", ["chat"])
    assert (await be(front, "away"))["custom_presence"] is None
    said(await front.api.delete(PATH), 204)


async def test_finish_then_away(front: Front) -> None:
    await front.node.furnish()
    await front.enter("c1")
    said(await front.api.post("/v1/conversations/c1/assign", json={"agent": "a1"}))
    seen = await be(front, "away", reason="end of shift", after_work=True)
    assert (seen["presence"], seen["routable"]) == ("available", False)
    assert "finishing" in seen["why_not"]
    plan = {"presence": "away", "custom_presence": None, "reason": "end of shift"}
    assert plan.items() <= seen["plan"].items()
    said(await front.api.post("/v1/conversations/c1/close", json={}))
    seen = said(await front.api.get("/v1/agents/a1"))
    assert (seen["presence"], seen["reason"], seen["plan"]) == ("away", "end of shift", None)


async def test_a_presence_that_does_not_exist_is_a_fault_of_the_body(front: Front) -> None:
    await front.node.furnish()
    answer = await front.api.post("/v1/agents/a1/presence", json={"presence": "lunch"})
    document = refused(answer, 400, "body_invalid")
    assert paths(document) == ["$.presence"] and "available" in document["detail"]
    answer = await front.api.post("/v1/agents/none/presence", json={"presence": "lunch"})
    refused(answer, 404, "unknown_agent")


async def test_blocks_are_told(front: Front) -> None:
    await front.node.furnish()
    settings = {
        "name": "A",
        "queues": {"q": 1},
        "capacity": {"chat": 2, "voice": 1},
        "blocks": {"voice": ["chat"]},
    }
    said(await front.api.put("/v1/agents/a1", json=settings))
    await front.enter("c1", channel="voice")
    seen = said(await front.api.get("/v1/agents/a1"))
    assert seen["blocked"] == {"chat": "voice"} and seen["blocks"] == {"voice": ["chat"]}
