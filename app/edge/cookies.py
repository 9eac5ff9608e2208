"""Browser sessions as signed tokens in a guarded cookie: nothing is stored, so a restart ends none.

A token says which key signed in; what the key may do is looked up at every use, so a revoked key
ends its sessions at once. That one was signed out is in the log (``shell.sign_ins``); what is kept
here ends it before the log has it, and where the stored format cannot say it.
"""

from __future__ import annotations

import secrets
from typing import Final

import msgspec

from app.edge.principal import Principal
from app.edge.sealing import Seal

HOST_COOKIE: Final = "__Host-interlock"
PLAIN_COOKIE: Final = "interlock"
SIGNED_OUT_MAX: Final = 100_000
_PURPOSE: Final = b"interlock browser session v1\n"


class Token(msgspec.Struct, array_like=True, frozen=True):
    """What a session cookie says. ``mark`` ties it to the secret that was used.

    ``issued_at`` is 0 in a token that does not say it: then any sign-out of its agent ends it.
    ``role`` and ``queues`` are said of those who have no key here.
    """

    id: str
    key: str
    agent: str | None
    mark: str
    expires_at: int
    issued_at: int = 0
    role: str = ""
    queues: list[str] | None = None


class Signer:
    """Writes and reads tokens with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret, _PURPOSE)
        self._decode = msgspec.json.Decoder(Token).decode
        self._signed_out: dict[str, int] = {}

    def write(self, key: str, agent: str | None, mark: str, issued_at: int, expires_at: int) -> str:
        """A new token."""
        return self._signed(
            Token(secrets.token_urlsafe(12), key, agent, mark, expires_at, issued_at)
        )

    def write_for(self, who: Principal, agent: str | None, issued_at: int, expires_at: int) -> str:
        """A new token for somebody without a key here: it says what they may do."""
        queues = who.scope.queues
        return self._signed(
            Token(
                secrets.token_urlsafe(12),
                who.key_id,
                agent,
                who.mark,
                expires_at,
                issued_at,
                who.role,
                None if queues is None else sorted(queues),
            )
        )

    def _signed(self, token: Token) -> str:
        payload = msgspec.json.encode(token)
        return self._seal.write(payload)

    def read(self, text: str, now: int) -> Token | None:
        """The token, if it is ours, fresh and not signed out."""
        payload = self._seal.read(text)
        if payload is None:
            return None
        token = self._decode(payload)
        return None if token.expires_at <= now or token.id in self._signed_out else token

    def sign_out(self, token: Token, now: int) -> None:
        """Take the token no more."""
        if len(self._signed_out) >= SIGNED_OUT_MAX:
            fresh = {id_: until for id_, until in self._signed_out.items() if until > now}
            self._signed_out = fresh
        self._signed_out[token.id] = token.expires_at

    def is_signed_out(self, id_: str) -> bool:
        """Whether the session of this name was ended by its owner."""
        return id_ in self._signed_out


def cookie_header(token: str, max_age_s: int, secure: bool) -> str:
    """The ``Set-Cookie`` value; an empty token takes the cookie away."""
    name = HOST_COOKIE if secure else PLAIN_COOKIE
    parts = [f"{name}={token}", "Path=/", "HttpOnly", "SameSite=Strict", f"Max-Age={max_age_s}"]
    return "; ".join([*parts, "Secure"] if secure else parts)
