"""The last look before an offer leaves: does everything still name the same queue?

The record was read back before it was written (``codec``), so the event is what the log says. Here
it is held against the memory it is told from: offer, conversation and membership must agree. What
does not agree is not sent, its conversation is set aside, and the memory that contradicted itself
is made anew from the log. MUST NOT repair it in place.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from app.domain import commands as c
from app.domain import events as e
from app.domain.state import State
from app.domain.words import LIVE_OFFERS
from app.shell.meter import Meter
from app.shell.work import Answer, Done, Trouble

log = logging.getLogger(__name__)
PREVENTED = "misroute_prevented"


class CrossCheck:
    """``post`` as ``Router.post``, ``distrust`` as ``Router.distrust``."""

    def __init__(
        self,
        post: Callable[[c.Command, Done], None],
        distrust: Callable[[str], None],
        meter: Meter,
    ) -> None:
        self._post, self._distrust, self._meter = post, distrust, meter

    def admit(self, state: State, events: list[e.Event]) -> list[e.Event]:
        """The events that may be told."""
        wrong = {
            id(event): why
            for event in events
            if type(event) is e.OfferMade and (why := misroute(state, event))
        }
        if not wrong:
            return events
        for event in events:
            if type(event) is e.OfferMade and id(event) in wrong:
                self._set_aside(event, wrong[id(event)])
        return [event for event in events if id(event) not in wrong]

    def _set_aside(self, event: e.OfferMade, why: str) -> None:
        log.critical("misroute prevented: offer %s: %s", event.offer, why)
        self._meter.count("misroute_prevented_total")
        aside = c.QuarantineConversation(event.conversation, PREVENTED, why, "system")

        def done(result: Answer | Trouble) -> None:
            # If the memory could not even do that, the router has made it anew already.
            if isinstance(result, Answer):
                self._distrust(f"it contradicted its own offer {event.offer}")

        self._post(aside, done)


def misroute(state: State, event: e.OfferMade) -> str:
    """What does not agree about a live offer; "" when all does. One that ended is not told."""
    offer = state.offers.get(event.offer)
    if offer is None or offer.state not in LIVE_OFFERS:
        return ""
    conversation = state.conversations.get(event.conversation)
    agent = state.agents.get(event.agent)
    if conversation is None or agent is None:
        return "its conversation or its agent is not there"
    if not event.queue == offer.queue == conversation.queue:
        return (
            f"the record names queue {event.queue}, the offer {offer.queue}, "
            f"the conversation {conversation.queue}"
        )
    if (offer.conversation, offer.agent) != (event.conversation, event.agent):
        return f"the offer in memory is of {offer.conversation} to {offer.agent}"
    if event.offer not in conversation.offers:
        return "the conversation does not know the offer"
    if event.queue not in agent.settings.queues:
        return f"agent {agent.id} is no member of queue {event.queue}"
    return ""
