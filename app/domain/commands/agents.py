"""What agents ask for, and what their sockets tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class SetPresence:
    """The agent's intent: one of the three or the id of a custom presence.

    ``after_work``: no new offers from now on, and the presence when nothing is held any more.
    """

    agent: str
    presence: str
    reason: str
    by: str
    after_work: bool = False


@dataclass(slots=True, frozen=True)
class ConnectAgent:
    """The first live socket of the agent is there."""

    agent: str


@dataclass(slots=True, frozen=True)
class DisconnectAgent:
    """The last live socket of the agent is gone; ``grace_ms`` 0 means a deliberate sign-off."""

    agent: str
    grace_ms: int


@dataclass(slots=True, frozen=True)
class MarkDelivered:
    """The agent's application confirmed the offer (``received``)."""

    offer: str
    agent: str


@dataclass(slots=True, frozen=True)
class MarkSeen:
    """The agent had the offer on the screen."""

    offer: str
    agent: str


@dataclass(slots=True, frozen=True)
class AcceptOffer:
    """The agent takes the conversation."""

    offer: str
    agent: str


@dataclass(slots=True, frozen=True)
class DeclineOffer:
    """The agent does not take the conversation."""

    offer: str
    agent: str
    reason: str


@dataclass(slots=True, frozen=True)
class CompleteConversation:
    """The agent is done: wrap-up if the queue has one, else closed.

    ``disposition``: what came of it (resolved, callback, …), in the agent's code.
    """

    conversation: str
    agent: str
    disposition: str | None = None


@dataclass(slots=True, frozen=True)
class FinishWrapUp:
    """The agent ends the wrap-up before its time."""

    conversation: str
    agent: str


@dataclass(slots=True, frozen=True)
class ExtendWrapUp:
    """The agent needs more time."""

    conversation: str
    agent: str
    by_ms: int


@dataclass(slots=True, frozen=True)
class TransferConversation:
    """The agent hands the conversation on: exactly one of ``queue`` and ``to_agent``."""

    conversation: str
    agent: str
    queue: str | None
    to_agent: str | None


@dataclass(slots=True, frozen=True)
class PullConversation:
    """The agent picks a waiting conversation of one of his queues: this one, or the first he may
    have.
    """

    agent: str
    queue: str
    conversation: str | None = None
