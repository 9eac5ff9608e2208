"""What looks like a mistake in a custom presence.

MUST NOT ask who is in it now: a presence outlives a shift.
"""

from __future__ import annotations

from app.domain.words import Presence
from app.wire.lint.ground import Configured, warning
from app.wire.views import View


def presence_warnings(ground: Configured, presence_id: str) -> list[View]:
    """What looks wrong about a presence. Raises KeyError when it is unknown."""
    settings = ground.presences[presence_id]
    path = "$.channels"
    if settings.channels is None:
        return []
    if settings.presence is not Presence.AVAILABLE:
        message = f"No effect: nothing is offered to who is {settings.presence}."
        return [warning("channels_without_effect", path, message)]
    if not settings.channels:
        message = "Leaves no channel open: say away instead, or name channels."
        return [warning("presence_without_channels", path, message)]
    if not ground.knows_agents:
        return []
    agents = ground.agents.values()
    return [
        warning("channel_nobody_has", f"{path}[{at}]", f"No agent has capacity for {channel}.")
        for at, channel in enumerate(settings.channels)
        if not any(agent.capacity.get(channel) for agent in agents)
    ]
