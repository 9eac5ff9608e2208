"""One HTTP call on its way to a handler: who calls, what was sent, and what the handler may use.

MUST check in this order: who it is, whether the role may, whether a browser's write comes from our
own pages; only then is a body read. Nothing is decided from ``request.url``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.domain.words import ID_CHARS_MAX
from app.edge.assets import Assets
from app.edge.cookies import HOST_COOKIE, PLAIN_COOKIE
from app.edge.identity import Identity, Principal
from app.edge.metrics import Metrics
from app.edge.origin import Origins
from app.edge.problems import ProblemError
from app.edge.settings import FormatSettings
from app.shell.hub import Hub
from app.shell.router import Router
from app.shell.work import OutcomeUnknown
from app.wire.audit import traced
from app.wire.codes import Problem
from app.wire.fields import ID_CHARS
from app.wire.reading import read_body
from app.wire.reserved import OURS, is_reserved, reserved_in
from app.wire.route import Route
from app.wire.scope import (
    EVERYTHING,
    RULES,
    Refusal,
    Rule,
    Scope,
    queue_refusal,
    refusal_of_names,
    refusal_of_path,
)

T = TypeVar("T")
THROW_AWAY = 16
"""How many times the allowed size of a body is read before the connection is given up."""
VERSION_DIGITS = 16
UNTRACED = frozenset({"create_conversation", "activity_conversation"})
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="interlock"'}


@dataclass(slots=True, frozen=True)
class Edge:
    """What every call may use."""

    router: Router
    hub: Hub
    identity: Identity
    metrics: Metrics
    assets: Assets
    origins: Origins
    format: FormatSettings
    body_bytes_max: int
    version: str
    has_address: bool = False


class Call:
    """See the module. ``principal`` is None on calls that are open to anyone."""

    __slots__ = ("_met", "edge", "principal", "request", "route")

    def __init__(self, edge: Edge, request: Request, route: Route) -> None:
        """Raises ProblemError: unauthenticated, forbidden, origin_refused, or not of the scope."""
        self.edge, self.request, self.route = edge, request, route
        self._met = False
        self.principal = None if route.roles is None else self._admit(route.roles)
        if self.principal is not None:
            self._check_scope(self.principal)

    @property
    def router(self) -> Router:
        """The router of the workspace."""
        return self.edge.router

    @property
    def who(self) -> Principal:
        """Who calls, on calls that are not open to anyone."""
        assert self.principal is not None
        return self.principal

    @property
    def scope(self) -> Scope:
        """What the caller sees; who asks for it leaves out the rest."""
        self._met = True
        return EVERYTHING if self.principal is None else self.principal.scope

    @property
    def is_within_scope(self) -> bool:
        """Whether all that the route's rule asks for a limited caller was looked at."""
        limited = self.principal is not None and self.principal.scope.is_limited
        return self._met or not limited

    @property
    def own_agent(self) -> str:
        """The agent for whom an agent's key speaks. Raises ProblemError forbidden without one."""
        if self.who.agent is None:
            message = "This key is bound to no agent: sign in as one, or use a bound key."
            raise ProblemError(Problem.FORBIDDEN, message)
        return self.who.agent

    @property
    def id(self) -> str:
        """The id in the path."""
        return str(self.request.path_params["id"])

    @property
    def id_to_be(self) -> str:
        """The id in the path, for something that may be created. Raises ProblemError."""
        if not ID_CHARS.fullmatch(self.id) or len(self.id) > ID_CHARS_MAX:
            message = "must be 1-128 characters from A-Z a-z 0-9 . _ : -"
            errors = [{"path": "$.id", "message": message}]
            raise ProblemError(Problem.BODY_INVALID, f"The id {message}.", errors=errors)
        if is_reserved(self.id):
            errors = [{"path": "$.id", "message": OURS}]
            raise ProblemError(Problem.BODY_INVALID, f"The id {OURS}.", errors=errors)
        return self.id

    @property
    def secure(self) -> bool:
        """Whether the browser speaks TLS, as far as the server or its trusted proxy knows."""
        return self.request.scope.get("scheme") == "https"

    @property
    def address(self) -> str:
        """From where the call comes, as far as the server or its trusted proxy knows."""
        client = self.request.client
        return "" if client is None else client.host

    @property
    def cookie(self) -> str | None:
        """The session cookie that counts on this connection."""
        return self.request.cookies.get(HOST_COOKIE if self.secure else PLAIN_COOKIE)

    async def body(self, cls: type[T]) -> T:
        """The body as ``cls``. Raises BodyInvalid; ProblemError: too_large, media type."""
        kind = self.request.headers.get("content-type", "application/json")
        if kind.partition(";")[0].strip().lower() != "application/json":
            detail = "Send JSON with Content-Type: application/json."
            raise ProblemError(Problem.UNSUPPORTED_MEDIA_TYPE, detail)
        body = read_body(cls, await self._raw())
        must = RULES.get(self.route.name) is Rule.NAMED
        if self.principal is not None:
            scope, state = self.principal.scope, self.router.state
            _refuse(refusal_of_names(scope, state, body, must=must))
        self._met = self._met or must
        return body

    async def act(self, command: Any, subject: str) -> bool:
        """Have a command carried out; whether it had been before. ``subject``: what it is about.

        Raises ProblemError with the code of the refusal, or outcome_unknown with the id; Trouble.
        """
        ours = reserved_in(command)
        if ours is not None:
            raise ProblemError(Problem.BODY_INVALID, f"The id {ours} {OURS}.")
        try:
            answer = await self.router.submit(self._traced(command))
        except OutcomeUnknown as error:
            raise ProblemError(
                Problem.OUTCOME_UNKNOWN, str(error), headers={"Retry-After": "1"}, id=subject
            ) from None
        if answer.refusal is not None:
            raise ProblemError(answer.refusal.code, answer.refusal.message)
        return answer.already

    def _traced(self, command: Any) -> Any:
        """The command with from where it came, unless it is what programs ask for all day."""
        who, route = self.principal, self.route
        if who is None or who.role == "ingest" or route.name in UNTRACED:
            return command
        return traced(command, who.by, self.edge.identity.whereabouts.of(self.request.scope))

    async def put(self, command: Any, subject: str) -> None:
        """Have settings put, in the stead of the version that ``If-Match`` names, if it does.

        Raises ProblemError as ``act``, and precondition_failed when another is in force.
        """
        try:
            await self.act(replace(command, replaces=self._if_match()), subject)
        except ProblemError as error:
            if error.code != "changed_since":
                raise
            raise ProblemError(Problem.PRECONDITION_FAILED, str(error)) from None

    def _if_match(self) -> int | None:
        header = self.request.headers.get("if-match")
        if header is None:
            return None
        version = header.strip().strip('"')
        if not version.isascii() or not version.isdecimal() or len(version) > VERSION_DIGITS:
            message = 'If-Match takes one version, as ETag gives it: "7".'
            raise ProblemError(Problem.PRECONDITION_FAILED, message)
        return int(version)

    async def show(
        self, look: Callable[[Any, int], dict[str, Any]], missing: str
    ) -> dict[str, Any]:
        """What ``look`` gives, with the log position it holds at.

        It is called ``log_position`` where ``position`` is a place in line.

        Raises ProblemError ``missing`` when the thing is not there; Trouble.
        """
        try:
            view, position = await self.router.read(look)
        except KeyError:
            raise ProblemError(missing) from None
        name = "log_position" if "position" in view else "position"
        return {**view, name: str(position)}

    def check_queue(self, queue: str) -> None:
        """Refuse a queue that is asked for by name and not of the scope. Raises ProblemError."""
        _refuse(queue_refusal(self.scope, queue))

    def _check_scope(self, principal: Principal) -> None:
        """What the path names; whoever only creates has the own conversations, wherever they are.

        Raises ProblemError.
        """
        rule, name = RULES.get(self.route.name, Rule.NEVER), self.route.name
        self._met = rule not in (Rule.NAMED, Rule.FILTERED)
        if principal.role == "ingest" and rule is Rule.CONVERSATION:
            return
        if principal.scope.is_limited:
            id_ = self.request.path_params.get("id")
            _refuse(refusal_of_path(principal.scope, self.router.state, name, id_))

    def guard_origin(self) -> None:
        """Refuse what a foreign page sends. Raises ProblemError origin_refused."""
        origin = self.request.headers.get("origin")
        host = self.request.headers.get("host", "")
        if origin is not None and not self.edge.origins.owns(origin, host):
            raise ProblemError(Problem.ORIGIN_REFUSED, "Use the server's own pages.")

    def _admit(self, roles: frozenset[str]) -> Principal:
        principal, by_cookie = self._identify()
        if principal is None:
            detail = "Send Authorization: Bearer KEY, or sign in."
            if "authorization" in self.request.headers:
                detail = "This key is unknown or was revoked. Send Authorization: Bearer KEY."
            raise ProblemError(Problem.UNAUTHENTICATED, detail, headers=CHALLENGE)
        if principal.role not in roles:
            allowed = ", ".join(sorted(roles))
            raise ProblemError(Problem.FORBIDDEN, f"This is for: {allowed}.")
        if by_cookie and self.route.writes:
            self._guard_write()
        return principal

    def _identify(self) -> tuple[Principal | None, bool]:
        """Who calls, and whether only a cookie says so; a cookie never makes up for a wrong key."""
        header = self.request.headers.get("authorization")
        if header is not None:
            scheme, _, key = header.partition(" ")
            is_bearer = scheme.lower() == "bearer"
            return (self.edge.identity.by_key(key) if is_bearer else None), False
        cookie = self.cookie
        return (None if cookie is None else self.edge.identity.by_cookie(cookie)), True

    def _guard_write(self) -> None:
        """A browser's write comes from our own pages, and says so."""
        headers = self.request.headers
        if "origin" not in headers and headers.get("sec-fetch-site") != "same-origin":
            raise ProblemError(Problem.ORIGIN_REFUSED, "A write with a cookie needs an Origin.")
        self.guard_origin()

    async def _raw(self) -> bytes:
        """The body. What is too large is read on for a while and thrown away.

        Otherwise the connection would be reset under a caller who is still sending, and the answer
        lost with it.
        """
        most, chunks, size = self.edge.body_bytes_max, [], 0
        async for chunk in self.request.stream():
            size += len(chunk)
            if size > most * THROW_AWAY:
                break
            if size <= most:
                chunks.append(chunk)
        if size <= most:
            return b"".join(chunks)
        headers = {"Connection": "close"} if size > most * THROW_AWAY else None
        raise ProblemError(Problem.TOO_LARGE, f"At most {most} bytes.", headers=headers)


async def prepare(identity: Identity, shown: str) -> None:
    """Have at hand what a token of the identity provider is checked with, if it is one."""
    outside = identity.outside
    if outside is not None and outside.is_token(shown):
        await outside.tokens.prepare(shown)


def bearer_of(request: Request) -> str:
    """What the caller shows in the header; '' for nothing."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    return shown if scheme.lower() == "bearer" else ""


def _refuse(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise ProblemError(*refusal)


def answer(view: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(view), status, headers, "application/json")


def versioned(view: Any, status: int = 200) -> Response:
    """Settings, with the version that a change may name in ``If-Match``."""
    return answer(view, status, {"ETag": f'"{view["version"]}"'})


def done() -> Response:
    """Nothing more to say."""
    return Response(status_code=204)
