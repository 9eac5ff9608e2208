"""Against a real identity provider in a process of its own: its documents, its keys, its tokens,
its sign-in; and the ways in which somebody else's sign-in could be ended here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from app.adapters.oidc import Fetcher, OidcProvider, ProviderAway
from app.adapters.oidc.fetching import BYTES_MAX
from app.edge.grants import rules_of
from app.edge.outside import Outside
from tests.adapters.machine import free_port
from tests.edge.front import BASE, Front, open_front, refused, said
from tests.shell.node import Node
from tests.waiting import poll_until

PEOPLE = [
    {"sub": "lea", "groups": ["leads"], "teams": ["q"]},
    {"sub": "ann", "groups": ["desk"], "agent": "a1"},
    {"sub": "eve", "groups": ["visitors"]},
]
WAY = "interlock-way"


class Provider:
    """The process; ``now_s`` is the clock by which its keys grow old."""

    def __init__(self) -> None:
        self.port, self.now_s = free_port(), 0.0
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.http = httpx2.AsyncClient(trust_env=False, timeout=20)
        self.fetcher = Fetcher()

    def vouches(self, node: Node) -> Outside:
        tokens = OidcProvider(
            self.issuer, "", "interlock", "s3cret", self.fetcher, lambda: self.now_s
        )
        roles = ("leads=supervisor", "desk=agent")
        return Outside(tokens, rules_of("groups", roles, "agent", ""), node.router)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """One life of it: the next has another key."""
        people = [word for one in PEOPLE for word in ("--user-claims", json.dumps(one))]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "oidc_provider_mock", "--port", str(self.port), *people),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "NO_COLOR": "1"},
        )
        try:
            await poll_until(self._answers, "the provider answers")
            yield
        finally:
            process.kill()
            await process.wait()

    async def _answers(self) -> bool:
        try:
            return (await self.http.get(f"{self.issuer}/jwks")).status_code == 200
        except httpx2.TransportError:
            return False

    async def agreed(self, address: str, who: str) -> str:
        """The person signs in there; where the browser is sent then, without our own address."""
        answer = await self.http.post(address, data={"sub": who})
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["location"])
        assert f"{parts.scheme}://{parts.netloc}" == BASE
        return f"{parts.path}?{parts.query}"


def cookies_of(answer: httpx2.Response) -> dict[str, str]:
    """Name -> the whole Set-Cookie."""
    return {one.split("=")[0]: one for one in answer.headers.get_list("set-cookie")}


async def begun(front: Front) -> tuple[httpx2.AsyncClient, str]:
    """A browser that was sent to the provider, and where."""
    browser = front.client()
    answer = await browser.get("/login/provider")
    assert answer.status_code == 303
    cookie = cookies_of(answer)[WAY]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    browser.headers["Cookie"] = cookie.split(";")[0]
    return browser, answer.headers["location"]


async def test_a_person_signs_in_at_a_real_provider_and_its_keys_may_change() -> None:
    provider = Provider()
    async with open_front(outside=provider.vouches, server={"public_url": BASE}) as front:
        await front.node.furnish()
        away = await front.client().get("/login/provider")
        assert away.headers["location"] == "/login#refused=away", "it is not there yet"
        assert said(await front.client().get("/v1/session/ways"))["provider"] is True
        async with provider.running():
            await _signs_in(front, provider)
            await _attacks(front, provider)
            old = await token_of(provider, "lea")
            said(await front.client(old).get("/v1/session"))
        provider.now_s += 20
        async with provider.running():
            new = await token_of(provider, "lea")
            said(await front.client(new).get("/v1/session"))
            refused(await front.client(old).get("/v1/session"), 401, "unauthenticated")
    await provider.http.aclose()
    await provider.fetcher.aclose()


async def _signs_in(front: Front, provider: Provider) -> None:
    for who, role, home in (("lea", "supervisor", "/board"), ("ann", "agent", "/agent")):
        browser, there = await begun(front)
        query = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
        assert there.startswith(f"{provider.issuer}/oauth2/authorize?")
        assert query["code_challenge_method"] == "S256" and len(query["state"]) > 40
        assert query["redirect_uri"] == f"{BASE}/login/provider/back"
        answer = await browser.get(await provider.agreed(there, who))
        assert (answer.status_code, answer.headers["location"]) == (303, home)
        set_ = cookies_of(answer)
        assert "Max-Age=0" in set_[WAY], "the way is over"
        assert "SameSite=Strict" in set_["interlock"] and "HttpOnly" in set_["interlock"]
        browser.headers["Cookie"] = set_["interlock"].split(";")[0]
        session = said(await browser.get("/v1/session"))
        assert (session["role"], session["agent"]) == (role, "a1" if role == "agent" else None)


async def _attacks(front: Front, provider: Provider) -> None:
    """A code of somebody else's, a state of another browser, a way without either."""
    mallory, there = await begun(front)
    hers = await provider.agreed(there, "lea")
    victim, _ = await begun(front)
    nobody = front.client()
    for browser, path in (
        (victim, hers),
        (nobody, hers),
        (mallory, "/login/provider/back?code=x"),
        (mallory, hers.replace("state=", "state=x")),
        (mallory, hers + "&state=twice"),
    ):
        await _is_out(browser, path, "no_way")
    forged = front.client()
    forged.headers["Cookie"] = f"{WAY}=e30.AAAA"
    await _is_out(forged, hers, "no_way")
    state = parse_qs(urlsplit(hers).query)["state"][0]
    await _is_out(mallory, f"/login/provider/back?state={state}&error=access_denied", "denied")
    await _is_out(mallory, f"/login/provider/back?state={state}&code=made-up", "away")
    answer = await mallory.get(hers)
    assert answer.headers["location"] == "/board"
    await _is_out(mallory, hers, "away")
    stranger, there = await begun(front)
    await _is_out(stranger, await provider.agreed(there, "eve"), "no_role")


async def _is_out(browser: httpx2.AsyncClient, path: str, why: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login#refused={why}")
    assert "interlock" not in cookies_of(answer), "nobody was signed in"


async def token_of(provider: Provider, who: str) -> str:
    """An ID token, as any program of the organisation gets one."""
    known: dict[str, Any] = said(
        await provider.http.get(f"{provider.issuer}/.well-known/openid-configuration")
    )
    query = {"response_type": "code", "client_id": "interlock", "scope": "openid"}
    address = httpx2.URL(
        known["authorization_endpoint"],
        params={**query, "redirect_uri": f"{BASE}/x", "state": "s", "nonce": "n"},
    )
    code = parse_qs(urlsplit(await provider.agreed(str(address), who)).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": f"{BASE}/x"}
    auth = httpx2.BasicAuth("interlock", "s3cret")
    answer = await provider.http.post(known["token_endpoint"], data=form, auth=auth)
    return str(said(answer)["id_token"])


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1,2]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b" " * 600_000,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 100_000,
        b"not http",
    ],
    ids=["redirect", "list", "no JSON", "error", "endless", "deep", "noise"],
)
async def test_an_address_that_answers_oddly_costs_nothing_but_the_answer(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    fetcher = Fetcher()
    try:
        with pytest.raises(ProviderAway) as told:
            await fetcher.get(f"http://127.0.0.1:{port}/doc")
        assert len(str(told.value)) < 200
        if len(answer) > BYTES_MAX:
            assert "more than" in str(told.value)
        with pytest.raises(ProviderAway, match="not https"):
            await fetcher.get("http://id.example.test/doc")
    finally:
        await fetcher.aclose()
        server.close()
        await server.wait_closed()
