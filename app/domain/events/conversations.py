"""Events of conversations: from entering to being forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.domain.words import ConversationState


@dataclass(slots=True, frozen=True)
class ConversationEntered:
    """A conversation joined its first queue. ``fingerprint`` identifies the request body for
    repeats.
    """

    at: int
    conversation: str
    queue: str
    channel: str
    priority: int
    skills: dict[str, int]
    preferred_agent: str | None
    customer: dict[str, Any]
    subject: str | None
    attributes: dict[str, Any]
    fingerprint: str
    by: str


@dataclass(slots=True, frozen=True)
class ConversationMoved:
    """To another queue, waiting again; ``enqueued_at`` is its place there (kept or new).

    ``agent`` held it until now and is passed over for it as in ``OfferEnded``. ``overflow`` names
    the condition when a rule moved it.
    """

    at: int
    conversation: str
    queue: str
    from_queue: str
    enqueued_at: int
    agent: str | None
    reason: str
    by: str
    soft_until: int = 0
    pass_until: int = 0
    overflow: str | None = None


@dataclass(slots=True, frozen=True)
class ConversationRequeued:
    """Back to waiting with its original place, away from ``agent`` (None: it was not held).

    ``fresh`` forgets who was passed over; ``preferred_agent`` is asked first (a transfer to a
    person).
    """

    at: int
    conversation: str
    queue: str
    agent: str | None
    reason: str
    by: str
    preferred_agent: str | None = None
    fresh: bool = False
    soft_until: int = 0
    pass_until: int = 0


@dataclass(slots=True, frozen=True)
class ConversationPrioritized:
    """Its priority was changed by a person."""

    at: int
    conversation: str
    queue: str
    priority: int
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class ConversationAssigned:
    """Given to ``agent`` without an offer, by a person; ``from_agent`` held it until now."""

    at: int
    conversation: str
    queue: str
    agent: str
    reason: str
    by: str
    from_agent: str | None = None


@dataclass(slots=True, frozen=True)
class ConversationWrapping:
    """Work done, wrap-up runs until ``until``; also written when the wrap-up is extended.

    ``disposition``: what came of it, in the code that the agent gave.
    """

    at: int
    conversation: str
    queue: str
    agent: str
    until: int
    by: str
    disposition: str | None = None


@dataclass(slots=True, frozen=True)
class ConversationActive:
    """Somebody said something in it. Written at most once per tenth of the queue's idle time."""

    at: int
    conversation: str
    queue: str
    agent: str
    by: str


@dataclass(slots=True, frozen=True)
class ConversationIdled:
    """It fell silent: its agent keeps it, its units are given back."""

    at: int
    conversation: str
    queue: str
    agent: str
    by: str


@dataclass(slots=True, frozen=True)
class ConversationWoke:
    """It goes on: its units are taken again, above the capacity if need be."""

    at: int
    conversation: str
    queue: str
    agent: str
    by: str


@dataclass(slots=True, frozen=True)
class ConversationNotified:
    """An overflow rule has a ``message`` for the customer, who waits on; ``rule`` is its number
    from 0.
    """

    at: int
    conversation: str
    queue: str
    rule: int
    overflow: str
    message: str


@dataclass(slots=True, frozen=True)
class ConversationQuarantined:
    """Set aside: it waits, and is not offered until a person puts it back or discards it.

    ``agent`` held it until now; ``evidence`` is what was found wrong, for people.
    """

    at: int
    conversation: str
    queue: str
    agent: str | None
    reason: str
    evidence: str
    by: str


@dataclass(slots=True, frozen=True)
class ConversationEnded:
    """Reached its final ``state``: closed, abandoned or canceled; ``overflow`` as in
    ``ConversationMoved``, ``disposition`` as in ``ConversationWrapping`` (None: ended by others).
    """

    at: int
    conversation: str
    queue: str
    agent: str | None
    state: ConversationState
    reason: str
    by: str
    overflow: str | None = None
    disposition: str | None = None


@dataclass(slots=True, frozen=True)
class ConversationsForgotten:
    """Ended conversations past their retention left the memory; the log keeps them."""

    at: int
    conversations: list[str]
