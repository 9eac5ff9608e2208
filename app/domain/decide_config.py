"""Decisions on the workspace: opening, owners, queues, agents.

Configuration is versioned: every change counts one up, and every offer names the version it was
made under.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain import commands as c
from app.domain import events as e
from app.domain.decide_offers import end, rescind_of_agent
from app.domain.observe import staff_left
from app.domain.outcome import Done, Verdict, refuse
from app.domain.refusals import Refusal, Refused
from app.domain.settings import AgentSettings
from app.domain.state import Agent, CustomPresence, Queue
from app.domain.words import OfferState

if TYPE_CHECKING:
    from app.domain.engine import Engine

EXPLAINED_SINCE = 2
"""The first stored format that can say why a change of configuration was made."""


def open_workspace(engine: Engine, command: c.OpenWorkspace, now: int) -> Verdict:
    """Start an empty log."""
    if engine.state.gen:
        return refuse(Refusal.ALREADY_OPEN, "The log is open already.")
    engine.emit(e.WorkspaceOpened(now, command.workspace, command.gen))
    return Done.NOW


def open_epoch(engine: Engine, command: c.OpenEpoch, now: int) -> Verdict:
    """A new owner: running deadlines move by the time in which nobody decided."""
    gap_ms = now - engine.state.last_at if engine.state.epoch else 0
    engine.emit(e.EpochOpened(now, command.epoch, command.node, gap_ms, command.grace_ms))
    # Before anything follows: no rule may act on a door that moved while nobody ran.
    for door in command.doors:
        set_queue_hours(engine, door, now)
    return Done.NOW


def extend_deadlines(engine: Engine, command: c.ExtendDeadlines, now: int) -> Verdict:
    """The store was away: nobody pays for our outage."""
    engine.emit(e.DeadlinesExtended(now, command.by_ms))
    # Whose time came meanwhile stands in line with those who are looked at for the move.
    return engine.tick(now)


def witness_state(engine: Engine, command: c.WitnessState, now: int) -> Verdict:
    """For whoever reads the log along."""
    engine.emit(e.StateWitnessed(now, command.events, command.digest))
    return Done.NOW


def finalize_format(engine: Engine, command: c.FinalizeFormat, now: int) -> Verdict:
    """Another stored format from the next record on."""
    if engine.state.format == command.format:
        return Done.ALREADY
    engine.emit(e.FormatFinalized(now, command.format, command.by))
    return Done.NOW


def put_queue(engine: Engine, command: c.PutQueue, now: int) -> Verdict:
    """Create or replace."""
    known = engine.state.queues.get(command.queue)
    if known is not None and known.settings == command.settings:
        return Done.ALREADY
    changed = changed_since(known, command.replaces, f"The queue {command.queue}")
    if changed is not None:
        return changed
    version = engine.state.version + 1
    engine.emit(e.QueueConfigured(now, command.queue, version, command.settings, command.by))
    return Done.NOW


def remove_queue(engine: Engine, command: c.RemoveQueue, now: int) -> Verdict:
    """Delete an empty queue and the memberships in it."""
    queue = engine.state.queues.get(command.queue)
    if queue is None:
        return refuse(Refusal.UNKNOWN_QUEUE, f"There is no queue {command.queue}.")
    if any(queue.counts.values()):
        message = f"Queue {queue.id} holds conversations; move or end them first."
        return refuse(Refusal.QUEUE_IN_USE, message)
    for agent in list(engine.matcher.pools.members(queue.id).values()):
        left = {id_: level for id_, level in agent.settings.queues.items() if id_ != queue.id}
        _configure(engine, agent.id, replace(agent.settings, queues=left), command.by, now)
    engine.emit(e.QueueRemoved(now, queue.id, engine.state.version + 1, command.by))
    return Done.NOW


def set_queue_status(engine: Engine, command: c.SetQueueStatus, now: int) -> Verdict:
    """Pause, resume, drain."""
    queue = engine.state.queues.get(command.queue)
    if queue is None:
        return refuse(Refusal.UNKNOWN_QUEUE, f"There is no queue {command.queue}.")
    if queue.status is command.status:
        return Done.ALREADY
    engine.emit(e.QueueStatusChanged(now, queue.id, command.status, command.reason, command.by))
    return Done.NOW


def set_queue_hours(engine: Engine, command: c.SetQueueHours, now: int) -> Verdict:
    """The door opens or shuts."""
    queue = engine.state.queues.get(command.queue)
    if queue is None:
        return refuse(Refusal.UNKNOWN_QUEUE, f"There is no queue {command.queue}.")
    if queue.open is command.open:
        return Done.ALREADY
    engine.emit(e.QueueHoursChanged(now, queue.id, command.open, "system"))
    return Done.NOW


def put_agent(engine: Engine, command: c.PutAgent, now: int) -> Verdict:
    """Create or replace; offers of queues that the agent leaves are taken back."""
    state = engine.state
    for queue in command.settings.queues:
        if queue not in state.queues:
            return refuse(Refusal.UNKNOWN_QUEUE, f"There is no queue {queue}; create it first.")
    known = state.agents.get(command.agent)
    if known is not None and known.settings == command.settings:
        return Done.ALREADY
    changed = changed_since(known, command.replaces, f"The agent {command.agent}")
    if changed is not None:
        return changed
    _configure(engine, command.agent, command.settings, command.by, now)
    return Done.NOW


def set_membership(engine: Engine, command: c.SetMembership, now: int) -> Verdict:
    """One membership, whatever others change about the agent meanwhile."""
    agent = engine.state.agents.get(command.agent)
    if agent is None:
        return refuse(Refusal.UNKNOWN_AGENT, f"There is no agent {command.agent}.")
    if command.queue not in engine.state.queues:
        return refuse(Refusal.UNKNOWN_QUEUE, f"There is no queue {command.queue}.")
    if agent.settings.queues.get(command.queue) == command.level:
        return Done.ALREADY
    changed = changed_since(agent, command.replaces, f"The agent {agent.id}")
    if changed is not None:
        return changed
    queues = {**agent.settings.queues}
    if command.level is None:
        del queues[command.queue]
    else:
        queues[command.queue] = command.level
    first = engine.state.version + 1
    _configure(engine, agent.id, replace(agent.settings, queues=queues), command.by, now)
    explain(engine, first, command.reason, command.by, now)
    return Done.NOW


def explain(engine: Engine, first: int, reason: str, by: str, now: int) -> None:
    """Keep why the changes from version ``first`` on were made.

    A stored format without words for it does without: the change itself is what was asked for.
    """
    state = engine.state
    if reason and state.format >= EXPLAINED_SINCE and state.version >= first:
        engine.emit(e.ConfigExplained(now, first, state.version, reason, by))


def changed_since(
    known: Queue | Agent | CustomPresence | None, replaces: int | None, what: str
) -> Refused | None:
    """Why a change that was made from version ``replaces`` would undo somebody else's."""
    now = known.version if known is not None else 0
    if replaces is None or replaces == now:
        return None
    is_now = f"is at version {now}" if known is not None else "is not there"
    return refuse(Refusal.CHANGED_SINCE, f"{what} {is_now}, not at {replaces}: read it again.")


