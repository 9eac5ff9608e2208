"""``/openapi.json``: built from the route table and the very types that read and describe bodies.

MUST NOT describe anything by hand that the types or the table know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from app.wire.codes import Problem, status_of, title_of
from app.wire.fields import ID_PATTERN
from app.wire.route import ID, Route
from app.wire.routes import ROUTES
from app.wire.shapes import ProblemDocument

REF_TEMPLATE: Final = "#/components/schemas/{name}"
Document = dict[str, Any]
_IF_MATCH: Final[Document] = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string", "pattern": r'^"?[0-9]{1,16}"?$'},
    "description": "The version that this replaces, as ETag gave it; refused when another is in "
    'force. "0": only if there is none.',
}
_TEXT: Final[Document] = {"type": "string"}
_IN_PATH: Final[dict[str, Document]] = {"id": {**ID, "pattern": ID_PATTERN}}
_STORE: Final = (
    Problem.STORE_UNAVAILABLE,
    Problem.OUTCOME_UNKNOWN,
    Problem.OVERLOADED,
    Problem.NOT_OWNER,
)


def openapi(version: str) -> Document:
    """The OpenAPI 3.1 document of release ``version``."""
    types = _types(ROUTES)
    schemas, components = msgspec.json.schema_components(types, ref_template=REF_TEMPLATE)
    schema_of = dict(zip(types, schemas, strict=True))
    paths: Document = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Interlock",
            "version": version,
            "description": "Offers waiting conversations to agents. Times end in _at (milliseconds "
            "since the Unix epoch, UTC), durations in _ms. Unknown fields are refused. Every "
            "answer to a write comes after it is durable.",
        },
        "security": [{"key": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-interlock",
                    "description": "Named interlock on plain HTTP. Writes need the same Origin.",
                },
            },
        },
    }


def _types(routes: Iterable[Route]) -> list[Any]:
    found: dict[Any, None] = {ProblemDocument: None}
    for route in routes:
        if route.body is not None:
            found[route.body] = None
        for kind, _ in route.answers.values():
            if kind is not None:
                found[kind] = None
    return list(found)


def _operation(route: Route, schema_of: dict[Any, Any]) -> Document:
    operation: Document = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [_tag(route.path)],
        "responses": _responses(route, schema_of),
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _IN_PATH.get(name, _TEXT)}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ] + [
        {
            "name": query.name,
            "in": "query",
            "schema": query.schema,
            "description": query.description,
            **({"required": True} if query.required else {}),
        }
        for query in route.query
    ]
    if route.if_match:
        parameters.append(_IF_MATCH)
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        content = {"application/json": {"schema": schema_of[route.body]}}
        needs = any(field.required for field in msgspec.structs.fields(route.body))
        operation["requestBody"] = {"required": needs, "content": content}
    if route.roles is None:
        operation["security"] = []
    else:
        operation["description"] = f"For roles: {', '.join(sorted(route.roles))}."
    return operation


def _responses(route: Route, schema_of: dict[Any, Any]) -> Document:
    responses: Document = {}
    for status, (kind, words) in route.answers.items():
        response: Document = {"description": words}
        if kind is not None:
            response["content"] = {route.media: {"schema": schema_of[kind]}}
        responses[str(status)] = response
    for status, codes in sorted(_problems(route).items()):
        if str(status) not in responses:
            responses[str(status)] = {
                "description": "; ".join(f"{code}: {title_of(code)}" for code in codes),
                "content": {"application/problem+json": {"schema": schema_of[ProblemDocument]}},
            }
    return responses


def _problems(route: Route) -> dict[int, list[str]]:
    codes: list[str] = list(route.refusals)
    if route.if_match:
        codes.append(Problem.PRECONDITION_FAILED)
    if route.query:
        codes.append(Problem.QUERY_INVALID)
    if route.body is not None:
        codes += [Problem.BODY_INVALID, Problem.TOO_LARGE, Problem.UNSUPPORTED_MEDIA_TYPE]
        codes.append(Problem.REQUEST_TIMEOUT)
    if route.roles is not None:
        codes += [Problem.UNAUTHENTICATED, Problem.FORBIDDEN, Problem.RATE_LIMITED]
        codes += _STORE if route.writes else (Problem.STORE_UNAVAILABLE, Problem.NOT_OWNER)
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(status_of(code), []).append(code)
    return by_status


def _tag(path: str) -> str:
    parts = path.split("/")
    return parts[2] if parts[1] == "v1" else "operations"
