"""Incidents over HTTP: look, say that somebody looks after one, and the draft of its post-mortem.

MUST NOT resolve anything: an incident is over when what was wrong is seen to be right.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.edge.call import Call, answer
from app.edge.problems import ProblemError
from app.edge.query import bad_query, known_query, limit_of
from app.shell.looking_back import look_back
from app.wire.bodies import Acknowledge
from app.wire.incidents import STATES, incident_view, incidents_view
from app.wire.report import incident_report
from app.wire.route import LIST_MAX

UNKNOWN = "unknown_incident"
INCIDENTS_DEFAULT = 50
MARKDOWN = "text/markdown; charset=utf-8"


async def list_incidents(call: Call) -> Response:
    """The newest incidents, or those in one state."""
    state = known_query(call).get("state")
    if state not in (None, *STATES):
        raise bad_query("state", f"must be one of {', '.join(STATES)}")
    limit, scope = limit_of(call, LIST_MAX, INCIDENTS_DEFAULT), call.scope

    def look(engine: Any, _: int) -> dict[str, Any]:
        sees = lambda incident: scope.sees_incident(engine.state, incident)  # noqa: E731
        return incidents_view(engine, state, limit, sees)

    return answer(await call.show(look, UNKNOWN))


async def get_incident(call: Call) -> Response:
    """One incident."""
    return answer(await _shown(call))


async def acknowledge_incident(call: Call) -> Response:
    """Somebody looks after it; the first one stays named."""
    body = await call.body(Acknowledge)
    await call.act(body.command(call.id, call.who.by), call.id)
    return answer(await _shown(call))


async def report_incident(call: Call) -> Response:
    """The draft of a post-mortem, from the incident's own steps and the log around it."""
    incident = await _shown(call)
    until = incident["resolved_at"] or call.router.now_ms()
    past = await look_back(call.router, incident["since"], until, incident["conversation"])

    def write(engine: Any, now: int) -> str:
        return incident_report(engine, call.id, past.events, now, whole=past.whole)

    try:
        text, _ = await call.router.read(write)
    except KeyError:
        raise ProblemError(UNKNOWN) from None
    return Response(text, media_type=MARKDOWN)


async def _shown(call: Call) -> dict[str, Any]:
    return await call.show(
        lambda engine, _: incident_view(engine.state.incidents[call.id]), UNKNOWN
    )
