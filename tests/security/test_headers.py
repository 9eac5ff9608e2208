"""The guards of every answer: of pages, files, calls, refusals and faults, over TLS and without."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from app.edge.assets import PAGES, Assets
from app.edge.cookies import cookie_header
from app.wire.routes import ROUTES
from tests.edge.front import ADMIN_KEY, Front, open_front
from tests.security.serving import serving

GUARDS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
HSTS = "strict-transport-security"
EVIL = Origin("https://evil.example")
FILES = {f"{page}.html": b"<!doctype html>" for page in PAGES} | {
    "js/notification_worker.js": b"0",
    "js/a.js": b"0",
}


async def every_answer(front: Front, assets: Assets, base: str) -> AsyncIterator[httpx2.Response]:
    """What the server can answer: each route to each kind of caller, well and badly asked."""
    for key in (ADMIN_KEY, "wrong", None):
        client = front.client(key, base=base)
        for route in ROUTES:
            path = route.path.replace("{id}", "x").replace("{version}", "1")
            for content in (b"{}", b"[" * 70_000):
                yield await client.request(route.method, path, content=content)
        for method, path in (
            ("PATCH", "/v1/queues"),
            ("OPTIONS", "/v1/queues"),
            ("HEAD", "/v1/queues"),
            ("GET", "/"),
            ("GET", "/nothing"),
            ("GET", "/static/old/js/a.js"),
            ("GET", "/v1/queues?x=1"),
            ("POST", "/board"),
        ):
            yield await client.request(method, path)
    client = front.client(base=base)
    version = assets.version
    for path, body in (
        ("/v1/tickets", {"role": "supervisor"}),
        ("/v1/session", {"key": ADMIN_KEY}),
    ):
        yield await front.client(ADMIN_KEY, base=base).post(path, json=body)
    for path in (*PAGES, "notification_worker.js", f"static/{version}/js/a.js"):
        answer = await client.get(f"/{path}")
        assert answer.status_code == 200
        yield answer
        yield await client.get(f"/{path}", headers={"If-None-Match": answer.headers["etag"]})


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_every_answer_has_its_guards(scheme: str) -> None:
    seen = set()
    assets = Assets(FILES)
    async with open_front(assets=assets) as front:
        cookies = 0
        async for answer in every_answer(front, assets, f"{scheme}://desk.test"):
            said = f"{answer.request.method} {answer.request.url.path} {answer.status_code}"
            seen.add(answer.status_code)
            headers = answer.headers
            for name, value in GUARDS.items():
                assert headers.get(name) == value, f"{said}: {name}"
            policy = headers["content-security-policy"]
            assert policy.startswith("default-src 'none'"), said
            assert "unsafe" not in policy and "*" not in policy and "http" not in policy, said
            assert headers["cache-control"] in (
                "no-store",
                "no-cache",
                "public, max-age=31536000, immutable",
            ), said
            assert "server" not in headers and "x-powered-by" not in headers, said
            # Said over plain HTTP it would be ignored, or be somebody else's word.
            assert (HSTS in headers) is (scheme == "https"), said
            for cookie in headers.get_list("set-cookie"):
                cookies += 1
                _guarded(cookie, scheme == "https")
    assert cookies
    assert {200, 201, 204, 304, 307, 400, 401, 404, 405, 413} - seen == set()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_fault_of_ours_has_them_too(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_front() as front:
        monkeypatch.setattr(front.node.router, "read", None)
        answer = await front.client(ADMIN_KEY, base=f"{scheme}://desk.test").get("/v1/queues")
    assert answer.status_code == 500
    for name, value in GUARDS.items():
        assert answer.headers.get(name) == value, name
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert (HSTS in answer.headers) is (scheme == "https")


async def test_a_refused_socket_has_them_too() -> None:
    async with serving() as door:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{door.port}/ws", origin=EVIL, proxy=None)
    headers = refused.value.response.headers
    assert refused.value.response.status_code == 403
    for name, value in GUARDS.items():
        assert headers.get(name) == value, name


def _guarded(cookie: str, secure: bool) -> None:
    parts = cookie.split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(parts), cookie
    assert "Domain" not in cookie
    assert ("Secure" in parts) is secure
    assert parts[0].startswith("__Host-interlock=" if secure else "interlock="), cookie


def test_a_cookie_is_guarded_when_it_comes_and_when_it_goes() -> None:
    for secure in (True, False):
        _guarded(cookie_header("token", 60, secure), secure)
        _guarded(cookie_header("", 0, secure), secure)
