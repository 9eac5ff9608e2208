"""Incidents over HTTP, and as pushes on the supervisors' sockets, from the log of a real router."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.domain import commands as c
from app.shell import looking_back
from app.shell.looking_back import look_back
from tests.edge.front import Front, open_front, refused, said
from tests.virtual_time import elapse


async def break_down(front: Front, cause: str = "lost_wake_up", **about: Any) -> str:
    """Open an incident, as the watchdog does, and give its id."""
    about.setdefault("queue", "q")
    since = front.node.router.now_ms()
    await front.node.router.submit(c.OpenIncident(cause, since, "Q stands still.", **about))
    return next(reversed(front.node.router.state.incidents))


async def note(front: Front, id_: str, step: str = "repaired") -> None:
    await front.node.router.submit(c.NoteIncident(id_, step, "swept", "watchdog"))


async def test_incidents_are_listed_and_shown(front: Front) -> None:
    await front.node.furnish(agents=0)
    first, second = await break_down(front), await break_down(front, "overload", queue=None)
    await note(front, first)
    await front.node.router.submit(c.ResolveIncident(first, "over", "watchdog", 3, 6_000))
    listed = said(await front.api.get("/v1/incidents"))
    assert [one["id"] for one in listed["incidents"]] == [second, first]
    assert listed["open"] == 1 and listed["position"]
    for state, ids in (("open", [second]), ("resolved", [first])):
        only = said(await front.api.get(f"/v1/incidents?state={state}&limit=1"))
        assert [one["id"] for one in only["incidents"]] == ids
    one = said(await front.api.get(f"/v1/incidents/{first}"))
    assert [step["step"] for step in one["steps"]] == ["repaired", "resolved"]
    assert (one["conversations"], one["waited_ms"], one["state"]) == (3, 6_000, "resolved")


async def test_wrong_questions_are_told_so(front: Front) -> None:
    refused(await front.api.get("/v1/incidents?state=closed"), 400, "query_invalid")
    refused(await front.api.get("/v1/incidents?limit=0"), 400, "query_invalid")
    refused(await front.api.get("/v1/incidents?colour=red"), 400, "query_invalid")
    for path in ("", "/report"):
        refused(await front.api.get(f"/v1/incidents/i9{path}"), 404, "unknown_incident")
    answer = await front.api.post("/v1/incidents/i9/acknowledge", json={})
    refused(answer, 404, "unknown_incident")
    answer = await front.api.post("/v1/incidents/i9/acknowledge", json={"by": "me"})
    refused(answer, 400, "body_invalid")


@pytest.mark.parametrize(("role", "agent"), [("ingest", None), ("agent", "a1")])
async def test_only_supervisors_see_incidents(front: Front, role: str, agent: str | None) -> None:
    await front.node.furnish()
    id_ = await break_down(front)
    client = await front.as_role(role, agent)
    for path in ("", f"/{id_}", f"/{id_}/report"):
        refused(await client.get(f"/v1/incidents{path}"), 403, "forbidden")
    answer = await client.post(f"/v1/incidents/{id_}/acknowledge", json={})
    refused(answer, 403, "forbidden")


async def test_the_first_who_acknowledges_stays_named(front: Front) -> None:
    await front.node.furnish(agents=0)
    id_ = await break_down(front)
    boss = await front.as_role("supervisor")
    path = f"/v1/incidents/{id_}/acknowledge"
    first = said(await boss.post(path, json={"reason": "on it"}))
    assert first["acknowledged_by"].startswith("supervisor:")
    again = said(await front.api.post(path, json={}))
    assert again["acknowledged_by"] == first["acknowledged_by"]
    assert [(step["step"], step["text"]) for step in again["steps"]] == [("acknowledged", "on it")]


async def test_supervisors_are_told_and_agents_are_not(front: Front) -> None:
    await front.node.furnish()
    board, agent = front.node.watch(None), front.node.watch("a1")
    id_ = await break_down(front)
    await note(front, id_)
    await front.node.router.submit(c.ResolveIncident(id_, "over", "watchdog"))
    pushes = [json.loads(frame) for frame in board.frames]
    told = [push for push in pushes if push["type"] == "incident"]
    assert [len(push["incident"]["steps"]) for push in told] == [0, 1, 2]
    assert [push["incident"]["state"] for push in told] == ["open", "open", "resolved"]
    assert [push["seq"] for push in pushes] == [*range(1, len(pushes) + 1)]
    assert not [frame for frame in agent.frames if '"incident"' in frame]


async def test_a_board_that_was_away_for_a_moment_hears_of_it(front: Front) -> None:
    await front.node.furnish(agents=0)
    hub, now = front.node.hub, front.node.router.now_ms()
    screen = front.node.watch(None)
    session = next(iter(hub.attached()))
    hub.leave(session, screen, now)
    await break_down(front)
    missed = session.missed(1)
    assert missed is not None and [json.loads(text)["type"] for text in missed] == ["incident"]


async def test_the_board_and_the_figures_show_it(front: Front) -> None:
    await front.node.furnish(agents=0)
    await break_down(front)
    await front.enter("c1")
    await front.node.router.submit(c.QuarantineConversation("c1", "odd", "?", "system"))
    board = said(await front.api.get("/v1/board"))
    assert board["queues"][0]["health"]["state"] == "stalled"
    assert (board["totals"]["incidents_open"], board["totals"]["quarantined"]) == (1, 1)
    text = (await front.client().get("/metrics")).text
    assert 'interlock_incidents_open{cause="lost_wake_up"} 1.0' in text
    assert 'interlock_incidents_open{cause="overload"} 0.0' in text
    assert "interlock_quarantined 1.0" in text
    assert 'interlock_incidents_total{cause="lost_tail"} 0.0' in text


async def test_it_is_in_the_timeline_of_its_conversation(front: Front) -> None:
    await front.node.furnish(agents=0)
    await front.enter("c1")
    id_ = await break_down(front, "limbo", conversation="c1")
    timeline = said(await front.api.get("/v1/conversations/c1/timeline"))["timeline"]
    assert timeline[-1]["text"] == f"Incident {id_}: Q stands still."


async def test_a_report_is_written_from_the_log(front: Front) -> None:
    await front.node.furnish()
    await front.enter("c1", customer={"name": "Ada Lovelace"}, subject="my card")
    id_ = await break_down(front)
    await note(front, id_)
    answer = await front.api.get(f"/v1/incidents/{id_}/report")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    text = answer.text
    for words in (f"# Incident {id_}", "Offer `o1`: `c1` to `a1`.", "agent `a1` created", "swept"):
        assert words in text
    assert "Ada" not in text and "my card" not in text
    assert "not told in full" not in text


async def test_a_report_reaches_over_a_change_of_owner() -> None:
    async with open_front() as first:
        await first.node.furnish()
        await first.enter("c1")
        id_ = await break_down(first, "no_owner", queue=None)
        disk = first.node.store.disk
    async with open_front(disk=disk, force=True) as second:
        text = (await second.api.get(f"/v1/incidents/{id_}/report")).text
        assert "took over as epoch 1" in text and "took over as epoch 2" in text
        assert "agent `a1` created" in text


async def test_looking_back_reads_the_ends_of_a_long_span_and_says_so(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_back, "BESIDE_START", 10)
    monkeypatch.setattr(looking_back, "BESIDE_END", 5)
    router = front.node.router
    await front.node.furnish(agents=0)
    await elapse(looking_back.BEFORE_MS / 1000 + 1)
    since = router.now_ms()
    for n in range(40):
        await front.enter(f"c{n}")
        await elapse(0.01)
    until = router.now_ms()
    past = await look_back(router, since, until)
    seen = [event.conversation for _, event in past.events]  # type: ignore[union-attr]
    assert seen == [f"c{n}" for n in (*range(10), *range(35, 40))]
    assert not past.whole
    with_own = await look_back(router, since, until, "c20")
    assert "c20" in [getattr(event, "conversation", "") for _, event in with_own.events]
    short = await look_back(router, since, since)
    assert {getattr(event, "conversation", "") for _, event in short.events} >= {"c0", "c9"}


async def test_looking_back_over_a_trimmed_log_finds_what_is_left_and_says_so(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_back, "BESIDE_START", 3)
    monkeypatch.setattr(looking_back, "BESIDE_END", 1)
    router = front.node.router
    await front.node.furnish(agents=0)
    at = []
    for n in range(20):
        await elapse(1)
        at.append(router.now_ms())
        await front.enter(f"c{n}")
    places = [place for n in range(20) for place in router.timeline_positions(f"c{n}")]
    await front.node.store.log.trim(places[12])
    past = await look_back(router, at[15], at[15])
    assert not past.whole
    seen = [getattr(event, "conversation", "") for _, event in past.events]
    assert seen == ["c12", "c13", "c14", "c15", "c16", "c17"]
