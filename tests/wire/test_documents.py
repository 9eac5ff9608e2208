"""The published descriptions: valid, whole, and of the very types that are read."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from app.wire import frames
from app.wire.asyncapi import asyncapi
from app.wire.bodies import ConversationBody
from app.wire.documents import openapi
from app.wire.reading import BodyInvalid, read_body
from app.wire.routes import ROUTES

OPEN, ASYNC = openapi("1.2.3"), asyncapi("1.2.3")


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in references(value)]
    if isinstance(node, list):
        return [ref for value in node for ref in references(value)]
    return []


def resolve(document: Any, node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


@pytest.mark.parametrize("document", [OPEN, ASYNC], ids=["openapi", "asyncapi"])
def test_references_resolve_and_schemas_are_schemas(document: Any) -> None:
    json.dumps(document)
    for ref in references(document):
        assert ref.startswith("#/")
        resolve(document, {"$ref": ref})
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_call_is_described_once() -> None:
    assert OPEN["openapi"].startswith("3.1.") and OPEN["info"]["version"] == "1.2.3"
    described = {
        (method.upper(), path): operation
        for path, item in OPEN["paths"].items()
        for method, operation in item.items()
    }
    assert set(described) == {(route.method, route.path) for route in ROUTES}
    ids = [operation["operationId"] for operation in described.values()]
    assert len(ids) == len(set(ids))
    for (_, path), operation in described.items():
        named = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path))
        assert all(response["description"] for response in operation["responses"].values())


def test_writes_of_the_signed_in_tell_of_every_trouble() -> None:
    for route in ROUTES:
        statuses = set(OPEN["paths"][route.path][route.method.lower()]["responses"])
        if route.roles is not None:
            assert {"401", "403", "503"} <= statuses, route.name
        if route.body is not None:
            assert {"400", "413", "415"} <= statuses, route.name


def test_a_body_is_described_as_it_is_read() -> None:
    schema = OPEN["paths"]["/v1/conversations"]["post"]["requestBody"]["content"]
    body = resolve(OPEN, schema["application/json"]["schema"])
    assert body["required"] == ["queue"] and body["additionalProperties"] is False
    validator = Draft202012Validator({**body, "components": OPEN["components"]})
    for sample in (
        {"queue": "q"},
        {"queue": "q", "id": "a\n"},
        {"queue": "has space"},
        {"queue": "q", "colour": 1},
        {"queue": "q", "priority": 10**9},
        {"queue": "q", "skills": {"a": 1}},
        {"queue": "x" * 129},
    ):
        try:
            read_body(ConversationBody, json.dumps(sample).encode())
            taken = True
        except BodyInvalid:
            taken = False
        assert validator.is_valid(sample) == taken, sample


def test_every_frame_is_described() -> None:
    assert ASYNC["asyncapi"] == "3.0.0"
    names = {message["name"] for message in ASYNC["components"]["messages"].values()}
    kinds = (frames.Hello, *get_args(frames.AgentFrame), *get_args(frames.SupervisorFrame))
    assert {kind.__struct_config__.tag for kind in kinds} < names
    pushes = {
        "snapshot", "offer", "offer_ended", "assigned", "conversation_ended", "presence",
        "conversation_changed", "routable", "ping", "draining", "reauth_required", "delta",
        "incident", "reply",
    }  # fmt: skip
    assert pushes < names
    for operation in ASYNC["operations"].values():
        for message in operation["messages"]:
            assert resolve(ASYNC, message)["payload"]
    assert "interlock.v1" in ASYNC["channels"]["socket"]["description"]
    assert "4408" in ASYNC["channels"]["socket"]["description"]


def test_the_socket_has_servers_and_a_ticket_opens_it() -> None:
    assert {server["protocol"] for server in ASYNC["servers"].values()} == {"ws", "wss"}
    for server in ASYNC["servers"].values():
        assert re.findall(r"{(\w+)}", server["host"]) == list(server["variables"])
        for scheme in server["security"]:
            assert "ticket" in resolve(ASYNC, scheme)["description"]
    assert len(ASYNC["channels"]["socket"]["servers"]) == len(ASYNC["servers"])


def test_a_reply_tells_where_in_the_log_its_effect_is() -> None:
    reply = resolve(ASYNC, ASYNC["components"]["messages"]["Reply"]["payload"])
    assert "position" in reply["required"]
    assert "conversation" in reply["properties"]


def test_a_problem_of_a_new_rule_is_described() -> None:
    undo = OPEN["paths"]["/v1/config/undo"]["post"]["responses"]
    assert "unknown_version" in undo["404"]["description"]
    for code in ("changed_since", "queue_in_use", "agent_in_use", "presence_in_use"):
        assert code in undo["409"]["description"]
