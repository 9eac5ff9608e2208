"""What the watchdog's events do to the state."""

from __future__ import annotations

from app.domain import events as e
from app.domain.state import Incident, IncidentStep, State
from app.domain.words import LIVE_OFFERS

INCIDENTS_KEPT = 500


def opened(state: State, event: e.IncidentOpened) -> None:
    """Something is wrong."""
    state.incidents_opened += 1
    state.incidents[event.incident] = Incident(
        id=event.incident,
        cause=event.cause,
        since=event.since,
        opened_at=event.at,
        queue=event.queue,
        conversation=event.conversation,
        agent=event.agent,
        text=event.text,
        evidence=event.evidence,
    )
    over = [id_ for id_, incident in state.incidents.items() if incident.resolved_at]
    for id_ in over[: max(len(state.incidents) - INCIDENTS_KEPT, 0)]:
        del state.incidents[id_]


def noted(state: State, event: e.IncidentNoted) -> None:
    """One more thing about it."""
    step = IncidentStep(event.at, event.step, event.text, event.by, event.evidence)
    incident = state.incidents[event.incident]
    incident.steps.append(step)
    if event.step == "acknowledged":
        incident.acknowledged_by = event.by


def resolved(state: State, event: e.IncidentResolved) -> None:
    """It is over."""
    incident = state.incidents[event.incident]
    incident.resolved_at, incident.resolution = event.at, event.text
    incident.conversations, incident.waited_ms = event.conversations, event.waited_ms
    incident.steps.append(IncidentStep(event.at, "resolved", event.text, event.by, {}))


def capacity_corrected(state: State, event: e.CapacityCorrected) -> None:
    """The recount wins, and what the agent was only said to have is gone."""
    agent = state.agents[event.agent]
    offers, known = state.offers, state.conversations
    for id_ in [*agent.offers]:
        if id_ not in offers or offers[id_].state not in LIVE_OFFERS:
            del agent.offers[id_]
    for id_ in [*agent.conversations]:
        if id_ not in known or known[id_].agent != agent.id:
            del agent.conversations[id_]
    agent.load = dict(event.after)
    agent.load_units = sum(event.after.values())
