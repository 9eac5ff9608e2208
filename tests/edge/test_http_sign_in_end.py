"""The end of a browser session at its sockets: a warning a minute before, then 4501."""

from __future__ import annotations

import contextlib

import httpx2

from app.edge.expiry import WARN_MS
from tests.edge.front import ADMIN_KEY, BASE, Front, open_front, said
from tests.edge.phone import socket_of
from tests.virtual_time import elapse

TTL_MS = 600_000


async def browser(front: Front, **more: str) -> httpx2.AsyncClient:
    client = front.client()
    answer = await client.post("/v1/session", json={"key": ADMIN_KEY, **more})
    said(answer)
    client.headers.update({"Cookie": answer.headers["set-cookie"].split(";")[0], "Origin": BASE})
    return client


def desk() -> contextlib.AbstractAsyncContextManager[Front]:
    return open_front(auth={"session_ttl_ms": TTL_MS})


async def test_agents_and_boards_are_warned_a_minute_before_and_closed_at_the_end() -> None:
    async with desk() as front:
        await front.node.furnish()
        ends_at = front.node.router.now_ms() + TTL_MS
        client = await browser(front, agent="a1")
        async with (
            socket_of(front, client, role="agent", agent="a1") as agent,
            socket_of(front, client, role="supervisor") as board,
        ):
            await elapse((TTL_MS - WARN_MS) / 1000 - 1)
            assert agent.of("reauth_required") == board.of("reauth_required") == []
            await elapse(1)
            for phone in (agent, board):
                (push,) = phone.of("reauth_required")
                assert push["by"] == ends_at and push["seq"] > 1
            await elapse(59)
            assert agent.closed is None and board.closed is None
            await elapse(1)
            assert agent.closed == board.closed == (4501, "the sign-in has ended")


async def test_the_board_that_was_opened_from_a_desk_ends_when_that_is_signed_out() -> None:
    async with desk() as front:
        await front.node.furnish()
        sat, elsewhere = await browser(front, agent="a1"), await browser(front)
        async with (
            socket_of(front, sat, role="supervisor") as board,
            socket_of(front, elsewhere, role="supervisor") as other,
        ):
            said(await front.api.post("/v1/agents/a1/sign_out", json={}))
            await elapse(1)
            assert board.closed == (4501, "signed out by a supervisor")
            assert other.closed is None


async def test_a_socket_of_a_key_has_no_end() -> None:
    async with desk() as front:
        await front.node.furnish()
        async with socket_of(front, front.api, role="agent", agent="a1") as phone:
            await elapse(20)
            front.node.clock.now_ms()
            phone.say(type="pong", ping=1)
            assert phone.of("reauth_required") == [] and phone.closed is None


async def test_the_same_end_is_told_once_and_a_renewed_sign_in_has_a_later_one() -> None:
    async with desk() as front:
        await front.node.furnish()
        old = await browser(front, agent="a1")
        await elapse((TTL_MS - WARN_MS) / 1000 - 10)
        async with socket_of(front, old, role="agent", agent="a1") as phone:
            await elapse(15)
            (warned,) = phone.of("reauth_required")
            (welcome,) = [one for one in phone.heard if one.get("ref") == "h"]
        resume = {name: welcome[name] for name in ("session", "secret", "gen")}
        async with socket_of(
            front, old, {**resume, "seq": warned["seq"]}, role="agent", agent="a1"
        ) as phone:
            await elapse(5)
            assert phone.of("reauth_required") == [], "it was told before"
            last = max((frame.get("seq", 0) for frame in phone.heard), default=0)
        fresh = await browser(front, agent="a1")
        back = {**resume, "seq": max(last, warned["seq"])}
        async with socket_of(front, fresh, back, role="agent", agent="a1") as phone:
            assert phone.of("reply")[0]["mode"] == "replay"
            await elapse(60)
            assert phone.closed is None, "the new sign-in carries the session on"


async def test_a_ticket_does_not_outlive_its_sign_in() -> None:
    async with desk() as front:
        await front.node.furnish()
        client = await browser(front, agent="a1")
        await elapse(TTL_MS / 1000 - 5)
        ticket = said(await client.post("/v1/tickets", json={"role": "agent", "agent": "a1"}), 201)
        await elapse(5)
        holder = front.identity.redeem(ticket["ticket"])
        assert holder is not None and not front.identity.holds(holder)
