"""Life cycles as data: a move that is not in these tables is a bug, and asserting on it stops it.

Source: DESIGN section 3. ``fold`` is the only writer of a state and moves through ``move`` and
``move_offer``.
"""

from __future__ import annotations

from app.domain.state import Conversation, Offer
from app.domain.words import ConversationState as C
from app.domain.words import OfferState as O

CONVERSATION_MOVES: dict[C, frozenset[C]] = {
    C.WAITING: frozenset({C.WAITING, C.OFFERED, C.ASSIGNED, C.CLOSED, C.ABANDONED, C.CANCELED}),
    C.OFFERED: frozenset({C.WAITING, C.OFFERED, C.ASSIGNED, C.CLOSED, C.ABANDONED, C.CANCELED}),
    C.ASSIGNED: frozenset({C.WAITING, C.ASSIGNED, C.WRAPPING, C.CLOSED, C.CANCELED}),
    C.WRAPPING: frozenset({C.WAITING, C.WRAPPING, C.CLOSED, C.CANCELED}),
    C.CLOSED: frozenset(),
    C.ABANDONED: frozenset(),
    C.CANCELED: frozenset(),
}

_ENDS = frozenset({O.ACCEPTED, O.DECLINED, O.RESCINDED, O.TIMED_OUT, O.UNDELIVERED})
OFFER_MOVES: dict[O, frozenset[O]] = {
    O.CREATED: _ENDS - {O.TIMED_OUT} | {O.DELIVERED, O.SEEN},
    O.DELIVERED: _ENDS - {O.UNDELIVERED} | {O.SEEN},
    O.SEEN: _ENDS - {O.UNDELIVERED},
    O.ACCEPTED: frozenset(),
    O.DECLINED: frozenset(),
    O.RESCINDED: frozenset(),
    O.TIMED_OUT: frozenset(),
    O.UNDELIVERED: frozenset(),
}


def move(conversation: Conversation, to: C) -> None:
    """Change the state of a conversation, or fail loudly."""
    assert to in CONVERSATION_MOVES[conversation.state], (conversation.id, conversation.state, to)
    conversation.state = to


def move_offer(offer: Offer, to: O) -> None:
    """Change the state of an offer, or fail loudly."""
    assert to in OFFER_MOVES[offer.state], (offer.id, offer.state, to)
    offer.state = to
