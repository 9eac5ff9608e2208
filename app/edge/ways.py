"""The way of a browser to the identity provider and back: begun here, ended in the same browser.

What is to be remembered goes along in a signed cookie, so nothing is kept. MUST NOT end a way that
another browser began: the ``state`` that comes back in the address is held against the cookie.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from app.edge.sealing import Seal

WAY_MS: Final = 600_000
"""Long enough for a password and a second factor."""
HOST_COOKIE: Final = "__Host-interlock-way"
PLAIN_COOKIE: Final = "interlock-way"
_PURPOSE: Final = b"interlock way to the identity provider v1\n"


class Way(msgspec.Struct, array_like=True, frozen=True):
    """What the browser carries; the provider never sees ``verifier`` before the code comes back."""

    state: str
    nonce: str
    verifier: str
    until: int


class Begun(NamedTuple):
    """A way, its cookie, and what of the verifier may be told (PKCE, S256)."""

    way: Way
    cookie: str
    challenge: str


class Ways:
    """``secret`` signs; ``now_ms`` tells when one is over."""

    def __init__(self, secret: bytes, now_ms: Callable[[], int]) -> None:
        self._seal, self._now_ms = Seal(secret, _PURPOSE), now_ms
        self._decode = msgspec.json.Decoder(Way).decode

    def begin(self) -> Begun:
        """A new way."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        way = Way(state, nonce, verifier, self._now_ms() + WAY_MS)
        digest = hashlib.sha256(way.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return Begun(way, self._seal.write(msgspec.json.encode(way)), challenge)

    def end(self, cookie: str, state: str) -> Way | None:
        """The way that this browser began with this state, if it is not over."""
        payload = self._seal.read(cookie)
        if payload is None:
            return None
        way = self._decode(payload)
        same = hmac.compare_digest(way.state.encode(), state.encode("utf-8", "surrogatepass"))
        return way if same and self._now_ms() < way.until else None


def way_cookie(text: str, secure: bool) -> str:
    """The ``Set-Cookie`` value; an empty one takes it away.

    Lax, not Strict: it must come along when the provider sends the browser back.
    """
    name = HOST_COOKIE if secure else PLAIN_COOKIE
    age_s = WAY_MS // 1_000 if text else 0
    parts = [f"{name}={text}", "Path=/", "HttpOnly", "SameSite=Lax", f"Max-Age={age_s}"]
    return "; ".join([*parts, "Secure"] if secure else parts)
