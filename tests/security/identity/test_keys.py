"""Keys that end, change or get another secret: whoever is in with them is out within two seconds,
and nobody gets more than the key gives now by holding something older.
"""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from app.domain import commands as c
from app.shell.keyring import mark_of, sha256_of
from tests.edge.front import BASE, open_front, paths, refused, said
from tests.edge.phone import Phone, socket_of
from tests.security.identity.office import FOREIGN, OWN, SECRET, Office, open_office
from tests.virtual_time import elapse

MINUTE_MS = 60_000


async def signed_in(office: Office, key: str) -> httpx2.AsyncClient:
    """A browser that was signed in with this key."""
    client = office.front.client()
    answer = await client.post("/v1/session", json={"key": key})
    said(answer)
    cookie = answer.headers["set-cookie"].split(";")[0]
    client.headers.update({"Cookie": cookie, "Origin": BASE})
    return client


def welcome_of(phone: Phone) -> dict[str, Any]:
    (welcome,) = [one for one in phone.heard if one.get("ref") == "h"]
    return welcome


async def rotated(office: Office, id_: str, **body: int) -> str:
    told = said(await office.api.post(f"/v1/keys/{id_}/rotate", json=body))
    assert told["id"] == id_
    return str(told["key"])


async def test_another_secret_ends_all_that_the_one_before_has_opened() -> None:
    async with open_office() as office:
        made = await office.made()
        holder, browser = office.front.client(made["key"]), await signed_in(office, made["key"])
        ticket = said(await holder.post("/v1/tickets", json={"role": "supervisor"}), 201)["ticket"]
        async with (
            socket_of(office.front, holder, role="supervisor") as board,
            socket_of(office.front, browser, role="supervisor") as page,
        ):
            new = await rotated(office, made["id"])
            await elapse(2)
            assert board.closed == page.closed == (4501, "the key has another secret")
        for client in (holder, browser):
            refused(await client.get("/v1/board"), 401, "unauthenticated")
        assert office.front.identity.redeem(ticket) is None
        said(await office.front.client(new).get("/v1/board"))
        listed = await office.api.get("/v1/keys")
        assert new not in listed.text and sha256_of(new) not in listed.text
        assert new not in repr(office.node.told)


async def test_the_former_secret_is_good_for_the_overlap_and_no_longer() -> None:
    async with open_office() as office:
        made = await office.made()
        old = office.front.client(made["key"])
        async with socket_of(office.front, old, role="supervisor") as board:
            new = await rotated(office, made["id"], overlap_ms=10 * MINUTE_MS)
            await elapse(1)
            assert board.closed is not None and board.closed[0] == 4001, "it may come back"
        async with socket_of(office.front, old, role="supervisor") as back:
            await elapse(9 * 60)
            said(await old.get("/v1/board"))
            (warned,) = back.of("reauth_required")
            await elapse(60)
            assert back.closed is not None and back.closed[0] == 4501
            assert office.node.router.now_ms() >= warned["by"]
        refused(await old.get("/v1/board"), 401, "unauthenticated")
        said(await office.front.client(new).get("/v1/board"))


async def test_of_the_former_secrets_only_the_last_one_overlaps() -> None:
    async with open_office() as office:
        made = await office.made()
        second = await rotated(office, made["id"], overlap_ms=MINUTE_MS)
        await rotated(office, made["id"], overlap_ms=MINUTE_MS)
        refused(await office.front.client(made["key"]).get("/v1/board"), 401, "unauthenticated")
        said(await office.front.client(second).get("/v1/board"))
        await rotated(office, made["id"])
        refused(await office.front.client(second).get("/v1/board"), 401, "unauthenticated")


async def test_a_sign_in_lives_as_long_as_the_secret_that_it_was_made_with() -> None:
    async with open_office() as office:
        made = await office.made()
        old = await signed_in(office, made["key"])
        new = await signed_in(office, await rotated(office, made["id"], overlap_ms=MINUTE_MS))
        said(await old.get("/v1/session"))
        await elapse(61)
        refused(await old.get("/v1/session"), 401, "unauthenticated")
        said(await new.get("/v1/session"))


