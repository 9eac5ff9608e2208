"""Who stands still, by plain scans that trust no index: the campaign's own judgement.

MUST share nothing with the watchdog's rules but the words of the state.
"""

from __future__ import annotations

from app.domain.check import match_left
from app.domain.engine import Engine
from app.domain.state import Agent, Conversation, State
from app.domain.words import HELD_STATES, LIVE_OFFERS, ConversationState

LATE_MS = 2_000


def stuck(engine: Engine, now: int) -> dict[str, str]:
    """{conversation or agent: why} for whatever does not move although it could."""
    state, found = engine.state, {}
    for one in state.conversations.values():
        why = _of_conversation(engine, one, now)
        if why:
            found[one.id] = why
    for agent in state.agents.values():
        if _load_of(state, agent) != {k: n for k, n in agent.load.items() if n}:
            found[agent.id] = "load"
    return found


def _of_conversation(engine: Engine, one: Conversation, now: int) -> str:
    if one.state is ConversationState.WAITING:
        if one.quarantine is None and match_left(engine, one, now) is not None:
            return "matchable"
    elif one.state is ConversationState.OFFERED:
        live = [engine.state.offers[id_] for id_ in one.offers]
        live = [offer for offer in live if offer.state in LIVE_OFFERS]
        if not live:
            return "no offer"
        if all(offer.expires_at + LATE_MS < now for offer in live):
            return "overdue"
    elif one.state in HELD_STATES:
        agent = engine.state.agents.get(one.agent or "")
        if agent is None or one.id not in agent.conversations:
            return "not held"
        if one.state is ConversationState.WRAPPING and one.wrap_until + LATE_MS < now:
            return "wrap-up without end"
    return ""


def _load_of(state: State, agent: Agent) -> dict[str, int]:
    load: dict[str, int] = {}
    for offer in state.offers.values():
        if offer.agent == agent.id and offer.state in LIVE_OFFERS:
            channel = state.conversations[offer.conversation].channel
            load[channel] = load.get(channel, 0) + offer.units
    for one in state.conversations.values():
        if one.agent == agent.id and one.state in HELD_STATES and not one.idle:
            load[one.channel] = load.get(one.channel, 0) + one.units
    return load
