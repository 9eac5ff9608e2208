"""Agents over HTTP: read, replace, delete, their presence, and the offers made to them.

MUST NOT answer before what it tells is durable, nor show one agent what was offered to another.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.edge.call import Call, answer, done, versioned
from app.edge.problems import ProblemError
from app.edge.query import known_query, limit_of
from app.wire.agent_views import agent_view, agents_view
from app.wire.bodies import Membership, SetPresence, remove_agent
from app.wire.codes import Problem
from app.wire.explaining import agent_offers_view
from app.wire.lint import agent_warnings, configured_in
from app.wire.route import LIST_MAX
from app.wire.scoped import scoped_agent
from app.wire.settings import AgentBody

UNKNOWN = "unknown_agent"
UNKNOWN_PRESENCE = "unknown_presence"
OFFERS_DEFAULT = 50


async def list_agents(call: Call) -> Response:
    """All agents."""
    scope = call.scope

    def look(engine: Any, now: int) -> list[dict[str, Any]]:
        rows = agents_view(engine, now)
        seen = (row for row in rows if scope.sees_agent(engine.state, row["id"]))
        return [scoped_agent(engine.state, row, scope) for row in seen]

    view, _ = await call.router.read(look)
    return answer({"agents": view})


async def get_agent(call: Call) -> Response:
    """One agent."""
    return versioned(await agent_now(call))


async def put_agent(call: Call) -> Response:
    """Create or replace an agent."""
    id_ = call.id_to_be
    body = await call.body(AgentBody)
    created = id_ not in call.router.state.agents
    await call.put(body.command(id_, call.who.by), id_)
    return versioned(await agent_now(call, warn=True), 201 if created else 200)


async def set_membership(call: Call) -> Response:
    """One membership; what else was changed about the agent stays."""
    body = await call.body(Membership)
    await call.act(body.command(call.id, call.who.by), call.id)
    return versioned(await agent_now(call, warn=True))


async def delete_agent(call: Call) -> Response:
    """Delete an agent who holds no conversation."""
    await call.act(remove_agent(call.id, call.who.by), call.id)
    return done()


async def set_agent_presence(call: Call) -> Response:
    """Set an agent's presence."""
    body = await call.body(SetPresence)
    try:
        await call.act(body.command(call.id, call.who.by), call.id)
    except ProblemError as error:
        if error.code != UNKNOWN_PRESENCE:
            raise
        # The agent of the path is there; it is a field of the body that names nothing.
        faults = [{"path": "$.presence", "message": str(error)}]
        raise ProblemError(Problem.BODY_INVALID, str(error), errors=faults) from None
    return answer(await agent_now(call))


async def list_agent_offers(call: Call) -> Response:
    """The latest offers made to an agent; an agent sees the own."""
    if call.who.role == "agent" and call.own_agent != call.id:
        raise ProblemError(Problem.FORBIDDEN, "You may read your own offers only.")
    known_query(call)
    limit = limit_of(call, LIST_MAX, OFFERS_DEFAULT)
    queues = call.scope.queues
    look = lambda engine, _: agent_offers_view(engine, call.id, limit, queues)  # noqa: E731
    return answer(await call.show(look, UNKNOWN))


async def agent_now(call: Call, *, warn: bool = False) -> dict[str, Any]:
    """The agent without a position, so that the same settings give the same answer."""

    def look(engine: Any, now: int) -> dict[str, Any]:
        view = scoped_agent(engine.state, agent_view(engine, call.id, now), call.scope)
        if warn:
            view["warnings"] = agent_warnings(configured_in(engine.state), call.id)
        return view

    view = await call.show(look, UNKNOWN)
    del view["position"]
    return view
