"""Custom presences over HTTP: read, replace, delete.

MUST NOT let one of the three that always exist be made anew under its name.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.domain.words import Presence
from app.edge.call import Call, answer, done, versioned
from app.edge.problems import ProblemError
from app.wire.agent_views import presence_view, presences_view
from app.wire.bodies import remove_presence
from app.wire.codes import Problem
from app.wire.lint import configured_in, presence_warnings
from app.wire.settings import PresenceBody

UNKNOWN = "unknown_presence"


async def list_presences(call: Call) -> Response:
    """All custom presences."""
    view, _ = await call.router.read(lambda engine, _: presences_view(engine))
    return answer({"presences": view})


async def get_presence(call: Call) -> Response:
    """One custom presence."""
    return versioned(await _presence(call))


async def put_presence(call: Call) -> Response:
    """Create or replace a custom presence."""
    id_ = call.id_to_be
    if id_ in list(Presence):
        message = f"is built in: {', '.join(Presence)} cannot be defined; choose another id"
        errors = [{"path": "$.id", "message": message}]
        raise ProblemError(Problem.BODY_INVALID, f"The id {id_} {message}.", errors=errors)
    body = await call.body(PresenceBody)
    created = id_ not in call.router.state.presences
    await call.put(body.command(id_, call.who.by), id_)
    return versioned(await _presence(call, warn=True), 201 if created else 200)


async def delete_presence(call: Call) -> Response:
    """Delete a custom presence that nobody is in."""
    await call.act(remove_presence(call.id, call.who.by), call.id)
    return done()


async def _presence(call: Call, *, warn: bool = False) -> dict[str, Any]:
    def look(engine: Any, now: int) -> dict[str, Any]:
        view = presence_view(engine, call.id)
        if warn:
            view["warnings"] = presence_warnings(configured_in(engine.state), call.id)
        return view

    view = await call.show(look, UNKNOWN)
    del view["position"]
    return view
