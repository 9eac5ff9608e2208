"""What supervisors do to people and to the watchdog, over HTTP.

MUST NOT answer before it is durable; who acted, and why, is in the event itself.
"""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import Response

from app.edge.call import Call, answer
from app.edge.http_agents import agent_now
from app.edge.query import known_query, limit_of
from app.wire.route import LIST_MAX
from app.wire.supervision import (
    Freeze,
    SendBroadcast,
    SignOut,
    Thaw,
    broadcast_view,
    broadcasts_view,
    freeze_view,
    withdraw,
)

BROADCASTS_DEFAULT = 50
UNKNOWN = "unknown_broadcast"


async def sign_out_agent(call: Call) -> Response:
    """End all that is signed in as the agent; the hub closes the sockets when that is durable."""
    body = await call.body(SignOut)
    await call.act(body.command(call.id, call.who.by), call.id)
    return answer(await agent_now(call))


async def get_repairs(call: Call) -> Response:
    """Whether the watchdog repairs."""
    return answer(await _repairs(call))


async def freeze_repairs(call: Call) -> Response:
    """Only tell, for a while."""
    body = await call.body(Freeze)
    await call.act(body.command(call.who.by), "repairs")
    return answer(await _repairs(call))


async def thaw_repairs(call: Call) -> Response:
    """Repair again."""
    body = await call.body(Thaw)
    await call.act(body.command(call.who.by), "repairs")
    return answer(await _repairs(call))


async def list_broadcasts(call: Call) -> Response:
    """What was sent of late."""
    known_query(call)
    limit = limit_of(call, LIST_MAX, BROADCASTS_DEFAULT)
    scope = call.scope

    def look(engine: Any, _: int) -> list[dict[str, Any]]:
        sees = lambda one: scope.sees_broadcast(engine.state, one)  # noqa: E731
        return broadcasts_view(engine, limit, sees)

    view, position = await call.router.read(look)
    return answer({"broadcasts": view, "position": str(position)})


async def send_broadcast(call: Call) -> Response:
    """Tell agents something."""
    body = await call.body(SendBroadcast)
    command = body.command(call.who.by, f"b-{secrets.token_hex(6)}")
    assert command.broadcast is not None
    already = await call.act(command, command.broadcast)
    return answer(await _broadcast(call, command.broadcast), 200 if already else 201)


async def withdraw_broadcast(call: Call) -> Response:
    """Take it back."""
    await call.act(withdraw(call.id, call.who.by), call.id)
    return answer(await _broadcast(call, call.id))


async def _repairs(call: Call) -> dict[str, Any]:
    view, position = await call.router.read(lambda engine, now: freeze_view(engine.state, now))
    return {"frozen": view, "position": str(position)}


async def _broadcast(call: Call, id_: str) -> dict[str, Any]:
    view = await call.show(lambda engine, _: broadcast_view(engine.state.broadcasts[id_]), UNKNOWN)
    del view["position"]
    return view
