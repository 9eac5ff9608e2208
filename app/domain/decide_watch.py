"""Decisions of the watchdog: incidents as records, and the two repairs of the engine's own memory.

What is wrong was found elsewhere; here it is written down and put right through the same events
and the same matching as everything else. MUST NOT offer anything by itself.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from app.domain import commands as c
from app.domain import events as e
from app.domain.outcome import Done, Verdict, refuse
from app.domain.refusals import Refusal, Refused
from app.domain.state import Agent, Incident, State
from app.domain.waiting import waits
from app.domain.words import LIVE_OFFERS

if TYPE_CHECKING:
    from app.domain.engine import Engine


def open_incident(engine: Engine, command: c.OpenIncident, now: int) -> Verdict:
    """A new one, unless the same is open already."""
    about = (command.cause, command.queue, command.conversation, command.agent)
    for known in engine.state.incidents.values():
        same = (known.cause, known.queue, known.conversation, known.agent) == about
        if same and not known.resolved_at:
            return Done.ALREADY
    engine.emit(
        e.IncidentOpened(
            at=now,
            incident=f"i{engine.state.incidents_opened + 1}",
            cause=command.cause,
            since=command.since,
            queue=command.queue,
            conversation=command.conversation,
            agent=command.agent,
            text=command.text,
            evidence=command.evidence,
        )
    )
    return Done.NOW


def _open(state: State, id_: str) -> Incident | Refused:
    incident = state.incidents.get(id_)
    if incident is None:
        return refuse(Refusal.UNKNOWN_INCIDENT, f"There is no incident {id_}.")
    return incident


def note_incident(engine: Engine, command: c.NoteIncident, now: int) -> Verdict:
    """One more step; who acknowledges twice has done so already."""
    incident = _open(engine.state, command.incident)
    if isinstance(incident, Refused):
        return incident
    if command.step == "acknowledged" and incident.acknowledged_by:
        return Done.ALREADY
    engine.emit(
        e.IncidentNoted(now, incident.id, command.step, command.text, command.by, command.evidence)
    )
    return Done.NOW


def resolve_incident(engine: Engine, command: c.ResolveIncident, now: int) -> Verdict:
    """It is over."""
    incident = _open(engine.state, command.incident)
    if isinstance(incident, Refused):
        return incident
    if incident.resolved_at:
        return Done.ALREADY
    engine.emit(
        e.IncidentResolved(
            now,
            incident.id,
            command.text,
            command.by,
            command.conversations,
            command.waited_ms,
        )
    )
    return Done.NOW


def sweep_queue(engine: Engine, command: c.SweepQueue, now: int) -> Verdict:
    """Make the queue's indexes anew from the state, and let everybody in it look for an agent."""
    if command.queue not in engine.state.queues:
        return refuse(Refusal.UNKNOWN_QUEUE, f"There is no queue {command.queue}.")
    engine.matcher.touch_queue(command.queue)
    for conversation in engine.state.conversations.values():
        if conversation.queue == command.queue and waits(conversation):
            engine.matcher.touch_conversation(conversation.id)
            engine.overflow.look_at(conversation)
    return Done.NOW


def correct_capacity(engine: Engine, command: c.CorrectCapacity, now: int) -> Verdict:
    """The load is what the agent's offers and conversations take, whatever was kept."""
    agent = engine.state.agents.get(command.agent)
    if agent is None:
        return refuse(Refusal.UNKNOWN_AGENT, f"There is no agent {command.agent}.")
    counted = recount(engine.state, agent)
    if agent.load == counted and agent.load_units == sum(counted.values()):
        return Done.ALREADY
    before = dict(agent.load)
    engine.emit(e.CapacityCorrected(now, agent.id, before, counted, command.by))
    engine.matcher.touch_agent(agent)
    return Done.NOW


def recount(state: State, agent: Agent) -> dict[str, int]:
    """Units by channel of the agent's live offers and of the conversations that are not idle.

    What the agent is only said to have counts nothing.
    """
    load: Counter[str] = Counter()
    for id_ in agent.offers:
        offer = state.offers.get(id_)
        if offer is not None and offer.state in LIVE_OFFERS:
            load[state.conversations[offer.conversation].channel] += offer.units
    for id_ in agent.conversations:
        conversation = state.conversations.get(id_)
        if conversation is not None and conversation.agent == agent.id and not conversation.idle:
            load[conversation.channel] += conversation.units
    return dict(load)
