"""Decisions on what supervisors do to people and to the watchdog, and on signing out.

MUST NOT touch what an agent holds: to sign somebody out ends the sockets, and the grace of a lost
socket does the rest, as always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain import commands as c
from app.domain import events as e
from app.domain.outcome import Done, Verdict, refuse
from app.domain.refusals import Refusal
from app.domain.supervision import BROADCASTS_PER_MIN, SIGN_IN_MS_MAX, freeze_at

if TYPE_CHECKING:
    from app.domain.engine import Engine

MINUTE_MS = 60_000


def end_login(engine: Engine, command: c.EndLogin, now: int) -> Verdict:
    """One that is over, by somebody or by time, is as good."""
    if command.login in engine.state.sign_outs or command.until <= now:
        return Done.ALREADY
    engine.emit(e.LoginEnded(now, command.login, command.key, command.until, command.by))
    return Done.NOW


def sign_out_agent(engine: Engine, command: c.SignOutAgent, now: int) -> Verdict:
    """Said again it is done again: somebody may have signed in meanwhile."""
    if command.agent not in engine.state.agents:
        return refuse(Refusal.UNKNOWN_AGENT, f"There is no agent {command.agent}.")
    until = now + SIGN_IN_MS_MAX
    engine.emit(e.AgentSignedOut(now, command.agent, until, command.reason, command.by))
    return Done.NOW


def freeze_repairs(engine: Engine, command: c.FreezeRepairs, now: int) -> Verdict:
    """The last word counts, for longer or shorter."""
    engine.emit(e.RepairsFrozen(now, now + command.for_ms, command.reason, command.by))
    return Done.NOW


def thaw_repairs(engine: Engine, command: c.ThawRepairs, now: int) -> Verdict:
    """What is not frozen need not be thawed."""
    if freeze_at(engine.state, now) is None:
        return Done.ALREADY
    engine.emit(e.RepairsThawed(now, command.reason, command.by))
    return Done.NOW


def send_broadcast(engine: Engine, command: c.SendBroadcast, now: int) -> Verdict:
    """To those who are there, and not too often: who is told all the time reads nothing."""
    state = engine.state
    known = state.broadcasts.get(command.broadcast or "")
    if known is not None:
        if (known.text, known.queue, known.agent) == (command.text, command.queue, command.agent):
            return Done.ALREADY
        return refuse(Refusal.BROADCAST_EXISTS, f"{known.id} is another message.")
    if command.queue is not None and command.queue not in state.queues:
        return refuse(Refusal.UNKNOWN_QUEUE, f"There is no queue {command.queue}.")
    if command.agent is not None and command.agent not in state.agents:
        return refuse(Refusal.UNKNOWN_AGENT, f"There is no agent {command.agent}.")
    late = [one.at for one in state.broadcasts.values() if one.at > now - MINUTE_MS]
    if len(late) >= BROADCASTS_PER_MIN:
        message = f"{BROADCASTS_PER_MIN} messages were sent within a minute; wait a little."
        return refuse(Refusal.TOO_MANY_BROADCASTS, message)
    # All that were sent at this very instant are among them, so the number is nobody else's.
    id_ = command.broadcast or f"b{now}-{late.count(now) + 1}"
    until = now + command.for_ms
    engine.emit(
        e.BroadcastSent(now, id_, command.text, command.queue, command.agent, until, command.by)
    )
    return Done.NOW


def withdraw_broadcast(engine: Engine, command: c.WithdrawBroadcast, now: int) -> Verdict:
    """What was read cannot be unread; what stands on a screen goes."""
    known = engine.state.broadcasts.get(command.broadcast)
    if known is None:
        message = f"There is no message {command.broadcast}, or it was sent long ago."
        return refuse(Refusal.UNKNOWN_BROADCAST, message)
    if known.withdrawn_at:
        return Done.ALREADY
    engine.emit(e.BroadcastWithdrawn(now, known.id, command.by))
    return Done.NOW
