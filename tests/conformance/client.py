"""The HTTP half of an independent client, written from the protocol page alone.

Duty: ask, and check the form of what is answered. It MUST NOT import the server or repair what it
says: every refusal has to be a proper problem document with a stable code.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import httpx2

from ..waiting import poll_until
from .process import ADMIN_KEY

WITHIN_S = 10.0
Json = dict[str, Any]
T = TypeVar("T")


def bearer(key: str) -> dict[str, str]:
    """Return the headers that carry a key."""
    return {"Authorization": f"Bearer {key}"}


def http(base: str, key: str | None = ADMIN_KEY, **options: Any) -> httpx2.AsyncClient:
    """Return an HTTP client with the given key (None: nobody)."""
    headers = bearer(key) if key else {}
    return httpx2.AsyncClient(
        base_url=base, headers=headers, timeout=30, trust_env=False, **options
    )


def body_of(answer: httpx2.Response, *expected: int) -> Any:
    """Return the JSON body after checking the status (default: any 2xx)."""
    wanted = expected or (200, 201, 202, 204)
    said = f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
    assert answer.status_code in wanted, f"expected {wanted}, got {said}"
    return answer.json() if answer.content else None


def problem(answer: httpx2.Response, *expected: int) -> Json:
    """Return the problem body after checking that the answer is a proper RFC 9457 refusal."""
    said = f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
    assert answer.status_code in expected, f"expected {expected}, got {said}"
    kind = answer.headers.get("content-type", "")
    assert kind.split(";")[0] == "application/problem+json", f"{kind!r} for {said}"
    body = answer.json()
    assert isinstance(body, dict), said
    assert isinstance(body.get("code"), str) and body["code"], f"no code in {said}"
    assert body.get("status", answer.status_code) == answer.status_code, said
    return body


def error_paths(body: Json) -> list[str]:
    """Return the paths of `errors`, each of which must have a path and a message."""
    errors = body.get("errors")
    assert isinstance(errors, list) and errors, f"no errors in {body}"
    for error in errors:
        assert isinstance(error.get("path"), str), error
        assert isinstance(error.get("message"), str) and error["message"], error
    return [error["path"] for error in errors]


def rows(body: Any) -> list[Json]:
    """Return the rows of a list answer: a bare array or the one array inside an object."""
    if isinstance(body, list):
        return body
    lists = [value for value in body.values() if isinstance(value, list)]
    assert len(lists) == 1, f"not one list in {body}"
    return list(lists[0])


async def eventually(
    probe: Callable[[], Awaitable[T | None]], what: str, within_s: float = WITHIN_S
) -> T:
    """Poll at a pace that suits HTTP until the probe gives something true, and return it."""
    return cast(T, await poll_until(probe, what, within_s=within_s, every_s=0.03))
