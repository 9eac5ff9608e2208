"""The format gate: a command that needs a newer stored format is refused before it is decided.

The stored format in force is part of the state, because every node must be able to read what is
written. So what came with a later format cannot be asked for until that format was finalized, and
no event that could not be stored is ever decided. The way back is open for as long as the state
holds nothing that the older format has no words for. MUST be asked before anything else, and only
looks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain import commands as c
from app.domain.decide_keys import held_limits
from app.domain.refusals import Refusal, Refused
from app.domain.state import State
from app.domain.supervision import held

Need = Callable[[Any], int]

_NEEDS: dict[type[Any], Need] = {
    c.CompleteConversation: lambda command: 1 if command.disposition is None else 2,
    c.CreateKey: lambda command: 2 if _limits(command) else 1,
    c.LimitKey: lambda _: 2,
    c.RotateKey: lambda _: 2,
    c.EndLogin: lambda _: 2,
    c.SignOutAgent: lambda _: 2,
    c.FreezeRepairs: lambda _: 2,
    c.ThawRepairs: lambda _: 2,
    c.SendBroadcast: lambda _: 2,
    c.WithdrawBroadcast: lambda _: 2,
}
"""Command -> the oldest stored format that can say what may follow from it."""


def _limits(command: c.CreateKey) -> bool:
    return command.queues is not None or bool(command.expires_at or command.hides_customers)


def _dispositions(state: State) -> str:
    count = sum(one.disposition is not None for one in state.conversations.values())
    return f"a disposition (conversations that have one: {count})" if count else ""


def _second(state: State) -> str:
    at = state.last_at
    told = (_dispositions(state), held(state, at), held_limits(state.keys.values(), at))
    return ", ".join(filter(None, told))


_GAINS: dict[int, Callable[[State], str]] = {2: _second}
"""Stored format -> what the state holds that the format before cannot say ('': nothing)."""


def needed(command: c.Command) -> int:
    """The oldest stored format that can say what may follow from the command."""
    command = c.bare(command)
    need = _NEEDS.get(type(command))
    return 1 if need is None else need(command)


def beyond_format(state: State, command: c.Command) -> Refused | None:
    """Why the format in force does not allow the command; None when it does."""
    command = c.bare(command)
    if isinstance(command, c.FinalizeFormat):
        return _no_way_back(state, command.format)
    wanted = needed(command)
    if wanted <= state.format:
        return None
    message = f"This needs stored format {wanted}: interlock format finalize"
    return Refused(Refusal.NOT_IN_FORMAT, message)


def _no_way_back(state: State, to: int) -> Refused | None:
    """What an older format could not say."""
    held = [_GAINS[gained](state) for gained in range(to + 1, state.format + 1) if gained in _GAINS]
    if not any(held):
        return None
    message = (
        f"Stored format {to} has no words for {', '.join(filter(None, held))}. Do without from now "
        "on; what has ended is forgotten retention.ended_ms later, then ask again."
    )
    return Refused(Refusal.NOT_IN_FORMAT, message)
