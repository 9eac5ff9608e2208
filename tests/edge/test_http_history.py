"""The course of the day and estimates over HTTP: for supervisors, described, never made up."""

from __future__ import annotations

import pytest

from tests.edge.front import Front, refused, said
from tests.virtual_time import elapse


async def test_the_day_so_far(front: Front) -> None:
    await front.node.furnish(agents=0)
    for number in range(3):
        await front.enter(f"c{number}")
        await elapse(61)
    await front.enter("c4")
    day = said(await front.api.get("/v1/history"))
    assert day["waiting"][-1] == 3 or day["waiting"][-1] == 4
    assert len(day["at"]) >= 2 and day["since"]
    assert set(day["agents"]) == {"free", "working", "unreachable", "away", "offline"}
    longer = said(await front.api.get("/v1/history?every_min=60"))
    assert longer["every_ms"] == 3_600_000
    none = said(await front.api.get(f"/v1/history?until={day['at'][0]}&from=1"))
    assert none["at"] == []


async def test_one_queue_and_the_table(front: Front) -> None:
    await front.node.furnish(agents=0)
    for number in range(3):
        await front.enter(f"c{number}")
        await elapse(901)
    await front.enter("c3")
    day = said(await front.api.get("/v1/history?queue=q"))
    assert day["queue"] == "q" and day["agents"] is None
    answer = await front.api.get("/v1/history.csv")
    assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert lines[0].startswith("queue,starts_at") and any(line.startswith("q,") for line in lines)


async def test_estimates_of_some_queues(front: Front) -> None:
    await front.node.furnish(agents=0)
    told = said(await front.api.get("/v1/estimates?queues=q,nobody-knows"))
    assert [one["queue"] for one in told["estimates"]] == ["q"]
    assert told["estimates"][0]["estimated_wait"] == {"unknown": "nobody_on"}


async def test_wrong_questions_are_told_so(front: Front) -> None:
    for query in ("every_min=7", "every_min=0", "from=x", "colour=red"):
        refused(await front.api.get(f"/v1/history?{query}"), 400, "query_invalid")
    refused(await front.api.get("/v1/history?queue=q9"), 404, "unknown_queue")
    refused(await front.api.get("/v1/estimates"), 400, "query_invalid")
    many = ",".join(f"q{number}" for number in range(31))
    refused(await front.api.get(f"/v1/estimates?queues={many}"), 400, "query_invalid")


@pytest.mark.parametrize("path", ["history", "history.csv", "estimates?queues=q"])
async def test_only_for_supervisors(front: Front, path: str) -> None:
    agent = await front.as_role("ingest")
    refused(await agent.get(f"/v1/{path}"), 403, "forbidden")
