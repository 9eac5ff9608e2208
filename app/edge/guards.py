"""The headers that every answer has, whatever it says: what a browser may not do with it.

An answer that sets one of them itself has its reason, and keeps it. MUST be applied to what is
answered outside of all layers, too: faults, and sockets that are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

Headers = list[tuple[bytes, bytes]]
_GUARDS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")


def guarded(headers: Iterable[tuple[bytes, bytes]], scheme: str) -> Headers:
    """The headers with the guards that are not among them; over TLS the word that it stays so."""
    own = list(headers)
    there = {name.lower() for name, _ in own}
    guards = (*_GUARDS, _HSTS) if scheme in ("https", "wss") else _GUARDS
    return [*own, *(guard for guard in guards if guard[0] not in there)]
