"""Events of what supervisors do to people and to the watchdog, not to conversations.

Signed out, told something by broadcast, repairs frozen. All of them came with stored format 2.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class LoginEnded:
    """Whoever signed in as ``login`` signed out; the sign-in would have lasted until ``until``.

    ``key``: the id of the key that had opened it.
    """

    at: int
    login: str
    key: str
    until: int
    by: str


@dataclass(slots=True, frozen=True)
class AgentSignedOut:
    """A supervisor ended all that was signed in as this agent until ``at``.

    No sign-in of before lasts beyond ``until``.
    """

    at: int
    agent: str
    until: int
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class RepairsFrozen:
    """Until ``until`` the watchdog only tells, and repairs nothing."""

    at: int
    until: int
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class RepairsThawed:
    """The watchdog repairs again, before the time that was set."""

    at: int
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class BroadcastSent:
    """A message to the agents: to the members of ``queue``, to ``agent``, or (None, None) to all.

    Whoever comes before ``until`` is shown it too.
    """

    at: int
    broadcast: str
    text: str
    queue: str | None
    agent: str | None
    until: int
    by: str


@dataclass(slots=True, frozen=True)
class BroadcastWithdrawn:
    """The message is taken back from every screen."""

    at: int
    broadcast: str
    by: str
