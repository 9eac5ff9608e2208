"""Events of agents: what they intend, and whether they can be reached."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.words import Connection, Presence


@dataclass(slots=True, frozen=True)
class PresenceChanged:
    """The agent's intent, set by the agent, a supervisor or a rule (``reason`` no_answer, …).

    ``custom`` names the custom presence, if it is one.
    """

    at: int
    agent: str
    presence: Presence
    reason: str
    by: str
    custom: str | None = None


@dataclass(slots=True, frozen=True)
class PresencePlanned:
    """Finish, then this presence: no new offers, and the change when nothing is held any more
    (``presence`` None: the plan was dropped).
    """

    at: int
    agent: str
    presence: Presence | None
    reason: str
    by: str
    custom: str | None = None


@dataclass(slots=True, frozen=True)
class ConnectionChanged:
    """A socket came, went, or stayed away past its grace; ``until`` bounds GRACE (0 otherwise)."""

    at: int
    agent: str
    connection: Connection
    until: int
