"""What supervisors ask for that is about people and the watchdog, and whoever signs out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class EndLogin:
    """Sign this one sign-in out; it would have lasted until ``until`` (ms since the epoch)."""

    login: str
    key: str
    until: int
    by: str


@dataclass(slots=True, frozen=True)
class SignOutAgent:
    """End all that is signed in as this agent now."""

    agent: str
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class FreezeRepairs:
    """Let the watchdog only tell for ``for_ms`` from now on; asked again, the new time counts."""

    for_ms: int
    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class ThawRepairs:
    """Let the watchdog repair again."""

    reason: str
    by: str


@dataclass(slots=True, frozen=True)
class SendBroadcast:
    """Tell agents something: the members of ``queue``, or ``agent``, or (None, None) everybody.

    ``broadcast``: its id; None: the engine names it.
    """

    text: str
    queue: str | None
    agent: str | None
    for_ms: int
    by: str
    broadcast: str | None = None


@dataclass(slots=True, frozen=True)
class WithdrawBroadcast:
    """Take a message back."""

    broadcast: str
    by: str
