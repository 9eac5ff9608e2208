"""Hostile and careless input: every refusal is a problem with a code and a path, never a 500."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from .client import Json, body_of, error_paths, problem
from .desk import Desk

INVALID = (400, 422)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"colour": "red"}, "colour"),
        ({"Queue": "x"}, "Queue"),
        ({"customer": {"name": 7}}, "customer"),
        ({"queue": 7}, "queue"),
        ({"queue": None}, "queue"),
        ({"queue": ""}, "queue"),
        ({"queue": "has space"}, "queue"),
        ({"queue": "q" * 129}, "queue"),
        ({"id": ""}, "id"),
        ({"id": "has space"}, "id"),
        ({"id": "x" * 129}, "id"),
        ({"id": "über"}, "id"),
        ({"id": "a\u0000b"}, "id"),
        ({"id": "../etc"}, "id"),
        ({"id": "a\n"}, "id"),
        ({"id": 5}, "id"),
        ({"priority": "high"}, "priority"),
        ({"priority": 1.5}, "priority"),
        ({"priority": True}, "priority"),
        ({"priority": 10**30}, "priority"),
        ({"priority": -(10**30)}, "priority"),
        ({"channel": 1}, "channel"),
        ({"channel": "has space"}, "channel"),
        ({"skills": ["french"]}, "skills"),
        ({"skills": {"french": "much"}}, "skills"),
        ({"skills": {"french": 10**30}}, "skills"),
        ({"preferred_agent": "has space"}, "preferred_agent"),
        ({"attributes": []}, "attributes"),
        ({"subject": {"a": 1}}, "subject"),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else value,
)
async def test_an_invalid_field_is_refused_with_its_path(
    desk: Desk, fields: Json, place: str
) -> None:
    queue = await desk.queue()
    answer = await desk.api.post("/v1/conversations", json={"queue": queue, **fields})
    paths = error_paths(problem(answer, *INVALID))
    assert any(place in path for path in paths), paths


async def test_a_missing_field_is_named(desk: Desk) -> None:
    paths = error_paths(problem(await desk.api.post("/v1/conversations", json={}), *INVALID))
    assert any("queue" in path for path in paths), paths


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"not json",
        b"[]",
        b'"text"',
        b"null",
        b"7",
        b'{"queue": "q",}',
        b"{'queue': 'q'}",
        b'{"queue": "q"} {"queue": "q"}',
        b'{"queue": "q", "priority": NaN}',
        b'{"queue": "q", "priority": Infinity}',
        b'{"queue": "q", "attributes": {"x": NaN}}',
        b'{"queue": "q", "attributes": {"x": 1e999}}',
        b'{"queue": "\xff\xfe"}',
        b'{"queue": "q\xed\xa0\x80"}',
        b'{"queue": "q", "subject": "\\ud800"}',
        b'{"queue": "q", "queue": "r"}',
        b'{"queue": "q", "attributes": {"x": 1, "x": 2}}',
        b'{"queue": "q", "attributes": {"x": ' + b"9" * 5000 + b"}}",
        b'{"queue": "q", "attributes": {"x": ' + b"[" * 20000 + b"]" * 20000 + b"}}",
        b"[" * 60000,
        b'{"a":' * 10000,
        "\ufeff{}".encode(),
        '{"queue": "q"}'.encode("utf-16"),
    ],
    ids=lambda content: repr(content[:36]),
)
async def test_a_body_that_is_no_good_json_object_is_refused(desk: Desk, content: bytes) -> None:
    content = content.replace(b'"q"', json.dumps(await desk.queue()).encode())
    answer = await desk.api.post(
        "/v1/conversations", content=content, headers={"Content-Type": "application/json"}
    )
    problem(answer, *INVALID)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
async def test_another_content_type_is_refused(desk: Desk, kind: str) -> None:
    content = json.dumps({"queue": await desk.queue()}).encode()
    headers = {"Content-Type": kind}
    answer = await desk.api.post("/v1/conversations", content=content, headers=headers)
    problem(answer, 415)


async def test_a_charset_parameter_is_fine(desk: Desk) -> None:
    content = json.dumps({"queue": await desk.queue(), "subject": "grüß dich"}).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = await desk.api.post("/v1/conversations", content=content, headers=headers)
    body_of(answer, 201)


def padded(queue: str, size: int) -> bytes:
    """Return a valid body of exactly this many bytes."""
    body = json.dumps({"queue": queue, "attributes": {}}).encode()
    return body[:-1] + b" " * (size - len(body)) + b"}"


async def test_64_kib_pass_and_one_byte_more_is_413(desk: Desk) -> None:
    queue = await desk.queue()
    headers = {"Content-Type": "application/json"}
    fits, over = padded(queue, 65536), padded(queue, 65537)
    body_of(await desk.api.post("/v1/conversations", content=fits, headers=headers), 201)
    problem(await desk.api.post("/v1/conversations", content=over, headers=headers), 413)


async def test_a_chunked_body_is_counted_too(desk: Desk) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b" " * 1024

    headers = {"Content-Type": "application/json"}
    answer = await desk.api.post("/v1/conversations", content=chunks(), headers=headers)
    problem(answer, 413)


async def test_a_mebibyte_is_refused_legibly(desk: Desk) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await desk.api.post("/v1/conversations", content=b" " * 2**20, headers=headers)
    problem(answer, 413)


@pytest.mark.parametrize("name", ["has space", "x" * 129, "über", "a\u0000b", "a\nb", "a;b"])
@pytest.mark.parametrize("kind", ["conversations", "queues", "agents"])
async def test_a_bad_id_in_the_path_is_refused(desk: Desk, kind: str, name: str) -> None:
    problem(await desk.api.get(f"/v1/{kind}/{quote(name, safe='')}"), 400, 404, 422)


@pytest.mark.parametrize("name", ["has space", "x" * 129, "über", "a\u0000b"])
@pytest.mark.parametrize("kind", ["queues", "agents"])
async def test_a_bad_id_is_not_created(desk: Desk, kind: str, name: str) -> None:
    problem(await desk.api.put(f"/v1/{kind}/{quote(name, safe='')}", json={"name": "x"}), 400, 422)


async def test_ids_of_every_allowed_form_work(desk: Desk) -> None:
    queue = await desk.queue()
    for name in (desk.name("Az09._:-"), "x" * 120 + desk.name("")[-8:]):
        body_of(await desk.api.post("/v1/conversations", json={"id": name, "queue": queue}), 201)
        assert (await desk.conversation(name))["id"] == name


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"colour": 1}, "colour"),
        ({"offer": {"colour": 1}}, "colour"),
        ({"offer": {"strategy": "loudest"}}, "strategy"),
        ({"offer": {"timeout_ms": -1}}, "timeout_ms"),
        ({"offer": {"timeout_ms": "20"}}, "timeout_ms"),
        ({"offer": []}, "offer"),
        ({"rings": [{"after_ms": 0, "max_level": 1, "colour": 2}]}, "colour"),
        ({"rings": [{"after_ms": "x"}]}, "after_ms"),
        ({"wrap_up": {"ms": -5}}, "ms"),
        ({"max_waiting": -1}, "max_waiting"),
        ({"service_level": {"variant": "guess"}}, "variant"),
        ({"service_level": {"percent": 101}}, "percent"),
        ({"hours": {"zone": "Mars/Base", "weekly": {}}}, "zone"),
    ],
    ids=lambda value: json.dumps(value)[:50] if isinstance(value, dict) else value,
)
async def test_an_invalid_queue_setting_is_refused_with_its_path(
    desk: Desk, settings: Json, place: str
) -> None:
    name = desk.name("queue")
    answer = await desk.api.put(f"/v1/queues/{name}", json={"name": "Q", **settings})
    paths = error_paths(problem(answer, *INVALID))
    assert any(place in path for path in paths), paths
    problem(await desk.api.get(f"/v1/queues/{name}"), 404)


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"colour": 1}, "colour"),
        ({"queues": []}, "queues"),
        ({"queues": {"q": "one"}}, "queues"),
        ({"skills": {"french": -(10**30)}}, "skills"),
        ({"capacity": {"chat": -1}}, "capacity"),
        ({"capacity": {"chat": 1.5}}, "capacity"),
        ({"capacity": 3}, "capacity"),
    ],
    ids=lambda value: json.dumps(value)[:50] if isinstance(value, dict) else value,
)
async def test_an_invalid_agent_setting_is_refused_with_its_path(
    desk: Desk, settings: Json, place: str
) -> None:
    answer = await desk.api.put(f"/v1/agents/{desk.name('a')}", json={"name": "A", **settings})
    paths = error_paths(problem(answer, *INVALID))
    assert any(place in path for path in paths), paths


async def test_hostile_text_comes_back_as_data(desk: Desk) -> None:
    text: Any = '<script>alert("x")</script> \u202e =cmd()'
    queue = await desk.queue()
    made = await desk.create(queue, customer={"name": text}, subject=text, attributes={"n": text})
    seen = await desk.api.get(f"/v1/conversations/{made}")
    assert seen.headers["content-type"].startswith("application/json")
    assert "<script>" in json.dumps(seen.json()["subject"])


async def test_the_server_is_still_well(desk: Desk) -> None:
    assert (await desk.api.get("/readyz")).status_code == 200
