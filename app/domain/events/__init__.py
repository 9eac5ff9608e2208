"""What happened: the only way state changes, and the only truth that is stored.

Every event is a frozen record with ``at`` (when it was decided) first; ``by`` says who:
``agent:anna``, ``supervisor:KEY``, ``ingest:KEY``, ``system``. A field is never renamed or given
another meaning (see ``app.codec``); new ones get a default.
"""

from __future__ import annotations

from app.domain.events.agents import (
    ConnectionChanged,
    PresenceChanged,
    PresencePlanned,
)
from app.domain.events.config import (
    AgentConfigured,
    AgentRemoved,
    ConfigExplained,
    PresenceConfigured,
    PresenceRemoved,
    QueueConfigured,
    QueueHoursChanged,
    QueueRemoved,
    QueueStatusChanged,
)
from app.domain.events.conversations import (
    ConversationActive,
    ConversationAssigned,
    ConversationEnded,
    ConversationEntered,
    ConversationIdled,
    ConversationMoved,
    ConversationNotified,
    ConversationPrioritized,
    ConversationQuarantined,
    ConversationRequeued,
    ConversationsForgotten,
    ConversationWoke,
    ConversationWrapping,
)
from app.domain.events.incidents import (
    CapacityCorrected,
    IncidentNoted,
    IncidentOpened,
    IncidentResolved,
)
from app.domain.events.offers import (
    OfferDelivered,
    OfferEnded,
    OfferMade,
    OfferSeen,
)
from app.domain.events.supervision import (
    AgentSignedOut,
    BroadcastSent,
    BroadcastWithdrawn,
    LoginEnded,
    RepairsFrozen,
    RepairsThawed,
)
from app.domain.events.workspace import (
    DeadlinesExtended,
    EpochOpened,
    FormatFinalized,
    KeyCreated,
    KeyLimited,
    KeyRevoked,
    KeyRotated,
    OriginNoted,
    StateWitnessed,
    WorkspaceOpened,
)

Event = (
    WorkspaceOpened
    | EpochOpened
    | DeadlinesExtended
    | StateWitnessed
    | FormatFinalized
    | OriginNoted
    | KeyCreated
    | KeyLimited
    | KeyRotated
    | KeyRevoked
    | QueueConfigured
    | QueueRemoved
    | QueueStatusChanged
    | QueueHoursChanged
    | AgentConfigured
    | AgentRemoved
    | PresenceConfigured
    | PresenceRemoved
    | PresenceChanged
    | PresencePlanned
    | ConnectionChanged
    | ConversationEntered
    | ConversationMoved
    | ConversationRequeued
    | ConversationPrioritized
    | ConversationAssigned
    | ConversationWrapping
    | ConversationActive
    | ConversationIdled
    | ConversationWoke
    | ConversationNotified
    | ConversationQuarantined
    | ConversationEnded
    | ConversationsForgotten
    | IncidentOpened
    | IncidentNoted
    | IncidentResolved
    | CapacityCorrected
    | OfferMade
    | OfferDelivered
    | OfferSeen
    | OfferEnded
    | LoginEnded
    | AgentSignedOut
    | RepairsFrozen
    | RepairsThawed
    | BroadcastSent
    | BroadcastWithdrawn
    | ConfigExplained
)

__all__ = [
    "AgentConfigured",
    "AgentRemoved",
    "AgentSignedOut",
    "BroadcastSent",
    "BroadcastWithdrawn",
    "CapacityCorrected",
    "ConfigExplained",
    "ConnectionChanged",
    "ConversationActive",
    "ConversationAssigned",
    "ConversationEnded",
    "ConversationEntered",
    "ConversationIdled",
    "ConversationMoved",
    "ConversationNotified",
    "ConversationPrioritized",
    "ConversationQuarantined",
    "ConversationRequeued",
    "ConversationWoke",
    "ConversationWrapping",
    "ConversationsForgotten",
    "DeadlinesExtended",
    "EpochOpened",
    "Event",
    "FormatFinalized",
    "IncidentNoted",
    "IncidentOpened",
    "IncidentResolved",
    "KeyCreated",
    "KeyLimited",
    "KeyRevoked",
    "KeyRotated",
    "LoginEnded",
    "OfferDelivered",
    "OfferEnded",
    "OfferMade",
    "OfferSeen",
    "OriginNoted",
    "PresenceChanged",
    "PresenceConfigured",
    "PresencePlanned",
    "PresenceRemoved",
    "QueueConfigured",
    "QueueHoursChanged",
    "QueueRemoved",
    "QueueStatusChanged",
    "RepairsFrozen",
    "RepairsThawed",
    "StateWitnessed",
    "WorkspaceOpened",
]
