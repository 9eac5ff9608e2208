"""Queues over HTTP: read, replace, delete, switch.

MUST NOT answer before what it tells is durable. Warnings are told beside the answer and never keep
a change from being made.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.domain.words import QueueStatus
from app.edge.call import Call, answer, done, versioned
from app.wire.bodies import QueueSwitch, remove_queue
from app.wire.lint import configured_in, queue_warnings
from app.wire.settings import QueueBody
from app.wire.views import queue_view, queues_view

UNKNOWN = "unknown_queue"
STATUS_OF = {
    "pause_queue": QueueStatus.PAUSED,
    "resume_queue": QueueStatus.OPEN,
    "drain_queue": QueueStatus.DRAINING,
}


async def list_queues(call: Call) -> Response:
    """All queues."""
    scope = call.scope
    view, _ = await call.router.read(lambda engine, now: queues_view(engine, now))
    return answer({"queues": [row for row in view if scope.sees_queue(row["id"])]})


async def get_queue(call: Call) -> Response:
    """One queue."""
    return versioned(await _queue(call))


async def put_queue(call: Call) -> Response:
    """Create or replace a queue."""
    id_ = call.id_to_be
    body = await call.body(QueueBody)
    created = id_ not in call.router.state.queues
    await call.put(body.command(id_, call.who.by), id_)
    return versioned(await _queue(call, warn=True), 201 if created else 200)


async def delete_queue(call: Call) -> Response:
    """Delete an empty queue."""
    await call.act(remove_queue(call.id, call.who.by), call.id)
    return done()


async def switch_queue(call: Call) -> Response:
    """Pause, resume or drain: the route's name says which."""
    body = await call.body(QueueSwitch)
    await call.act(body.command(STATUS_OF[call.route.name], call.id, call.who.by), call.id)
    return answer(await _queue(call))


async def _queue(call: Call, *, warn: bool = False) -> dict[str, Any]:
    """The queue without a position, so that the same settings always give the same answer."""

    def look(engine: Any, now: int) -> dict[str, Any]:
        view = queue_view(engine, call.id, now)
        if warn:
            view["warnings"] = queue_warnings(configured_in(engine.state), call.id)
        return view

    view = await call.show(look, UNKNOWN)
    del view["position"]
    return view
