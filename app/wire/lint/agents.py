"""What looks like a mistake in an agent's settings.

MUST NOT look at other agents: an agent is put ten thousand times where a queue is put once.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.settings import AgentSettings
from app.wire.agent_views import capacity_of
from app.wire.lint.ground import Configured, warning
from app.wire.reading import path_text
from app.wire.views import View


def agent_warnings(ground: Configured, agent_id: str) -> list[View]:
    """What looks wrong about an agent. Raises KeyError when it is unknown."""
    settings = ground.agents[agent_id]
    found = []
    if not settings.queues:
        found.append(warning("no_queues", "$.queues", "In no queue: nothing is ever offered."))
    if capacity_of(settings) == 0:
        found.append(warning("no_capacity", "$.capacity", "No units: nothing is ever offered."))
        if settings.pull:
            message = "May pick from queues, and has no units to hold anything."
            found.append(warning("pull_without_capacity", "$.pull", message))
    return [*found, *_weights(ground, settings), *_blocks(settings)]


def _weights(ground: Configured, settings: AgentSettings) -> Iterator[View]:
    for queue_id in settings.queues:
        queue = ground.queues.get(queue_id)
        for channel, weight in queue.weight_by_channel.items() if queue else ():
            units = settings.capacity.get(channel, 0)
            if 0 < units < weight:
                message = f"{units} units are less than the {weight} that {queue_id} asks for."
                yield warning("weight_above_capacity", path_text(("capacity", channel)), message)


def _blocks(settings: AgentSettings) -> Iterator[View]:
    for busy, blocked in settings.blocks.items():
        path = path_text(("blocks", busy))
        if not settings.capacity.get(busy):
            message = f"No effect: there is no capacity for {busy}."
            yield warning("blocks_without_capacity", path, message)
            continue
        for at, channel in enumerate(blocked):
            if channel == busy and settings.capacity[busy] > 1:
                message = f"{busy} blocks itself: a second one is never offered beside the first."
                yield warning("blocks_itself", f"{path}[{at}]", message)
            elif channel == busy:
                message = f"No effect: a capacity of 1 already allows one {busy} only."
                yield warning("blocks_itself", f"{path}[{at}]", message)
            elif not settings.capacity.get(channel):
                message = f"No effect: there is no capacity for {channel}."
                yield warning("blocks_without_capacity", f"{path}[{at}]", message)
