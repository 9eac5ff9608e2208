"""What looks like a mistake in settings that are allowed: warnings, never refusals.

Reads the state after the change. MUST NOT be asked by anything that decides about offers.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.engine import Engine
from app.domain.settings import AgentSettings, QueueSettings
from app.wire.views import View, capacity_of


def queue_warnings(engine: Engine, queue_id: str) -> list[View]:
    """What looks wrong about a queue. Raises KeyError when it is unknown."""
    settings = engine.state.queues[queue_id].settings
    members = [
        agent.settings
        for agent in engine.state.agents.values()
        if queue_id in agent.settings.queues
    ]
    found = [*_not_in_force(settings), *_rings(settings)]
    found += _overflow(engine, queue_id, settings)
    if not members:
        found.append(_warning("no_members", "$", "No agent is a member: nothing is ever offered."))
        return found
    return [*found, *_reach(queue_id, settings, members), *_weights(settings, members)]


def agent_warnings(engine: Engine, agent_id: str) -> list[View]:
    """What looks wrong about an agent. Raises KeyError when it is unknown."""
    settings = engine.state.agents[agent_id].settings
    found = []
    if not settings.queues:
        found.append(_warning("no_queues", "$.queues", "In no queue: nothing is ever offered."))
    if capacity_of(settings) == 0:
        found.append(_warning("no_capacity", "$.capacity", "No units: nothing is ever offered."))
    for queue_id in settings.queues:
        weights = engine.state.queues[queue_id].settings.weight_by_channel
        for channel, units in settings.capacity.items():
            weight = weights.get(channel, 1)
            if 0 < units < weight:
                message = f"{units} units are less than the {weight} that {queue_id} asks for."
                found.append(_warning("weight_above_capacity", f"$.capacity.{channel}", message))
    return found


def _not_in_force(settings: QueueSettings) -> Iterator[View]:
    """What is kept for a later version and has no effect yet: said, not left to be found out."""
    if settings.overflow:
        message = "Kept, but this version does not apply overflow rules: nothing moves by itself."
        yield _warning("not_in_force", "$.overflow", message)
    if settings.hours.weekly or settings.hours.holidays:
        message = "Kept, but this version does not apply opening hours: the queue is always open."
        yield _warning("not_in_force", "$.hours", message)


def _rings(settings: QueueSettings) -> Iterator[View]:
    for at, (ring, later) in enumerate(zip(settings.rings, settings.rings[1:], strict=False)):
        step_ms = later.after_ms - ring.after_ms
        if settings.offer.timeout_ms > step_ms:
            message = f"An offer lasts longer than the {step_ms} ms until the next ring opens."
            yield _warning("ring_shorter_than_offer", f"$.rings[{at + 1}].after_ms", message)
    if settings.rings and settings.rings[0].after_ms > 0:
        message = "Before it opens every member may serve, so this ring narrows instead of widens."
        yield _warning("first_ring_is_late", "$.rings[0].after_ms", message)


def _overflow(engine: Engine, queue_id: str, settings: QueueSettings) -> Iterator[View]:
    for at, rule in enumerate(settings.overflow):
        path = f"$.overflow[{at}].queue"
        if rule.queue == queue_id:
            yield _warning("overflow_to_itself", path, "The queue overflows into itself.")
        elif rule.queue is not None and rule.queue not in engine.state.queues:
            yield _warning("overflow_to_nowhere", path, f"There is no queue {rule.queue}.")


def _reach(queue_id: str, settings: QueueSettings, members: list[AgentSettings]) -> Iterator[View]:
    lowest = min(member.queues[queue_id] for member in members)
    for at, ring in enumerate(settings.rings):
        if ring.max_level < lowest:
            message = f"Nobody has a level of {ring.max_level} or lower; the lowest is {lowest}."
            yield _warning("ring_without_members", f"$.rings[{at}].max_level", message)
        for skill in ring.relax_skills:
            if not any(skill in member.skills for member in members):
                message = f"Nobody in the queue has the skill {skill}."
                yield _warning("skill_nobody_has", f"$.rings[{at}].relax_skills", message)


def _weights(settings: QueueSettings, members: list[AgentSettings]) -> Iterator[View]:
    for channel, weight in settings.weight_by_channel.items():
        most = max(min(m.capacity.get(channel, 0), capacity_of(m)) for m in members)
        if weight > most:
            message = f"A weight of {weight} is above every capacity; the largest is {most}."
            yield _warning("weight_above_capacity", f"$.weight_by_channel.{channel}", message)


def _warning(code: str, path: str, message: str) -> View:
    return {"code": code, "path": path, "message": message}
