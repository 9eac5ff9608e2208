"""Two people change the same thing at once: neither undoes the other's work unseen."""

from __future__ import annotations

import pytest

from app.domain import commands as c
from tests.edge.front import Front, refused, said

ANNA = {"name": "Anna", "queues": {"q": 1}}


async def anna(front: Front) -> int:
    """Two queues and an agent in the first; her version."""
    await front.node.furnish(agents=0)
    said(await front.api.put("/v1/queues/r", json={"name": "R"}), 201)
    return int(said(await front.api.put("/v1/agents/anna", json=ANNA), 201)["version"])


async def queues(front: Front) -> dict[str, int]:
    return dict(said(await front.api.get("/v1/agents/anna"))["queues"])


async def test_one_membership_is_changed_and_what_else_was_changed_stays(front: Front) -> None:
    version = await anna(front)
    path = "/v1/agents/anna/membership"
    first = said(await front.api.post(path, json={"queue": "r", "level": 3}))
    assert first["queues"] == {"q": 1, "r": 3} and first["version"] > version
    # Somebody who had read her before that changes another membership.
    said(await front.api.post(path, json={"queue": "q", "level": 2}))
    assert await queues(front) == {"q": 2, "r": 3}
    said(await front.api.post(path, json={"queue": "r", "level": None}))
    again = said(await front.api.post(path, json={"queue": "r", "level": None}))
    assert again["queues"] == {"q": 2}
    said(await front.api.post(path, json={"queue": "q", "level": 0}))
    assert await queues(front) == {"q": 0}, "0 is a level"
    refused(await front.api.post(path, json={"queue": "no", "level": 1}), 404, "unknown_queue")
    nobody = await front.api.post("/v1/agents/no/membership", json={"queue": "q", "level": 1})
    refused(nobody, 404, "unknown_agent")
    boss = await front.as_role("supervisor")
    refused(await boss.post(path, json={"queue": "q", "level": 1}), 403, "forbidden")


async def test_the_same_membership_changed_by_two_is_refused_to_the_second(front: Front) -> None:
    version = await anna(front)
    path = "/v1/agents/anna/membership"
    body = {"queue": "q", "version": version}
    said(await front.api.post(path, json={**body, "level": 5}))
    said(await front.api.post(path, json={**body, "level": 5}))
    late = await front.api.post(path, json={**body, "level": 7})
    assert "read it again" in str(refused(late, 409, "changed_since")["detail"])
    assert await queues(front) == {"q": 5}


async def test_why_it_was_changed_is_kept_and_shown(front: Front) -> None:
    await anna(front)
    path, sick = "/v1/agents/anna/membership", {"queue": "r", "level": 3, "reason": "sick leave"}
    version = said(await front.api.post(path, json=sick))["version"]

    async def reasons() -> list[str]:
        history = said(await front.api.get("/v1/config/history?limit=2"))["changes"]
        return [change["reason"] for change in history]

    assert await reasons() == ["sick leave", ""]
    undo = {"version": version, "reason": "back again"}
    assert said(await front.api.post("/v1/config/undo", json=undo))["reason"] == "back again"
    assert await reasons() == ["back again", "sick leave"]
    # The first stored format has no words for it, and the change is what was asked for.
    await front.node.router.submit(c.FinalizeFormat(1, "admin"))
    assert await reasons() == ["", ""]
    said(await front.api.post(path, json=sick))
    assert await reasons() == ["", ""] and await queues(front) == {"q": 1, "r": 3}


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        ("/v1/agents/anna", {"name": "A"}, {"name": "B"}),
        ("/v1/queues/x", {"name": "A"}, {"name": "B"}),
        ("/v1/presences/lunch", {"name": "A"}, {"name": "B"}),
    ],
)
async def test_a_put_may_name_the_version_that_it_replaces(
    front: Front, path: str, one: dict[str, str], other: dict[str, str]
) -> None:
    made = await front.api.put(path, json=one, headers={"If-Match": '"0"'})
    said(made, 201)
    read = await front.api.get(path)
    tag = {"If-Match": read.headers["etag"]}
    assert read.headers["etag"] == made.headers["etag"] == f'"{said(read)["version"]}"'
    said(await front.api.put(path, json=other, headers=tag))
    said(await front.api.put(path, json=other, headers=tag))
    refused(await front.api.put(path, json=one, headers=tag), 412, "precondition_failed")
    for wrong in ('"0"', "*", 'W/"1"', '"x"', '"1", "2"'):
        answer = await front.api.put(path, json=one, headers={"If-Match": wrong})
        refused(answer, 412, "precondition_failed")
    assert said(await front.api.get(path))["name"] == "B"
    said(await front.api.put(path, json=one))
