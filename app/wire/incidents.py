"""Incidents as answered and pushed: what was wrong, what was done, and the calls about them.

MUST NOT show a customer's words: an incident names things by their ids.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, Final, Literal

import orjson
from msgspec import Struct

from app.domain.engine import Engine
from app.domain.events import Event, IncidentNoted, IncidentOpened, IncidentResolved
from app.domain.refusals import Refusal as R
from app.domain.state import Incident, State
from app.wire import bodies as b
from app.wire.causes import cause_words
from app.wire.route import LIST_MAX, SUPERVISE, Query, Route, at_most
from app.wire.shapes import At, LogPosition, Ms
from app.wire.views import View

STEPS_SHOWN: Final = 100
STATES: Final = ("open", "resolved")


class IncidentStepShape(Struct, kw_only=True):
    """``step``: repaired, escalated, acknowledged, seen_again, noted or resolved."""

    at: At
    step: str
    text: str
    by: str
    evidence: dict[str, Any]


class IncidentShape(Struct, kw_only=True):
    """Something that was wrong. ``cause`` is a code, ``title`` its words, ``text`` what was found.

    ``since``: when it began; ``queue``, ``conversation``, ``agent``: what it is about. Of the steps
    the latest are shown, ``steps_left_off`` counts the others. ``conversations`` were hit and
    waited ``waited_ms`` together: known when it is resolved.
    """

    id: str
    cause: str
    title: str
    state: Literal["open", "resolved"]
    since: At
    opened_at: At
    queue: str | None
    conversation: str | None
    agent: str | None
    text: str
    evidence: dict[str, Any]
    steps: list[IncidentStepShape]
    steps_left_off: int
    acknowledged_by: str | None
    resolved_at: At | None
    resolution: str | None
    conversations: int | None
    waited_ms: Ms | None


class IncidentAnswer(IncidentShape, kw_only=True):
    """One incident."""

    position: LogPosition


class IncidentList(Struct, kw_only=True):
    """The newest first; ``open`` counts all that are open."""

    incidents: list[IncidentShape]
    open: int
    position: LogPosition


def incident_view(incident: Incident) -> View:
    """One incident, as it is answered and pushed."""
    over = bool(incident.resolved_at)
    steps = incident.steps[-STEPS_SHOWN:]
    return {
        "id": incident.id,
        "cause": incident.cause,
        "title": cause_words(incident.cause).title,
        "state": "resolved" if over else "open",
        "since": incident.since,
        "opened_at": incident.opened_at,
        "queue": incident.queue,
        "conversation": incident.conversation,
        "agent": incident.agent,
        "text": incident.text,
        "evidence": incident.evidence,
        "steps": [
            {
                "at": one.at,
                "step": one.step,
                "text": one.text,
                "by": one.by,
                "evidence": one.evidence,
            }
            for one in steps
        ],
        "steps_left_off": len(incident.steps) - len(steps),
        "acknowledged_by": incident.acknowledged_by or None,
        "resolved_at": incident.resolved_at or None,
        "resolution": incident.resolution or None,
        "conversations": incident.conversations if over else None,
        "waited_ms": incident.waited_ms if over else None,
    }


def incidents_view(
    engine: Engine,
    state: str | None,
    limit: int,
    sees: Callable[[Incident], bool] = lambda _: True,
) -> View:
    """The newest incidents, at most ``limit``; only the open or the resolved ones if asked.

    Those that the asker does not see are left out, and not counted.
    """
    found = (
        incident
        for incident in reversed(engine.state.incidents.values())
        if state in (None, "resolved" if incident.resolved_at else "open") and sees(incident)
    )
    return {
        "incidents": [incident_view(one) for one in islice(found, limit)],
        "open": sum(map(sees, open_incidents(engine.state))),
    }


def open_incidents(state: State) -> list[Incident]:
    """Those that are not over, the oldest first; no more than are kept in memory."""
    return [one for one in state.incidents.values() if not one.resolved_at]


def incident_message(id_: str, what: str, at: int, workspace: str, incident: Incident) -> bytes:
    """What a webhook is sent: ``what`` (opened, escalated, resolved) happened to it at ``at``."""
    message = {
        "id": id_,
        "type": f"incident.{what}",
        "at": at,
        "workspace": workspace,
        "incident": incident_view(incident),
    }
    return orjson.dumps(message)


_ABOUT: Final[frozenset[type[Any]]] = frozenset({IncidentOpened, IncidentNoted, IncidentResolved})


def incident_of(event: Event) -> str | None:
    """The incident that an event is about. Asked for every event, so it looks no further."""
    return str(getattr(event, "incident", "")) if type(event) in _ABOUT else None


INCIDENTS: Final = (
    Route(
        "GET",
        "/v1/incidents",
        "list_incidents",
        "What was found wrong, the newest first.",
        SUPERVISE,
        {200: (IncidentList, "Found.")},
        query=(
            Query("state", {"type": "string", "enum": list(STATES)}, "Only these."),
            at_most(LIST_MAX),
        ),
    ),
    Route(
        "GET",
        "/v1/incidents/{id}",
        "get_incident",
        "One incident.",
        SUPERVISE,
        {200: (IncidentAnswer, "Found.")},
        refusals=(R.UNKNOWN_INCIDENT,),
    ),
    Route(
        "POST",
        "/v1/incidents/{id}/acknowledge",
        "acknowledge_incident",
        "Say that somebody looks after it; nobody else need be called.",
        SUPERVISE,
        {200: (IncidentAnswer, "Acknowledged, now or before; the incident now.")},
        b.Acknowledge,
        (R.UNKNOWN_INCIDENT,),
    ),
    Route(
        "GET",
        "/v1/incidents/{id}/report",
        "report_incident",
        "A draft of the post-mortem: impact, timeline, cause, what was done, follow-ups.",
        SUPERVISE,
        {200: (str, "Markdown.")},
        refusals=(R.UNKNOWN_INCIDENT,),
        media="text/markdown",
    ),
)
