"""What can be wrong about one conversation: a state without an end, or offered without end."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.engine import Engine
from app.domain.routability import is_on
from app.domain.state import Conversation
from app.domain.watch.findings import Cause, Finding
from app.domain.words import HELD_STATES, LIVE_OFFERS, ConversationState, OfferState

OVERDUE_MS = 2_000
PING_PONG_OFFERS, PING_PONG_MS = 5, 120_000
POISON_MAX, POISON_MS = 3, 600_000
"""So many of one queue may be set aside in that time before a person is called at once."""
NOT_TAKEN = frozenset({OfferState.DECLINED, OfferState.TIMED_OUT, OfferState.UNDELIVERED})


def limbo(engine: Engine, one: Conversation, now: int) -> Iterator[Finding]:
    """It waits for something, and there is nothing that would end that."""
    if one.state is ConversationState.WRAPPING:
        if not one.wrap_until or one.wrap_until < now - OVERDUE_MS:
            why = "did not end at its time" if one.wrap_until else "has no end"
            yield _about(one, Cause.LIMBO, now, f"The wrap-up of {one.id} {why}.", sure=True)
    elif one.state is ConversationState.OFFERED and not _is_offered(engine, one):
        text = f"{one.id} is held for an offer that does not exist."
        yield _about(one, Cause.ORPHAN_RESERVATION, now, text, sure=True)


def _is_offered(engine: Engine, one: Conversation) -> bool:
    offers = (engine.state.offers.get(id_) for id_ in one.offers)
    return any(offer is not None and offer.state in LIVE_OFFERS for offer in offers)


def unheld(engine: Engine, one: Conversation, now: int) -> Iterator[Finding]:
    """It is called somebody's, and he does not have it: nobody will ever answer it."""
    if one.state not in HELD_STATES:
        return
    agent = engine.state.agents.get(one.agent or "")
    if agent is None or one.id not in agent.conversations:
        text = f"{one.id} is called {one.agent}'s, who does not hold it."
        yield _about(one, Cause.ORPHAN_RESERVATION, now, text, sure=True)


def ping_pong(engine: Engine, one: Conversation, now: int) -> Iterator[Finding]:
    """Offered again and again within two minutes, and nobody takes it.

    Offers made at one instant to many are one; one that was taken back is none.
    """
    waits = one.state in (ConversationState.WAITING, ConversationState.OFFERED)
    if not waits or len(one.past_offers) < PING_PONG_OFFERS:
        return
    rounds: dict[int, None] = {}
    for id_ in reversed(one.past_offers):
        offer = engine.state.offers[id_]
        if offer.made_at < now - PING_PONG_MS or offer.state is OfferState.ACCEPTED:
            break
        if offer.state in NOT_TAKEN:
            rounds[offer.made_at] = None
    if len(rounds) >= PING_PONG_OFFERS:
        text = f"{one.id} was offered {len(rounds)} times within 2 minutes and nobody took it."
        members = engine.matcher.pools.members(one.queue).values()
        all_asked = all(agent.id in one.exclusions for agent in members if is_on(agent))
        yield _about(one, Cause.PING_PONG, min(rounds), text, grave=all_asked)


def set_aside(engine: Engine, one: Conversation, now: int) -> Iterator[Finding]:
    """It is in quarantine: a person decides what becomes of it, and at once where it is the fourth
    of its queue within ten minutes.
    """
    why = one.quarantine
    if why is not None:
        cause = Cause.ENCODING_MISMATCH if why.reason == "misroute_prevented" else Cause.POISON_HEAD
        text = f"{one.id} was set aside ({why.reason}): {why.evidence}. Requeue or discard it."
        grave = cause is Cause.ENCODING_MISMATCH or _before(engine, one, why.at) >= POISON_MAX
        yield _about(one, cause, why.at, text, sure=True, grave=grave)


def _before(engine: Engine, last: Conversation, at: int) -> int:
    """How many others of its queue were set aside in the ten minutes before this one was."""
    conversations, count = engine.state.conversations, 0
    for incident in engine.state.incidents.values():
        if incident.cause != Cause.POISON_HEAD or incident.queue != last.queue:
            continue
        other = conversations.get(incident.conversation or "")
        set_aside_at = other.quarantine.at if other and other.quarantine else incident.opened_at
        count += at - POISON_MS < set_aside_at < at
    return count


def _about(one: Conversation, cause: Cause, since: int, text: str, **how: bool) -> Finding:
    about = {"queue": one.queue, "conversation": one.id, "agent": one.agent}
    return Finding(cause, since, text, **about, **how)  # type: ignore[arg-type]


RULES = (limbo, unheld, ping_pong, set_aside)
