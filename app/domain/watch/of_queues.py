"""What can be wrong about one queue: a line that lost somebody, or people whom nobody can serve."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from app.domain.engine import Engine
from app.domain.routability import qualifies, units_of
from app.domain.search import KINDS_LOOKED_AT
from app.domain.state import Conversation, Queue
from app.domain.waiting import waits
from app.domain.watch.diagnosis import diagnosis
from app.domain.watch.findings import Cause, Finding
from app.domain.words import ConversationState

STARVED_AFTER_MS = 8_000
"""Told within 10 s: after this and four looks."""


def lost(engine: Engine, now: int) -> Iterator[Finding]:
    """Somebody waits whom the line has lost: the counts of the state say so at once.

    Only where a count differs (or somebody is set aside) all conversations are gone over.
    """
    odd = {
        queue.id
        for queue in engine.state.queues.values()
        if queue.counts[ConversationState.WAITING] != engine.matcher.waiting.count(queue.id)
    }
    if not odd:
        return
    places = engine.matcher.waiting.places
    those: dict[str, list[str]] = {}
    for one in engine.state.conversations.values():
        if one.queue in odd and waits(one) and one.id not in places:
            those.setdefault(one.queue, []).append(one.id)
    for queue_id, ids in those.items():
        queue, head = engine.state.queues[queue_id], engine.state.conversations[ids[0]]
        text = f"{len(ids)} waiting stood in no line. {diagnosis(engine, queue, head, now)}"
        evidence = {"lost": ids[:10], "count": len(ids)}
        since = head.waiting_since
        yield Finding(Cause.LOST_WAKE_UP, since, text, queue=queue_id, evidence=evidence)


def starved(engine: Engine, queue: Queue, now: int) -> Iterator[Finding]:
    """No member could ever take the first of some kind: configuration or staffing, never
    repaired.
    """
    line = engine.matcher.waiting.queues.get(queue.id)
    for bucket in [*islice(line.buckets.values(), KINDS_LOOKED_AT)] if line else ():
        head = engine.state.conversations[next(engine.matcher.waiting.walk(bucket))]
        if now - head.waiting_since >= STARVED_AFTER_MS and not _servable(engine, queue, head):
            yield _starved(engine, queue, head)
            return


def _servable(engine: Engine, queue: Queue, head: Conversation) -> bool:
    """Whether some member could take it, whoever is there now and whatever the ring is."""
    units = units_of(queue.settings, head.channel)
    relaxed = {name for ring in queue.settings.rings for name in ring.relax_skills}
    asked = tuple((name, least) for name, least in head.skills.items() if name not in relaxed)
    return any(
        qualifies(agent, asked) and agent.settings.capacity.get(head.channel, 0) >= units
        for agent in engine.matcher.pools.members(queue.id).values()
    )


def _starved(engine: Engine, queue: Queue, head: Conversation) -> Finding:
    members = engine.matcher.pools.members(queue.id)
    why = "has nobody with its skills and channel" if members else "has no members"
    return Finding(
        Cause.NOBODY_CAN_SERVE,
        head.waiting_since,
        f"{queue.settings.name} {why}: {head.id} can never be offered as things are.",
        queue=queue.id,
        evidence={"conversation": head.id, "channel": head.channel, "skills": head.skills},
    )


RULES = (starved,)
