"""What operators read: health, readiness, version, metrics, and the served descriptions."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from .client import Json, body_of, problem
from .described import references, resolve, schemas
from .desk import Desk, take

PATHS = {
    "/v1/conversations": {"post"},
    "/v1/conversations/{}": {"get"},
    "/v1/conversations/{}/timeline": {"get"},
    "/v1/conversations/{}/explain": {"get"},
    "/v1/conversations/{}/cancel": {"post"},
    "/v1/conversations/{}/move": {"post"},
    "/v1/conversations/{}/assign": {"post"},
    "/v1/conversations/{}/requeue": {"post"},
    "/v1/conversations/{}/release": {"post"},
    "/v1/conversations/{}/priority": {"post"},
    "/v1/conversations/{}/close": {"post"},
    "/v1/conversations/{}/activity": {"post"},
    "/v1/queues": {"get"},
    "/v1/queues/{}": {"get", "put", "delete"},
    "/v1/queues/{}/pause": {"post"},
    "/v1/queues/{}/resume": {"post"},
    "/v1/queues/{}/drain": {"post"},
    "/v1/agents": {"get"},
    "/v1/agents/{}": {"get", "put", "delete"},
    "/v1/agents/{}/presence": {"post"},
    "/v1/agents/{}/offers": {"get"},
    "/v1/presences": {"get"},
    "/v1/presences/{}": {"get", "put", "delete"},
    "/v1/config/history": {"get"},
    "/v1/config/history/{}": {"get"},
    "/v1/config/undo": {"post"},
    "/v1/board": {"get"},
    "/v1/tickets": {"post"},
    "/v1/session": {"post", "delete"},
    "/v1/keys": {"get", "post"},
    "/healthz": {"get"},
    "/readyz": {"get"},
    "/metrics": {"get"},
    "/version": {"get"},
}
AGENT_COMMANDS = (
    "hello",
    "set_presence",
    "received",
    "seen",
    "accept",
    "decline",
    "complete",
    "finish_wrap_up",
    "extend_wrap_up",
    "transfer",
    "pull",
    "activity",
    "pong",
)
SUPERVISOR_COMMANDS = (
    "move",
    "assign",
    "requeue",
    "release",
    "cancel",
    "set_agent_presence",
    "pause_queue",
    "resume_queue",
    "drain_queue",
)
PUSHES = (
    "snapshot",
    "offer",
    "offer_ended",
    "assigned",
    "conversation_changed",
    "conversation_ended",
    "presence",
    "routable",
    "ping",
    "draining",
    "reauth_required",
    "delta",
)
SAMPLE = re.compile(
    r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*",?)*\})? '
    r"(NaN|[+-]?Inf|[+-]?[0-9.eE+-]+)( [0-9]+)?$"
)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/version"])
async def test_operations_answer_anyone_with_json(desk: Desk, path: str) -> None:
    async with desk.api_with(None) as nobody:
        answer = await nobody.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    assert isinstance(answer.json(), dict)


async def test_version_names_a_version(desk: Desk) -> None:
    body = body_of(await desk.api.get("/version"))
    assert isinstance(body["version"], str) and body["version"]


async def test_health_answers_head(desk: Desk) -> None:
    answer = await desk.api.head("/healthz")
    assert answer.status_code == 200 and not answer.content


async def test_metrics_are_prometheus_text(desk: Desk) -> None:
    answer = await desk.api.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        assert SAMPLE.match(line), line
    assert "misroute_prevented_total" in answer.text


async def test_metrics_carry_no_customer_data(desk: Desk) -> None:
    queue = await desk.queue()
    made = await desk.create(queue, customer={"name": "Ada Secret"}, subject="very private")
    text = (await desk.api.get("/metrics")).text
    assert "Ada Secret" not in text and "very private" not in text and made not in text


async def test_security_headers(desk: Desk) -> None:
    answer = await desk.api.get("/v1/board")
    assert answer.headers.get("x-content-type-options") == "nosniff"
    assert "no-store" in answer.headers.get("cache-control", "")


def anonymous(path: str) -> str:
    """Return the path with the names of its parameters dropped."""
    return re.sub(r"\{[^}]*\}", "{}", path)


async def openapi(desk: Desk) -> Json:
    """Return the served description."""
    async with desk.api_with(None) as nobody:
        return dict(body_of(await nobody.get("/openapi.json"), 200))


async def test_openapi_names_every_documented_call(desk: Desk) -> None:
    served = {anonymous(path): set(item) for path, item in (await openapi(desk))["paths"].items()}
    lacking = {
        path: methods - served.get(path, set())
        for path, methods in PATHS.items()
        if methods - served.get(path, set())
    }
    assert not lacking, lacking


async def test_openapi_is_a_valid_3_1_document(desk: Desk) -> None:
    document = await openapi(desk)
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert document["info"]["title"] and document["info"]["version"]
    operations: list[str] = []
    for path, item in document["paths"].items():
        assert path.startswith("/"), path
        shared = item.get("parameters", [])
        for method in {"get", "put", "post", "delete", "patch", "head"} & set(item):
            check_operation(document, f"{method} {path}", item[method], shared)
            operations.append(item[method]["operationId"])
    assert len(operations) == len(set(operations)), "operationId must be unique"


def check_operation(document: Json, name: str, operation: Json, shared: list[Json]) -> None:
    """Check one operation: id, parameters of its path, security, responses, and schemas."""
    assert operation.get("operationId"), name
    parameters = [resolve(document, each) for each in shared + operation.get("parameters", [])]
    in_path = {each["name"] for each in parameters if each["in"] == "path"}
    assert in_path == set(re.findall(r"\{([^}]*)\}", name)), (name, in_path)
    for each in parameters:
        assert each["in"] in ("path", "query", "header", "cookie"), (name, each)
        assert each["in"] != "path" or each["required"] is True, (name, each)
        assert "schema" in each or "content" in each, (name, each)
    assert operation["responses"], name
    for status, response in operation["responses"].items():
        assert re.fullmatch(r"[1-5](\d\d|XX)|default", status), (name, status)
        assert resolve(document, response)["description"], (name, status)
    schemes = document.get("components", {}).get("securitySchemes", {})
    for requirement in operation.get("security", document.get("security")) or []:
        assert set(requirement) <= set(schemes), (name, requirement)


@pytest.mark.parametrize("path", ["/openapi.json", "/asyncapi.json"])
async def test_descriptions_resolve_and_their_schemas_are_valid(desk: Desk, path: str) -> None:
    document = body_of(await desk.api.get(path), 200)
    for ref in references(document):
        assert ref.startswith("#/"), ref
        resolve(document, {"$ref": ref})
    named = list(document["components"].get("schemas", {}).values())
    for schema in named + schemas(document):
        Draft202012Validator.check_schema(schema)


async def test_bodies_are_described_as_closed(desk: Desk) -> None:
    document = await openapi(desk)
    body = document["paths"]["/v1/conversations"]["post"]["requestBody"]
    schema = resolve(document, body["content"]["application/json"]["schema"])
    assert "queue" in schema["required"]
    assert schema["additionalProperties"] is False
    assert {"id", "queue", "channel", "priority", "skills", "preferred_agent", "customer"} <= set(
        schema["properties"]
    )


async def test_asyncapi_names_every_frame(desk: Desk) -> None:
    async with desk.api_with(None) as nobody:
        answer = await nobody.get("/asyncapi.json")
    document = body_of(answer, 200)
    assert re.fullmatch(r"[23]\.\d+\.\d+", document["asyncapi"])
    assert "interlock.v1" in answer.text
    for word in {*AGENT_COMMANDS, *SUPERVISOR_COMMANDS, *PUSHES}:
        assert f'"{word}"' in answer.text, word


async def test_unknown_paths_and_methods_are_problems(desk: Desk) -> None:
    problem(await desk.api.get("/v1/no-such-thing"), 404)
    answer = await desk.api.patch("/v1/conversations", json={})
    problem(answer, 405)
    assert "POST" in answer.headers["allow"]
    problem(await desk.api.put("/healthz"), 405)
    problem(await desk.api.get("/v1/tickets"), 405)


async def test_metrics_count_offers(desk: Desk) -> None:
    queue = await desk.queue()
    socket = await desk.online(await desk.agent("anna", queue))
    await desk.create(queue)
    await take(socket)
    text = (await desk.api.get("/metrics")).text
    assert re.search(r"^\w*offers?\w*(\{.*\})? [1-9]", text, re.M), text


async def test_ws_without_an_upgrade_is_no_session(desk: Desk) -> None:
    answer = await desk.api.get("/ws")
    assert answer.status_code in (400, 404, 405, 426), answer.status_code


@pytest.mark.parametrize(
    "path",
    ["/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml", "/%2e%2e/%2e%2e/etc/passwd"],
)
async def test_no_path_leads_out_of_the_pages(desk: Desk, path: str) -> None:
    answer = await desk.api.get(path)
    assert answer.status_code in (400, 404), answer.status_code
    assert "root:" not in answer.text and "[project]" not in answer.text