async def test_a_cookie_without_a_mark_dies_with_the_first_rotation() -> None:
    """Sign-ins of an older release name no secret."""
    async with open_office() as office:
        made = await office.made()
        ring = office.front.identity.keyring
        assert ring.held(made["id"], "") is not None
        await rotated(office, made["id"], overlap_ms=MINUTE_MS)
        assert ring.held(made["id"], "") is None
        assert ring.held(made["id"], mark_of("")) is None
        assert ring.held(made["id"], "0" * 16) is None


async def test_a_key_ends_when_it_was_to_end_with_everything_in_it() -> None:
    async with open_office() as office:
        ends_at = office.node.router.now_ms() + 5 * MINUTE_MS
        made = await office.made(expires_at=ends_at)
        holder, browser = office.front.client(made["key"]), await signed_in(office, made["key"])
        assert said(await browser.get("/v1/session"))["expires_at"] == ends_at
        async with (
            socket_of(office.front, holder, role="supervisor") as board,
            socket_of(office.front, browser, role="supervisor") as page,
        ):
            await elapse(298)
            assert board.closed is page.closed is None
            ticket = await holder.post("/v1/tickets", json={"role": "supervisor"})
            await elapse(4)
            for phone in (board, page):
                assert phone.of("reauth_required")[0]["by"] == ends_at
                assert phone.closed is not None and phone.closed[0] == 4501
        assert office.front.identity.redeem(said(ticket, 201)["ticket"]) is None
        for client in (holder, browser):
            refused(await client.get("/v1/board"), 401, "unauthenticated")


async def test_an_end_that_is_set_later_reaches_who_is_in() -> None:
    async with open_office() as office:
        made = await office.made()
        holder = office.front.client(made["key"])
        async with socket_of(office.front, holder, role="supervisor") as board:
            ends_at = office.node.router.now_ms() + MINUTE_MS
            limits = {"expires_at": ends_at}
            said(await office.api.post(f"/v1/keys/{made['id']}/limits", json=limits))
            await elapse(2)
            assert board.closed is not None and board.closed[0] == 4001
        async with socket_of(office.front, holder, role="supervisor") as back:
            await elapse(58)
            assert back.closed is not None and back.closed[0] == 4501


async def test_who_comes_back_to_a_key_that_sees_less_sees_less() -> None:
    """The session is resumed with its own secret, and what was missed is not replayed."""
    async with open_office() as office:
        made = await office.made()
        holder = office.front.client(made["key"])
        async with socket_of(office.front, holder, role="supervisor") as board:
            await elapse(1)
            where = {name: welcome_of(board)[name] for name in ("session", "secret", "gen")}
            assert SECRET in str(board.heard)
            early = said(await holder.post("/v1/tickets", json={"role": "supervisor"}), 201)
            limits = {"queues": [OWN]}
            said(await office.api.post(f"/v1/keys/{made['id']}/limits", json=limits))
            await elapse(2)
            assert board.closed == (4001, "the key was changed: come back without resume")
        async with socket_of(office.front, holder, ticket=early["ticket"]) as late:
            await elapse(1)
            assert late.closed is not None and late.closed[0] == 4001, "a ticket from before"
            assert SECRET not in str(late.heard)
        resume = {**where, "seq": 0}
        async with socket_of(office.front, holder, resume, role="supervisor") as back:
            await elapse(1)
            assert welcome_of(back)["mode"] == "snapshot"
            assert SECRET not in str(back.heard)


async def test_a_resumed_session_is_replayed_to_the_same_scope_only() -> None:
    """The guard of the hub itself, should a session ever outlive a change."""
    async with open_office() as office:
        first = office.front.client((await office.made())["key"])
        lead = await office.lead()
        async with socket_of(office.front, first, role="supervisor") as board:
            await elapse(1)
            where = {name: welcome_of(board)[name] for name in ("session", "secret", "gen")}
        async with socket_of(office.front, lead, {**where, "seq": 0}, role="supervisor") as thief:
            await elapse(1)
            assert welcome_of(thief)["mode"] == "snapshot" and SECRET not in str(thief.heard)


