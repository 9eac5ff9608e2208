"""Decisions on offers: delivered, seen, accepted, declined, expired, rescinded.

Each one refuses first, in the order of ``refusals``, with nothing written; then it must succeed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain import commands as c
from app.domain import events as e
from app.domain.outcome import Done, Verdict, refuse
from app.domain.refusals import Refusal, Refused
from app.domain.settings import BackOffRule, DeclineRule
from app.domain.state import Agent, Conversation, Offer, State
from app.domain.words import (
    FOREVER,
    LIVE_OFFERS,
    SOFT_EXCLUSION_MS,
    OfferState,
    Presence,
)

if TYPE_CHECKING:
    from app.domain.engine import Engine


def _find(state: State, offer_id: str, agent_id: str) -> Offer | Refused:
    offer = state.offers.get(offer_id)
    if offer is None:
        return refuse(Refusal.UNKNOWN_OFFER, f"There is no offer {offer_id}.")
    if offer.agent != agent_id:
        return refuse(Refusal.NOT_YOURS, "This offer was made to another agent.")
    return offer


def _too_late() -> Refused:
    return refuse(Refusal.OFFER_EXPIRED, "The offer's time had passed.")


def _ended(offer: Offer) -> Refused:
    """Why an offer that has ended cannot be answered any more."""
    if offer.state in (OfferState.TIMED_OUT, OfferState.UNDELIVERED):
        return _too_late()
    if offer.state is OfferState.RESCINDED and offer.reason == "taken":
        return refuse(Refusal.OFFER_TAKEN, "Another agent took the conversation.")
    if offer.state is OfferState.RESCINDED:
        return refuse(Refusal.OFFER_RESCINDED, f"The offer was taken back: {offer.reason}.")
    if offer.state is OfferState.DECLINED:
        return refuse(Refusal.OFFER_DECLINED, "You declined this offer.")
    return refuse(Refusal.OFFER_TAKEN, "You took this conversation already.")


def mark_delivered(engine: Engine, command: c.MarkDelivered, now: int) -> Verdict:
    """The agent's application has the offer."""
    offer = _find(engine.state, command.offer, command.agent)
    if isinstance(offer, Refused):
        return offer
    if offer.state is not OfferState.CREATED:
        return Done.ALREADY
    if offer.expires_at <= now:
        return _too_late()
    engine.emit(e.OfferDelivered(now, offer.id, offer.conversation, offer.agent))
    return Done.NOW


def mark_seen(engine: Engine, command: c.MarkSeen, now: int) -> Verdict:
    """The agent had the offer on the screen, so it was delivered too."""
    offer = _find(engine.state, command.offer, command.agent)
    if isinstance(offer, Refused):
        return offer
    if offer.state not in (OfferState.CREATED, OfferState.DELIVERED):
        return Done.ALREADY
    if offer.expires_at <= now:
        return _too_late()
    engine.emit(e.OfferSeen(now, offer.id, offer.conversation, offer.agent))
    return Done.NOW


def accept(engine: Engine, command: c.AcceptOffer, now: int) -> Verdict:
    """One compare-and-set: the first acceptance takes the conversation, its other offers are
    rescinded.
    """
    offer = _find(engine.state, command.offer, command.agent)
    if isinstance(offer, Refused):
        return offer
    if offer.state is OfferState.ACCEPTED:
        return Done.ALREADY
    if offer.state not in LIVE_OFFERS:
        return _ended(offer)
    if offer.expires_at <= now:
        return _too_late()
    # From here the command must succeed.
    conversation = engine.state.conversations[offer.conversation]
    for other in [id_ for id_ in conversation.offers if id_ != offer.id]:
        end(engine, engine.state.offers[other], OfferState.RESCINDED, "taken", "system", now)
    end(engine, offer, OfferState.ACCEPTED, "", f"agent:{offer.agent}", now)
    return Done.NOW


