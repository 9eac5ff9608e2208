"""One command on its way through the router, and what can become of it.

Exactly one of these reaches ``Work.done``: an ``Answer`` (durable, and only then told), or a
``Trouble``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.commands import Command
from app.domain.refusals import Refused
from app.ports import Position


@dataclass(slots=True, frozen=True)
class Answer:
    """The command was decided and what it did is durable at ``position``.

    ``picked`` is the conversation that a pull took from its queue.
    """

    refusal: Refused | None
    already: bool
    position: Position
    picked: str | None = None


class Trouble(Exception):
    """The command has no answer."""


class StoreDown(Trouble):
    """The store is away. Definite: nothing was taken."""


class Overloaded(Trouble):
    """The inbox is full. Definite: nothing was taken."""


class NotOwner(Trouble):
    """This node does not own the workspace (any more). Definite for what was not yet decided."""


class OutcomeUnknown(Trouble):
    """The store went away while this was being written: it may or may not have been taken."""


class Broken(Trouble):
    """A fault of the server: the command stopped the engine, which forgot it and rebuilt itself."""


Done = Callable[[Answer | Trouble], None]


@dataclass(slots=True)
class Work:
    """``command`` None is a barrier: it is answered when all before it is durable.

    ``pending`` is called when the answer has to wait for the store; without it the work does not
    wait and gets ``StoreDown`` while it is still undecided.
    """

    command: Command | None
    done: Done
    pending: Callable[[], None] | None = None
