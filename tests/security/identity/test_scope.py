"""A key that is limited to a team: whatever it asks, by whatever way, it learns nothing of another
team and moves nothing there.
"""

from __future__ import annotations

import json
from typing import Any, get_args

import httpx2
import msgspec
import pytest

from app.wire import scope as scoping
from app.wire.board import fold
from app.wire.frames import Pong, SupervisorFrame
from app.wire.route import Route
from app.wire.routes import ROUTES
from app.wire.scope import RULES, Rule
from tests.edge.front import check_described, refused, said
from tests.edge.phone import socket_of
from tests.security.identity.office import (
    BOTH,
    FOREIGN,
    OWN,
    PERSON,
    SECRET,
    STRANGER,
    Office,
    open_office,
)
from tests.virtual_time import elapse

SUPERVISE = [route for route in ROUTES if route.roles and "supervisor" in route.roles]
PATHS = {
    "conversations": "c-xenon",
    "quarantine": "c-xenon",
    "queues": FOREIGN,
    "agents": STRANGER,
    "presences": "lunch",
}
QUERIES = {
    "get_estimates": {"queues": OWN},
    "get_history": {"queue": OWN},
}


def test_every_call_and_every_role_that_is_limited_has_its_rule() -> None:
    assert set(RULES) == {route.name for route in ROUTES}
    for route in ROUTES:
        rule = RULES[route.name]
        assert rule is not Rule.OPEN or "{id}" not in route.path or "presences" in route.path, route
        if rule in (Rule.CONVERSATION, Rule.QUEUE, Rule.AGENT, Rule.INCIDENT, Rule.BROADCAST):
            assert "{id}" in route.path, route


def test_a_call_without_a_rule_is_refused() -> None:
    """Who adds a call and forgets the table has opened nothing."""
    scope = scoping.Scope(frozenset({OWN}))
    refusal = scoping.refusal_of_path(scope, None, "brand_new", "x")  # type: ignore[arg-type]
    assert refusal is not None and refusal[0] == "forbidden"


def path_of(office: Office, route: Route, *, foreign: bool = True) -> str:
    kind = route.path.split("/")[2]
    ids = {**PATHS, "incidents": office.foreign_incident, "broadcasts": office.foreign_broadcast}
    id_ = ids.get(kind, "x") if foreign else "nothing-there"
    return route.path.replace("{id}", id_).replace("{version}", "1")


def body_of(kind: Any) -> dict[str, Any]:
    """A body or frame that names the other team wherever it can."""
    values = {
        "conversation": "c-xenon",
        "queue": FOREIGN,
        "agent": STRANGER,
        "priority": 5,
        "presence": "away",
        "reason": "because",
        "for_ms": 60_000,
        "text": "hello",
        "role": "supervisor",
    }
    if kind is None:
        return {}
    named = [field for field in msgspec.structs.fields(kind) if field.name in values]
    body = {field.name: values[field.name] for field in named}
    if {"queue", "agent"} <= body.keys():
        del body["agent"]
    return body


async def test_no_call_shows_or_changes_anything_of_another_team() -> None:
    async with open_office() as office:
        lead = await office.lead()
        before = len(office.node.told)
        for route in SUPERVISE:
            rule = RULES[route.name]
            body = None if route.body is None else body_of(route.body)
            query = QUERIES.get(route.name)
            path = path_of(office, route)
            answer = await lead.request(route.method, path, json=body, params=query)
            if rule in (Rule.OPEN, Rule.FILTERED) and route.name != "create_ticket":
                assert answer.status_code == 200, (route.name, answer.text)
                assert SECRET not in answer.text.lower(), route.name
            elif route.name != "create_ticket":
                assert answer.status_code in (403, 404), (route.name, answer.status_code)
        assert len(office.node.told) == before, "nothing was decided"


