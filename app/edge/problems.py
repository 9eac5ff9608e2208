"""Every refusal over HTTP as RFC 9457 ``application/problem+json`` with a stable ``code``.

MUST NOT tell more than the caller may know: faults of the server carry no detail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.edge.guards import guarded
from app.ports import StoreUnavailable, StoreUncertain
from app.shell.work import Broken, NotOwner, OutcomeUnknown, Overloaded, StoreDown, Trouble
from app.wire.codes import Problem, status_of, title_of
from app.wire.reading import BodyInvalid

RETRY_AFTER = {"Retry-After": "1"}
GUARDS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_HTTP_CODES = {
    401: Problem.UNAUTHENTICATED,
    403: Problem.FORBIDDEN,
    404: Problem.NOT_FOUND,
    405: Problem.METHOD_NOT_ALLOWED,
    413: Problem.TOO_LARGE,
    415: Problem.UNSUPPORTED_MEDIA_TYPE,
}
_TROUBLES = {
    StoreDown: Problem.STORE_UNAVAILABLE,
    OutcomeUnknown: Problem.OUTCOME_UNKNOWN,
    Overloaded: Problem.OVERLOADED,
    NotOwner: Problem.NOT_OWNER,
    Broken: Problem.INTERNAL,
}


class ProblemError(Exception):
    """A refusal on its way out; ``more`` are further members of the document."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail or str(code))
        self.code, self.detail, self.headers, self.more = code, detail, headers, more


def problem(
    code: str,
    detail: str | None = None,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """The problem document of ``code`` with its status."""
    status = status or status_of(code)
    document: dict[str, Any] = {
        "type": f"urn:interlock:problem:{code}",
        "title": title_of(code),
        "status": status,
        "code": str(code),
        **more,
    }
    if detail:
        document["detail"] = detail
    return Response(
        orjson.dumps(document),
        status,
        {**GUARDS, **(headers or {})},
        "application/problem+json",
    )


def trouble_code(trouble: Trouble) -> Problem:
    """The code that says what kind of trouble it is."""
    return _TROUBLES.get(type(trouble), Problem.INTERNAL)


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem(error.code, error.detail, headers=error.headers, **error.more)


async def _on_body(_: Request, error: Exception) -> Response:
    assert isinstance(error, BodyInvalid)
    return problem(Problem.BODY_INVALID, str(error)[:1_000], errors=error.errors)


async def _on_trouble(_: Request, error: Exception) -> Response:
    assert isinstance(error, Trouble)
    code = trouble_code(error)
    if code is Problem.INTERNAL:
        return problem(code)
    return problem(code, str(error), headers=RETRY_AFTER)


async def _on_store(_: Request, error: Exception) -> Response:
    return problem(Problem.STORE_UNAVAILABLE, "the store did not answer", headers=RETRY_AFTER)


async def _on_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, Problem.HTTP_ERROR)
    detail = "What is served is described at /openapi.json." if code is Problem.NOT_FOUND else None
    return problem(code, detail, status=error.status_code, headers=error.headers)


async def _on_fault(request: Request, error: Exception) -> Response:
    """A fault of ours, answered outside of all layers."""
    answer = problem(Problem.INTERNAL)
    answer.raw_headers = guarded(answer.raw_headers, request.scope["scheme"])
    return answer


async def _on_gone(_: Request, __: ClientDisconnect) -> Response:
    """Whoever asked hung up in mid sentence: no fault of ours, nothing to log, nobody to tell."""
    return Response(status_code=400)


HANDLERS: dict[Any, Any] = {
    ProblemError: _on_problem,
    BodyInvalid: _on_body,
    Trouble: _on_trouble,
    StoreUnavailable: _on_store,
    StoreUncertain: _on_store,
    HTTPException: _on_http,
    ClientDisconnect: _on_gone,
    Exception: _on_fault,
}
