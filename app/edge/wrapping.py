"""What is around every HTTP answer: guards in the headers, and the counting.

Pure ASGI. MUST NOT read a body or hold an answer back.
"""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.edge.guards import guarded
from app.edge.metrics import Metrics

ROUTE_KEY = "interlock.route"
TOO_LARGE = 413
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})


class Wrapping:
    """Adds the guards that an answer does not set itself, and counts it by route."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, watching what is sent."""
        if scope["type"] != "http":
            await self._app(scope, receive, self._counting_foreign(send))
            return
        started, status = time.perf_counter(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": guarded(message["headers"], scope["scheme"])}
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = scope.get(ROUTE_KEY, "other")
            self._metrics.count(
                "http_requests_total", route=route, method=method, status=str(status)
            )
            self._metrics.observe("http_seconds", time.perf_counter() - started)
            if status == TOO_LARGE:
                self._metrics.count("refusals_total", reason="body_bytes_max")

    def _counting_foreign(self, send: Send) -> Send:
        """Handshakes are refused by HTTP for one reason only: their page is not ours."""

        async def watch(message: Message) -> None:
            if message["type"] == "websocket.http.response.start":
                self._metrics.count("refusals_total", reason="origin")
            await send(message)

        return watch