async def test_what_is_foreign_is_answered_as_what_does_not_exist() -> None:
    async with open_office() as office:
        lead = await office.lead()
        for route in SUPERVISE:
            if "{id}" not in route.path or RULES[route.name] in (Rule.NEVER, Rule.OPEN):
                continue
            told = []
            for foreign in (True, False):
                path = path_of(office, route, foreign=foreign)
                id_ = path.split("/")[3]
                body = None if route.body is None else body_of(route.body)
                answer = await lead.request(route.method, path, json=body)
                told.append((answer.status_code, answer.text.replace(id_, "ID")))
            assert told[0] == told[1], route.name
            assert told[0][0] == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("conversations/c-ours/move", {"queue": FOREIGN}, 403, "forbidden"),
        ("conversations/c-ours/move", {"queue": "no-such-queue"}, 403, "forbidden"),
        ("conversations/c-ours/assign", {"agent": STRANGER}, 404, "unknown_agent"),
        ("broadcasts", {"text": "to all"}, 403, "forbidden"),
        ("broadcasts", {"text": "to them", "queue": FOREIGN}, 403, "forbidden"),
        ("broadcasts", {"text": "to one", "agent": STRANGER}, 404, "unknown_agent"),
        ("repairs/freeze", {"for_ms": 60_000, "reason": "x"}, 403, "forbidden"),
    ],
)
async def test_what_is_ours_does_not_reach_over(
    path: str, body: dict[str, Any], status: int, code: str
) -> None:
    async with open_office() as office:
        lead, before = await office.lead(), len(office.node.told)
        told = refused(await lead.post(f"/v1/{path}", json=body), status, code)
        assert "your key is limited to" in told["detail"].lower()
        assert len(office.node.told) == before


async def test_a_team_leader_leads_the_team() -> None:
    async with open_office() as office:
        lead = await office.lead()
        said(await lead.post("/v1/conversations/c-ours/priority", json={"priority": 7}))
        said(await lead.post("/v1/conversations/c-ours/assign", json={"agent": "ann"}))
        said(await lead.post(f"/v1/agents/{BOTH}/presence", json={"presence": "away"}))
        said(await lead.post(f"/v1/queues/{OWN}/pause", json={}))
        said(await lead.post(f"/v1/incidents/{office.own_incident}/acknowledge", json={}))
        said(await lead.post("/v1/broadcasts", json={"text": "hello", "queue": OWN}), 201)
        rows = said(await lead.get("/v1/conversations"))["conversations"]
        assert {row["id"] for row in rows} == {"c-ours", "c-more"}
        session = said(await lead.get("/v1/session"))
        assert (session["queues"], session["hides_customers"]) == ([OWN], False)


async def test_the_board_of_a_team_adds_up_from_the_team() -> None:
    async with open_office() as office:
        lead = await office.lead()
        board = said(await lead.get("/v1/board"))
        assert [row["id"] for row in board["queues"]] == [OWN]
        rows = {row["id"]: row for row in board["agents"]}
        assert rows.keys() == {"ann", BOTH}
        assert rows[BOTH]["queues"] == [OWN] and rows[BOTH]["conversations"] == []
        totals = board["totals"]
        assert (totals["waiting"], totals["assigned"], totals["agents"]) == (2, 0, 2)
        assert (totals["quarantined"], totals["incidents_open"]) == (0, 1)
        assert totals["entered"] is totals["ended"] is None
        whole = said(await office.api.get("/v1/board"))["totals"]
        assert whole["entered"] == 4 and whole["quarantined"] == 1
        refused(await lead.get("/v1/board", params={"at": "1"}), 403, "forbidden")
        refused(await lead.get("/v1/history"), 403, "forbidden")
        refused(await lead.get("/v1/history", params={"queue": FOREIGN}), 403, "forbidden")
        refused(await lead.get("/v1/conversations", params={"queue": FOREIGN}), 403, "forbidden")


async def test_the_table_of_the_day_has_the_team_only() -> None:
    async with open_office() as office:
        lead = await office.lead()
        for id_ in ("late-1", "late-2"):
            await elapse(15 * 60)
            await office.front.enter(id_, OWN)
        whole = (await office.api.get("/v1/history.csv")).text.splitlines()
        assert {line.split(",")[0] for line in whole[1:]} == {"", OWN, FOREIGN}
        ours = (await lead.get("/v1/history.csv")).text.splitlines()
        assert {line.split(",")[0] for line in ours[1:]} == {OWN}


