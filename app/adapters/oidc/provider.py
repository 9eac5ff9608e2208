"""One identity provider: its documents, and whether a token is its own and meant for us.

MUST NOT take from a token how it is to be checked: the algorithm is the key's, the key is the
provider's, and headers that bring keys along (jku, jwk, x5u, x5c) are refused.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urlencode

import jwt

from app.adapters.oidc.fetching import ProviderAway, is_safe
from app.adapters.oidc.keys import ALGORITHMS, Keys

log = logging.getLogger(__name__)
TOKEN_CHARS_MAX: Final = 16_384
LEEWAY_S: Final = 30
TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
FOREIGN_KEYS: Final = ("jku", "jwk", "x5u", "x5c", "crit")
REQUIRED: Final = ("iss", "aud", "exp", "iat", "sub")
_SIGNATURE_ALONE: Final[Any] = {
    f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}
DISCOVERY: Final = "/.well-known/openid-configuration"
Claims = dict[str, Any]
T = TypeVar("T")


class Asks(Protocol):
    """What asks the provider over HTTP; raises ProviderAway."""

    async def get(self, url: str) -> dict[str, Any]:
        """A JSON object."""
        ...

    async def post(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> dict[str, Any]:
        """What a form is answered with."""
        ...

    async def aclose(self) -> None:
        """Let the connections go."""
        ...


class OidcProvider:
    """``audience``: tokens must be meant for it; ``client_id``: this server's name there."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        client_id: str,
        client_secret: str,
        asks: Asks,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer, self.client_id = issuer, client_id
        self._audience, self._secret = audience or client_id, client_secret
        self._asks, self._keys = asks, Keys(now_s)
        self._said: dict[str, Any] = {}
        self._asking = asyncio.Lock()

    async def aclose(self) -> None:
        """Ask nothing more."""
        await self._asks.aclose()

    async def prepare(self, token: str) -> None:
        """Have the key of this token at hand, if the provider has one of that name."""
        header = _header_of(token)
        if header is None or header.get("alg") not in ALGORITHMS:
            return
        kid = header.get("kid")
        async with self._asking:
            misfits = kid is None and self._misfits(token, header["alg"])
            if self._keys.should_ask(kid, misfits):
                await self._calmly(self._fetch_keys)

    def read(self, token: str) -> Claims | None:
        """The claims of a token that is the provider's, meant for us and in force; else None.

        Why not is in the log, without the token.
        """
        header = _header_of(token)
        if header is None:
            return None
        try:
            return self._verified(token, header)
        except (jwt.PyJWTError, ValueError, OverflowError) as error:
            log.info("a token of the identity provider was refused: %s", type(error).__name__)
            return None

    async def sign_in_address(
        self, redirect: str, state: str, nonce: str, challenge: str
    ) -> str | None:
        """Where a browser goes to sign in; None when the provider is away."""
        address = await self._calmly(lambda: self._endpoint("authorization_endpoint"))
        if address is None:
            return None
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    async def redeem(self, code: str, redirect: str, verifier: str, nonce: str) -> str | None:
        """The ID token that a code stands for, if it belongs to this sign-in; else None."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
            "client_id": self.client_id,
        }
        basic = (self.client_id, self._secret) if self._secret else None

        async def ask() -> dict[str, Any]:
            return await self._asks.post(await self._endpoint("token_endpoint"), form, basic)

        token = (await self._calmly(ask) or {}).get("id_token")
        if not isinstance(token, str):
            return None
        await self.prepare(token)
        claims = self.read(token)
        return token if claims is not None and claims.get("nonce") == nonce else None

    def _misfits(self, token: str, algorithm: str) -> bool:
        """Whether a token that names no key is not of the only one: there may be another now."""
        key = self._keys.find(None, algorithm)
        if key is None:
            return True
        try:
            jwt.decode(token, key, algorithms=[algorithm], options=_SIGNATURE_ALONE)
        except jwt.PyJWTError:
            return True
        return False

    def _verified(self, token: str, header: Mapping[str, Any]) -> Claims:
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError
        if any(name in header for name in FOREIGN_KEYS):
            raise jwt.InvalidTokenError
        if str(header.get("typ", "JWT")).lower() not in TYPES:
            raise jwt.InvalidTokenError
        key = self._keys.find(kid, algorithm)
        if key is None:
            raise jwt.InvalidKeyError
        claims: Claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=[*dict.fromkeys((self._audience, self.client_id))],
            issuer=self.issuer,
            leeway=LEEWAY_S,
            options={"require": [*REQUIRED]},
        )
        party = claims.get("azp", self.client_id)
        if self.client_id in _listed(claims["aud"]) and party != self.client_id:
            # An ID token that somebody else's program was given.
            raise jwt.InvalidAudienceError
        return claims

    async def _endpoint(self, name: str) -> str:
        async with self._asking:
            if not self._said:
                await self._discover()
        address = self._said.get(name)
        if not isinstance(address, str) or not is_safe(address):
            raise ProviderAway(f"{self.issuer} names no safe {name}")
        return address

    async def _discover(self) -> None:
        said = await self._asks.get(self.issuer.rstrip("/") + DISCOVERY)
        if said.get("issuer") != self.issuer:
            raise ProviderAway(f"{self.issuer} calls itself something else")
        self._said = said

    async def _fetch_keys(self) -> None:
        await self._discover()
        address = self._said.get("jwks_uri")
        if not isinstance(address, str) or not is_safe(address):
            raise ProviderAway(f"{self.issuer} names no safe jwks_uri")
        if not self._keys.take(await self._asks.get(address)):
            raise ProviderAway(f"{address} has no key that can be used")

    async def _calmly(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """What is answered; None, and a line in the log, when the provider is away."""
        try:
            return await ask()
        except ProviderAway as away:
            log.warning("the identity provider: %s", away)
            return None


def _header_of(token: str) -> dict[str, Any] | None:
    if len(token) > TOKEN_CHARS_MAX:
        return None
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    kid = header.get("kid", "")
    return header if isinstance(kid, str) and isinstance(header.get("alg"), str) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
