"""Events of the log itself, its owners and its keys."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class WorkspaceOpened:
    """First event of a log. ``gen`` is the identity of the log: it changes only when the log is
    re-created.
    """

    at: int
    workspace: str
    gen: str


@dataclass(slots=True, frozen=True)
class EpochOpened:
    """A new owner took over. ``gap_ms``: how long nobody decided; running deadlines were moved by
    it.
    """

    at: int
    epoch: int
    node: str
    gap_ms: int
    grace_ms: int


@dataclass(slots=True, frozen=True)
class DeadlinesExtended:
    """The store was away for ``by_ms``: running deadlines were moved, so that nobody pays for our
    outage.
    """

    at: int
    by_ms: int


@dataclass(slots=True, frozen=True)
class StateWitnessed:
    """What the owner's memory held of everything that the last ``events`` events named: a hash.

    Who reads the log to here must get the same one, or somebody's memory is wrong.
    """

    at: int
    events: int
    digest: str


@dataclass(slots=True, frozen=True)
class OriginNoted:
    """The ``events`` events before this one are what ``by`` did from ``address``.

    ``address`` is as the settings want it: plain, or a hash that is the same for the same address.
    """

    at: int
    events: int
    by: str
    address: str


@dataclass(slots=True, frozen=True)
class FormatFinalized:
    """From here on records are written in this stored format: every node can read it."""

    at: int
    format: int
    by: str


@dataclass(slots=True, frozen=True)
class KeyCreated:
    """An API key; only its SHA-256 is stored. ``agent`` binds an agent key to one agent.

    Of a local user, who is a key with a password, a slow hash stands in the stead of the SHA-256.
    """

    at: int
    key: str
    name: str
    role: str
    sha256: str
    agent: str | None
    by: str


@dataclass(slots=True, frozen=True)
class KeyRevoked:
    """The key no longer opens anything; live sessions made with it end."""

    at: int
    key: str
    by: str


@dataclass(slots=True, frozen=True)
class KeyLimited:
    """What a key is limited to from now on, as a whole.

    ``queues``: it counts there only (None: everywhere). ``expires_at``: it opens nothing from then
    on (0: no end). ``hides_customers``: it is told nothing about who the customers are.
    """

    at: int
    key: str
    queues: list[str] | None
    expires_at: int
    hides_customers: bool
    by: str


@dataclass(slots=True, frozen=True)
class KeyRotated:
    """A key has another secret. The one before is good until ``former_until`` (0: no more)."""

    at: int
    key: str
    sha256: str
    former_until: int
    by: str
