"""Whether a browser's request comes from our own pages, and not from a site that borrows a cookie.

Decides by the ``Origin`` header against ``Host`` and an exact list; MUST NOT use anything that the
framework derives from ``Host``. A WebSocket handshake without ``Origin`` is no browser's and
passes, because a socket proves who it is by its ticket.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from app.edge.guards import guarded
from app.edge.problems import problem
from app.wire.codes import Problem

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origins:
    """The addresses whose pages may act for whoever is signed in."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(origin.rstrip("/") for origin in allowed if origin)

    def owns(self, origin: str, host: str) -> bool:
        """Whether ``origin`` is listed, or is the very address that was asked (``host``)."""
        if origin in self._allowed:
            return True
        try:
            parts = urlsplit(origin)
            port = parts.port
        except ValueError:
            return False
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            return False
        asked = urlsplit(f"//{host}")
        default = _DEFAULT_PORTS[parts.scheme]
        try:
            same_port = (port or default) == (asked.port or default)
        except ValueError:
            return False
        return same_port and parts.hostname == asked.hostname and origin.count("/") == 2


class OriginGuard:
    """Refuses WebSocket handshakes from foreign pages with 403."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app, self._origins = app, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] == "websocket":
            headers = dict(scope["headers"])
            origin = headers.get(b"origin")
            host = headers.get(b"host", b"").decode("latin-1")
            if origin is not None and not self._origins.owns(origin.decode("latin-1"), host):
                await _deny(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _deny(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    refusal = problem(Problem.ORIGIN_REFUSED, "Open the socket from the server's own pages.")
    start = {"type": "websocket.http.response.start", "status": refusal.status_code}
    await send({**start, "headers": guarded(refusal.raw_headers, scope["scheme"])})
    await send({"type": "websocket.http.response.body", "body": bytes(refusal.body)})
