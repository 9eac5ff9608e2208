"""Commands about the log, its owners and its keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.domain.commands.config import SetQueueHours


@dataclass(slots=True, frozen=True)
class Tick:
    """Time passed."""


@dataclass(slots=True, frozen=True)
class OpenWorkspace:
    """Start an empty log."""

    workspace: str
    gen: str


@dataclass(slots=True, frozen=True)
class OpenEpoch:
    """This node became the owner; every socket of the former owner is gone.

    ``doors``: what the calendar says now of the queues that the state has otherwise.
    """

    epoch: int
    node: str
    grace_ms: int
    doors: list[SetQueueHours] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class ExtendDeadlines:
    """The store was away for ``by_ms``."""

    by_ms: int


@dataclass(slots=True, frozen=True)
class WitnessState:
    """The owner hashed what the last ``events`` events named."""

    events: int
    digest: str


@dataclass(slots=True, frozen=True)
class Traced:
    """``command``, and that ``by`` asked for it from ``address``; see ``events.OriginNoted``."""

    command: Any
    by: str
    address: str


def bare(command: Any) -> Any:
    """The command itself, whether or not it is known from where it came."""
    return command.command if isinstance(command, Traced) else command


@dataclass(slots=True, frozen=True)
class FinalizeFormat:
    """Write this stored format from now on. Who asks has seen that every node can read it."""

    format: int
    by: str


@dataclass(slots=True, frozen=True)
class CreateKey:
    """A new API key, already hashed."""

    key: str
    name: str
    role: str
    sha256: str
    agent: str | None
    by: str
    queues: list[str] | None = None
    expires_at: int = 0
    hides_customers: bool = False


@dataclass(slots=True, frozen=True)
class LimitKey:
    """Say anew what a key is limited to; see ``events.KeyLimited``."""

    key: str
    queues: list[str] | None
    expires_at: int
    hides_customers: bool
    by: str


@dataclass(slots=True, frozen=True)
class RotateKey:
    """A new secret for a key; the one before is good for ``overlap_ms`` more."""

    key: str
    sha256: str
    overlap_ms: int
    by: str


@dataclass(slots=True, frozen=True)
class RevokeKey:
    """Close a key for good."""

    key: str
    by: str
