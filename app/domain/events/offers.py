"""Events of offers: made, in hand, on the screen, ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.domain.words import OfferState


@dataclass(slots=True, frozen=True)
class OfferMade:
    """One conversation is held for one agent until ``expires_at``; ``why`` is the decision in
    short.
    """

    at: int
    offer: str
    conversation: str
    queue: str
    agent: str
    units: int
    expires_at: int
    version: int
    why: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class OfferDelivered:
    """The agent's application has it in hand."""

    at: int
    offer: str
    conversation: str
    agent: str


@dataclass(slots=True, frozen=True)
class OfferSeen:
    """The agent had it on the screen."""

    at: int
    offer: str
    conversation: str
    agent: str


@dataclass(slots=True, frozen=True)
class OfferEnded:
    """The offer ended as ``outcome``; ACCEPTED assigns the conversation.

    Until ``soft_until`` the agent is not offered this conversation at all, until ``pass_until``
    only when nobody else could take it (0, 0: no exclusion), until ``back_off_until`` nothing.
    """

    at: int
    offer: str
    conversation: str
    queue: str
    agent: str
    outcome: OfferState
    reason: str
    by: str
    soft_until: int = 0
    pass_until: int = 0
    back_off_until: int = 0
