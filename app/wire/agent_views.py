"""What is shown of agents and of the presences they may be in: state as plain dicts.

MUST NOT change state, and MUST NOT decide: *routable*, open channels and blocks come from the
domain. ``presence`` is one of the three in every view; a custom one stands beside it.
"""

from __future__ import annotations

from typing import Any

from app.domain.engine import Engine
from app.domain.routability import blocker, serves, why_not_routable
from app.domain.settings import AgentSettings
from app.domain.state import Agent, CustomPresence, Plan
from app.domain.words import Presence
from app.wire.reserved import open_ids
from app.wire.supervision import shown_broadcasts, sign_out_view
from app.wire.views import View, held_view, offer_view, settings_view


def agent_view(engine: Engine, agent_id: str, now: int) -> View:
    """One agent: settings as they were put, then what is going on. Raises KeyError when unknown."""
    agent = engine.state.agents[agent_id]
    return {
        "id": agent.id,
        **settings_view(agent.settings),
        "version": agent.version,
        **_agent_now(engine, agent, now),
        "conversations": list(agent.conversations),
        "offers": list(agent.offers),
        "signed_out": sign_out_view(engine.state, agent_id),
    }


def agents_view(engine: Engine, now: int) -> list[View]:
    """All agents, by id."""
    return [agent_view(engine, id_, now) for id_ in open_ids(engine.state.agents)]


def agent_snapshot(engine: Engine, agent_id: str, now: int) -> View:
    """All that an agent's screen shows: the agent, the live offers, the conversations held."""
    agent = engine.state.agents[agent_id]
    return {
        "agent": {
            "id": agent.id,
            "name": agent.settings.name,
            **_agent_now(engine, agent, now),
            "capacity": agent.settings.capacity,
            "units": agent.settings.units,
            "pull": agent.settings.pull,
            "queues": {
                id_: engine.state.queues[id_].settings.name for id_ in sorted(agent.settings.queues)
            },
        },
        "offers": [offer_view(engine, id_, now) for id_ in agent.offers],
        "conversations": [held_view(engine, id_) for id_ in agent.conversations],
        "broadcasts": shown_broadcasts(engine.state, agent_id, now),
    }


def presence_of(agent: Agent) -> View:
    """The agent's intent, and what it leaves open."""
    return {
        "presence": str(agent.presence),
        "custom_presence": agent.custom,
        "reason": agent.presence_reason,
        "plan": plan_view(agent.plan),
        "channels": open_channels(agent),
    }


def plan_view(plan: Plan | None) -> View | None:
    """Finish, then this."""
    if plan is None:
        return None
    presence, custom = str(plan.presence), plan.custom
    return {"presence": presence, "custom_presence": custom, "reason": plan.reason, "by": plan.by}


def open_channels(agent: Agent) -> list[str]:
    """The channels that the presence leaves open and the agent has capacity for."""
    if agent.presence is not Presence.AVAILABLE:
        return []
    capacity = agent.settings.capacity
    return [channel for channel, units in capacity.items() if units and serves(agent, channel)]


def blocked_channels(agent: Agent) -> dict[str, str]:
    """{channel: the channel whose work keeps the agent from it now}."""
    if not agent.settings.blocks:
        return {}
    found = ((channel, blocker(agent, channel)) for channel in agent.settings.capacity)
    return {channel: busy for channel, busy in found if busy is not None}


def capacity_of(settings: AgentSettings) -> int:
    """Units over all channels: their sum, or the bound on it."""
    total = sum(settings.capacity.values())
    return total if settings.units is None else min(total, settings.units)


def presence_view(engine: Engine, presence_id: str) -> View:
    """One custom presence. Raises KeyError when it is unknown."""
    return _presence(engine.state.presences[presence_id])


def presences_view(engine: Engine) -> list[View]:
    """All custom presences, by id."""
    presences = engine.state.presences
    return [_presence(presences[id_]) for id_ in sorted(presences)]


def _presence(custom: CustomPresence) -> View:
    return {"id": custom.id, **settings_view(custom.settings), "version": custom.version}


def _agent_now(engine: Engine, agent: Agent, now: int) -> dict[str, Any]:
    why_not = why_not_routable(engine.state, agent, now)
    return {
        **presence_of(agent),
        "by": agent.presence_by,
        "since": agent.presence_since,
        "connection": str(agent.connection),
        "routable": not why_not,
        "why_not": why_not,
        "blocked": blocked_channels(agent),
        "load": dict(agent.load),
        "load_units": agent.load_units,
    }
