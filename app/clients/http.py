"""The HTTP interface as awaitable calls that are repeated only where repeating is safe.

Duty: one method per call of the protocol that clients here need, and a typed refusal. MUST NOT
repeat a call whose first try may have had an effect that a second would double. What makes it
right: the server takes nothing when it answers 503 or 429 or refuses the connection, so any call
may be repeated then; after a broken or silent connection only a call that means the same when made
twice is repeated. A creation always carries an id, hence is such a call.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

import httpx2
import orjson

from app.clients.backoff import Backoff

Json = dict[str, Any]

NOTHING_TAKEN = frozenset({429, 503})
UNKNOWN_TO_PROXY = frozenset({502, 504})
NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class ApiRefused(Exception):
    """The server said no. ``code`` is stable; ``errors`` names faulty fields."""

    def __init__(self, code: str, status: int, message: str, errors: list[Json]) -> None:
        super().__init__(f"{status} {code}: {message}" + (f" {errors}" if errors else ""))
        self.code = code
        self.status = status
        self.message = message
        self.errors = errors


class ApiUnreachable(Exception):
    """No final answer came in time. The call may or may not have had its effect."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Persistence:
    """How long and how eagerly a call is repeated, in seconds. ``timeout_s`` bounds one try."""

    give_up_s: float = 30.0
    base_s: float = 0.1
    cap_s: float = 2.0
    timeout_s: float = 5.0


class ApiClient:
    """The API of one server, as one holder of a key sees it. Use as an async context manager."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        persistence: Persistence | None = None,
        connections: int = 32,
        seed: int | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._persistence = persistence or Persistence()
        self._rng = Random(seed)
        self._http = httpx2.AsyncClient(
            base_url=self.base_url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx2.Timeout(self._persistence.timeout_s, pool=None),
            limits=httpx2.Limits(
                max_connections=connections, max_keepalive_connections=connections
            ),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def create_conversation(
        self, queue: str, *, id: str | None = None, **fields: Any
    ) -> Json:
        """Enter a conversation and return it; ``fields`` as in the protocol.

        Without ``id`` a random one is made, so that a repeated try cannot create a second
        conversation.
        """
        body = {"id": id or uuid4().hex, "queue": queue, **fields}
        return await self.call("POST", "/v1/conversations", body, repeatable=True)

    async def conversation(self, id: str) -> Json:
        """What the server says about a conversation now."""
        return await self.call("GET", f"/v1/conversations/{_segment(id)}")

    async def timeline(self, id: str) -> Json:
        """Every transition of a conversation."""
        return await self.call("GET", f"/v1/conversations/{_segment(id)}/timeline")

    async def cancel(self, id: str, reason: str = "abandoned") -> Json:
        """The customer left (``abandoned``), or it is void (``canceled``).

        Raises ApiRefused with ``conversation_ended`` or ``wrong_state`` when it was answered
        before.
        """
        path = f"/v1/conversations/{_segment(id)}/cancel"
        return await self.call("POST", path, {"reason": reason}, repeatable=True)

    async def put_queue(self, id: str, settings: Mapping[str, Any]) -> Json:
        """Create a queue or replace its settings."""
        return await self.call("PUT", f"/v1/queues/{_segment(id)}", settings)

    async def put_agent(self, id: str, settings: Mapping[str, Any]) -> Json:
        """Create an agent or replace the settings."""
        return await self.call("PUT", f"/v1/agents/{_segment(id)}", settings)

    async def set_presence(
        self,
        agent: str,
        presence: str,
        reason: str | None = None,
        *,
        after_work: bool = False,
    ) -> Json:
        """Set an agent's intent as a supervisor does; ``after_work``: finish first."""
        body: Json = {"presence": presence} | ({"reason": reason} if reason else {})
        body |= {"after_work": True} if after_work else {}
        path = f"/v1/agents/{_segment(agent)}/presence"
        return await self.call("POST", path, body, repeatable=True)

    async def put_presence(self, id: str, settings: Mapping[str, Any]) -> Json:
        """Create a custom presence or replace its settings."""
        return await self.call("PUT", f"/v1/presences/{_segment(id)}", settings)

    async def presences(self) -> Json:
        """All custom presences."""
        return await self.call("GET", "/v1/presences")

    async def delete_presence(self, id: str) -> None:
        """Delete a custom presence that nobody is in."""
        await self.call("DELETE", f"/v1/presences/{_segment(id)}")

    async def note_activity(self, conversation: str, *, idle: bool = False) -> Json:
        """Something was said in a held conversation, or (``idle``) nothing will be for a while."""
        path = f"/v1/conversations/{_segment(conversation)}/activity"
        return await self.call("POST", path, {"idle": idle}, repeatable=True)

    async def explain(self, conversation: str) -> Json:
        """Why a conversation is (not) offered now."""
        return await self.call("GET", f"/v1/conversations/{_segment(conversation)}/explain")

    async def agent_offers(self, agent: str, *, limit: int | None = None) -> Json:
        """The latest offers made to an agent, the newest first."""
        return await self.call("GET", f"/v1/agents/{_segment(agent)}/offers{_query(limit=limit)}")

    async def config_history(self, *, limit: int | None = None, before: int | None = None) -> Json:
        """Changes of configuration, the newest first, all older than version ``before``."""
        return await self.call("GET", f"/v1/config/history{_query(limit=limit, before=before)}")

    async def config_change(self, version: int) -> Json:
        """One change of configuration."""
        return await self.call("GET", f"/v1/config/history/{version}")

    async def undo_config(self, version: int) -> Json:
        """Take a change of configuration back; returns the change that this makes.

        Raises ApiRefused with ``changed_since`` when somebody changed the same thing again.
        """
        return await self.call("POST", "/v1/config/undo", {"version": version})

    async def board(self) -> Json:
        """The supervisors' figures."""
        return await self.call("GET", "/v1/board")

    async def ticket(self, role: str, agent: str | None = None) -> str:
        """A single-use ticket for the first frame of a WebSocket."""
        body = {"role": role} | ({"agent": agent} if agent else {})
        answer = await self.call("POST", "/v1/tickets", body, repeatable=True)
        return str(answer["ticket"])

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        repeatable: bool | None = None,
    ) -> Json:
        """One call until a final answer. ``repeatable``: twice means once (default: all but POST).

        Raises ApiRefused for a final no and ApiUnreachable when ``give_up_s`` have passed.
        """
        repeatable = method != "POST" if repeatable is None else repeatable
        backoff = Backoff(self._persistence.base_s, self._persistence.cap_s, self._rng)
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._persistence.give_up_s
        while True:
            outcome = await self._attempt(method, path, body, repeatable)
            if isinstance(outcome, dict):
                return outcome
            wait_s = outcome.after_s + backoff.next_s()
            if loop.time() + wait_s > give_up_at:
                raise ApiUnreachable(f"{method} {path}: {outcome.why}")
            await asyncio.sleep(wait_s)

    async def _attempt(
        self, method: str, path: str, body: Mapping[str, Any] | None, repeatable: bool
    ) -> Json | _Again:
        content = None if body is None else orjson.dumps(dict(body))
        headers = None if body is None else {"Content-Type": "application/json"}
        try:
            response = await self._http.request(method, path, content=content, headers=headers)
        except NEVER_SENT as error:
            return _Again(0.0, repr(error))
        except httpx2.TransportError as error:
            if not repeatable:
                raise ApiUnreachable(f"{method} {path}: outcome unknown: {error!r}") from error
            return _Again(0.0, repr(error))
        return _read(response, repeatable)