async def test_a_revoked_key_is_out_at_once_and_does_not_come_back_by_rotation() -> None:
    async with open_office() as office:
        made = await office.made()
        holder = office.front.client(made["key"])
        async with socket_of(office.front, holder, role="supervisor") as board:
            said(await office.api.delete(f"/v1/keys/{made['id']}"), 204)
            await elapse(2)
            assert board.closed == (4501, "the key was revoked")
        for call, body in (("rotate", {}), ("limits", {"queues": [OWN]})):
            bad = await office.api.post(f"/v1/keys/{made['id']}/{call}", json=body)
            refused(bad, 409, "wrong_state")
        refused(await holder.get("/v1/board"), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"role": "agent", "queues": [OWN]}, "$.queues"),
        ({"role": "admin", "queues": [OWN]}, "$.queues"),
        ({"role": "supervisor", "queues": []}, "$.queues"),
        ({"role": "supervisor", "queues": ["no good"]}, "$.queues[0]"),
        ({"role": "ingest", "hides_customers": True}, "$.hides_customers"),
        ({"role": "ingest", "expires_at": 5}, "$.expires_at"),
        ({"role": "ingest", "expires_at": -1}, "$.expires_at"),
    ],
)
async def test_limits_that_cannot_be_meant_are_refused(body: dict[str, Any], path: str) -> None:
    async with open_office() as office:
        bad = await office.api.post("/v1/keys", json=body)
        assert paths(refused(bad, 400, "body_invalid")) == [path]


async def test_only_an_admin_changes_keys_and_the_overlap_is_bounded() -> None:
    async with open_office() as office:
        made = await office.made()
        boss = office.front.client(made["key"])
        for call, body in (("rotate", {}), ("limits", {})):
            refused(await boss.post(f"/v1/keys/{made['id']}/{call}", json=body), 403, "forbidden")
            refused(await office.api.post(f"/v1/keys/no/{call}", json=body), 404, "unknown_key")
        too_long = await office.api.post(
            f"/v1/keys/{made['id']}/rotate", json={"overlap_ms": 7 * 24 * 3_600_000 + 1}
        )
        assert paths(refused(too_long, 400, "body_invalid")) == ["$.overlap_ms"]
        bad = await office.api.post("/v1/keys", json={"role": "viewer", "queues": ["none"]})
        refused(bad, 404, "unknown_queue")


async def test_a_limit_outlives_the_queue_that_it_names() -> None:
    async with open_office() as office:
        lead = await office.lead()
        for conversation in ("c-ours", "c-more"):
            said(await office.api.post(f"/v1/conversations/{conversation}/close", json={}))
        said(await office.api.delete(f"/v1/queues/{OWN}"), 204)
        assert said(await lead.get("/v1/queues"))["queues"] == []
        refused(await lead.get(f"/v1/queues/{FOREIGN}"), 404, "unknown_queue")


async def test_the_first_format_says_so_before_anything_is_made() -> None:
    async with open_front() as front:
        await front.node.furnish()
        await front.node.router.submit(c.FinalizeFormat(1, "admin:test"))
        bad = await front.api.post("/v1/keys", json={"role": "viewer", "queues": ["q"]})
        assert "interlock format finalize" in refused(bad, 409, "not_in_format")["detail"]
        key = await front.key("viewer")
        bad = await front.api.post(f"/v1/keys/{key['id']}/rotate", json={})
        refused(bad, 409, "not_in_format")


async def test_when_a_key_was_last_used_is_told_and_written_nowhere() -> None:
    async with open_office() as office:
        made = await office.made()
        before = len(office.node.told)
        (row,) = said(await office.api.get("/v1/keys"))["keys"]
        assert row["last_used_at"] is None
        said(await office.front.client(made["key"]).get("/v1/session"))
        (row,) = said(await office.api.get("/v1/keys"))["keys"]
        assert row["last_used_at"] == office.node.router.now_ms()
        assert len(office.node.told) == before
