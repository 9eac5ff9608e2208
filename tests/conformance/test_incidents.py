"""An incident from the outside: found, pushed, shown, acknowledged, reported, and over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ..shell.receiver import receiving, signed_by
from ..waiting import poll_until
from .client import Json, body_of, eventually
from .described import Described
from .desk import Desk
from .process import Server, interlock

FOUND_WITHIN_S = 40.0
"""Somebody waits ten seconds before it is said that nobody can serve."""


def of_queue(queue: str, state: str) -> Callable[[Json], bool]:
    """Pick the push about this queue in this state."""

    def fits(push: Json) -> bool:
        incident = push["incident"]
        return incident["queue"] == queue and incident["state"] == state

    return fits


@pytest.mark.slow
async def test_whoever_should_be_told_is_told(
    spawn: Callable[..., Server], desk_at: Callable[[Server], Desk]
) -> None:
    async with receiving() as receiver:
        receiver.plan.append(503)
        hook = {"INTERLOCK_WEBHOOK__URL": receiver.url, "INTERLOCK_WEBHOOK__SECRET": "shared"}
        desk = desk_at(await asyncio.to_thread(spawn, env=hook))
        queue = await desk.queue()
        made = await desk.create(queue)
        await poll_until(lambda: len(receiver.heard) == 2, within_s=FOUND_WITHIN_S)
        first, second = receiver.messages()
        assert first == second and first["type"] == "incident.opened"
        assert first["incident"]["evidence"]["conversation"] == made
        assert all(signed_by("shared", headers, body) for headers, body in receiver.heard)
        assert not signed_by("other", *receiver.heard[0])
        text = (await desk.api.get("/metrics")).text
        assert 'interlock_webhook_messages_total{result="delivered"} 1.0' in text
        assert "interlock_webhook_failures_total 1.0" in text


@pytest.mark.slow
async def test_an_incident_from_its_beginning_to_its_end(desk: Desk) -> None:
    queue = await desk.queue("rare")
    anna = await desk.agent("anna", queue)
    await desk.online(anna)
    boss, _ = await desk.supervisor()
    made = await desk.create(
        queue, skills={"klingon": 1}, customer={"name": "Ada Lovelace"}, subject="my card"
    )
    opened = (await boss.push("incident", of_queue(queue, "open"), FOUND_WITHIN_S))["incident"]
    assert opened["cause"] == "nobody_can_serve" and opened["acknowledged_by"] is None

    health = (await desk.board_queue(queue))["health"]
    assert (health["state"], health["cause"]) == ("starved", "nobody_can_serve")
    assert (await desk.board())["totals"]["incidents_open"] >= 1
    listed = body_of(await desk.api.get("/v1/incidents?state=open"), 200)
    assert opened["id"] in [one["id"] for one in listed["incidents"]]

    await boss.do("acknowledge_incident", incident=opened["id"], reason="calling a linguist")
    again = await boss.do("acknowledge_incident", incident=opened["id"])
    assert again["already"] is True
    assert await boss.refused("acknowledge_incident", incident="none") == "unknown_incident"
    shown = body_of(await desk.api.get(f"/v1/incidents/{opened['id']}"), 200)
    assert shown["acknowledged_by"] and shown["steps"][-1]["text"] == "calling a linguist"

    body = {"name": "anna", "queues": {queue: 1}, "skills": {"klingon": 1}}
    body_of(await desk.api.put(f"/v1/agents/{anna}", json=body), 200)
    over = (await boss.push("incident", of_queue(queue, "resolved"), FOUND_WITHIN_S))["incident"]
    assert over["conversations"] == 1 and over["waited_ms"] > 0
    await desk.state(made, "offered")

    async def calm() -> bool:
        return bool((await desk.board_queue(queue))["health"]["state"] == "ok")

    await eventually(calm, "the board is calm again")
    report = (await desk.api.get(f"/v1/incidents/{opened['id']}/report")).text
    for words in ("# Incident", "## Impact", "Customers hit: **1**", "- [ ] ", anna, made):
        assert words in report
    assert "Ada" not in report and "my card" not in report
    told = interlock("incident", "report", opened["id"], "--url", desk.server.base)
    assert told.stdout.splitlines()[0] == report.splitlines()[0]

    described = Described(body_of(await desk.api.get("/asyncapi.json")))
    frames = [push for push in boss.pushes if push["type"] == "incident"]
    frames += [reply for replies in boss.replies.values() for reply in replies]
    assert not (faults := [fault for frame in frames for fault in described.frame(frame)]), faults
