"""What events about API keys do to the state.

MUST NOT widen a key: what has ended stays ended, whatever is forgotten of how it ended.
"""

from __future__ import annotations

from app.domain import events as e
from app.domain.state import Key, State


def created(state: State, event: e.KeyCreated) -> None:
    """A key opens the API."""
    state.keys[event.key] = Key(
        event.key, event.name, event.role, event.sha256, event.agent, event.at
    )


def limited(state: State, event: e.KeyLimited) -> None:
    """A key counts in some queues, until some time, or without customers' data."""
    key = state.keys[event.key]
    key.queues, key.expires_at = event.queues, event.expires_at
    key.hides_customers = event.hides_customers


def rotated(state: State, event: e.KeyRotated) -> None:
    """Another secret; of those before only the last one may be good for a while."""
    key = state.keys[event.key]
    key.former_sha256 = key.sha256 if event.former_until else ""
    key.former_until = event.former_until
    key.sha256, key.rotated_at = event.sha256, event.at


def revoked(state: State, event: e.KeyRevoked) -> None:
    """A key opens nothing any more."""
    state.keys[event.key].revoked_at = event.at


def drop_over(state: State, at: int) -> None:
    """Forget of keys what time has ended; an expired one is a revoked one from here on."""
    for key in state.keys.values():
        if key.former_until <= at:
            key.former_sha256, key.former_until = "", 0
        if 0 < key.expires_at <= at:
            key.revoked_at = key.revoked_at or key.expires_at
        if key.revoked_at:
            key.queues, key.expires_at, key.hides_customers = None, 0, False
            key.former_sha256, key.former_until, key.rotated_at = "", 0, 0
