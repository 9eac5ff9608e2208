"""The provider's signing keys: which of them count, and when they are asked for anew.

MUST take a key for one algorithm only, so that no token can choose how it is checked. A key that is
not known is asked for once, and then not again for a while: whoever sends made-up tokens makes no
traffic of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt

RSA_BITS_MIN: Final = 2_048
KEYS_MAX: Final = 100
ASK_AGAIN_S: Final = 10.0
FRESH_S: Final = 3_600.0
KEPT_S: Final = 86_400.0
"""Keys are used so long while the provider does not answer."""
ALGORITHM_OF: Final[Mapping[tuple[str, str], str]] = {
    ("RSA", ""): "RS256",
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
}
"""(kty, crv) -> the one algorithm that such a key is used with."""
ALGORITHMS: Final = frozenset(ALGORITHM_OF.values())


class Keys:
    """What the provider said last; ``now_s`` goes steadily on."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._known: dict[str, jwt.PyJWK] = {}
        self._asked_at = self._taken_at = float("-inf")

    def find(self, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        """The key of this name, if it is for this algorithm; without a name the only one."""
        if self._now_s() - self._taken_at > KEPT_S:
            return None
        if kid is None:
            key = next(iter(self._known.values())) if len(self._known) == 1 else None
        else:
            key = self._known.get(kid)
        return key if key is not None and key.algorithm_name == algorithm else None

    def should_ask(self, kid: str | None, misfits: bool = False) -> bool:
        """Whether to ask the provider now; who is told so does. ``misfits``: no key here fits."""
        now = self._now_s()
        stale = now - self._taken_at > FRESH_S
        unknown = misfits or (kid is not None and kid not in self._known)
        if not (stale or unknown or not self._known) or now - self._asked_at < ASK_AGAIN_S:
            return False
        self._asked_at = now
        return True

    def take(self, said: Mapping[str, Any]) -> int:
        """Use these keys and no others from now on; how many count."""
        entries = said.get("keys")
        known = {}
        for entry in entries[:KEYS_MAX] if isinstance(entries, list) else ():
            key = _usable(entry)
            if key is not None:
                known[str(entry.get("kid", ""))] = key
        if known:
            self._known, self._taken_at = known, self._now_s()
        return len(known)


def _usable(entry: Any) -> jwt.PyJWK | None:
    """A public key that signs with one of our algorithms, and is strong enough."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    kind = (str(entry.get("kty")), str(entry.get("crv", "")))
    algorithm = ALGORITHM_OF.get(kind)
    if algorithm is None or entry.get("alg", algorithm) != algorithm:
        return None
    public = {name: value for name, value in entry.items() if name != "d"}
    try:
        key = jwt.PyJWK(public, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    weak = algorithm == "RS256" and key.key.key_size < RSA_BITS_MIN
    return None if weak else key
