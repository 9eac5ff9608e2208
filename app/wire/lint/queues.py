"""What looks like a mistake in a queue: its rings, members, weights, priority, rests and presence.

MUST NOT warn of what is merely unusual: each warning names what will happen that nobody meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.settings import AgentSettings, QueueSettings
from app.domain.words import Presence
from app.wire.agent_views import capacity_of
from app.wire.lint.ground import Configured, nearest, warning
from app.wire.lint.hours import hours_warnings
from app.wire.lint.overflow import overflow_warnings
from app.wire.reading import path_text
from app.wire.views import View

IDLE_MS_MIN = 60_000
"""Below this a customer who types slowly counts as gone."""


def queue_warnings(ground: Configured, queue_id: str) -> list[View]:
    """What looks wrong about a queue. Raises KeyError when it is unknown."""
    settings = ground.queues[queue_id]
    found = [*_rings(settings), *_no_answer(ground, settings), *_rests(settings)]
    found += overflow_warnings(ground, queue_id)
    found += hours_warnings(settings)
    if not ground.knows_agents:
        return found
    members = ground.members(queue_id)
    if not members:
        found.append(warning("no_members", "$", "No agent is a member: nothing is ever offered."))
        return found
    found += _reach(queue_id, settings, members)
    found += _weights(settings, members)
    found += _priority(ground, queue_id)
    return found


def _rings(settings: QueueSettings) -> Iterator[View]:
    offer_ms = settings.offer.timeout_ms
    for at, (ring, later) in enumerate(zip(settings.rings, settings.rings[1:], strict=False)):
        step_ms = later.after_ms - ring.after_ms
        if offer_ms > step_ms:
            message = (
                f"An offer lasts {offer_ms} ms, longer than the {step_ms} ms until this ring "
                "opens: whoever misses it is answered by a wider ring."
            )
            yield warning("ring_shorter_than_offer", f"$.rings[{at + 1}].after_ms", message)
    if settings.rings and settings.rings[0].after_ms > 0:
        message = "Before it opens every member may serve, so this ring narrows instead of widens."
        yield warning("first_ring_is_late", "$.rings[0].after_ms", message)


def _no_answer(ground: Configured, settings: QueueSettings) -> Iterator[View]:
    rule, path = settings.no_answer, "$.no_answer.presence"
    if not rule.streak or rule.presence in list(Presence):
        return
    custom = ground.presences.get(rule.presence)
    if custom is None:
        hint = nearest(rule.presence, ground.presences)
        message = f"There is no presence {rule.presence}: the agent is set to away instead.{hint}"
        yield warning("unknown_presence", path, message)
    elif custom.presence is Presence.AVAILABLE:
        message = f"{rule.presence} is a kind of available: who does not answer is offered more."
        yield warning("no_answer_stays_available", path, message)


def _rests(settings: QueueSettings) -> Iterator[View]:
    if 0 < settings.idle.after_ms < IDLE_MS_MIN:
        message = "Shorter than a minute: a customer who types slowly counts as gone."
        yield warning("idle_is_short", "$.idle.after_ms", message)
    reasons = [reason.code for reason in settings.decline.reasons]
    if settings.back_off.busy_ms and reasons and "busy" not in reasons:
        message = "No effect: busy is none of the decline reasons that agents are shown."
        yield warning("busy_is_no_reason", "$.back_off.busy_ms", message)


def _reach(queue_id: str, settings: QueueSettings, members: list[AgentSettings]) -> Iterator[View]:
    lowest = min(member.queues[queue_id] for member in members)
    for at, ring in enumerate(settings.rings):
        if ring.max_level < lowest:
            message = f"Nobody has a level of {ring.max_level} or lower; the lowest is {lowest}."
            yield warning("ring_without_members", f"$.rings[{at}].max_level", message)
        for skill in ring.relax_skills:
            if not any(skill in member.skills for member in members):
                message = f"Nobody in the queue has the skill {skill}."
                yield warning("skill_nobody_has", f"$.rings[{at}].relax_skills", message)


def _weights(settings: QueueSettings, members: list[AgentSettings]) -> Iterator[View]:
    for channel, weight in settings.weight_by_channel.items():
        most = max(min(m.capacity.get(channel, 0), capacity_of(m)) for m in members)
        if weight > most:
            message = f"A weight of {weight} is above every capacity; the largest is {most}."
            yield warning(
                "weight_above_capacity", path_text(("weight_by_channel", channel)), message
            )


def _priority(ground: Configured, queue_id: str) -> Iterator[View]:
    """A queue whose every member serves a higher one gets nobody while there is work in those.

    Ageing does not help: it grows inside a queue, and the priority of queues goes before it.
    """
    above = _starving(ground, queue_id)
    if above:
        message = (
            f"Every member also serves {_named(above)}, with a higher priority: while somebody "
            "waits there, nobody is served here, however long they wait."
        )
        yield warning("starved_by_priority", "$.priority", message)
    own = ground.queues[queue_id].priority
    served = dict.fromkeys(id_ for one in ground.members(queue_id) for id_ in one.queues)
    below = [
        id_
        for id_ in served
        if id_ in ground.queues
        and ground.queues[id_].priority < own
        and queue_id in _starving(ground, id_)
    ]
    if below:
        message = (
            f"Higher than {_named(below)}, where every member serves a higher queue: while "
            "somebody waits here, those may not be served at all."
        )
        yield warning("starves_another", "$.priority", message)


def _starving(ground: Configured, queue_id: str) -> dict[str, None]:
    """The higher queues that together keep every member busy; none: somebody is left for it."""
    queues, own = ground.queues, ground.queues[queue_id].priority
    found: dict[str, None] = {}
    for member in ground.members(queue_id):
        higher = [id_ for id_ in member.queues if id_ in queues and queues[id_].priority > own]
        if not higher:
            return {}
        found.update(dict.fromkeys(higher))
    return found


def _named(ids: dict[str, None] | list[str]) -> str:
    first = list(ids)[:3]
    more = len(ids) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")
