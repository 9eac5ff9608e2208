"""The web application over a real router on the memory store, and a client that checks answers.

Each answer is held against the served OpenAPI document: a status, a content type or a field that is
not described fails the test that caused it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from app.adapters.memory import Faults, MemoryDisk
from app.config import Settings
from app.edge.app import build_app
from app.edge.assets import Assets
from app.edge.identity import Identity
from app.edge.limits import SocketLimits
from app.edge.metrics import Metrics
from app.edge.outside import Outside
from app.edge.sockets import Sockets
from app.edge.transport import OutboxLimits
from app.main.vouching import passwords_of
from app.shell.limits import RouterLimits
from app.wire.documents import openapi
from app.wire.routes import ROUTES
from tests.shell.node import Node, running

ADMIN_KEY = "admin-key-of-the-tests"
BASE = "http://desk.test"
SECRET = b"s" * 32
Json = dict[str, Any]
Vouches = Callable[[Node], Outside]
_OUTBOX = OutboxLimits(256, 262_144, 5_000)
_SOCKETS = SocketLimits(16_384, 65_536, 20, 40, 5_000, 100, 20_000, 10_000, _OUTBOX, _OUTBOX)
_DOCUMENT = openapi("test")
_PATTERNS = [
    (re.compile(re.sub(r"\{\w+\}", "[^/]+", route.path)), route.path, route.method)
    for route in ROUTES
]


class Front:
    """One node with its application. ``api`` speaks with the bootstrap key."""

    def __init__(
        self, node: Node, settings: Settings, assets: Assets, outside: Vouches | None = None
    ) -> None:
        self.node, self.settings = node, settings
        self.metrics = Metrics()
        vouching = None if outside is None else outside(node)
        passwords = passwords_of(settings)
        self.identity = Identity(node.router, settings, SECRET, vouching, passwords)
        sockets = Sockets(node.router, node.hub, self.identity, _SOCKETS, self.metrics)
        self.app = build_app(
            node.router,
            node.hub,
            self.identity,
            sockets,
            settings,
            self.metrics,
            assets=assets,
            version="test",
        )
        self.api = self.client(ADMIN_KEY)

    def client(self, key: str | None = None, *, base: str = BASE) -> httpx2.AsyncClient:
        """A client with a key, or nobody's."""
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app, raise_app_exceptions=False),
            base_url=base,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            event_hooks={"response": [check_described]},
        )

    async def key(self, role: str, agent: str | None = None) -> Json:
        """A new key."""
        body = {"role": role, **({"agent": agent} if agent else {})}
        return dict(said(await self.api.post("/v1/keys", json=body), 201))

    async def as_role(self, role: str, agent: str | None = None) -> httpx2.AsyncClient:
        """A client with a fresh key of this role."""
        return self.client((await self.key(role, agent))["key"])

    async def enter(self, id_: str, queue: str = "q", **fields: Any) -> Json:
        """Enter a conversation as the admin."""
        body = {"id": id_, "queue": queue, **fields}
        return dict(said(await self.api.post("/v1/conversations", json=body), 201))


@contextlib.asynccontextmanager
async def open_front(
    *,
    disk: MemoryDisk | None = None,
    faults: Faults | None = None,
    limits: RouterLimits | None = None,
    assets: Assets | None = None,
    force: bool = False,
    outside: Vouches | None = None,
    **settings: Any,
) -> AsyncIterator[Front]:
    """Start a node with its application."""
    layers = [settings, {"auth": {"admin_key": ADMIN_KEY}}]
    async with running(disk, faults, limits=limits, force=force) as node:
        yield Front(node, Settings.merged(*layers), assets or Assets({}), outside)


def said(answer: httpx2.Response, *expected: int) -> Any:
    """The JSON of an answer with one of these statuses (default 200)."""
    wanted = expected or (200,)
    assert answer.status_code in wanted, f"{answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def refused(answer: httpx2.Response, status: int, code: str) -> Json:
    """The problem document of a refusal with this status and code."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert (answer.status_code, document["code"]) == (status, code), answer.text
    assert document["status"] == status and document["title"]
    return dict(document)


def paths(document: Json) -> list[str]:
    """The paths of the faults of a body."""
    return [error["path"] for error in document["errors"]]


async def check_described(answer: httpx2.Response) -> None:
    """Hold an answer against the served document."""
    request = answer.request
    await answer.aread()
    assert answer.headers["x-content-type-options"] == "nosniff"
    method = "GET" if request.method == "HEAD" else request.method
    for pattern, path, known in _PATTERNS:
        if known == method and pattern.fullmatch(request.url.path):
            operation = _DOCUMENT["paths"][path][method.lower()]
            _check(answer, operation["responses"], f"{method} {path}")
            return


def _check(answer: httpx2.Response, responses: Json, name: str) -> None:
    described = responses.get(str(answer.status_code))
    if described is None and answer.status_code == 500:
        return
    assert described is not None, f"{name}: {answer.status_code} is not described"
    if not answer.content:
        return
    kind = answer.headers["content-type"].split(";")[0]
    assert kind in described["content"], f"{name}: {kind} is not described"
    if "json" in kind and "ndjson" not in kind:
        schema = described["content"][kind]["schema"]
        closed = {**schema, "components": _DOCUMENT["components"]}
        fault = next(Draft202012Validator(closed).iter_errors(answer.json()), None)
        assert fault is None, f"{name}: {fault.json_path if fault else ''} {fault}"
