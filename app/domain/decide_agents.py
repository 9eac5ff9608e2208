"""Decisions on the connection of agents: there, gone, out of grace.

Presence is intent and connection is a fact of sockets: neither ever writes the other (domain fault
33).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain import commands as c
from app.domain import events as e
from app.domain.decide_offers import rescind_of_agent
from app.domain.outcome import Done, Verdict, refuse
from app.domain.refusals import Refusal
from app.domain.state import Agent
from app.domain.words import Connection

if TYPE_CHECKING:
    from app.domain.engine import Engine


def connect(engine: Engine, command: c.ConnectAgent, now: int) -> Verdict:
    """A live socket is there (again)."""
    agent = engine.state.agents.get(command.agent)
    if agent is None:
        return refuse(Refusal.UNKNOWN_AGENT, f"There is no agent {command.agent}.")
    if agent.connection is Connection.CONNECTED:
        return Done.ALREADY
    engine.emit(e.ConnectionChanged(now, agent.id, Connection.CONNECTED, 0))
    return Done.NOW


def disconnect(engine: Engine, command: c.DisconnectAgent, now: int) -> Verdict:
    """The last socket is gone: held for the grace, or lost at once after a deliberate sign-off."""
    agent = engine.state.agents.get(command.agent)
    if agent is None or agent.connection is not Connection.CONNECTED:
        return Done.ALREADY
    if command.grace_ms:
        until = now + command.grace_ms
        engine.emit(e.ConnectionChanged(now, agent.id, Connection.GRACE, until))
    else:
        _lose(engine, agent, now)
    return Done.NOW


def grace_over(engine: Engine, agent_id: str, now: int) -> None:
    """The agent did not come back in time: his offers return, what he accepted stays his."""
    agent = engine.state.agents.get(agent_id)
    if agent and agent.connection is Connection.GRACE and agent.grace_until <= now:
        _lose(engine, agent, now)


def _lose(engine: Engine, agent: Agent, now: int) -> None:
    engine.emit(e.ConnectionChanged(now, agent.id, Connection.LOST, 0))
    rescind_of_agent(engine, agent, "connection_lost", now)
