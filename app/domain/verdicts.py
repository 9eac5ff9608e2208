"""Why one agent may (not) be offered one conversation: the reasons, most telling first.

One place for explanations and decision records, built on the same ``need`` and ``routability`` as
the decision, so that they cannot tell another story. MUST NOT change anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.need import NOBODY, Need
from app.domain.routability import (
    blocker,
    capacity_free,
    fits,
    serves,
    units_of,
    why_not_routable,
)
from app.domain.state import Agent, Conversation, Queue, State


def reasons_against(
    state: State, conversation: Conversation, queue: Queue, agent: Agent, need: Need, now: int
) -> Iterator[str]:
    """Codes against an offer of the conversation to a member of its queue; none: may be offered.

    Those of ``why_not_routable``, then quarantined, closed, held_for_preferred, level, skill:NAME,
    channel, blocked_by:CHANNEL, no_room, passed_over.
    """
    not_routable = why_not_routable(state, agent, now)
    yield from not_routable
    if conversation.quarantine is not None:
        yield "quarantined"
    if need.held_for == NOBODY:
        yield "closed"
    elif need.held_for is None:
        yield from _unqualified(agent, queue, need)
    elif need.held_for != agent.id:
        yield "held_for_preferred"
    yield from _no_place(agent, queue, conversation.channel, not_routable)
    exclusion = conversation.exclusions.get(agent.id)
    if exclusion is not None and exclusion.pass_until > now:
        yield "passed_over"


def _unqualified(agent: Agent, queue: Queue, need: Need) -> Iterator[str]:
    _, skills, max_level = need.kind
    if agent.settings.queues[queue.id] > max_level:
        yield "level"
    own = agent.settings.skills
    yield from (f"skill:{name}" for name, least in skills if own.get(name, 0) < least)


def _no_place(agent: Agent, queue: Queue, channel: str, not_routable: list[str]) -> Iterator[str]:
    if not serves(agent, channel):
        yield "channel"
    if {"at_capacity", "wrap_up", "blocked"} & {*not_routable}:
        return
    units = units_of(queue.settings, channel)
    if not fits(agent, channel, units):
        busy = blocker(agent, channel)
        free = capacity_free(agent, channel) >= units
        yield f"blocked_by:{busy}" if free and busy else "no_room"
