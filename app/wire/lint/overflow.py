"""What looks like a mistake in a queue's overflow rules: where they lead, and whether they act.

MUST follow the meaning that ``domain.overflow`` gives them: the first that holds and can be carried
out acts, on those who still wait, and never back to a queue that a rule took it from.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from app.domain.settings import OverflowRule, QueueSettings
from app.wire.lint.ground import Configured, nearest, warning
from app.wire.lint.hours import has_hours
from app.wire.views import View


def overflow_warnings(ground: Configured, queue_id: str) -> Iterator[View]:
    """Rule by rule."""
    settings = ground.queues[queue_id]
    for at, rule in enumerate(settings.overflow):
        path = f"$.overflow[{at}]"
        if rule.to == "queue" and rule.queue is not None:
            yield from _target(ground, queue_id, rule.queue, f"{path}.queue")
        yield from _condition(settings, rule, path)
        yield from _without_effect(settings.overflow[:at], rule, path)


def _target(ground: Configured, queue_id: str, target: str, path: str) -> Iterator[View]:
    if target == queue_id:
        yield warning("overflow_to_itself", path, "The queue overflows into itself: no effect.")
        return
    if target not in ground.queues:
        hint = nearest(target, ground.queues)
        message = f"There is no queue {target}: the rule is passed by.{hint}"
        yield warning("overflow_to_nowhere", path, message)
        return
    if ground.knows_agents and not ground.members(target):
        message = f"Queue {target} has no members: what goes there is never offered."
        yield warning("overflow_without_members", path, message)
    way = _way(ground, target, queue_id)
    if way:
        round_ = " > ".join([queue_id, *way])
        message = (
            f"It goes round: {round_}. A conversation does not come back to a queue that a rule "
            "took it from, so it stays in the last."
        )
        yield warning("overflow_in_a_circle", path, message)


def _way(ground: Configured, start: str, goal: str) -> list[str]:
    """The shortest way of overflow rules from one queue to another, both named; none: empty."""
    came_from: dict[str, str | None] = {start: None}
    ahead = deque([start])
    while ahead:
        here = ahead.popleft()
        if here == goal:
            way, step = [here], came_from[here]
            while step is not None:
                way.insert(0, step)
                step = came_from[step]
            return way
        for rule in ground.queues[here].overflow:
            target = rule.queue if rule.to == "queue" else None
            if target is not None and target in ground.queues and target not in came_from:
                came_from[target] = here
                ahead.append(target)
    return []


def _condition(settings: QueueSettings, rule: OverflowRule, path: str) -> Iterator[View]:
    offer_ms = settings.offer.timeout_ms
    if rule.when == "after_ms" and rule.to != "message" and rule.value < offer_ms:
        message = (
            f"Shorter than an offer, which lasts {offer_ms} ms: one missed offer and it goes, "
            "without a second agent being asked."
        )
        yield warning("overflow_shorter_than_offer", f"{path}.value", message)
    if rule.when == "depth" and 0 < settings.max_waiting <= rule.value:
        message = f"Never reached: max_waiting refuses what comes beyond {settings.max_waiting}."
        yield warning("depth_above_max_waiting", f"{path}.value", message)
    if rule.when == "closed" and not has_hours(settings):
        message = "Never holds: the queue has no opening hours, so it is never closed."
        yield warning("never_closed", f"{path}.when", message)


def _without_effect(before: list[OverflowRule], rule: OverflowRule, path: str) -> Iterator[View]:
    """A rule behind one that holds whenever it does."""
    for at, first in enumerate(before):
        if first.when != rule.when or first.value > rule.value:
            continue
        if first.to == "close":
            message = f"No effect: rule {at} closes first whenever this one holds."
            yield warning("overflow_without_effect", path, message)
            return
        if first.to == "queue" and rule.to == "message":
            message = (
                f"Only told when queue {first.queue} takes nothing in: rule {at} moves first "
                "whenever this one holds. Put the message before it."
            )
            yield warning("overflow_without_effect", path, message)
            return