def _configure(engine: Engine, agent_id: str, settings: AgentSettings, by: str, now: int) -> None:
    known = engine.state.agents.get(agent_id)
    former = list(known.settings.queues) if known else []
    if known is not None:
        _rescind_outside(engine, known, settings, now)
    version = engine.state.version + 1
    engine.emit(e.AgentConfigured(now, agent_id, version, settings, by))
    engine.matcher.pools.enroll(engine.state.agents[agent_id], former)
    staff_left(engine, [queue for queue in former if queue not in settings.queues])


def _rescind_outside(engine: Engine, agent: Agent, settings: AgentSettings, now: int) -> None:
    """Take back the offers that the new settings would not have allowed by membership."""
    for id_ in list(agent.offers):
        offer = engine.state.offers[id_]
        if offer.queue not in settings.queues:
            end(engine, offer, OfferState.RESCINDED, "membership", "system", now)


def remove_agent(engine: Engine, command: c.RemoveAgent, now: int) -> Verdict:
    """Delete an agent who holds no conversation; his live offers return."""
    agent = engine.state.agents.get(command.agent)
    if agent is None:
        return refuse(Refusal.UNKNOWN_AGENT, f"There is no agent {command.agent}.")
    if agent.conversations:
        message = f"Agent {agent.id} holds conversations; requeue or close them first."
        return refuse(Refusal.AGENT_IN_USE, message)
    rescind_of_agent(engine, agent, "agent_removed", now)
    engine.emit(e.AgentRemoved(now, agent.id, engine.state.version + 1, command.by))
    engine.matcher.pools.dismiss(agent)
    engine.matcher.met_agent(agent)
    engine.matcher.touch_excluding(agent)
    engine.staff.dismiss(agent)
    staff_left(engine, agent.settings.queues)
    return Done.NOW
