"""What is in force of all that supervisors did: sign-outs, a freeze of repairs, messages.

Each of them ends by time alone, without an event, so the one way to ask is with an instant. MUST
NOT change anything; what has ended is dropped by ``fold``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from app.domain.state import Broadcast, Freeze, SignOut, State
from app.domain.words import MS_PER_DAY

SIGN_IN_MS_MAX: Final = 366 * MS_PER_DAY
"""No sign-in lasts longer."""
SIGN_OUTS_PER_KEY: Final = 1_000
"""Of the sign-ins of one key so many are known to be over. Who could push one out by signing out
again and again has the key itself, and needs no old sign-in."""
BROADCASTS_KEPT: Final = 100
BROADCASTS_KEPT_MS: Final = MS_PER_DAY
BROADCASTS_PER_MIN: Final = 10
REPAIRS: Final = "repairs"
"""The one thing that can be frozen."""


def sign_out_id(agent: str) -> str:
    """The name of an agent's sign-out among the sign-outs; no sign-in is called so."""
    return f"agent:{agent}"


def agent_sign_out(state: State, agent: str) -> SignOut | None:
    """The last time that this agent was signed out by somebody else."""
    return state.sign_outs.get(sign_out_id(agent))


def is_signed_out(state: State, login: str, agent: str | None, since: int) -> bool:
    """Whether a sign-in called ``login`` ('': none), of this agent, made at ``since``, is over."""
    if login in state.sign_outs:
        return True
    ended = agent_sign_out(state, agent) if agent is not None else None
    return ended is not None and since <= ended.at


def freeze_at(state: State, now: int) -> Freeze | None:
    """The freeze of repairs that is in force at ``now``."""
    freeze = state.freezes.get(REPAIRS)
    return freeze if freeze is not None and now < freeze.until else None


def is_meant(state: State, broadcast: Broadcast, agent: str) -> bool:
    """Whether the message is for this agent."""
    if broadcast.agent is not None:
        return broadcast.agent == agent
    known = state.agents.get(agent)
    return known is not None and (
        broadcast.queue is None or broadcast.queue in known.settings.queues
    )


def shown_to(state: State, agent: str, now: int) -> Iterator[Broadcast]:
    """The messages that this agent is shown at ``now``, the oldest first."""
    for one in state.broadcasts.values():
        if not one.withdrawn_at and now < one.until and is_meant(state, one, agent):
            yield one


def held(state: State, at: int) -> str:
    """What of all this the state still holds at ``at``, for people ('': nothing)."""
    counts = {
        "sign-outs": sum(one.until > at for one in state.sign_outs.values()),
        "frozen repairs": sum(one.until > at for one in state.freezes.values()),
        "messages of the last day": sum(
            one.at + BROADCASTS_KEPT_MS > at for one in state.broadcasts.values()
        ),
    }
    return ", ".join(f"{name} ({count})" for name, count in counts.items() if count)
