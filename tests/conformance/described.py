"""Reads the served descriptions and holds what was really heard against them.

Duty: find in `/openapi.json` and `/asyncapi.json` what describes an answer or a frame; check it.
It MUST take the documents as served; a reference that leads nowhere is a fault, never skipped.
"""

from __future__ import annotations

import re
from typing import Any

import httpx2
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from .client import Json

HERE = "urn:described"


def resolve(document: Json, node: Any) -> Any:
    """Follow `$ref` inside the document."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def references(node: Any) -> list[str]:
    """Return every `$ref` below a node."""
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in references(value)]
    if isinstance(node, list):
        return [ref for value in node for ref in references(value)]
    return []


def schemas(node: Any) -> list[Json]:
    """Return every object that stands under the name `schema` or `payload`."""
    if isinstance(node, dict):
        own = [node[key] for key in ("schema", "payload") if isinstance(node.get(key), dict)]
        return own + [found for value in node.values() for found in schemas(value)]
    if isinstance(node, list):
        return [found for value in node for found in schemas(value)]
    return []


class Described:
    """One served document, ready to check against."""

    def __init__(self, document: Json) -> None:
        self.document = document
        resource = DRAFT202012.create_resource(document)
        self._registry: Registry[Any] = Registry().with_resource(HERE, resource)

    def faults(self, pointer: str, value: Any) -> list[str]:
        """Return what the schema at the pointer has against the value."""
        validator = Draft202012Validator({"$ref": f"{HERE}#{pointer}"}, registry=self._registry)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    def answer(self, answer: httpx2.Response) -> list[str]:
        """Return how an HTTP answer differs from what is described for its call."""
        method, path = answer.request.method.lower(), answer.request.url.path
        said = f"{method} {path} -> {answer.status_code}"
        found = [
            template
            for template, item in self.document["paths"].items()
            if method in item and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path)
        ]
        if not found:
            return [f"{said}: the call is not described"]
        where = ["paths", found[0], method, "responses"]
        responses = self.document["paths"][found[0]][method]["responses"]
        status = next((s for s in (str(answer.status_code), "default") if s in responses), None)
        if status is None:
            return [f"{said}: this status is not described"]
        content = resolve(self.document, responses[status]).get("content", {})
        kind = answer.headers.get("content-type", "").split(";")[0]
        if not answer.content and not content:
            return []
        if kind not in content:
            return [f"{said}: {kind!r} is not among {list(content)}"]
        if "json" not in kind or "schema" not in content[kind]:
            return []
        where = self._follow([*where, status], ["content", kind, "schema"])
        return [f"{said}: {fault}" for fault in self.faults(pointer(where), answer.json())]

    def _follow(self, where: list[str], rest: list[str]) -> list[str]:
        node: Any = self.document
        for part in where:
            node = node[part]
        if "$ref" in node:
            where = node["$ref"].removeprefix("#/").split("/")
        return where + rest

    def frame(self, frame: Json) -> list[str]:
        """Return how a frame differs from every schema that describes its type."""
        places = [
            place
            for place, schema in walk(self.document, [])
            if frame["type"] in types_of(resolve(self.document, schema))
        ]
        if not places:
            return [f"{frame['type']}: no schema has this type"]
        complaints = [self.faults(pointer(place), frame) for place in places]
        return [] if [] in complaints else [f"{frame}: {complaints[0]}"]


def pointer(parts: list[str]) -> str:
    """Return the JSON pointer, ready for a fragment."""
    return (
        "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
        .replace("{", "%7B")
        .replace("}", "%7D")
    )


def types_of(schema: Json) -> list[Any]:
    """Return the values that the schema allows for `type`."""
    properties = schema.get("properties", {})
    kind = properties.get("type", {}) if isinstance(properties, dict) else {}
    return [kind["const"]] if "const" in kind else list(kind.get("enum", []))


def walk(node: Any, place: list[str]) -> list[tuple[list[str], Json]]:
    """Return every object of the document that looks like the schema of an object."""
    found: list[tuple[list[str], Json]] = []
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            found.append((place, node))
        for key, value in node.items():
            found += walk(value, [*place, key])
    elif isinstance(node, list):
        for index, value in enumerate(node):
            found += walk(value, [*place, str(index)])
    return found
