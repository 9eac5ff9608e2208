"""One look over a workspace for what no command would find.

Costs a bounded amount: the whole of what is live is gone over in slices within ``ROUND_LOOKS``
looks; what must be found fast is looked at each time. MUST NOT trust the engine's indexes: they are
what may be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from app.domain.decide_watch import recount
from app.domain.engine import Engine
from app.domain.need import need_of
from app.domain.routability import capacity_free, is_present, qualifies, takes, units_of
from app.domain.state import Agent, Conversation, Queue
from app.domain.waiting import waits
from app.domain.watch.diagnosis import diagnosis
from app.domain.watch.findings import Cause, Finding
from app.domain.words import ConversationState, QueueStatus

ROUND_LOOKS = 2
OVERDUE_MS = 2_000
STARVED_AFTER_MS = 10_000
PING_PONG_OFFERS, PING_PONG_MS = 5, 120_000
CANDIDATES_MAX = 50
"""Waiting conversations of one queue that an able agent is held against."""


class Look:
    """Keeps where the slices are. ``at`` is called about twice a second."""

    __slots__ = ("_turn",)

    def __init__(self) -> None:
        self._turn = 0

    def at(self, engine: Engine, now: int) -> list[Finding]:
        """Everything that looks wrong at ``now``."""
        self._turn = (self._turn + 1) % ROUND_LOOKS
        waiting = _waiting_by_queue(engine)
        return [
            *_lost(engine, waiting, now),
            *_unmatched(engine, waiting, now),
            *_overdue(engine, now),
            *self._leaks(engine, now),
            *self._limbo(engine, now),
            *_ping_pong(engine, now),
            *_starved(engine, waiting, now),
        ]

    def _slice(self, count: int) -> tuple[int, int]:
        size = count // ROUND_LOOKS + 1
        return self._turn * size, (self._turn + 1) * size

    def _leaks(self, engine: Engine, now: int) -> Iterator[Finding]:
        agents = engine.state.agents
        for agent in islice(agents.values(), *self._slice(len(agents))):
            counted = recount(engine.state, agent)
            if agent.load != counted or agent.load_units != sum(counted.values()):
                text = f"{agent.settings.name}'s load is kept as {agent.load}, counted {counted}."
                yield Finding(
                    Cause.LEAKED_CAPACITY,
                    now,
                    text,
                    agent=agent.id,
                    evidence={"kept": dict(agent.load), "counted": counted},
                )

    def _limbo(self, engine: Engine, now: int) -> Iterator[Finding]:
        """A state that waits for something and has nothing that would end it."""
        conversations = engine.state.conversations
        for one in islice(conversations.values(), *self._slice(len(conversations))):
            overdue = 0 < one.wrap_until < now - OVERDUE_MS
            if one.state is ConversationState.WRAPPING and (not one.wrap_until or overdue):
                why = "has no end" if not one.wrap_until else "did not end at its time"
                yield _about(one, Cause.LIMBO, now, f"The wrap-up of {one.id} {why}.")
            elif one.state is ConversationState.OFFERED and not one.offers:
                text = f"{one.id} is held for an offer that does not exist."
                yield _about(one, Cause.ORPHAN_RESERVATION, now, text)


def _about(one: Conversation, cause: Cause, since: int, text: str) -> Finding:
    return Finding(cause, since, text, queue=one.queue, conversation=one.id, agent=one.agent)


def _waiting_by_queue(engine: Engine) -> dict[str, list[Conversation]]:
    """Who waits and was not set aside, by the state alone."""
    found: dict[str, list[Conversation]] = {}
    for conversation in engine.state.conversations.values():
        if waits(conversation):
            found.setdefault(conversation.queue, []).append(conversation)
    return found


def _lost(engine: Engine, waiting: dict[str, list[Conversation]], now: int) -> Iterator[Finding]:
    """Somebody waits whom the line has lost."""
    places = engine.matcher.waiting.places
    for queue_id, those in waiting.items():
        lost = [one for one in those if one.id not in places]
        if lost:
            queue = engine.state.queues[queue_id]
            text = f"{len(lost)} waiting stood in no line. " + diagnosis(
                engine, queue, lost[0], now
            )
            yield Finding(
                Cause.LOST_WAKE_UP,
                min(one.waiting_since for one in lost),
                text,
                queue=queue_id,
                evidence={"lost": [one.id for one in lost[:10]], "count": len(lost)},
            )


def _unmatched(
    engine: Engine, waiting: dict[str, list[Conversation]], now: int
) -> Iterator[Finding]:
    """A waiting conversation and an agent who could take it stand side by side."""
    told: set[str] = set()
    for agent in engine.state.agents.values():
        if not is_present(agent) or agent.back_off_until > now:
            continue
        if not any(capacity_free(agent, channel) for channel in agent.settings.capacity):
            continue
        for queue_id in agent.settings.queues:
            if queue_id in told or queue_id not in waiting:
                continue
            queue = engine.state.queues[queue_id]
            found = _could_take(engine, agent, queue, waiting[queue_id], now)
            if found is not None:
                told.add(queue_id)
                yield Finding(
                    Cause.LOST_WAKE_UP,
                    max(found.waiting_since, agent.presence_since, agent.back_off_until),
                    diagnosis(engine, queue, found, now),
                    queue=queue_id,
                    evidence={"conversation": found.id, "agent": agent.id},
                )


def _could_take(
    engine: Engine, agent: Agent, queue: Queue, waiting: list[Conversation], now: int
) -> Conversation | None:
    if queue.status is QueueStatus.PAUSED:
        return None
    for conversation in islice(waiting, CANDIDATES_MAX):
        units = units_of(queue.settings, conversation.channel)
        if not takes(agent, conversation.channel, units, now):
            continue
        if agent.id in conversation.exclusions:
            continue
        need = need_of(engine.state, conversation, queue, now)
        if need.held_for == agent.id:
            return conversation
        _, skills, max_level = need.kind
        qualified = agent.settings.queues[queue.id] <= max_level and qualifies(agent, skills)
        if need.held_for is None and qualified:
            return conversation
    return None


def _overdue(engine: Engine, now: int) -> Iterator[Finding]:
    """An offer outlived its deadline: its conversation and its agent are held for nothing."""
    for agent in engine.state.agents.values():
        for id_ in agent.offers:
            offer = engine.state.offers.get(id_)
            if offer is None or offer.expires_at + OVERDUE_MS >= now:
                continue
            late_s = (now - offer.expires_at) // 1000
            yield Finding(
                Cause.ORPHAN_RESERVATION,
                offer.expires_at,
                f"Offer {id_} to {agent.settings.name} is {late_s} s past its deadline.",
                queue=offer.queue,
                conversation=offer.conversation,
                agent=agent.id,
                evidence={"offer": id_, "expires_at": offer.expires_at},
            )


def _ping_pong(engine: Engine, now: int) -> Iterator[Finding]:
    """Offered again and again, and nobody takes it."""
    for id_ in engine.matcher.waiting.excluding:
        conversation = engine.state.conversations.get(id_)
        if conversation is None or len(conversation.past_offers) < PING_PONG_OFFERS:
            continue
        recent = [
            offer
            for offer in conversation.past_offers[-PING_PONG_OFFERS:]
            if engine.state.offers[offer].made_at >= now - PING_PONG_MS
        ]
        if len(recent) >= PING_PONG_OFFERS:
            count = len(conversation.past_offers)
            text = f"{id_} was offered {count} times and nobody took it."
            yield _about(conversation, Cause.PING_PONG, now, text)


def _starved(engine: Engine, waiting: dict[str, list[Conversation]], now: int) -> Iterator[Finding]:
    """No member could ever take it: a matter of configuration or staffing, never repaired."""
    for queue_id, those in waiting.items():
        head = those[0]
        if now - head.waiting_since < STARVED_AFTER_MS:
            continue
        queue = engine.state.queues[queue_id]
        members = engine.matcher.pools.members(queue_id).values()
        units = units_of(queue.settings, head.channel)
        relaxed = {name for ring in queue.settings.rings for name in ring.relax_skills}
        asked = tuple((name, least) for name, least in head.skills.items() if name not in relaxed)
        able = any(
            qualifies(agent, asked) and agent.settings.capacity.get(head.channel, 0) >= units
            for agent in members
        )
        if not able:
            why = "has no members" if not members else "has nobody with its skills and channel"
            text = f"{queue.settings.name} {why}: {head.id} can never be offered as things are."
            yield Finding(
                Cause.NOBODY_CAN_SERVE,
                head.waiting_since,
                text,
                queue=queue_id,
                evidence={"conversation": head.id, "channel": head.channel, "skills": head.skills},
            )
