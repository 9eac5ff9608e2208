"""What events of agents do to the state."""

from __future__ import annotations

from app.domain import events as e
from app.domain.fold.steps import note_on
from app.domain.state import Plan, State
from app.domain.words import Connection, Presence


def presence_changed(state: State, event: e.PresenceChanged) -> None:
    """The agent's intent; it ends a plan and, on becoming available, a streak of misses."""
    agent = state.agents[event.agent]
    if event.presence is Presence.AVAILABLE and agent.presence is not Presence.AVAILABLE:
        agent.idle_since = event.at
        agent.missed_streak = 0
    now = (event.presence, event.reason, event.custom)
    if now != (agent.presence, agent.presence_reason, agent.custom):
        agent.presence_since = event.at
    agent.presence, agent.presence_reason, agent.custom = now
    agent.presence_by = event.by
    custom = state.presences.get(event.custom or "")
    agent.only = custom.settings.channels if custom else None
    agent.plan = None
    note_on(agent, event.at)


def presence_planned(state: State, event: e.PresencePlanned) -> None:
    """Finish, then this presence."""
    agent = state.agents[event.agent]
    agent.plan = None
    if event.presence is not None:
        agent.plan = Plan(event.at, event.presence, event.custom, event.reason, event.by)


def connection_changed(state: State, event: e.ConnectionChanged) -> None:
    """A new socket ends the rest after an offer that did not arrive at the old one."""
    agent = state.agents[event.agent]
    agent.connection, agent.grace_until = event.connection, event.until
    if event.connection is Connection.CONNECTED and agent.back_off_cause == "undelivered":
        agent.back_off_until, agent.back_off_cause = 0, ""
    note_on(agent, event.at)