@dataclass(slots=True, frozen=True)
class _Again:
    """Try again, not sooner than ``after_s``."""

    after_s: float
    why: str


def _read(response: httpx2.Response, repeatable: bool) -> Json | _Again:
    """The body of a good answer, or when to try again. Raises ApiRefused."""
    status = response.status_code
    if response.is_success:
        return _object(response.content)
    problem = _object(response.content)
    code = str(problem.get("code", "http_error"))
    unknown = status in UNKNOWN_TO_PROXY or code == "outcome_unknown"
    if (unknown and repeatable) or (status in NOTHING_TAKEN and not unknown):
        return _Again(_retry_after_s(response), f"{status} {code}")
    message = str(problem.get("detail") or problem.get("title") or response.reason_phrase)
    raise ApiRefused(code, status, message, list(problem.get("errors", [])))


def _object(content: bytes) -> Json:
    """The JSON object in a body; empty for a body that holds none (a proxy's page)."""
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {"items": value}


def _retry_after_s(response: httpx2.Response) -> float:
    """``Retry-After`` in seconds; 0 when it is absent, a date or nonsense."""
    try:
        seconds = float(response.headers.get("Retry-After", "0"))
    except ValueError:
        return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def _query(**parameters: int | None) -> str:
    """What goes behind the path; empty when nothing was given."""
    given = [f"{name}={value}" for name, value in parameters.items() if value is not None]
    return "?" + "&".join(given) if given else ""


def _segment(id: str) -> str:
    """An id as one segment of a path."""
    return quote(id, safe="")
