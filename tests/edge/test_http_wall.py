"""A wallboard's key opens the wallboard and nothing else, and the wall names nobody."""

from __future__ import annotations

import itertools

import pytest

from app.domain import commands as c
from app.wire.route import Route
from app.wire.routes import ROUTES
from tests.edge.front import Front, refused, said
from tests.virtual_time import elapse

SECRETS = ("Zebulon", "0 wonderland", "anna-agent", "c-secret", "gone fishing")


async def busy(front: Front) -> None:
    """A floor that has something to hide."""
    await front.node.furnish(agents=1)
    named = {"name": "Zebulon", "queues": {"q": 1}}
    said(await front.api.put("/v1/agents/anna-agent", json=named), 200, 201)
    away = {"presence": "away", "reason": "gone fishing"}
    said(await front.api.post("/v1/agents/anna-agent/presence", json=away), 200, 204)
    customer = {"name": "Zebulon", "phone": "0 wonderland"}
    await front.enter("c-secret", customer=customer, subject="Zebulon")
    await front.node.router.submit(c.ConnectAgent("anna-agent"))


async def test_the_wall_has_the_figures_of_the_board_and_nobody_in_it(front: Front) -> None:
    await busy(front)
    viewer = await front.as_role("viewer")
    answer = await viewer.get("/v1/wall")
    wall, board = said(answer), said(await front.api.get("/v1/board"))
    assert not [secret for secret in SECRETS if secret in answer.text]
    assert "agents" not in wall and wall["totals"]["agents"] == board["totals"]["agents"] == 2
    [queue] = [row for row in wall["queues"] if row["id"] == "q"]
    [known] = [row for row in board["queues"] if row["id"] == "q"]
    assert set(queue["health"]) == {"state", "since"}
    assert all(queue[name] == known[name] for name in queue if name != "health")
    assert board["agents"] and "Zebulon" in str(board)


async def test_it_is_made_anew_when_somebody_looks_again(front: Front) -> None:
    await front.node.furnish(agents=0)
    viewer = await front.as_role("viewer")
    assert said(await viewer.get("/v1/wall"))["totals"]["waiting"] == 0
    await front.enter("c1")
    await elapse(1)
    assert said(await viewer.get("/v1/wall"))["totals"]["waiting"] == 1


def tried() -> list[Route]:
    """Every call that is not open to anyone, but the wall."""
    return [one for one in ROUTES if one.roles is not None and one.name != "get_wall"]


@pytest.mark.parametrize("route", tried(), ids=lambda route: str(route.name))
async def test_a_wallboards_key_opens_nothing_else(front: Front, route: Route) -> None:
    await busy(front)
    viewer = await front.as_role("viewer")
    path = route.path.replace("{id}", "c-secret").replace("{queue}", "q")
    answer = await viewer.request(route.method, path, json={} if route.writes else None)
    refused(answer, 403, "forbidden")
    assert not [secret for secret in SECRETS if secret in answer.text]


async def test_it_signs_nobody_in_and_gets_no_ticket(front: Front) -> None:
    await busy(front)
    key = (await front.key("viewer"))["key"]
    nobody, viewer = front.client(), front.client(key)
    for body in ({"key": key}, {"key": key, "agent": "anna-agent"}):
        answer = await nobody.post("/v1/session", json=body)
        refused(answer, 403, "forbidden")
        assert "set-cookie" not in answer.headers
    for role, agent in itertools.product(("agent", "supervisor"), (None, "anna-agent")):
        body = {"role": role} | ({"agent": agent} if agent else {})
        refused(await viewer.post("/v1/tickets", json=body), 403, "forbidden")
    refused(await front.api.post("/v1/tickets", json={"role": "viewer"}), 400, "body_invalid")
    bound = {"role": "viewer", "agent": "anna-agent"}
    refused(await front.api.post("/v1/keys", json=bound), 400, "body_invalid")


async def test_a_link_that_was_taken_back_shows_nothing(front: Front) -> None:
    await front.node.furnish(agents=0)
    made = await front.key("viewer")
    viewer = front.client(made["key"])
    said(await viewer.get("/v1/wall"))
    said(await front.api.delete(f"/v1/keys/{made['id']}"), 204)
    refused(await viewer.get("/v1/wall"), 401, "unauthenticated")
    for role in ("ingest", "agent"):
        refused(await (await front.as_role(role)).get("/v1/wall"), 403, "forbidden")
    said(await (await front.as_role("supervisor")).get("/v1/wall"))