async def test_no_push_tells_of_another_team_and_no_frame_acts_there() -> None:
    async with open_office() as office:
        lead = await office.lead()
        async with socket_of(office.front, lead, role="supervisor") as board:
            await elapse(1)
            before = len(office.node.told)
            kinds = [kind for kind in get_args(SupervisorFrame) if kind is not Pong]
            assert len(kinds) > 15
            for number, kind in enumerate(kinds):
                frame = body_of(kind) | {"type": kind.__struct_config__.tag, "ref": number}
                for name in ("incident", "broadcast"):
                    if name in kind.__struct_fields__:
                        frame[name] = getattr(office, f"foreign_{name}")
                board.say(**frame)
                await elapse(0.2)
            assert len(office.node.told) == before, "no frame was carried out"
            replies = {one["ref"]: one for one in board.of("reply") if one["ref"] != "h"}
            for number, kind in enumerate(kinds):
                assert replies[number]["ok"] is False, kind
                assert replies[number]["code"] != "frame_invalid", (kind, replies[number])
            pushes = [one for one in board.heard if one["type"] != "reply"]
            board.heard.clear()
            await office.front.enter("new-xenon", FOREIGN)
            await office.front.enter("c-new", OWN)
            await elapse(1)
            office.node.feed.feed()
            fresh = said(await lead.get("/v1/board"))
            await elapse(1)
            pushes += board.heard
        text = json.dumps(pushes).lower()
        assert SECRET not in text and "delta" in {one["type"] for one in pushes}
        shown: dict[str, Any] = {}
        for push in pushes:
            if push["type"] == "snapshot":
                shown = push["board"]
            elif push["type"] == "delta":
                shown = fold(shown, push["changes"])
        assert shown["totals"]["waiting"] == 3
        assert {**fresh, "as_of": 0, "position": ""} == {**shown, "as_of": 0, "position": ""}


async def test_an_incident_is_pushed_to_those_whom_it_is_about() -> None:
    from app.domain import commands as c

    async with open_office() as office:
        lead = await office.lead()
        async with (
            socket_of(office.front, lead, role="supervisor") as ours,
            socket_of(office.front, office.api, role="supervisor") as all_,
        ):
            for queue in (FOREIGN, OWN, None):
                incident = c.OpenIncident("store_slow", 1, f"{queue}", queue, None, None, {})
                await office.node.router.submit(incident)
            await elapse(1)
            assert [one["incident"]["queue"] for one in ours.of("incident")] == [OWN]
            assert len(all_.of("incident")) == 3


async def test_an_ingest_key_enters_where_it_may_and_keeps_what_it_entered() -> None:
    async with open_office() as office:
        made = await office.made("ingest", queues=[OWN])
        shop = office.front.client(made["key"])
        said(await shop.post("/v1/conversations", json={"id": "s1", "queue": OWN}), 201)
        bad = await shop.post("/v1/conversations", json={"id": "s2", "queue": FOREIGN})
        refused(bad, 403, "forbidden")
        bad = await shop.post("/v1/conversations", json={"id": "s3", "queue": "no-such"})
        refused(bad, 403, "forbidden")
        refused(await shop.get("/v1/conversations/c-ours"), 404, "unknown_conversation")
        moved = await office.api.post("/v1/conversations/s1/move", json={"queue": FOREIGN})
        said(moved)
        said(await shop.get("/v1/conversations/s1"))
        said(await shop.post("/v1/conversations/s1/cancel", json={"reason": "gone"}))


async def test_a_wall_may_be_limited_too() -> None:
    async with open_office() as office:
        made = await office.made("viewer", queues=[OWN])
        wall = said(await office.front.client(made["key"]).get("/v1/wall"))
        assert SECRET not in json.dumps(wall) and wall["totals"]["waiting"] == 2


async def test_customers_are_hidden_everywhere_from_a_key_that_hides_them() -> None:
    async with open_office() as office:
        blind = office.front.client((await office.made(hides_customers=True))["key"])
        seeing = office.front.client((await office.made())["key"])
        found = 0
        for route in SUPERVISE:
            if route.method != "GET":
                continue
            for id_ in ("c-ours", BOTH, OWN, office.own_incident):
                path = route.path.replace("{id}", id_).replace("{version}", "1")
                params = QUERIES.get(route.name)
                hidden = await blind.get(path, params=params)
                open_ = await seeing.get(path, params=params)
                assert "marker" not in hidden.text.lower(), path
                assert hidden.status_code == open_.status_code
                found += "marker" in open_.text.lower()
        assert found >= 2, "there was something to hide"
        acted = await blind.post("/v1/conversations/c-ours/priority", json={"priority": 3})
        assert PERSON not in acted.text and said(acted)["priority"] == 3
        async with socket_of(office.front, blind, role="supervisor") as board:
            await elapse(1)
            assert "marker" not in json.dumps(board.heard).lower()


async def test_a_handler_that_forgets_the_scope_leaks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from app.edge import app as edge_app
    from app.edge.call import Call, answer

    async def forgetful(call: Call) -> Any:
        view, _ = await call.router.read(lambda engine, _: [*engine.state.queues])
        return answer({"queues": view})

    monkeypatch.setitem(edge_app.HANDLERS, "list_queues", forgetful)
    async with open_office() as office:
        lead: httpx2.AsyncClient = await office.lead()
        lead.event_hooks["response"].remove(check_described)
        answer_ = await lead.get("/v1/queues")
        assert answer_.status_code == 500 and SECRET not in answer_.text
