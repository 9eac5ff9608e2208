"""Who may be offered work now: presence x connection x plan x channels x capacity x blocks x
back-off. Derived, never stored.

The one admission function: every path that gives work to an agent asks ``fits`` (domain fault 32:
a second code path bypassed the capacity).
"""

from __future__ import annotations

from app.domain.settings import QueueSettings
from app.domain.state import Agent, Conversation, State
from app.domain.words import Connection, ConversationState, Presence


def units_of(settings: QueueSettings, channel: str) -> int:
    """Capacity units that one conversation of this queue and channel takes."""
    return settings.weight_by_channel.get(channel, 1)


def fits(agent: Agent, channel: str, units: int) -> bool:
    """Whether the agent has room for ``units`` more on ``channel``."""
    settings = agent.settings
    if agent.load.get(channel, 0) + units > settings.capacity.get(channel, 0):
        return False
    if settings.blocks and blocker(agent, channel) is not None:
        return False
    return settings.units is None or agent.load_units + units <= settings.units


def blocker(agent: Agent, channel: str) -> str | None:
    """The channel whose work keeps the agent from ``channel`` just now (Genesys: interruptible
    media).
    """
    blocks = agent.settings.blocks
    return next((busy for busy in agent.load if channel in blocks.get(busy, ())), None)


def is_on(agent: Agent) -> bool:
    """At work: available, and connected or back within the grace; full or resting counts too."""
    return agent.presence is Presence.AVAILABLE and agent.connection is not Connection.LOST


def is_present(agent: Agent) -> bool:
    """Wants work and can be reached."""
    return (
        agent.presence is Presence.AVAILABLE
        and agent.connection is Connection.CONNECTED
        and agent.plan is None
    )


def serves(agent: Agent, channel: str) -> bool:
    """Whether the custom presence, if it is one, leaves ``channel`` open."""
    return agent.only is None or channel in agent.only


def takes(agent: Agent, channel: str, units: int, now: int) -> bool:
    """Whether an offer of ``units`` on ``channel`` may go to the agent at ``now``."""
    return (
        agent.presence is Presence.AVAILABLE
        and agent.connection is Connection.CONNECTED
        and agent.plan is None
        and agent.back_off_until <= now
        and (agent.only is None or channel in agent.only)
        and fits(agent, channel, units)
    )


def qualifies(agent: Agent, skills: tuple[tuple[str, int], ...]) -> bool:
    """Whether the agent has every skill at the asked level or above."""
    own = agent.settings.skills
    return all(own.get(name, 0) >= level for name, level in skills)


def why_not_routable(state: State, agent: Agent, now: int) -> list[str]:
    """Reasons against any offer at ``now``; an empty list means routable.

    Codes: away, offline, disconnected, finishing, back_off, blocked (by work on another channel),
    wrap_up (full only because of wrap-ups), at_capacity.
    """
    reasons = []
    if agent.presence is not Presence.AVAILABLE:
        reasons.append(str(agent.presence))
    if agent.connection is not Connection.CONNECTED:
        reasons.append("disconnected")
    if agent.plan is not None:
        reasons.append("finishing")
    if agent.back_off_until > now:
        reasons.append("back_off")
    channels = agent.settings.capacity
    if not any(serves(agent, channel) and fits(agent, channel, 1) for channel in channels):
        reasons.append(_why_full(state, agent))
    return reasons


def _why_full(state: State, agent: Agent) -> str:
    if any(
        capacity_free(agent, channel) and blocker(agent, channel)
        for channel in agent.settings.capacity
    ):
        return "blocked"
    return "wrap_up" if _wraps(state, agent) else "at_capacity"


def _wraps(state: State, agent: Agent) -> bool:
    held = (state.conversations[id_] for id_ in agent.conversations)
    return any(_is_wrapping(conversation) for conversation in held)


def _is_wrapping(conversation: Conversation) -> bool:
    return conversation.state is ConversationState.WRAPPING


def capacity_free(agent: Agent, channel: str) -> int:
    """Units free on ``channel``, never below 0."""
    free = agent.settings.capacity.get(channel, 0) - agent.load.get(channel, 0)
    if agent.settings.units is not None:
        free = min(free, agent.settings.units - agent.load_units)
    return max(free, 0)
