"""Decisions on API keys: made, limited, given another secret, revoked.

MUST NOT make a revoked key open anything again. What a key is limited to is said as a whole, so
that nothing of an earlier limit is left over by accident.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from app.domain import commands as c
from app.domain import events as e
from app.domain.outcome import Done, Verdict, refuse
from app.domain.refusals import Refusal, Refused
from app.domain.state import Key

if TYPE_CHECKING:
    from app.domain.engine import Engine

LIMITED_TO_QUEUES: Final = frozenset({"ingest", "viewer", "supervisor"})
"""Roles that may be limited to queues: an agent is by memberships, an admin is not."""


def create_key(engine: Engine, command: c.CreateKey, now: int) -> Verdict:
    """A new API key, limited from its first moment on if it is to be."""
    if command.agent is not None and command.agent not in engine.state.agents:
        return refuse(Refusal.UNKNOWN_AGENT, f"There is no agent {command.agent}.")
    limits = (command.queues, command.expires_at, command.hides_customers)
    wrong = _not_so(engine, command.role, command.queues, command.hides_customers)
    if wrong is not None:
        return wrong
    id_, by = command.key, command.by
    engine.emit(
        e.KeyCreated(now, id_, command.name, command.role, command.sha256, command.agent, by)
    )
    if limits != (None, 0, False):
        engine.emit(e.KeyLimited(now, id_, *limits, by))
    return Done.NOW


def limit_key(engine: Engine, command: c.LimitKey, now: int) -> Verdict:
    """From now on this and no other limit."""
    key = _usable(engine, command.key)
    if isinstance(key, Refused):
        return key
    wrong = _not_so(engine, key.role, command.queues, command.hides_customers)
    if wrong is not None:
        return wrong
    limits = (command.queues, command.expires_at, command.hides_customers)
    if limits == (key.queues, key.expires_at, key.hides_customers):
        return Done.ALREADY
    engine.emit(e.KeyLimited(now, key.id, *limits, command.by))
    return Done.NOW


def rotate_key(engine: Engine, command: c.RotateKey, now: int) -> Verdict:
    """Another secret for the same key."""
    key = _usable(engine, command.key)
    if isinstance(key, Refused):
        return key
    if key.sha256 == command.sha256:
        return Done.ALREADY
    until = now + command.overlap_ms if command.overlap_ms else 0
    engine.emit(e.KeyRotated(now, key.id, command.sha256, until, command.by))
    return Done.NOW


def revoke_key(engine: Engine, command: c.RevokeKey, now: int) -> Verdict:
    """Close a key for good."""
    key = engine.state.keys.get(command.key)
    if key is None:
        return refuse(Refusal.UNKNOWN_KEY, f"There is no key {command.key}.")
    if key.revoked_at:
        return Done.ALREADY
    engine.emit(e.KeyRevoked(now, key.id, command.by))
    return Done.NOW


def held_limits(keys: Iterable[Key], at: int) -> str:
    """What the first stored format could not say of keys that still open something ('': all)."""
    count = sum(_says_more(key, at) for key in keys)
    return f"limited or rotated keys ({count})" if count else ""


def _says_more(key: Key, at: int) -> bool:
    if key.revoked_at or 0 < key.expires_at <= at:
        return False
    limits = key.queues is not None or key.expires_at or key.hides_customers
    return bool(limits or key.rotated_at)


def _usable(engine: Engine, id_: str) -> Key | Refused:
    key = engine.state.keys.get(id_)
    if key is None:
        return refuse(Refusal.UNKNOWN_KEY, f"There is no key {id_}.")
    if key.revoked_at:
        return refuse(Refusal.WRONG_STATE, f"Key {id_} was revoked; make a new one.")
    return key


def _not_so(
    engine: Engine, role: str, queues: list[str] | None, hides_customers: bool
) -> Refused | None:
    """Why a key of this role cannot be limited so."""
    if queues is not None and role not in LIMITED_TO_QUEUES:
        return refuse(Refusal.WRONG_STATE, f"A key of role {role} is not limited to queues.")
    if hides_customers and role != "supervisor":
        return refuse(Refusal.WRONG_STATE, "Customers are hidden from keys of role supervisor.")
    unknown = [queue for queue in queues or () if queue not in engine.state.queues]
    if unknown:
        return refuse(Refusal.UNKNOWN_QUEUE, f"There is no queue {unknown[0]}.")
    return None
