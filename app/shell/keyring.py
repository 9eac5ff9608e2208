"""API keys by their secrets, as the router's state has them at this moment.

MUST NOT keep a secret, nor believe what it found before: what a key opens is looked up at every
use, so whatever is decided about it counts at once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any, Final, NamedTuple

from app.domain.state import Key
from app.shell.router import Router
from app.wire.scope import EVERYTHING, Scope

KEY_PREFIX: Final = "ilk_"
USER: Final = "u:"
"""The ids of keys that are users begin so; what is stored of their secret is no SHA-256."""


class Held(NamedTuple):
    """A key that opens something now. ``mark``: which of its secrets. ``ends_at``: 0 is no end."""

    key: Key
    mark: str
    ends_at: int

    @property
    def scope(self) -> Scope:
        """What it sees."""
        queues, hides = self.key.queues, self.key.hides_customers
        if queues is None and not hides:
            return EVERYTHING
        return Scope(None if queues is None else frozenset(queues), hides)


class Keyring:
    """Every method raises NotOwner when keys are not known here now."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._index: tuple[Any, dict[str, str]] = (None, {})
        self._used: dict[str, int] = {}

    def find(self, secret: str) -> Held | None:
        """The key that this secret opens now."""
        digest, keys = sha256_of(secret), self._router.state.keys
        key = keys.get(self._by_sha256(digest))
        held = None if key is None else self._held(key, digest)
        if held is not None:
            self._used[held.key.id] = self._router.now_ms()
        return held

    def held(self, id_: str, mark: str) -> Held | None:
        """The key of this id, if the secret of this mark opens it now.

        Sign-ins of an older release bring no mark: good until the key has another secret.
        """
        key = self._router.state.keys.get(id_)
        if key is None:
            return None
        if not mark and not key.rotated_at:
            return self._held(key, key.sha256)
        for digest in (key.sha256, key.former_sha256):
            if digest and hmac.compare_digest(mark, mark_of(digest)):
                return self._held(key, digest)
        return None

    def user(self, name: str) -> Held | None:
        """The user of this name, whose password is for the caller to check."""
        key = self._router.state.keys.get(USER + name)
        return None if key is None else self._held(key, key.sha256)

    def last_used_at(self, id_: str) -> int | None:
        """When this process last saw a secret of the key (ms); written nowhere."""
        return self._used.get(id_)

    def _held(self, key: Key, digest: str) -> Held | None:
        now, ends = self._router.now_ms(), []
        if key.revoked_at:
            return None
        if digest == key.former_sha256 != key.sha256:
            ends.append(key.former_until)
        elif digest != key.sha256:
            return None
        if key.expires_at:
            ends.append(key.expires_at)
        ends_at = min(ends, default=0)
        return None if ends and ends_at <= now else Held(key, mark_of(digest), ends_at)

    def _by_sha256(self, digest: str) -> str:
        """The id of the key that has or had this secret; what is found is held against the key."""
        keys = self._router.state.keys
        known, index = self._index
        if known is keys and digest in index:
            return index[digest]
        for key in keys.values():
            if digest in (key.sha256, key.former_sha256):
                index = {one.sha256: one.id for one in keys.values()}
                formers = (one for one in keys.values() if one.former_sha256)
                index |= {one.former_sha256: one.id for one in formers}
                self._index = (keys, index)
                return key.id
        return ""


def sha256_of(key: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def mark_of(sha256: str) -> str:
    """Says which secret was used, and tells nothing of it."""
    return sha256_of(f"mark {sha256}")[:16]


def new_key() -> str:
    """A new API key: 256 random bits behind a prefix that scanners for lost secrets can know."""
    return KEY_PREFIX + secrets.token_urlsafe(32)
