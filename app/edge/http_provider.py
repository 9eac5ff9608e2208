"""Signing in at the identity provider: there with PKCE, and back with a code.

Pages, not calls: a browser is sent from place to place. MUST send it to no address but the
provider's own and our own pages, and tell what went wrong by a code, so that nobody can put a
sentence on our page.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from app.edge.cookies import cookie_header
from app.edge.identity import Identity, Principal
from app.edge.outside import Outside
from app.edge.problems import ProblemError
from app.edge.ways import HOST_COOKIE, PLAIN_COOKIE, way_cookie

BACK: Final = "/login/provider/back"
QUERY_CHARS_MAX: Final = 8_192


class ProviderPages:
    """``public_url``: our own address, as the provider knows it; never what a request says."""

    def __init__(self, identity: Identity, public_url: str) -> None:
        self._identity, self._redirect = identity, public_url.rstrip("/") + BACK
        self._address = public_url

    @property
    def outside(self) -> Outside | None:
        """The provider, if browsers can be sent there and back."""
        return self._identity.outside if self._address else None

    async def there(self, request: Request) -> Response:
        """Begin, and go to the provider."""
        outside = self.outside
        if outside is None:
            return _refused("no_provider")
        begun = self._identity.ways.begin()
        address = await outside.tokens.sign_in_address(
            self._redirect, begun.way.state, begun.way.nonce, begun.challenge
        )
        if address is None:
            return _refused("away")
        return _go(address, way_cookie(begun.cookie, _is_secure(request)))

    async def back(self, request: Request) -> Response:
        """Come back with a code, and be signed in."""
        outside, secure = self.outside, _is_secure(request)
        cookie = request.cookies.get(HOST_COOKIE if secure else PLAIN_COOKIE, "")
        said = _query(request)
        way = self._identity.ways.end(cookie, said.get("state", ""))
        gone = way_cookie("", secure)
        if outside is None or way is None:
            return _refused("no_way", gone)
        if "code" not in said:
            return _refused("denied", gone)
        token = await outside.tokens.redeem(said["code"], self._redirect, way.verifier, way.nonce)
        if token is None:
            return _refused("away", gone)
        try:
            principal, signed = self._identity.sign_in(token, None)
        except ProblemError:
            return _refused("no_role", gone)
        max_age_s = self._identity.left_ms(principal) // 1_000
        return _go(_home(principal), gone, cookie_header(signed, max_age_s, secure))


def _query(request: Request) -> dict[str, str]:
    """What came back; a word that stands twice is none."""
    text = request.scope.get("query_string", b"").decode("latin-1")[:QUERY_CHARS_MAX]
    found = parse_qs(text, max_num_fields=20, errors="replace")
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _home(principal: Principal) -> str:
    return "/agent" if principal.agent else "/board"


def _refused(code: str, *cookies: str) -> Response:
    return _go(f"/login#refused={code}", *cookies)


def _go(address: str, *cookies: str) -> Response:
    response = Response(status_code=303, headers={"Location": address, "Cache-Control": "no-store"})
    for cookie in cookies:
        response.headers.append("Set-Cookie", cookie)
    return response


def _is_secure(request: Request) -> bool:
    return request.scope.get("scheme") == "https"
