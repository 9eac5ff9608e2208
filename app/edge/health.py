"""What operators and machines ask: alive, ready, figures, version, and the served descriptions.

MUST NOT wait for the store when it says whether the process lives, and MUST answer figures even
while the store is away.
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.responses import Response

from app.edge.call import Call, answer
from app.shell.work import Trouble
from app.wire.asyncapi import SUBPROTOCOL, asyncapi
from app.wire.documents import openapi
from app.wire.figures_view import figures_view

SCRAPE_WAIT_S: Final = 1.0
PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"


async def healthz(call: Call) -> Response:
    """The loop turns, or nobody would answer."""
    return answer({"status": "ok"})


async def readyz(call: Call) -> Response:
    """Whether work may be sent here, and why not."""
    health = call.router.health()
    durability = health.durability
    view = {
        "ready": health.ready,
        "reasons": health.reasons,
        "workspace": health.workspace,
        "epoch": health.epoch,
        "position": str(health.position),
        "durability": None
        if durability is None
        else {"level": durability.level, "detail": durability.detail},
    }
    return answer(view, 200 if health.ready else 503)


async def metrics(call: Call) -> Response:
    """Everything counted, and the state's figures if they can be had now."""
    edge = call.edge
    health = edge.router.health()
    edge.metrics.show("ready", health.ready)
    edge.metrics.show("epoch", health.epoch)
    for role, count in edge.hub.counts().items():
        edge.metrics.show("sockets", count, role=role)
    edge.metrics.show("tasks", len(asyncio.all_tasks()))
    try:
        async with asyncio.timeout(SCRAPE_WAIT_S):
            figures, _ = await edge.router.read(figures_view)
        edge.metrics.show_figures(figures)
    except (Trouble, TimeoutError):
        pass  # ready says so; the last figures stay
    return Response(edge.metrics.text(), media_type=PROMETHEUS)


async def version(call: Call) -> Response:
    """What runs here."""
    return answer({"version": call.edge.version, "protocol": SUBPROTOCOL})


async def openapi_document(call: Call) -> Response:
    """The HTTP interface."""
    return answer(openapi(call.edge.version))


async def asyncapi_document(call: Call) -> Response:
    """The WebSocket interface."""
    return answer(asyncapi(call.edge.version))
