"""Explanations over HTTP: all of it for a supervisor, what is the own for an agent."""

from __future__ import annotations

from typing import Any

from app.domain import commands as c
from tests.edge.front import Front, paths, refused, said

EXPLAIN = "/v1/conversations/c1/explain"


async def offer_of(front: Front, agent: str) -> str:
    return next(iter(front.node.router.state.agents[agent].offers))


async def decline(front: Front, agent: str, reason: str) -> None:
    await front.node.router.submit(c.DeclineOffer(await offer_of(front, agent), agent, reason))


async def floor(front: Front) -> tuple[Any, Any]:
    """Two agents; a1 declined c1, and a2 has it on offer. Their clients."""
    await front.node.furnish(agents=2)
    await front.enter("c1")
    await decline(front, "a1", "busy")
    return await front.as_role("agent", "a1"), await front.as_role("agent", "a2")


async def test_a_supervisor_sees_every_offer_and_who_was_considered(front: Front) -> None:
    await floor(front)
    seen = said(await front.api.get(EXPLAIN))
    assert {member["agent"] for member in seen["members"]} == {"a1", "a2"}
    first, second = seen["offers"]
    assert (first["agent"], first["state"], first["reason"]) == ("a1", "declined", "busy")
    assert first["why"]["others"] == {"a2": "later"} and first["version"] > 0
    assert (second["agent"], second["ended_at"]) == ("a2", None)
    assert second["why"]["others"] == {"a1": "passed_over"}
    assert "a2" in seen["sentence"]


async def test_an_agent_sees_the_own_row_and_no_colleague(front: Front) -> None:
    one, two = await floor(front)
    seen = said(await one.get(EXPLAIN))
    assert [member["agent"] for member in seen["members"]] == ["a1"]
    assert [reason["code"] for reason in seen["members"][0]["reasons"]] == ["passed_over"]
    assert "a colleague" in seen["sentence"]
    own, other = seen["offers"]
    assert (own["agent"], own["state"], own["reason"]) == ("a1", "declined", "busy")
    assert "others" not in own["why"] and own["why"]["strategy"]
    assert (other["agent"], other["why"]) == (None, {})
    assert [reason["code"] for reason in other["reasons"]] == ["passed_over"]
    told = (await one.get(EXPLAIN)).text
    assert '"a2"' not in told and "A2" not in told
    assert "to you" in said(await two.get(EXPLAIN))["sentence"]


async def test_the_sentence_speaks_of_the_asker_alone(front: Front) -> None:
    one, two = await floor(front)
    await decline(front, "a2", "")
    said(await front.api.post("/v1/agents/a1/presence", json={"presence": "away"}))
    for id_, words in ((one, "you: away"), (two, "you: passed over")):
        sentence = said(await id_.get(EXPLAIN))["sentence"]
        assert words in sentence and "member" not in sentence
    said(await front.api.post("/v1/conversations/c1/assign", json={"agent": "a1"}))
    assert said(await one.get(EXPLAIN))["sentence"].endswith("with you.")
    assert said(await two.get(EXPLAIN))["sentence"].endswith("with a colleague.")


async def test_other_queues_are_not_there_for_an_agent(front: Front) -> None:
    one, _ = await floor(front)
    said(await front.api.put("/v1/queues/r", json={"name": "R"}), 201)
    await front.enter("c2", "r")
    refused(await one.get("/v1/conversations/c2/explain"), 404, "unknown_conversation")
    refused(await one.get("/v1/conversations/none/explain"), 404, "unknown_conversation")
    refused(await one.get("/v1/conversations/c1"), 403, "forbidden")
    unbound = await front.as_role("agent")
    refused(await unbound.get(EXPLAIN), 403, "forbidden")
    ingest = await front.as_role("ingest")
    refused(await ingest.get(EXPLAIN), 403, "forbidden")


async def test_an_agents_day_is_the_own_offers(front: Front) -> None:
    one, two = await floor(front)
    seen = said(await one.get("/v1/agents/a1/offers"))
    (offer,) = seen["offers"]
    assert (seen["agent"], offer["conversation"], offer["state"]) == ("a1", "c1", "declined")
    assert (offer["reason"], offer["queue"], offer["channel"]) == ("busy", "q", "chat")
    assert offer["answered_in_ms"] == offer["ended_at"] - offer["made_at"]
    assert offer["waited_ms"] >= 0 and "others" not in offer["why"]
    (live,) = said(await two.get("/v1/agents/a2/offers"))["offers"]
    assert (live["state"], live["ended_at"], live["answered_in_ms"]) == ("created", None, None)
    refused(await one.get("/v1/agents/a2/offers"), 403, "forbidden")
    boss = await front.as_role("supervisor")
    assert said(await boss.get("/v1/agents/a1/offers"))["offers"] == seen["offers"]
    refused(await boss.get("/v1/agents/none/offers"), 404, "unknown_agent")


async def test_the_newest_offers_come_first_and_no_more_than_asked(front: Front) -> None:
    await front.node.furnish(agents=1)
    for number in range(4):
        await front.enter(f"c{number}")
        await decline(front, "a1", "")
        said(await front.api.post(f"/v1/conversations/c{number}/close", json={}))
    path = "/v1/agents/a1/offers"
    seen = said(await front.api.get(f"{path}?limit=3"))["offers"]
    assert [offer["conversation"] for offer in seen] == ["c3", "c2", "c1"]
    for query in ("limit=0", "limit=201", "after=1-1"):
        document = refused(await front.api.get(f"{path}?{query}"), 400, "query_invalid")
        assert paths(document) == [f"?{query.split('=')[0]}"]
