"""``fold(state, event)``: the only writer of state. Replaying the log gives the identical state.

MUST NOT decide, read a clock, or depend on anything but its two arguments. An event that does not
fit the state is a bug (or a damaged log) and fails by assertion; nothing is skipped, nothing is
guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain import events as e
from app.domain.fold import (
    agents,
    config,
    conversations,
    idle,
    incidents,
    keys,
    offers,
    supervision,
    workspace,
)
from app.domain.state import State


def fold(state: State, event: e.Event) -> None:
    """Apply one event."""
    assert event.at >= state.last_at, "time in the log never goes back"
    state.last_at = event.at
    _FOLDS[type(event)](state, event)


_FOLDS: dict[type[Any], Callable[[State, Any], None]] = {
    e.WorkspaceOpened: workspace.opened,
    e.EpochOpened: workspace.epoch_opened,
    e.DeadlinesExtended: workspace.deadlines_extended,
    e.StateWitnessed: workspace.witnessed,
    e.FormatFinalized: workspace.format_finalized,
    e.OriginNoted: workspace.origin_noted,
    e.KeyCreated: keys.created,
    e.KeyLimited: keys.limited,
    e.KeyRotated: keys.rotated,
    e.KeyRevoked: keys.revoked,
    e.QueueConfigured: config.queue_configured,
    e.QueueRemoved: config.queue_removed,
    e.QueueStatusChanged: config.queue_status,
    e.QueueHoursChanged: config.queue_hours,
    e.AgentConfigured: config.agent_configured,
    e.AgentRemoved: config.agent_removed,
    e.PresenceConfigured: config.presence_configured,
    e.PresenceRemoved: config.presence_removed,
    e.PresenceChanged: agents.presence_changed,
    e.PresencePlanned: agents.presence_planned,
    e.ConnectionChanged: agents.connection_changed,
    e.ConversationEntered: conversations.entered,
    e.ConversationMoved: conversations.moved,
    e.ConversationRequeued: conversations.requeued,
    e.ConversationPrioritized: conversations.prioritized,
    e.ConversationAssigned: conversations.assigned,
    e.ConversationWrapping: conversations.wrapping,
    e.ConversationActive: idle.active,
    e.ConversationIdled: idle.idled,
    e.ConversationWoke: idle.woke,
    e.ConversationNotified: conversations.notified,
    e.ConversationQuarantined: conversations.quarantined,
    e.ConversationEnded: conversations.ended,
    e.ConversationsForgotten: conversations.forgotten,
    e.IncidentOpened: incidents.opened,
    e.IncidentNoted: incidents.noted,
    e.IncidentResolved: incidents.resolved,
    e.CapacityCorrected: incidents.capacity_corrected,
    e.OfferMade: offers.made,
    e.OfferDelivered: offers.delivered,
    e.OfferSeen: offers.seen,
    e.OfferEnded: offers.ended,
    e.LoginEnded: supervision.login_ended,
    e.AgentSignedOut: supervision.agent_signed_out,
    e.RepairsFrozen: supervision.repairs_frozen,
    e.RepairsThawed: supervision.repairs_thawed,
    e.BroadcastSent: supervision.broadcast_sent,
    e.BroadcastWithdrawn: supervision.broadcast_withdrawn,
    e.ConfigExplained: config.config_explained,
}
