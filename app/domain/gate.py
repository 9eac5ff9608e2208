"""The format gate: a command that needs a newer stored format is refused before it is decided.

The stored format in force is part of the state, because every node must be able to read what is
written. So what came with a later format cannot be asked for until that format was finalized, and
no event that could not be stored is ever decided. MUST be asked before anything else, and only
looks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain import commands as c
from app.domain.refusals import Refusal, Refused
from app.domain.state import State

Need = Callable[[Any], int]

_NEEDS: dict[type[Any], Need] = {}
"""Command -> the oldest stored format that can say what may follow from it."""


def needed(command: c.Command) -> int:
    """The oldest stored format that can say what may follow from the command."""
    need = _NEEDS.get(type(command))
    return 1 if need is None else need(command)


def beyond_format(state: State, command: c.Command) -> Refused | None:
    """Why the format in force does not allow the command; None when it does."""
    wanted = needed(command)
    if wanted <= state.format:
        return None
    message = f"This needs stored format {wanted}: interlock format finalize"
    return Refused(Refusal.NOT_IN_FORMAT, message)
