"""The vocabulary: states, strategies and limits that every layer shares.

Holds no behaviour. An agent *declines* an offer; the server *refuses* a command. Units stand last
in a name: ``*_at`` is milliseconds since the Unix epoch (UTC), ``*_ms`` is a duration in
milliseconds.
"""

from __future__ import annotations

from enum import StrEnum

ID_CHARS_MAX = 128
MS_PER_DAY = 86_400_000
FOREVER = 1 << 62
"""An instant that never comes."""
SOFT_EXCLUSION_MS = 5_000
"""How long an agent is spared a conversation that nobody else can take, so that a sole agent is
not hammered.
"""


class ConversationState(StrEnum):
    """Where a conversation is in its life; the legal moves are in ``transitions``."""

    WAITING = "waiting"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    WRAPPING = "wrapping"
    CLOSED = "closed"
    ABANDONED = "abandoned"
    CANCELED = "canceled"


class OfferState(StrEnum):
    """Where an offer is in its life. Only a delivered offer may count against an agent."""

    CREATED = "created"
    DELIVERED = "delivered"
    SEEN = "seen"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    RESCINDED = "rescinded"
    UNDELIVERED = "undelivered"


class Presence(StrEnum):
    """What the agent intends. Never overwritten by the state of a socket."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


class Connection(StrEnum):
    """Whether a live socket of the agent exists. GRACE: gone, but held for a while; LOST: gone for
    good.
    """

    CONNECTED = "connected"
    GRACE = "grace"
    LOST = "lost"


class Strategy(StrEnum):
    """How the agent is chosen among those who may take a conversation."""

    LONGEST_IDLE = "longest_idle"
    LEAST_LOADED = "least_loaded"
    ROUND_ROBIN = "round_robin"
    RANDOM = "random"
    FEWEST_ACCEPTED = "fewest_accepted"
    LINEAR = "linear"
    ALL_AT_ONCE = "all_at_once"


class QueueStatus(StrEnum):
    """OPEN offers; PAUSED takes conversations in but offers none; DRAINING offers but takes none
    in.
    """

    OPEN = "open"
    PAUSED = "paused"
    DRAINING = "draining"


LIVE_STATES = frozenset(
    {
        ConversationState.WAITING,
        ConversationState.OFFERED,
        ConversationState.ASSIGNED,
        ConversationState.WRAPPING,
    }
)
HELD_STATES = frozenset({ConversationState.ASSIGNED, ConversationState.WRAPPING})
LIVE_OFFERS = frozenset({OfferState.CREATED, OfferState.DELIVERED, OfferState.SEEN})
