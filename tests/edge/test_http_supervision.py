"""What supervisors do to people and to the watchdog, over HTTP; and signing out for good."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from app.adapters.memory import Faults, MemoryDisk
from app.domain import commands as c
from tests.edge.front import ADMIN_KEY, BASE, Front, open_front, paths, refused, said
from tests.shell.node import Screen
from tests.virtual_time import elapse

OWN = {"Origin": BASE}


async def signed_in(front: Front, key: str = ADMIN_KEY, **more: str) -> httpx2.AsyncClient:
    """A browser; ``Cookie`` is what it would keep."""
    browser = front.client()
    answer = await browser.post("/v1/session", json={"key": key, **more})
    said(answer)
    browser.headers["Cookie"] = answer.headers["set-cookie"].split(";")[0]
    browser.headers.update(OWN)
    return browser


def again(front: Front, browser: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """The same browser at another process of the server."""
    client = front.client()
    client.headers.update({"Cookie": browser.headers["Cookie"], **OWN})
    return client


async def is_in(front: Front, browser: httpx2.AsyncClient) -> bool:
    return (await again(front, browser).get("/v1/session")).status_code == 200


def pushes(screen: Screen, kind: str) -> list[dict[str, Any]]:
    frames = [json.loads(text) for text in screen.frames]
    return [frame for frame in frames if frame["type"] == kind]


async def test_a_sign_out_survives_a_restart() -> None:
    disk = MemoryDisk()
    async with open_front(disk=disk) as front:
        gone, stays = await signed_in(front), await signed_in(front)
        said(await gone.delete("/v1/session"), 204)
        said(await again(front, gone).delete("/v1/session"), 204)
    async with open_front(disk=disk, force=True) as later:
        assert not await is_in(later, gone)
        assert await is_in(later, stays)
        (known,) = later.node.router.state.sign_outs.values()
        assert known.by == "admin:bootstrap"


async def test_signing_out_while_the_store_is_away_leaves_no_cookie_and_is_written_later() -> None:
    disk, faults = MemoryDisk(), Faults()
    async with open_front(disk=disk, faults=faults) as front:
        browser = await signed_in(front)
        faults.down = True
        answer = await browser.delete("/v1/session")
        refused(answer, 503, "outcome_unknown")
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert not await is_in(front, browser)
        faults.down = False
        await elapse(5)
        assert len(front.node.router.state.sign_outs) == 1
    async with open_front(disk=disk, force=True) as later:
        assert not await is_in(later, browser)


async def test_the_first_stored_format_keeps_a_sign_out_in_memory(front: Front) -> None:
    await front.node.router.submit(c.FinalizeFormat(1, "admin"))
    browser = await signed_in(front)
    said(await browser.delete("/v1/session"), 204)
    assert not await is_in(front, browser)
    assert not front.node.router.state.sign_outs
    await front.node.furnish()
    answer = await front.api.post("/v1/agents/a1/sign_out", json={})
    assert "interlock format finalize" in str(refused(answer, 409, "not_in_format")["detail"])


async def test_an_agent_is_signed_out_everywhere_and_may_sign_in_again() -> None:
    disk = MemoryDisk()
    async with open_front(disk=disk) as front:
        await front.node.furnish(agents=2)
        boss = await front.as_role("supervisor")
        bound = await front.key("agent", "a1")
        first, second = await signed_in(front, bound["key"]), await signed_in(front, agent="a1")
        other = await signed_in(front, agent="a2")
        ticket = said(
            await front.client(bound["key"]).post("/v1/tickets", json={"role": "agent"}), 201
        )
        screen, bystander = front.node.watch("a1"), front.node.watch("a2")
        answer = await boss.post("/v1/agents/a1/sign_out", json={"reason": "laptop lost"})
        view = said(answer)["signed_out"]
        assert view["reason"] == "laptop lost" and view["by"].startswith("supervisor:k-")
        assert screen.closed == (4501, "signed out by a supervisor") and bystander.closed is None
        for browser, expected in ((first, False), (second, False), (other, True)):
            assert await is_in(front, browser) is expected
        holder = front.identity.redeem(ticket["ticket"])
        assert holder is None or not front.identity.holds(holder)
        back = await signed_in(front, bound["key"])
        assert await is_in(front, back), "in the very instant after it"
    async with open_front(disk=disk, force=True) as later:
        assert not await is_in(later, first) and not await is_in(later, second)
        assert await is_in(later, back) and await is_in(later, other)
        known = said(await later.api.get("/v1/agents/a1"))["signed_out"]
        assert known == view
        refused(await later.api.post("/v1/agents/no/sign_out", json={}), 404, "unknown_agent")


async def test_what_the_agent_holds_waits_for_the_grace_as_ever(front: Front) -> None:
    await front.node.furnish()
    screen = front.node.watch("a1")
    await front.enter("c1")
    (offer,) = pushes(screen, "offer")
    await front.node.router.submit(c.MarkDelivered(offer["offer"]["id"], "a1"))
    await front.node.router.submit(c.AcceptOffer(offer["offer"]["id"], "a1"))
    said(await front.api.post("/v1/agents/a1/sign_out", json={}))
    assert said(await front.api.get("/v1/conversations/c1"))["agent"] == "a1"


async def test_repairs_are_frozen_and_thawed(front: Front) -> None:
    boss = await front.as_role("supervisor")
    assert said(await boss.get("/v1/repairs"))["frozen"] is None
    body = {"for_ms": 60_000, "reason": "we look ourselves"}
    frozen = said(await boss.post("/v1/repairs/freeze", json=body))["frozen"]
    assert frozen["until"] - frozen["since"] == 60_000 and frozen["reason"] == body["reason"]
    assert said(await boss.get("/v1/board"))["repairs_frozen"] == frozen
    assert "interlock_repairs_frozen 1.0" in (await front.client().get("/metrics")).text
    said(await boss.post("/v1/repairs/thaw", json={"reason": "found"}))
    assert said(await boss.get("/v1/board"))["repairs_frozen"] is None
    said(await boss.post("/v1/repairs/freeze", json=body))
    await elapse(60)
    assert said(await boss.get("/v1/repairs"))["frozen"] is None
    for bad, path in (
        ({"for_ms": 86_400_001, "reason": "x"}, "$.for_ms"),
        ({"for_ms": 1, "reason": "x"}, "$.for_ms"),
        ({"for_ms": 60_000, "reason": ""}, "$.reason"),
    ):
        answer = await boss.post("/v1/repairs/freeze", json=bad)
        assert paths(refused(answer, 400, "body_invalid")) == [path]


async def test_a_message_reaches_whom_it_is_for_and_can_be_taken_back(front: Front) -> None:
    await front.node.furnish(agents=2)
    boss = await front.as_role("supervisor")
    one, two = front.node.watch("a1"), front.node.watch("a2")
    text = "<b>Pay</b> is down for now"
    bent = {"text": f"\u202e{text}", "agent": "a1"}
    sent = said(await boss.post("/v1/broadcasts", json=bent), 201)
    (push,) = pushes(one, "broadcast")
    assert push["broadcast"]["text"] == text and push["broadcast"]["id"] == sent["id"]
    assert pushes(two, "broadcast") == []
    said(await boss.post("/v1/broadcasts", json={"text": "To q", "queue": "q"}), 201)
    assert len(pushes(one, "broadcast")) == 2 and len(pushes(two, "broadcast")) == 1
    late = front.node.watch("a1")
    (snapshot,) = pushes(late, "snapshot")
    assert [one["text"] for one in snapshot["broadcasts"]] == [text, "To q"]
    gone = said(await boss.post(f"/v1/broadcasts/{sent['id']}/withdraw"))
    assert gone["withdrawn_by"].startswith("supervisor:")
    assert [push["broadcast"] for push in pushes(two, "broadcast_withdrawn")] == [sent["id"]]
    listed = said(await boss.get("/v1/broadcasts"))["broadcasts"]
    assert [one["text"] for one in listed] == ["To q", text]
    assert len(said(await boss.get("/v1/broadcasts?limit=1"))["broadcasts"]) == 1


async def test_the_same_message_again_is_not_sent_twice(front: Front) -> None:
    body = {"text": "Hello", "id": "m-1"}
    said(await front.api.post("/v1/broadcasts", json=body), 201)
    said(await front.api.post("/v1/broadcasts", json=body), 200)
    other = await front.api.post("/v1/broadcasts", json={**body, "text": "Other"})
    refused(other, 409, "broadcast_exists")
    assert len(said(await front.api.get("/v1/broadcasts"))["broadcasts"]) == 1


async def test_messages_are_short_and_few(front: Front) -> None:
    for body, path in (
        ({"text": ""}, "$.text"),
        ({"text": " \t "}, "$.text"),
        ({"text": "x" * 301}, "$.text"),
        ({"text": "a\u0001b"}, "$.text"),
        ({"text": "x", "queue": "q", "agent": "a"}, "$.agent"),
    ):
        answer = await front.api.post("/v1/broadcasts", json=body)
        assert paths(refused(answer, 400, "body_invalid")) == [path]
    for number in range(10):
        said(await front.api.post("/v1/broadcasts", json={"text": str(number)}), 201)
    refused(await front.api.post("/v1/broadcasts", json={"text": "11"}), 429, "too_many_broadcasts")
    refused(await front.api.post("/v1/broadcasts/none/withdraw"), 404, "unknown_broadcast")
    for body, code in (({"queue": "no"}, "unknown_queue"), ({"agent": "no"}, "unknown_agent")):
        refused(await front.api.post("/v1/broadcasts", json={"text": "x", **body}), 404, code)


@pytest.mark.parametrize("role", ["agent", "ingest"])
async def test_it_is_for_supervisors(front: Front, role: str) -> None:
    await front.node.furnish()
    other = await front.as_role(role, "a1" if role == "agent" else None)
    for path in ("broadcasts", "repairs/freeze", "repairs/thaw", "agents/a1/sign_out"):
        refused(await other.post(f"/v1/{path}", json={}), 403, "forbidden")
    refused(await other.get("/v1/broadcasts"), 403, "forbidden")
