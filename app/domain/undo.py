"""Taking a change of configuration back: the settings that were there before are put again.

An undo is a change like any other, with its own version, so it can be undone too. MUST NOT undo
what somebody has changed again since: that person's work would be lost unseen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain import commands as c
from app.domain.decide_config import explain, put_agent, put_queue, remove_agent, remove_queue
from app.domain.decide_presences import put_presence, remove_presence
from app.domain.outcome import Verdict, refuse
from app.domain.refusals import Refusal, Refused
from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from app.domain.state import ConfigChange, Settings, State

if TYPE_CHECKING:
    from app.domain.engine import Engine


def undo(engine: Engine, command: c.UndoConfig, now: int) -> Verdict:
    """Put back what the change that made ``version`` replaced."""
    first = engine.state.version + 1
    verdict = _undo(engine, command, now)
    if not isinstance(verdict, Refused):
        explain(engine, first, command.reason, command.by, now)
    return verdict


def _undo(engine: Engine, command: c.UndoConfig, now: int) -> Verdict:
    change = engine.state.changes.get(command.version)
    if change is None:
        message = f"Version {command.version} is not known, or too long ago to be taken back."
        return refuse(Refusal.UNKNOWN_VERSION, message)
    if _settings(engine.state, change) != change.after:
        message = f"The {change.kind} {change.id} was changed again since version {change.version}."
        return refuse(Refusal.CHANGED_SINCE, message)
    before, id_ = change.before, change.id
    if isinstance(before, QueueSettings):
        return put_queue(engine, c.PutQueue(id_, before, command.by), now)
    if isinstance(before, AgentSettings):
        return put_agent(engine, c.PutAgent(id_, before, command.by), now)
    if isinstance(before, PresenceSettings):
        return put_presence(engine, c.PutPresence(id_, before, command.by), now)
    return _remove(engine, change, command.by, now)


def _settings(state: State, change: ConfigChange) -> Settings | None:
    if change.kind == "queue":
        queue = state.queues.get(change.id)
        return queue.settings if queue else None
    if change.kind == "agent":
        agent = state.agents.get(change.id)
        return agent.settings if agent else None
    custom = state.presences.get(change.id)
    return custom.settings if custom else None


def _remove(engine: Engine, change: ConfigChange, by: str, now: int) -> Verdict:
    """The change had created it."""
    if change.kind == "queue":
        return remove_queue(engine, c.RemoveQueue(change.id, by), now)
    if change.kind == "agent":
        return remove_agent(engine, c.RemoveAgent(change.id, by), now)
    return remove_presence(engine, c.RemovePresence(change.id, by), now)
