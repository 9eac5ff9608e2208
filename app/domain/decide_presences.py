"""Decisions on presence: the agent's intent, custom ones, and finishing first.

Presence is intent and connection is a fact of sockets: neither ever writes the other (domain fault
33).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain import commands as c
from app.domain import events as e
from app.domain.decide_config import changed_since
from app.domain.decide_offers import end, named_presence, rescind_of_agent
from app.domain.outcome import Done, Verdict, refuse
from app.domain.refusals import Refusal
from app.domain.routability import serves
from app.domain.state import Agent
from app.domain.words import OfferState, Presence

if TYPE_CHECKING:
    from app.domain.engine import Engine


def set_presence(engine: Engine, command: c.SetPresence, now: int) -> Verdict:
    """What the agent wants, at once or after the work in hand.

    Offers that the new presence would not have are taken back without penalty.
    """
    agent = engine.state.agents.get(command.agent)
    if agent is None:
        return refuse(Refusal.UNKNOWN_AGENT, f"There is no agent {command.agent}.")
    named = named_presence(engine.state, command.presence)
    if named is None:
        known = ", ".join([*Presence, *engine.state.presences])
        message = f"There is no presence {command.presence}; use one of {known}."
        return refuse(Refusal.UNKNOWN_PRESENCE, message)
    presence, custom = named
    if command.after_work and presence is not Presence.AVAILABLE and agent.conversations:
        return _plan(engine, agent, presence, custom, command, now)
    wanted = (presence, custom, command.reason)
    if wanted == (agent.presence, agent.custom, agent.presence_reason):
        if agent.plan is None:
            return Done.ALREADY
        engine.emit(e.PresencePlanned(now, agent.id, None, "", command.by))
        return Done.NOW
    _change(engine, agent, presence, custom, command.reason, command.by, now)
    return Done.NOW


def _plan(
    engine: Engine,
    agent: Agent,
    presence: Presence,
    custom: str | None,
    command: c.SetPresence,
    now: int,
) -> Verdict:
    plan = agent.plan
    wanted = (presence, custom, command.reason)
    if plan is not None and wanted == (plan.presence, plan.custom, plan.reason):
        return Done.ALREADY
    engine.emit(e.PresencePlanned(now, agent.id, presence, command.reason, command.by, custom))
    rescind_of_agent(engine, agent, "presence", now)
    return Done.NOW


def carry_out_plan(engine: Engine, agent_id: str, now: int) -> None:
    """The agent may hold nothing any more: then what was planned happens."""
    agent = engine.state.agents.get(agent_id)
    if agent is None or agent.plan is None or agent.conversations:
        return
    plan = agent.plan
    # A custom one may have been given another meaning meanwhile.
    named = named_presence(engine.state, plan.custom or plan.presence)
    assert named is not None, "a presence that is planned is not removed"
    _change(engine, agent, *named, plan.reason, plan.by, now)


def _change(
    engine: Engine,
    agent: Agent,
    presence: Presence,
    custom: str | None,
    reason: str,
    by: str,
    now: int,
) -> None:
    engine.emit(e.PresenceChanged(now, agent.id, presence, reason, by, custom))
    _rescind_unwanted(engine, agent, now)


def _rescind_unwanted(engine: Engine, agent: Agent, now: int) -> None:
    """Take back the offers that the presence would not have allowed."""
    if agent.presence is not Presence.AVAILABLE:
        rescind_of_agent(engine, agent, "presence", now)
        return
    for id_ in list(agent.offers):
        offer = engine.state.offers[id_]
        if not serves(agent, engine.state.conversations[offer.conversation].channel):
            end(engine, offer, OfferState.RESCINDED, "presence", "system", now)


def put_presence(engine: Engine, command: c.PutPresence, now: int) -> Verdict:
    """Create or replace a custom presence; who is in it follows at once."""
    state = engine.state
    known = state.presences.get(command.presence)
    if known is not None and known.settings == command.settings:
        return Done.ALREADY
    changed = changed_since(known, command.replaces, f"The presence {command.presence}")
    if changed is not None:
        return changed
    version = state.version + 1
    engine.emit(e.PresenceConfigured(now, command.presence, version, command.settings, command.by))
    for agent in list(state.agents.values()):
        if agent.custom != command.presence:
            continue
        if agent.presence is not command.settings.presence:
            presence, reason, plan = command.settings.presence, agent.presence_reason, agent.plan
            _change(engine, agent, presence, command.presence, reason, command.by, now)
            if plan is not None:  # Nobody dropped it.
                engine.emit(
                    e.PresencePlanned(
                        now, agent.id, plan.presence, plan.reason, plan.by, plan.custom
                    )
                )
        else:
            _rescind_unwanted(engine, agent, now)
    return Done.NOW


def remove_presence(engine: Engine, command: c.RemovePresence, now: int) -> Verdict:
    """Delete a custom presence that nobody is in or about to be in."""
    state = engine.state
    if command.presence not in state.presences:
        return refuse(Refusal.UNKNOWN_PRESENCE, f"There is no presence {command.presence}.")
    for agent in state.agents.values():
        if command.presence in (agent.custom, agent.plan.custom if agent.plan else None):
            message = f"Agent {agent.id} is in it; set another presence first."
            return refuse(Refusal.PRESENCE_IN_USE, message)
    version = state.version + 1
    engine.emit(e.PresenceRemoved(now, command.presence, version, command.by))
    return Done.NOW
