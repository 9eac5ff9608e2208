"""Local users: guessed at, found out, kept in after a change, made into something else."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from app.domain import commands as c
from app.edge import people
from app.wire.users import PASSWORD_MIN
from tests.edge.front import BASE, Front, open_front, paths, refused, said
from tests.edge.phone import SOCKET, Phone
from tests.waiting import poll_until

GOOD, OTHER = "correct horse battery", "staple horse battery"
ANNA = {"role": "agent", "agent": "a1", "password": GOOD}


@contextlib.asynccontextmanager
async def small_shop() -> AsyncIterator[Front]:
    async with open_front(auth={"local_users": True}) as front:
        await front.node.router.submit(c.FinalizeFormat(2, "admin:test"))
        await front.node.furnish()
        said(await front.api.put("/v1/users/anna", json=ANNA), 201)
        yield front


async def sign_in(front: Front, user: str, password: str) -> httpx2.Response:
    return await front.client().post("/v1/session", json={"user": user, "password": password})


async def browser(front: Front, user: str, password: str) -> httpx2.AsyncClient:
    answer = await sign_in(front, user, password)
    said(answer)
    client = front.client()
    cookie = answer.headers["set-cookie"].split(";")[0]
    client.headers.update({"Cookie": cookie, "Origin": BASE})
    return client


@contextlib.asynccontextmanager
async def greeted(front: Front, client: httpx2.AsyncClient) -> AsyncIterator[Phone]:
    """A socket of an agent, on a clock that does not jump."""
    ticket = said(await client.post("/v1/tickets", json={"role": "agent"}), 201)["ticket"]
    phone = Phone()
    phone.say(type="hello", ref="h", ticket=ticket)
    task = asyncio.create_task(front.app(dict(SOCKET), phone.receive, phone.send))
    try:
        await poll_until(lambda: phone.of("snapshot"), "it is welcome")
        yield phone
    finally:
        phone.hang_up()
        await task


async def test_a_user_signs_in_and_nobody_finds_the_password_anywhere() -> None:
    async with small_shop() as front:
        client = await browser(front, "anna", GOOD)
        session = said(await client.get("/v1/session"))
        assert (session["role"], session["agent"]) == ("agent", "a1")
        said(await client.post("/v1/tickets", json={"role": "agent"}), 201)
        listed = await front.api.get("/v1/users")
        (row,) = said(listed)["users"]
        assert row["id"] == "anna" and "argon2" not in listed.text
        assert said(await front.api.get("/v1/keys"))["keys"] == []
        stored = front.node.router.state.keys["u:anna"].sha256
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert GOOD not in repr(front.node.told)
        refused(await front.client(stored).get("/v1/session"), 401, "unauthenticated")


async def test_a_wrong_name_and_a_wrong_password_are_answered_alike() -> None:
    async with small_shop() as front:
        told = []
        for user, password in (("anna", OTHER), ("nobody", OTHER), ("anna", GOOD + " ")):
            answer = await sign_in(front, user, password)
            refused(answer, 401, "unauthenticated")
            assert "set-cookie" not in answer.headers
            told.append(answer.text)
        assert len(set(told)) == 1


async def test_for_a_name_that_nobody_has_as_much_work_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with small_shop() as front:
        assert front.identity.people is not None
        passwords, looked = front.identity.people._passwords, []
        verify = passwords.verify

        def counted(stored: str, password: str) -> bool:
            looked.append(stored[:30])
            return verify(stored, password)

        monkeypatch.setattr(passwords, "verify", counted)
        for user in ("anna", "nobody"):
            refused(await sign_in(front, user, OTHER), 401, "unauthenticated")
        assert len(looked) == 2 and looked[0] == looked[1], "the same cost, said in the hash"


async def test_who_guesses_is_slowed_down_and_a_right_guess_then_helps_nothing() -> None:
    async with small_shop() as front:
        for _ in range(people.FROM_ONE_BURST):
            refused(await sign_in(front, "anna", OTHER), 401, "unauthenticated")
        late = await sign_in(front, "anna", GOOD)
        refused(late, 429, "rate_limited")
        assert int(late.headers["retry-after"]) >= 1
        said(await front.api.put("/v1/users/bob", json=ANNA), 201)
        said(await sign_in(front, "bob", GOOD))


async def test_many_at_once_are_bounded() -> None:
    async with small_shop() as front:
        assert front.identity.people is not None
        front.identity.people._waiting = people.WAITING_MAX
        refused(await sign_in(front, "anna", GOOD), 503, "overloaded")
        front.identity.people._waiting = 0
        said(await sign_in(front, "anna", GOOD))


@pytest.mark.parametrize("change", ["password", "remove", "anew"])
async def test_whoever_is_in_is_out_after_a_change(change: str) -> None:
    async with small_shop() as front:
        client = await browser(front, "anna", GOOD)
        async with greeted(front, client) as phone:
            if change == "password":
                body: dict[str, Any] = {"password": OTHER}
                said(await front.api.post("/v1/users/anna/password", json=body))
            elif change == "remove":
                said(await front.api.delete("/v1/users/anna"), 204)
            else:
                said(await front.api.put("/v1/users/anna", json=ANNA | {"password": OTHER}))
            await poll_until(lambda: phone.closed, "the socket ends", within_s=2)
            assert phone.closed is not None and phone.closed[0] == 4501
        refused(await client.get("/v1/session"), 401, "unauthenticated")
        refused(await sign_in(front, "anna", GOOD), 401, "unauthenticated")
        if change != "remove":
            said(await sign_in(front, "anna", OTHER))


async def test_a_removed_user_who_is_made_again_does_not_bring_old_sign_ins_back() -> None:
    async with small_shop() as front:
        client = await browser(front, "anna", GOOD)
        said(await front.api.delete("/v1/users/anna"), 204)
        refused(await front.api.delete("/v1/users/anna"), 404, "unknown_user")
        said(await front.api.put("/v1/users/anna", json=ANNA), 201)
        refused(await client.get("/v1/session"), 401, "unauthenticated")


async def test_a_user_is_not_made_a_key_and_a_key_not_a_user() -> None:
    async with small_shop() as front:
        for call in ("rotate", "limits"):
            bad = await front.api.post(f"/v1/keys/u:anna/{call}", json={})
            refused(bad, 404, "unknown_key")
        refused(await front.api.delete("/v1/keys/u:anna"), 404, "unknown_key")
        key = await front.key("supervisor")
        for name in (key["id"], "nobody"):
            bad = await front.api.post(f"/v1/users/{name}/password", json={"password": GOOD})
            refused(bad, 404, "unknown_user")
        refused(await sign_in(front, key["id"], key["key"]), 401, "unauthenticated")


async def test_a_team_leader_with_a_password_leads_the_team_only() -> None:
    async with small_shop() as front:
        lead = {"role": "supervisor", "password": GOOD, "queues": ["q"], "hides_customers": True}
        said(await front.api.put("/v1/users/lea", json=lead), 201)
        client = await browser(front, "lea", GOOD)
        session = said(await client.get("/v1/session"))
        assert session["queues"] == ["q"] and session["hides_customers"] is True
        refused(await client.post("/v1/repairs/thaw", json={}), 403, "forbidden")
        refused(await client.get("/v1/users"), 403, "forbidden")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"password": "x" * (PASSWORD_MIN - 1)}, "$.password"),
        ({"password": "x" * 257}, "$.password"),
        ({"role": "viewer"}, "$.role"),
        ({"role": "ingest"}, "$.role"),
        ({"role": "agent", "agent": None}, "$.agent"),
        ({"role": "admin", "agent": "a1"}, "$.agent"),
        ({"queues": ["q"]}, "$.queues"),
        ({"hides_customers": True}, "$.hides_customers"),
    ],
)
async def test_users_that_cannot_be_meant_are_refused(body: dict[str, Any], path: str) -> None:
    async with small_shop() as front:
        bad = await front.api.put("/v1/users/new", json=ANNA | body)
        document = refused(bad, 400, "body_invalid")
        assert paths(document) == [path] and "x" * 20 not in json.dumps(document)
        bad = await front.api.put(f"/v1/users/{'n' * 65}", json=ANNA)
        assert paths(refused(bad, 400, "body_invalid")) == ["$.id"]


async def test_where_local_users_are_off_there_are_none() -> None:
    async with open_front() as front:
        await front.node.furnish()
        refused(await front.api.put("/v1/users/anna", json=ANNA), 403, "forbidden")
        refused(await sign_in(front, "anna", GOOD), 401, "unauthenticated")
        assert said(await front.client().get("/v1/session/ways"))["password"] is False
        for body in ({"user": "anna"}, {"password": GOOD}, {"user": "a", "key": "k"}):
            refused(await front.client().post("/v1/session", json=body), 400, "body_invalid")
