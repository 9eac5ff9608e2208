"""Who may do what: missing and wrong keys, the four roles, keys, and browser sessions."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from .client import Json, body_of, http, problem, rows
from .desk import Desk
from .process import ADMIN_KEY, ROOT


async def new_key(desk: Desk, role: str, **fields: Any) -> Json:
    """Create a key and return the answer, whose `key` is the secret shown once."""
    body = {"role": role, **fields}
    made = body_of(await desk.api.post("/v1/keys", json=body), 201)
    assert isinstance(made["key"], str) and len(made["key"]) >= 20, made
    return dict(made)


async def as_role(desk: Desk, role: str, **fields: Any) -> httpx2.AsyncClient:
    """Return a client with a fresh key of the role."""
    return desk.api_with((await new_key(desk, role, **fields))["key"])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong-key-wrong-key-wrong-key-wrong"},
        {"Authorization": f"Basic {ADMIN_KEY}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {ADMIN_KEY} extra"},
        {"Authorization": f"bearer{ADMIN_KEY}"},
        {"X-Api-Key": ADMIN_KEY},
    ],
    ids=["none", "wrong", "basic", "empty", "two words", "glued", "other header"],
)
@pytest.mark.parametrize("path", ["/v1/board", "/v1/queues", "/v1/conversations/none", "/v1/keys"])
async def test_nobody_gets_nothing(desk: Desk, headers: dict[str, str], path: str) -> None:
    async with desk.api_with(None) as nobody:
        answer = await nobody.get(path, headers=headers)
    problem(answer, 401)
    assert "bearer" in answer.headers.get("www-authenticate", "").lower()


async def test_a_key_in_the_query_is_no_key(desk: Desk) -> None:
    async with desk.api_with(None) as nobody:
        for name in ("key", "api_key", "token", "access_token"):
            answer = await nobody.get("/v1/board", params={name: ADMIN_KEY})
            problem(answer, 401)


async def test_the_scheme_is_case_insensitive(desk: Desk) -> None:
    async with desk.api_with(None) as nobody:
        answer = await nobody.get("/v1/board", headers={"Authorization": f"bearer {ADMIN_KEY}"})
    body_of(answer, 200)


async def test_authentication_comes_before_the_body(desk: Desk) -> None:
    async with desk.api_with(None) as nobody:
        problem(await nobody.post("/v1/conversations", content=b"{"), 401)


async def test_ingest_creates_reads_and_cancels_its_own_only(desk: Desk) -> None:
    queue = await desk.queue()
    other = await desk.create(queue)
    async with await as_role(desk, "ingest") as shop:
        made = body_of(await shop.post("/v1/conversations", json={"queue": queue}), 201)["id"]
        body_of(await shop.get(f"/v1/conversations/{made}"), 200)
        problem(await shop.get(f"/v1/conversations/{other}"), 403, 404)
        problem(
            await shop.post(f"/v1/conversations/{other}/cancel", json={"reason": "abandoned"}),
            403,
            404,
        )
        body_of(
            await shop.post(f"/v1/conversations/{made}/cancel", json={"reason": "abandoned"}), 200
        )
    assert (await desk.conversation(other))["state"] == "waiting"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/board"),
        ("PUT", "/v1/queues/q1"),
        ("POST", "/v1/queues/q1/pause"),
        ("PUT", "/v1/agents/a1"),
        ("POST", "/v1/agents/a1/presence"),
        ("POST", "/v1/conversations/c1/move"),
        ("POST", "/v1/conversations/c1/close"),
        ("PUT", "/v1/presences/p1"),
        ("DELETE", "/v1/presences/p1"),
        ("GET", "/v1/config/history"),
        ("POST", "/v1/config/undo"),
        ("GET", "/v1/keys"),
        ("POST", "/v1/keys"),
    ],
)
@pytest.mark.parametrize("role", ["ingest", "agent"])
async def test_ingest_and_agents_may_not_supervise(
    desk: Desk, role: str, method: str, path: str
) -> None:
    fields = {}
    if role == "agent":
        fields["agent"] = await desk.agent("anna", await desk.queue())
    async with await as_role(desk, role, **fields) as client:
        answer = await client.request(method, path, json=None if method == "GET" else {})
    problem(answer, 403)


async def test_an_agent_key_gets_tickets_for_that_agent_only(desk: Desk) -> None:
    queue = await desk.queue()
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    async with await as_role(desk, "agent", agent=anna) as client:
        body_of(await client.post("/v1/tickets", json={"role": "agent", "agent": anna}), 200, 201)
        problem(await client.post("/v1/tickets", json={"role": "agent", "agent": bob}), 403)
        problem(await client.post("/v1/tickets", json={"role": "supervisor"}), 403)
        problem(await client.post("/v1/conversations", json={"queue": queue}), 403)


async def test_ingest_gets_no_tickets(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    async with await as_role(desk, "ingest") as client:
        problem(await client.post("/v1/tickets", json={"role": "agent", "agent": anna}), 403)
        problem(await client.post("/v1/tickets", json={"role": "supervisor"}), 403)


async def test_a_supervisor_acts_but_does_not_keep_keys(desk: Desk) -> None:
    queue = await desk.queue()
    made = await desk.create(queue)
    async with await as_role(desk, "supervisor") as boss:
        body_of(await boss.get("/v1/board"), 200)
        body_of(
            await boss.post(
                f"/v1/conversations/{made}/priority", json={"priority": 3, "reason": "vip"}
            ),
            200,
        )
        body_of(await boss.post(f"/v1/queues/{queue}/pause", json={"reason": "x"}), 200)
        body_of(await boss.post(f"/v1/queues/{queue}/resume", json={"reason": "x"}), 200)
        body_of(await boss.post("/v1/tickets", json={"role": "supervisor"}), 200, 201)
        problem(await boss.post("/v1/keys", json={"role": "admin"}), 403)
        problem(await boss.get("/v1/keys"), 403)


async def test_keys_are_listed_without_the_secret_and_revoked_at_once(desk: Desk) -> None:
    made = await new_key(desk, "supervisor")
    listed = await desk.api.get("/v1/keys")
    assert made["id"] in [row["id"] for row in rows(body_of(listed, 200))]
    assert made["key"] not in listed.text and ADMIN_KEY not in listed.text
    async with desk.api_with(made["key"]) as client:
        body_of(await client.get("/v1/board"), 200)
        body_of(await desk.api.delete(f"/v1/keys/{made['id']}"), 200, 204)
        problem(await client.get("/v1/board"), 401)
    problem(await desk.api.delete(f"/v1/keys/{desk.name('none')}"), 404)


@pytest.mark.parametrize("role", ["king", "", None, 7])
async def test_a_key_of_no_known_role_is_refused(desk: Desk, role: Any) -> None:
    problem(await desk.api.post("/v1/keys", json={"role": role}), 400, 422)


async def sign_in(client: httpx2.AsyncClient, key: str) -> httpx2.Response:
    """Sign in as the login page does; the key travels in the body."""
    return await client.post("/v1/session", json={"key": key})


@pytest.mark.skipif(
    not (ROOT / "static" / "vendor" / "complete").exists(),
    reason="the pages are not built: their libraries from npm are absent",
)
async def test_the_sign_in_page_is_there_for_anyone(desk: Desk) -> None:
    async with desk.api_with(None) as nobody:
        page = await nobody.get("/login")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src" in page.headers["content-security-policy"]


async def test_a_browser_session_is_a_guarded_cookie(desk: Desk) -> None:
    async with http(desk.server.base, None) as browser:
        problem(await sign_in(browser, "wrong-key-wrong-key-wrong-key-wrong"), 401)
        answer = await sign_in(browser, ADMIN_KEY)
        body_of(answer, 200, 201, 204)
        cookie = answer.headers["set-cookie"]
        assert "httponly" in cookie.lower() and "samesite=strict" in cookie.lower(), cookie
        assert "path=/" in cookie.lower(), cookie
        assert ADMIN_KEY not in cookie
        body_of(await browser.get("/v1/board"), 200)
        same = {"Origin": desk.server.base}
        body_of(await browser.post("/v1/tickets", json={"role": "supervisor"}, headers=same))
        body_of(await browser.delete("/v1/session", headers=same), 200, 204)
        browser.cookies.clear()
        browser.headers["Cookie"] = cookie.split(";")[0]
        problem(await browser.get("/v1/board"), 401)


async def test_a_foreign_page_cannot_use_the_cookie(desk: Desk) -> None:
    async with http(desk.server.base, None) as browser:
        body_of(await sign_in(browser, ADMIN_KEY))
        foreign = {"Origin": "https://evil.example"}
        answer = await browser.post("/v1/tickets", json={"role": "supervisor"}, headers=foreign)
        problem(answer, 403)
        plain = {**foreign, "Content-Type": "text/plain"}
        answer = await browser.post("/v1/tickets", content=b'{"role":"supervisor"}', headers=plain)
        problem(answer, 403, 415)


async def test_a_revoked_key_closes_its_sockets(desk: Desk) -> None:
    made = await new_key(desk, "agent", agent=await desk.agent("anna", await desk.queue()))
    async with desk.api_with(made["key"]) as client:
        body = {"role": "agent", "agent": desk.name("anna")}
        ticket = body_of(await client.post("/v1/tickets", json=body))["ticket"]
    socket = await desk.socket()
    assert (await socket.greet(ticket))["ok"] is True
    body_of(await desk.api.delete(f"/v1/keys/{made['id']}"), 200, 204)
    assert await socket.closed() in (4501, 4503)


async def test_a_ticket_dies_with_its_key(desk: Desk) -> None:
    made = await new_key(desk, "supervisor")
    async with desk.api_with(made["key"]) as client:
        ticket = body_of(await client.post("/v1/tickets", json={"role": "supervisor"}))["ticket"]
    body_of(await desk.api.delete(f"/v1/keys/{made['id']}"), 200, 204)
    socket = await desk.socket()
    await socket.say_hello(ticket)
    assert await socket.closed() == 4500


async def test_signing_out_closes_the_sockets_of_the_session(desk: Desk) -> None:
    async with http(desk.server.base, None) as browser:
        body_of(await sign_in(browser, ADMIN_KEY))
        same = {"Origin": desk.server.base}
        answer = await browser.post("/v1/tickets", json={"role": "supervisor"}, headers=same)
        socket = await desk.socket(origin=desk.server.base)
        assert (await socket.greet(body_of(answer)["ticket"]))["ok"] is True
        body_of(await browser.delete("/v1/session", headers=same), 200, 204)
        assert await socket.closed() in (4501, 1000)


async def test_a_removed_agent_is_sent_away(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    socket = await desk.connect(anna)
    body_of(await desk.api.delete(f"/v1/agents/{anna}"), 200, 204)
    assert 4500 <= await socket.closed() < 5000
