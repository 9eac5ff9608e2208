"""What can be wrong about one conversation: a state without an end, or offered without end."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.engine import Engine
from app.domain.state import Conversation
from app.domain.watch.findings import Cause, Finding
from app.domain.words import ConversationState

OVERDUE_MS = 2_000
PING_PONG_OFFERS, PING_PONG_MS = 5, 120_000


def limbo(engine: Engine, one: Conversation, now: int) -> Iterator[Finding]:
    """It waits for something, and there is nothing that would end that."""
    if one.state is ConversationState.WRAPPING:
        if not one.wrap_until or one.wrap_until < now - OVERDUE_MS:
            why = "did not end at its time" if one.wrap_until else "has no end"
            yield _about(one, Cause.LIMBO, now, f"The wrap-up of {one.id} {why}.")
    elif one.state is ConversationState.OFFERED and not one.offers:
        text = f"{one.id} is held for an offer that does not exist."
        yield _about(one, Cause.ORPHAN_RESERVATION, now, text)


def ping_pong(engine: Engine, one: Conversation, now: int) -> Iterator[Finding]:
    """Offered again and again within two minutes, and nobody takes it."""
    if one.state is not ConversationState.WAITING or len(one.past_offers) < PING_PONG_OFFERS:
        return
    offers = engine.state.offers
    since = offers[one.past_offers[-PING_PONG_OFFERS]].made_at
    if since >= now - PING_PONG_MS:
        text = f"{one.id} was offered {len(one.past_offers)} times and nobody took it."
        yield _about(one, Cause.PING_PONG, since, text)


def set_aside(engine: Engine, one: Conversation, now: int) -> Iterator[Finding]:
    """It is in quarantine: a person decides what becomes of it."""
    why = one.quarantine
    if why is not None:
        cause = Cause.ENCODING_MISMATCH if why.reason == "misroute_prevented" else Cause.POISON_HEAD
        text = f"{one.id} was set aside ({why.reason}): {why.evidence}. Requeue or discard it."
        yield _about(one, cause, why.at, text)


def _about(one: Conversation, cause: Cause, since: int, text: str) -> Finding:
    return Finding(cause, since, text, queue=one.queue, conversation=one.id, agent=one.agent)


RULES = (limbo, ping_pong, set_aside)
