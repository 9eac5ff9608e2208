"""Queues and agents over HTTP: read, replace, delete, switch, and an agent's presence.

MUST NOT answer before what it tells is durable. Warnings are told beside the answer and never keep
a change from being made.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.domain.words import QueueStatus
from app.edge.call import Call, answer, done
from app.wire.bodies import QueueSwitch, SetPresence, remove_agent, remove_queue
from app.wire.lint import agent_warnings, queue_warnings
from app.wire.settings import AgentBody, QueueBody
from app.wire.views import agent_view, agents_view, queue_view, queues_view

NO_QUEUE, NO_AGENT = "unknown_queue", "unknown_agent"
STATUS_OF = {
    "pause_queue": QueueStatus.PAUSED,
    "resume_queue": QueueStatus.OPEN,
    "drain_queue": QueueStatus.DRAINING,
}


async def list_queues(call: Call) -> Response:
    """All queues."""
    view, _ = await call.router.read(lambda engine, _: queues_view(engine))
    return answer({"queues": view})


async def get_queue(call: Call) -> Response:
    """One queue."""
    return answer(await _queue(call))


async def put_queue(call: Call) -> Response:
    """Create or replace a queue."""
    id_ = call.id_to_be
    body = await call.body(QueueBody)
    created = id_ not in call.router.state.queues
    await call.act(body.command(id_, call.who.by), id_)
    return answer(await _queue(call, warn=True), 201 if created else 200)


async def delete_queue(call: Call) -> Response:
    """Delete an empty queue."""
    await call.act(remove_queue(call.id, call.who.by), call.id)
    return done()


async def switch_queue(call: Call) -> Response:
    """Pause, resume or drain: the route's name says which."""
    body = await call.body(QueueSwitch)
    await call.act(body.command(STATUS_OF[call.route.name], call.id, call.who.by), call.id)
    return answer(await _queue(call))


async def list_agents(call: Call) -> Response:
    """All agents."""
    view, _ = await call.router.read(lambda engine, now: agents_view(engine, now))
    return answer({"agents": view})


async def get_agent(call: Call) -> Response:
    """One agent."""
    return answer(await _agent(call))


async def put_agent(call: Call) -> Response:
    """Create or replace an agent."""
    id_ = call.id_to_be
    body = await call.body(AgentBody)
    created = id_ not in call.router.state.agents
    await call.act(body.command(id_, call.who.by), id_)
    return answer(await _agent(call, warn=True), 201 if created else 200)


async def delete_agent(call: Call) -> Response:
    """Delete an agent who holds no conversation."""
    await call.act(remove_agent(call.id, call.who.by), call.id)
    return done()


async def set_agent_presence(call: Call) -> Response:
    """Set an agent's presence."""
    body = await call.body(SetPresence)
    await call.act(body.command(call.id, call.who.by), call.id)
    return answer(await _agent(call))


async def _queue(call: Call, *, warn: bool = False) -> dict[str, Any]:
    """The queue without a position, so that the same settings always give the same answer."""

    def look(engine: Any, now: int) -> dict[str, Any]:
        warnings = {"warnings": queue_warnings(engine, call.id)} if warn else {}
        return queue_view(engine, call.id) | warnings

    view = await call.show(look, NO_QUEUE)
    del view["position"]
    return view


async def _agent(call: Call, *, warn: bool = False) -> dict[str, Any]:
    def look(engine: Any, now: int) -> dict[str, Any]:
        warnings = {"warnings": agent_warnings(engine, call.id)} if warn else {}
        return agent_view(engine, call.id, now) | warnings

    view = await call.show(look, NO_AGENT)
    del view["position"]
    return view
