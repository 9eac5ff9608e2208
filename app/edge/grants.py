"""From the claims of an identity provider's token to what its holder may do here.

Pure. MUST fail closed: a claim that is missing or odd grants nothing, and no role is granted that
the settings do not name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.wire.fields import ID_CHARS
from app.wire.scope import EVERYTHING, Scope

ROLES: Final = ("admin", "supervisor", "agent", "ingest")
"""Who has several has the first of these."""
LIMITED: Final = frozenset({"supervisor", "ingest"})
USER_CHARS_MAX: Final = 64
EVERYWHERE: Final = "*"


class NotGranted(Exception):
    """The token is good and its holder has nothing here; the text tells the holder why."""


@dataclass(slots=True, frozen=True)
class Rules:
    """Which claims count. ``roles``: value of the role claim -> role here.

    ``queues_claim`` empty: nobody is limited to queues.
    """

    role_claim: str
    roles: Mapping[str, str]
    agent_claim: str
    queues_claim: str = ""


@dataclass(slots=True, frozen=True)
class Grant:
    """What the holder may do. ``user`` names them in the log; times are in ms."""

    user: str
    role: str
    agent: str | None
    scope: Scope
    issued_at: int
    ends_at: int


def rules_of(role_claim: str, roles: Sequence[str], agent_claim: str, queues_claim: str) -> Rules:
    """From the settings: ``roles`` are words as ``value=role``."""
    pairs = (entry.rpartition("=") for entry in roles)
    return Rules(role_claim, {value: role for value, _, role in pairs}, agent_claim, queues_claim)


def grant_of(claims: Mapping[str, Any], rules: Rules) -> Grant:
    """What these checked claims grant. Raises NotGranted."""
    role = _role(claims, rules)
    agent = _agent(claims, rules) if role == "agent" else None
    scope = _scope(claims, rules) if role in LIMITED else EVERYTHING
    issued_at, ends_at = (int(claims[name] * 1_000) for name in ("iat", "exp"))
    return Grant(_user(str(claims["sub"])), role, agent, scope, issued_at, ends_at)


def _role(claims: Mapping[str, Any], rules: Rules) -> str:
    values = _words(_at(claims, rules.role_claim))
    granted = {rules.roles[value] for value in values if value in rules.roles}
    for role in ROLES:
        if role in granted:
            return role
    raise NotGranted(f"Your account has no role here (claim {rules.role_claim}).")


def _agent(claims: Mapping[str, Any], rules: Rules) -> str:
    agent = _at(claims, rules.agent_claim)
    if not isinstance(agent, str) or not ID_CHARS.fullmatch(agent) or len(agent) > 128:
        raise NotGranted(f"Your account names no agent (claim {rules.agent_claim}).")
    return agent


def _scope(claims: Mapping[str, Any], rules: Rules) -> Scope:
    if not rules.queues_claim:
        return EVERYTHING
    queues = _words(_at(claims, rules.queues_claim))
    if not queues:
        raise NotGranted(f"Your account names no queues (claim {rules.queues_claim}).")
    return EVERYTHING if EVERYWHERE in queues else Scope(frozenset(queues))


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of this name, or at this path with dots between the names."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _words(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _user(subject: str) -> str:
    """As it is, if it may stand in the log; else a name that nobody else has."""
    if ID_CHARS.fullmatch(subject) and len(subject) <= USER_CHARS_MAX:
        return subject
    return "h-" + hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()[:16]
