"""Who may do what over HTTP: keys, roles, browser sessions, tickets, and pages of other sites."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from app.adapters.memory import MemoryDisk
from app.shell.keyring import sha256_of
from app.wire.routes import ROUTES
from tests.edge.front import ADMIN_KEY, BASE, SECRET, Front, open_front, paths, refused, said
from tests.virtual_time import elapse

REFUSED_BY_WHAT_THEY_ASK = ("sign_in", "list_agent_offers")
"""Calls that a role may make and be refused by what it asks for."""

OWN = {"Origin": BASE}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {ADMIN_KEY}"},
        {"Authorization": f"Bearer {ADMIN_KEY} extra"},
        {"Authorization": f"bearer{ADMIN_KEY}"},
        {"Authorization": "Bearer \xff"},
        {"Cookie": "interlock=x.y"},
        {"Cookie": f"interlock={ADMIN_KEY}"},
    ],
)
async def test_nobody_gets_nothing(front: Front, headers: dict[str, str]) -> None:
    nobody = front.client()
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    for route in ROUTES:
        if route.roles is not None:
            path = route.path.replace("{id}", "x")
            answer = await nobody.request(route.method, path, content=b"{", headers=raw)
            refused(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_each_role_gets_its_calls_and_no_other(front: Front) -> None:
    await front.node.furnish()
    for role in ("ingest", "agent", "supervisor"):
        client = await front.as_role(role, "a1" if role == "agent" else None)
        for route in ROUTES:
            answer = await client.request(route.method, route.path.replace("{id}", "x"))
            allowed = route.roles is None or role in route.roles
            if allowed:
                assert (
                    answer.status_code not in (401, 403) or route.name in REFUSED_BY_WHAT_THEY_ASK
                ), route
            else:
                refused(answer, 403, "forbidden")


async def test_a_key_is_shown_once_stored_as_a_hash_and_revoked_at_once(front: Front) -> None:
    made = await front.key("supervisor")
    listed = await front.api.get("/v1/keys")
    assert [row["id"] for row in said(listed)["keys"]] == [made["id"]]
    assert made["key"] not in listed.text and sha256_of(made["key"]) not in listed.text
    assert made["key"] not in repr(front.node.told)
    client = front.client(made["key"])
    said(await client.get("/v1/board"))
    said(await front.api.delete(f"/v1/keys/{made['id']}"), 204)
    refused(await client.get("/v1/board"), 401, "unauthenticated")
    said(await front.api.delete(f"/v1/keys/{made['id']}"), 204)
    refused(await front.api.delete("/v1/keys/none"), 404, "unknown_key")


async def test_keys_are_bound_to_agents_that_exist(front: Front) -> None:
    body = {"role": "agent", "agent": "nobody"}
    refused(await front.api.post("/v1/keys", json=body), 404, "unknown_agent")
    bad = await front.api.post("/v1/keys", json={"role": "king"})
    assert paths(refused(bad, 400, "body_invalid")) == ["$.role"]


async def ticket(client: httpx2.AsyncClient, **body: Any) -> httpx2.Response:
    return await client.post("/v1/tickets", json=body)


async def test_a_ticket_is_for_those_who_may_have_it(front: Front) -> None:
    await front.node.furnish(agents=2)
    bound, unbound = await front.as_role("agent", "a1"), await front.as_role("agent")
    boss = await front.as_role("supervisor")
    for client, body in (
        (bound, {"role": "agent", "agent": "a1"}),
        (bound, {"role": "agent"}),
        (unbound, {"role": "agent", "agent": "a2"}),
        (boss, {"role": "supervisor"}),
        (front.api, {"role": "supervisor"}),
        (front.api, {"role": "agent", "agent": "a1"}),
    ):
        view = said(await ticket(client, **body), 201)
        assert view["expires_in_ms"] == 30_000 and len(view["ticket"]) >= 22
        principal = front.identity.redeem(view["ticket"])
        assert principal is not None and principal.role == body["role"]
        assert principal.by == (f"agent:{principal.agent}" if principal.agent else principal.by)
        assert front.identity.redeem(view["ticket"]) is None, "a ticket is good once"
    refused(await ticket(bound, role="agent", agent="a2"), 403, "forbidden")
    refused(await ticket(bound, role="supervisor"), 403, "forbidden")
    refused(await ticket(boss, role="agent", agent="a1"), 403, "forbidden")
    assert paths(refused(await ticket(unbound, role="agent"), 400, "body_invalid")) == ["$.agent"]
    refused(await ticket(front.api, role="agent", agent="no"), 404, "unknown_agent")


async def test_a_ticket_goes_stale_and_dies_with_its_key(front: Front) -> None:
    await front.node.furnish()
    made = await front.key("agent", "a1")
    client = front.client(made["key"])
    stale = said(await ticket(client, role="agent"), 201)["ticket"]
    await elapse(30)
    assert front.identity.redeem(stale) is None
    fresh = said(await ticket(client, role="agent"), 201)["ticket"]
    said(await front.api.delete(f"/v1/keys/{made['id']}"), 204)
    assert front.identity.redeem(fresh) is None
    assert front.identity.redeem("nothing") is None


async def test_one_key_gets_a_quarter_of_the_tickets_and_room_comes_back(front: Front) -> None:
    tickets = front.identity._tickets
    tickets._most = 12
    for _ in range(3):
        said(await ticket(front.api, role="supervisor"), 201)
    answer = await ticket(front.api, role="supervisor")
    refused(answer, 503, "overloaded")
    await elapse(30)
    said(await ticket(front.api, role="supervisor"), 201)


async def signed_in(front: Front, key: str = ADMIN_KEY, **more: str) -> httpx2.AsyncClient:
    browser = front.client()
    answer = await browser.post("/v1/session", json={"key": key, **more})
    said(answer)
    browser.headers["Cookie"] = answer.headers["set-cookie"].split(";")[0]
    return browser


async def test_a_browser_signs_in_looks_and_signs_out(front: Front) -> None:
    browser = front.client()
    refused(await browser.post("/v1/session", json={"key": "no"}), 401, "unauthenticated")
    answer = await browser.post("/v1/session", json={"key": ADMIN_KEY})
    view, cookie = said(answer), answer.headers["set-cookie"]
    assert (view["role"], view["agent"]) == ("admin", None)
    assert view["expires_at"] == front.node.router.now_ms() + 43_200_000
    for word in ("interlock=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"):
        assert word in cookie
    assert "Secure" not in cookie and ADMIN_KEY not in cookie
    browser.headers["Cookie"] = cookie.split(";")[0]
    assert said(await browser.get("/v1/session")) == view
    said(await browser.get("/v1/board"))
    gone = await browser.delete("/v1/session", headers=OWN)
    said(gone, 204)
    assert "Max-Age=0" in gone.headers["set-cookie"]
    refused(await browser.get("/v1/session"), 401, "unauthenticated")


async def test_over_tls_the_cookie_is_bound_to_the_host(front: Front) -> None:
    browser = front.client(base="https://desk.test")
    answer = await browser.post("/v1/session", json={"key": ADMIN_KEY})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-interlock=") and cookie.endswith("Secure")
    assert "strict-transport-security" in answer.headers
    token = cookie.split(";")[0].partition("=")[2]
    browser.cookies.clear()
    refused(
        await browser.get("/v1/session", headers={"Cookie": f"interlock={token}"}),
        401,
        "unauthenticated",
    )


async def test_a_key_in_hand_has_no_end(front: Front) -> None:
    assert said(await front.api.get("/v1/session"))["expires_at"] is None


async def test_an_agents_session_is_for_one_desk(front: Front) -> None:
    await front.node.furnish(agents=2)
    bound, unbound = await front.key("agent", "a1"), await front.key("agent")
    boss, shop = await front.key("supervisor"), await front.key("ingest")
    for key, agent in ((bound, None), (bound, "a1"), (unbound, "a1")):
        more = {"agent": agent} if agent else {}
        browser = await signed_in(front, key["key"], **more)
        assert said(await browser.get("/v1/session"))["agent"] == "a1"
        opened = said(await browser.post("/v1/tickets", json={"role": "agent"}, headers=OWN), 201)
        principal = front.identity.redeem(opened["ticket"])
        assert principal is not None and principal.by == "agent:a1"
        other = {"role": "agent", "agent": "a2"}
        refused(await browser.post("/v1/tickets", json=other, headers=OWN), 403, "forbidden")
    nobody = front.client()
    for key, body, status, code in (
        (bound, {"agent": "a2"}, 403, "forbidden"),
        (unbound, {}, 400, "body_invalid"),
        (unbound, {"agent": "no"}, 404, "unknown_agent"),
        (boss, {"agent": "a1"}, 403, "forbidden"),
        (shop, {}, 403, "forbidden"),
    ):
        answer = await nobody.post("/v1/session", json={"key": key["key"], **body})
        refused(answer, status, code)


async def test_sessions_end_with_time_with_their_key_and_with_a_new_bootstrap_key(
    front: Front,
) -> None:
    made = await front.key("supervisor")
    browser = await signed_in(front, made["key"])
    said(await browser.get("/v1/board"))
    said(await front.api.delete(f"/v1/keys/{made['id']}"), 204)
    refused(await browser.get("/v1/board"), 401, "unauthenticated")
    admin = await signed_in(front)
    await elapse(43_200)
    refused(await admin.get("/v1/board"), 401, "unauthenticated")


async def test_a_restart_keeps_browsers_signed_in_and_a_new_admin_key_does_not() -> None:
    disk = MemoryDisk()
    async with open_front(disk=disk) as front:
        made = await front.key("supervisor")
        boss, admin = await signed_in(front, made["key"]), await signed_in(front)
    async with open_front(disk=disk, force=True) as later:
        for old in (boss, admin):
            browser = later.client()
            browser.headers["Cookie"] = old.headers["Cookie"]
            said(await browser.get("/v1/board"))
    async with open_front(disk=disk, force=True, auth={"admin_key": "another"}) as later:
        for old, status in ((boss, 200), (admin, 401)):
            browser = later.client()
            browser.headers["Cookie"] = old.headers["Cookie"]
            assert (await browser.get("/v1/board")).status_code == status


async def test_a_token_of_another_server_or_bent_by_one_bit_is_none(front: Front) -> None:
    browser = await signed_in(front)
    name, _, token = browser.headers["Cookie"].partition("=")
    for at in range(0, len(token), 7):
        bent = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        headers = {"Cookie": f"{name}={bent}"}
        refused(await front.client().get("/v1/board", headers=headers), 401, "unauthenticated")
    assert SECRET.decode() not in token


async def test_without_an_admin_key_there_is_no_bootstrap(front: Front) -> None:
    async with open_front(auth={"admin_key": ""}) as bare:
        for key in ("", "x", ADMIN_KEY):
            answer = await bare.client().get(
                "/v1/board", headers={"Authorization": f"Bearer {key}"}
            )
            refused(answer, 401, "unauthenticated")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        f"{BASE}.evil.example",
        f"{BASE}:8080",
        f"{BASE}/",
        "http://desk.test@evil.example",
        "ftp://desk.test",
        "http://[::1",
        "http://desk.test:x",
    ],
)
async def test_a_foreign_page_cannot_borrow_the_cookie(front: Front, origin: str) -> None:
    browser = await signed_in(front)
    foreign = {"Origin": origin}
    body = {"role": "supervisor"}
    refused(await browser.post("/v1/tickets", json=body, headers=foreign), 403, "origin_refused")
    refused(await browser.delete("/v1/session", headers=foreign), 403, "origin_refused")
    key = {"key": ADMIN_KEY}
    refused(await browser.post("/v1/session", json=key, headers=foreign), 403, "origin_refused")
    said(await browser.get("/v1/board"))


async def test_a_write_with_a_cookie_says_where_it_comes_from(front: Front) -> None:
    browser, body = await signed_in(front), {"role": "supervisor"}
    refused(await browser.post("/v1/tickets", json=body), 403, "origin_refused")
    said(await browser.post("/v1/tickets", json=body, headers=OWN), 201)
    fetched = {"Sec-Fetch-Site": "same-origin"}
    said(await browser.post("/v1/tickets", json=body, headers=fetched), 201)
    said(await front.api.post("/v1/tickets", json=body, headers={"Origin": "https://x.y"}), 201)


async def test_listed_origins_may(front: Front) -> None:
    server = {"allowed_origins": ["https://crm.example"], "public_url": "https://desk.example"}
    async with open_front(server=server) as open_:
        browser, body = await signed_in(open_), {"role": "supervisor"}
        for origin in ("https://crm.example", "https://desk.example"):
            said(await browser.post("/v1/tickets", json=body, headers={"Origin": origin}), 201)
        insecure = {"Origin": "http://crm.example"}
        answer = await browser.post("/v1/tickets", json=body, headers=insecure)
        refused(answer, 403, "origin_refused")


async def test_a_wrong_key_is_not_made_up_for_by_a_cookie(front: Front) -> None:
    browser = await signed_in(front)
    answer = await browser.get("/v1/board", headers={"Authorization": "Bearer wrong"})
    refused(answer, 401, "unauthenticated")


async def test_sockets_of_foreign_pages_are_refused_in_the_handshake(front: Front) -> None:
    for origin, host, denied in (
        (b"https://evil.example", b"desk.test", True),
        (b"null", b"desk.test", True),
        (b"http://desk.test", b"desk.test", False),
        (None, b"desk.test", False),
    ):
        headers = [(b"host", host), *([(b"origin", origin)] if origin else [])]
        sent = await handshake(front, headers)
        kinds = [message["type"] for message in sent]
        if denied:
            assert kinds == ["websocket.http.response.start", "websocket.http.response.body"]
            assert sent[0]["status"] == 403 and b"origin_refused" in sent[1]["body"]
        else:
            assert kinds[0] == "websocket.accept"


async def handshake(front: Front, headers: list[tuple[bytes, bytes]]) -> list[dict[str, Any]]:
    """Ask for a socket and go away at once."""
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "path": "/ws",
        "raw_path": b"/ws",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "subprotocols": ["interlock.v1"],
        "scheme": "ws",
        "extensions": {"websocket.http.response": {}},
    }
    incoming = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1001}])
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(incoming)

    async def send(message: Any) -> None:
        sent.append(message)

    await front.app(scope, receive, send)
    return sent
