"""What a waiting conversation asks for at an instant: the ring in force, and until when it is held
for someone.

Rings open by time in the queue (Genesys bullseye, Twilio workflow steps): each one bounds the
level and names the skills that are no longer asked; what earlier rings relaxed stays relaxed.
"""

from __future__ import annotations

from typing import NamedTuple

from app.domain.state import Conversation, Queue, State
from app.domain.waiting import Kind
from app.domain.words import FOREVER, Connection, Presence

ANY_LEVEL = 1_000_000
NONE_RELAXED: frozenset[str] = frozenset()
NOBODY = ""
"""``held_for`` while the queue is closed: no agent has this id."""


class Need(NamedTuple):
    """``kind`` to look for; ``held_for`` the preferred agent only, or ``NOBODY`` while the queue is
    closed to it; ``changes_at`` when to judge anew.
    """

    kind: Kind
    ring: int
    held_for: str | None
    changes_at: int | None


def need_of(state: State, conversation: Conversation, queue: Queue, now: int) -> Need:
    """Judge one conversation at ``now``."""
    ring, max_level, relaxed, next_ms = _ring(queue, now - conversation.enqueued_at)
    asked = conversation.skills
    if relaxed:
        asked = {name: level for name, level in asked.items() if name not in relaxed}
    kind = (conversation.channel, tuple(sorted(asked.items())) if asked else (), max_level)
    if not queue.open and came_while_closed(conversation, queue):
        return Need(kind, ring, NOBODY, None)
    changes_at = None if next_ms is None else conversation.enqueued_at + next_ms
    if conversation.preferred_agent is None and not conversation.exclusions:
        return Need(kind, ring, None, changes_at)
    changes = [] if changes_at is None else [changes_at]
    held_for = None
    hold_until = _held_until(state, conversation, queue)
    if hold_until > now:
        held_for = conversation.preferred_agent
        changes.append(hold_until)
    for exclusion in conversation.exclusions.values():
        changes += [at for at in (exclusion.soft_until, exclusion.pass_until) if now < at < FOREVER]
    return Need(kind, ring, held_for, min(changes, default=None))


def came_while_closed(conversation: Conversation, queue: Queue) -> bool:
    """Whether the door was shut when it came. Who is inside when the door shuts is served."""
    return not queue.open and conversation.joined_at >= queue.hours_since


def _ring(queue: Queue, age_ms: int) -> tuple[int, int, frozenset[str], int | None]:
    """(number from 1, level bound, relaxed skills, age at which the next ring opens)."""
    number, max_level, relaxed = 0, ANY_LEVEL, NONE_RELAXED
    for ring in queue.settings.rings:
        if ring.after_ms > age_ms:
            return number, max_level, relaxed, ring.after_ms
        number += 1
        max_level = ring.max_level
        if ring.relax_skills:
            relaxed |= frozenset(ring.relax_skills)
    return number, max_level, relaxed, None


def _held_until(state: State, conversation: Conversation, queue: Queue) -> int:
    """When the wait for the preferred agent ends; 0 without one who could come."""
    agent = state.agents.get(conversation.preferred_agent or "")
    if (
        agent is None
        or queue.id not in agent.settings.queues
        or agent.id in conversation.exclusions
    ):
        return 0
    rule = queue.settings.preferred
    reachable = agent.connection is Connection.CONNECTED
    online = agent.presence is Presence.AWAY or (agent.presence is Presence.AVAILABLE and reachable)
    return conversation.waiting_since + (rule.online_ms if online else rule.offline_ms)
