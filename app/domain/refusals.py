"""Why the server refuses a command: values, never exceptions.

Order of precedence inside a command: the stored format in force cannot say it, the thing is
unknown, it is not yours, it is already done (answered ``ok, already``, not refused), it has ended
another way, its time has passed, the state does not allow it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Refusal(StrEnum):
    """Stable codes of the public protocol."""

    UNKNOWN_CONVERSATION = "unknown_conversation"
    UNKNOWN_QUEUE = "unknown_queue"
    UNKNOWN_AGENT = "unknown_agent"
    UNKNOWN_OFFER = "unknown_offer"
    UNKNOWN_KEY = "unknown_key"
    UNKNOWN_PRESENCE = "unknown_presence"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_INCIDENT = "unknown_incident"
    UNKNOWN_BROADCAST = "unknown_broadcast"
    NOT_YOURS = "not_yours"
    OFFER_EXPIRED = "offer_expired"
    OFFER_TAKEN = "offer_taken"
    OFFER_RESCINDED = "offer_rescinded"
    OFFER_DECLINED = "offer_declined"
    CONVERSATION_EXISTS = "conversation_exists"
    CONVERSATION_ENDED = "conversation_ended"
    WRONG_STATE = "wrong_state"
    QUEUE_FULL = "queue_full"
    QUEUE_DRAINING = "queue_draining"
    QUEUE_IN_USE = "queue_in_use"
    AGENT_IN_USE = "agent_in_use"
    NO_CAPACITY = "no_capacity"
    NOT_A_MEMBER = "not_a_member"
    NOT_EXTENDABLE = "not_extendable"
    NOT_ELIGIBLE = "not_eligible"
    NOTHING_WAITING = "nothing_waiting"
    PULL_NOT_ALLOWED = "pull_not_allowed"
    PRESENCE_IN_USE = "presence_in_use"
    CHANGED_SINCE = "changed_since"
    ALREADY_OPEN = "already_open"
    NOT_IN_FORMAT = "not_in_format"
    BROADCAST_EXISTS = "broadcast_exists"
    TOO_MANY_BROADCASTS = "too_many_broadcasts"


@dataclass(slots=True, frozen=True)
class Refused:
    """A refusal with the sentence that a person can act on."""

    code: Refusal
    message: str
