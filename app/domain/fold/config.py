"""What events of configuration do to the state.

The last ``CHANGES_KEPT`` changes are kept, to be shown and undone.
"""

from __future__ import annotations

from dataclasses import replace

from app.domain import events as e
from app.domain.state import Agent, ConfigChange, CustomPresence, Queue, Settings, State
from app.domain.words import ConversationState

CHANGES_KEPT = 1_000
_COUNTED = (
    ConversationState.WAITING,
    ConversationState.OFFERED,
    ConversationState.ASSIGNED,
    ConversationState.WRAPPING,
)


def queue_configured(state: State, event: e.QueueConfigured) -> None:
    """A queue is there, or has other settings."""
    queue = state.queues.get(event.queue)
    before = queue.settings if queue else None
    if queue is None:
        state.ordinals += 1
        queue = Queue(event.queue, event.settings, event.version, state.ordinals)
        queue.status_since = event.at
        queue.counts = dict.fromkeys(_COUNTED, 0)
        state.queues[event.queue] = queue
    queue.settings, queue.version = event.settings, event.version
    _remember(state, event, "queue", event.queue, before, event.settings)


def queue_removed(state: State, event: e.QueueRemoved) -> None:
    """An empty queue is gone."""
    queue = state.queues.pop(event.queue)
    assert not any(queue.counts.values()), "only an empty queue is removed"
    _remember(state, event, "queue", event.queue, queue.settings, None)


def queue_status(state: State, event: e.QueueStatusChanged) -> None:
    """Paused, resumed, drained."""
    queue = state.queues[event.queue]
    queue.status, queue.status_since = event.status, event.at


def queue_hours(state: State, event: e.QueueHoursChanged) -> None:
    """Its opening hours began or ended."""
    queue = state.queues[event.queue]
    queue.open, queue.hours_since = event.open, event.at


def agent_configured(state: State, event: e.AgentConfigured) -> None:
    """An agent is there, or has other settings."""
    agent = state.agents.get(event.agent)
    before = agent.settings if agent else None
    if agent is None:
        state.ordinals += 1
        agent = Agent(event.agent, event.settings, event.version, state.ordinals)
        agent.presence_since = agent.idle_since = agent.off_since = event.at
        state.agents[event.agent] = agent
    agent.settings, agent.version = event.settings, event.version
    _remember(state, event, "agent", event.agent, before, event.settings)


def agent_removed(state: State, event: e.AgentRemoved) -> None:
    """An idle agent is gone."""
    agent = state.agents.pop(event.agent)
    assert not agent.offers and not agent.conversations, "only an idle agent is removed"
    _remember(state, event, "agent", event.agent, agent.settings, None)


def presence_configured(state: State, event: e.PresenceConfigured) -> None:
    """A custom presence is there, or opens other channels to those who are in it."""
    known = state.presences.get(event.presence)
    before = known.settings if known else None
    state.presences[event.presence] = CustomPresence(event.presence, event.settings, event.version)
    for agent in state.agents.values():
        if agent.custom == event.presence:
            agent.only = event.settings.channels
    _remember(state, event, "presence", event.presence, before, event.settings)


def presence_removed(state: State, event: e.PresenceRemoved) -> None:
    """A custom presence is gone."""
    known = state.presences.pop(event.presence)
    _remember(state, event, "presence", event.presence, known.settings, None)


def config_explained(state: State, event: e.ConfigExplained) -> None:
    """The changes have a reason."""
    for version in range(event.first, event.last + 1):
        known = state.changes.get(version)
        if known is not None:
            state.changes[version] = replace(known, reason=event.reason)


def drop_reasons(state: State) -> None:
    """The stored format has no words for them any more; the log keeps them."""
    for version, change in state.changes.items():
        if change.reason:
            state.changes[version] = replace(change, reason="")


Change = (
    e.QueueConfigured
    | e.QueueRemoved
    | e.AgentConfigured
    | e.AgentRemoved
    | e.PresenceConfigured
    | e.PresenceRemoved
)


def _remember(
    state: State,
    event: Change,
    kind: str,
    id_: str,
    before: Settings | None,
    after: Settings | None,
) -> None:
    state.version = event.version
    change = ConfigChange(event.version, event.at, event.by, kind, id_, before, after)
    state.changes[event.version] = change
    if len(state.changes) > CHANGES_KEPT:
        del state.changes[next(iter(state.changes))]