def decline(engine: Engine, command: c.DeclineOffer, now: int) -> Verdict:
    """The conversation goes on to somebody else; this agent is passed over for it."""
    offer = _find(engine.state, command.offer, command.agent)
    if isinstance(offer, Refused):
        return offer
    if offer.state is OfferState.DECLINED:
        return Done.ALREADY
    if offer.state not in LIVE_OFFERS:
        return _ended(offer)
    if offer.expires_at <= now:
        return _too_late()
    # From here the command must succeed.
    end(engine, offer, OfferState.DECLINED, command.reason, f"agent:{offer.agent}", now)
    return Done.NOW


def end(engine: Engine, offer: Offer, outcome: OfferState, reason: str, by: str, now: int) -> None:
    """End a live offer; how long the agent is passed over follows from the outcome."""
    soft = full = 0
    settings = engine.state.queues[offer.queue].settings
    if outcome in (OfferState.TIMED_OUT, OfferState.UNDELIVERED, OfferState.DECLINED):
        given = reason if outcome is OfferState.DECLINED else ""
        soft, full = exclusion(settings.decline, given, now)
    rest_ms = _rest_ms(settings.back_off, outcome, reason)
    engine.emit(
        e.OfferEnded(
            at=now,
            offer=offer.id,
            conversation=offer.conversation,
            queue=offer.queue,
            agent=offer.agent,
            outcome=outcome,
            reason=reason,
            by=by,
            soft_until=soft,
            pass_until=full,
            back_off_until=now + rest_ms if rest_ms else 0,
        )
    )


def _rest_ms(rule: BackOffRule, outcome: OfferState, reason: str) -> int:
    """How long the agent is offered nothing after an offer that ended so."""
    if outcome is OfferState.DECLINED:
        return rule.busy_ms if reason == "busy" else rule.declined_ms
    if outcome is OfferState.TIMED_OUT:
        return rule.missed_ms
    return rule.undelivered_ms if outcome is OfferState.UNDELIVERED else 0


def exclusion(rule: DeclineRule, reason: str, now: int) -> tuple[int, int]:
    """(soft_until, pass_until) for an agent who let a conversation go."""
    if any(known.code == reason and not known.again for known in rule.reasons):
        return FOREVER, FOREVER
    return now + min(rule.cooldown_ms, SOFT_EXCLUSION_MS), now + rule.cooldown_ms


def expire(engine: Engine, offer_id: str, now: int) -> None:
    """The deadline of an offer has come; only a delivered one counts against the agent."""
    offer = engine.state.offers.get(offer_id)
    if offer is None or offer.state not in LIVE_OFFERS or offer.expires_at > now:
        return
    if offer.state is OfferState.CREATED:
        end(engine, offer, OfferState.UNDELIVERED, "not_confirmed", "system", now)
        return
    end(engine, offer, OfferState.TIMED_OUT, "deadline", "system", now)
    agent = engine.state.agents[offer.agent]
    rule = engine.state.queues[offer.queue].settings.no_answer
    if rule.streak and agent.missed_streak >= rule.streak and agent.presence is Presence.AVAILABLE:
        presence, custom = named_presence(engine.state, rule.presence) or (Presence.AWAY, None)
        engine.emit(e.PresenceChanged(now, agent.id, presence, "no_answer", "system", custom))
        rescind_of_agent(engine, agent, "presence", now)


def named_presence(state: State, name: str) -> tuple[Presence, str | None] | None:
    """(the presence, its custom id) that ``name`` stands for; None when there is none."""
    if name in list(Presence):
        return Presence(name), None
    custom = state.presences.get(name)
    return None if custom is None else (custom.settings.presence, name)


def rescind_of_agent(engine: Engine, agent: Agent, reason: str, now: int) -> None:
    """Take back every live offer of an agent, without penalty."""
    for id_ in list(agent.offers):
        end(engine, engine.state.offers[id_], OfferState.RESCINDED, reason, "system", now)


def rescind_of_conversation(
    engine: Engine, conversation: Conversation, reason: str, by: str, now: int
) -> None:
    """Take back every live offer of a conversation, without penalty."""
    for id_ in list(conversation.offers):
        end(engine, engine.state.offers[id_], OfferState.RESCINDED, reason, by, now)
