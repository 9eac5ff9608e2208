"""What a plant is: a fault, when it has to be found, and what has to be done about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from app.campaign.stalls.world import World
from app.domain.state import Incident

MOVING_MS = 5_000


class Port:
    """The fault port: what is put in place of a rule, an index or a task, until it is closed."""

    def __init__(self) -> None:
        self._undo: list[tuple[Any, str, Any]] = []

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Put ``value`` in the place of an attribute, or of an item of a dict."""
        if isinstance(owner, dict):
            self._undo.append((owner, name, owner[name]))
            owner[name] = value
        else:
            self._undo.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)

    def close(self) -> None:
        """Everything as it was."""
        for owner, name, value in reversed(self._undo):
            if isinstance(owner, dict):
                owner[name] = value
            else:
                setattr(owner, name, value)
        self._undo.clear()


def nothing_more() -> str:
    """There is nothing else to check."""
    return ""


@dataclass(slots=True)
class Planted:
    """``at``: when it was planted; ``due``: from when on it can be seen; ``healed``: from when on
    the outside world lets the queue move (absent: at once).

    ``targets``: whom a repair may concern; ``must``: the step that the incident has to have
    (repaired, escalated, or "" for one that is only told) and ``never`` one that it must not.
    ``found``: when it was noticed, where that is not an incident; ``check``: what else is wrong in
    the end, in words.
    """

    cause: str
    at: int
    bound_ms: int
    due: int = 0
    healed: int = 0
    watch_s: float = 12.0
    targets: set[str] = field(default_factory=set)
    must: str = ""
    never: str = ""
    kind: str = ""
    found: Callable[[], int | None] | None = None
    check: Callable[[], str] = nothing_more

    def incident(self, world: World) -> Incident | None:
        """The one that was opened for it."""
        mine = (one for one in world.incidents(self.at) if one.cause == self.cause)
        return next(mine, None)


Plant = Callable[[World, Port], Awaitable[Planted]]
