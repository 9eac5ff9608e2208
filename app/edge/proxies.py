"""Where a request really came from, when a proxy of ours stands in front.

Takes ``X-Forwarded-For`` and ``X-Forwarded-Proto`` from the addresses named in the settings, and
from nobody else: who is not named could call himself anybody. MUST NOT read any other forwarding
header: the host that was asked for is ``Host`` alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

Address = IPv4Address | IPv6Address
_SCHEMES = frozenset({"http", "https"})


class Proxies:
    """Puts the client's own address and scheme into the scope; the outermost of all layers."""

    def __init__(self, app: ASGIApp, trusted: Iterable[str]) -> None:
        """``trusted``: addresses and networks, as ``10.0.0.5`` and ``10.0.0.0/8``."""
        self._app = app
        self._trusted = tuple(ip_network(name) for name in trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with what is known of the client."""
        if self._trusted and scope["type"] in ("http", "websocket"):
            self._look_behind(scope)
        await self._app(scope, receive, send)

    def _look_behind(self, scope: Scope) -> None:
        peer = read_address(scope["client"][0]) if scope.get("client") else None
        if peer is None or not self._trusts(peer):
            return
        named = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        client = self._client(b",".join(named).decode("latin-1"), peer)
        if client != peer:
            scope["client"] = (str(client), 0)
        schemes = [value for name, value in scope["headers"] if name == b"x-forwarded-proto"]
        # The last is what the nearest proxy said; before it may stand what the client made up.
        scheme = schemes[-1].decode("latin-1").rpartition(",")[2].strip().lower() if schemes else ""
        if scheme in _SCHEMES:
            socket = scope["type"] == "websocket"
            scope["scheme"] = scheme.replace("http", "ws") if socket else scheme

    def _client(self, named: str, peer: Address) -> Address:
        """The last address that no proxy of ours has: each appends the one it was asked from."""
        client = peer
        while named and self._trusts(client):
            named, _, last = named.rpartition(",")
            found = read_address(last.strip())
            if found is None:
                break
            client = found
        return client

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def read_address(text: str) -> Address | None:
    """The address, without a port; None when it is none. IPv4 within IPv6 is IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
