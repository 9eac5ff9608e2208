"""Which conversations a supervisor asks for, found through the indexes and never by a full scan.

MUST NOT look at more than ``EXAMINE_MAX`` of anything: a list is for people to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from app.domain.engine import Engine
from app.domain.words import HELD_STATES, ConversationState
from app.wire.reserved import is_reserved

EXAMINE_MAX: Final = 20_000
ENDED: Final = "ended"
_HELD: Final = frozenset(map(str, HELD_STATES))


def find_conversations(
    engine: Engine,
    *,
    queue: str | None,
    agent: str | None,
    state: str | None,
    limit: int,
    queues: frozenset[str] | None = None,
) -> list[str]:
    """Ids of those that fit, at most ``limit``; only of ``queues``, unless None.

    Without ``state`` all that live: waiting in the order of their places, then offered, then held.
    ``ended`` gives the latest first.
    """
    conversations = engine.state.conversations
    found: list[str] = []
    candidates = dict.fromkeys(_candidates(engine, queue, agent, state, queues))
    for id_ in islice(candidates, EXAMINE_MAX):
        conversation = conversations[id_]
        fits = not is_reserved(conversation.queue) if queue is None else conversation.queue == queue
        fits = fits and (queues is None or conversation.queue in queues)
        if fits and state in (None, ENDED, str(conversation.state)):
            found.append(id_)
        if len(found) == limit:
            break
    return found


def _candidates(
    engine: Engine,
    queue: str | None,
    agent: str | None,
    state: str | None,
    queues: frozenset[str] | None,
) -> Iterator[str]:
    known = engine.state.agents
    agents = list(known.values()) if agent is None else [known[agent]] if agent in known else []
    if state == ENDED:
        for _, id_ in islice(reversed(engine.ended), EXAMINE_MAX):
            if agent is None or engine.state.conversations[id_].agent == agent:
                yield id_
        return
    if state in (None, str(ConversationState.WAITING)) and agent is None:
        lines = engine.matcher.waiting.queues
        for id_ in sorted(lines) if queue is None else [queue]:
            if id_ in lines and (queues is None or id_ in queues):
                yield from islice((rank[-1] for rank in lines[id_].line), EXAMINE_MAX)
    if state in (None, str(ConversationState.OFFERED)):
        for one in agents:
            yield from (engine.state.offers[offer].conversation for offer in one.offers)
    if state is None or state in _HELD:
        for one in agents:
            yield from one.conversations
