"""The sentence a supervisor understands: who waits, what was offered, and why nobody else can.

"Billing: 14 waiting, 0 offers for 42 s; 9 agents on: 4 at capacity, 3 in wrap-up, 1 passed over
after a decline or a missed offer, 1 routable and not offered."
"""

from __future__ import annotations

from collections import Counter

from app.domain.engine import Engine
from app.domain.explain import WORDS
from app.domain.need import need_of
from app.domain.routability import is_on
from app.domain.state import Conversation, Queue
from app.domain.verdicts import reasons_against
from app.domain.words import ConversationState

MEMBERS_ASKED_MAX = 1_000


def diagnosis(engine: Engine, queue: Queue, head: Conversation | None, now: int) -> str:
    """About one queue, with the conversation that should be served next (None: nobody waits)."""
    waiting = queue.counts[ConversationState.WAITING]
    if head is None:
        return f"{queue.settings.name}: {waiting} waiting, nobody of them in line."
    quiet_s = (now - max(queue.last_offer_at, head.waiting_since)) // 1000
    members = [*engine.matcher.pools.members(queue.id).values()][:MEMBERS_ASKED_MAX]
    start = f"{queue.settings.name}: {waiting} waiting, 0 offers for {quiet_s} s; "
    if not members:
        return start + "the queue has no members."
    need = need_of(engine.state, head, queue, now)
    on = [agent for agent in members if is_on(agent)]
    if not on:
        return start + f"none of its {len(members)} members is on."
    counts = Counter(
        next(reasons_against(engine.state, head, queue, agent, need, now), "able") for agent in on
    )
    able = counts.pop("able", 0)
    parts = [f"{count} {WORDS.get(code, code)}" for code, count in counts.most_common()]
    if able:
        parts.append(f"{able} routable and not offered")
    people = "1 agent" if len(on) == 1 else f"{len(on)} agents"
    return start + f"{people} on: " + ", ".join(parts) + "."
