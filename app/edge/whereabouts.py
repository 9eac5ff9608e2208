"""From where somebody speaks, in the form in which the settings want it written down.

The log is never rewritten, so by default it holds no address but a mark that only this installation
can make: the same for the same address, and no way back for who has the log alone.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from starlette.types import Scope

from app.edge.proxies import read_address

MARK_CHARS: Final = 16
_PURPOSE: Final = b"interlock address v1\n"


class Whereabouts:
    """Tells the address of a caller; ``how``: hashed, plain or none."""

    def __init__(self, how: str, secret: bytes) -> None:
        """``secret`` is the same on all nodes and over restarts."""
        self._secret = secret
        forms: dict[str, Callable[[str], str]] = {
            "hashed": self.mark,
            "plain": str,
            "none": lambda _: "",
        }
        self._form = forms[how]

    def of(self, scope: Scope) -> str:
        """The caller of this request or socket; empty when it is unknown or not to be said."""
        client = scope.get("client")
        address = read_address(client[0]) if client else None
        return "" if address is None else self._form(str(address))

    def mark(self, address: str) -> str:
        """What stands for an address in the log, to look for it."""
        found = hmac.new(self._secret, _PURPOSE + address.encode(), hashlib.sha256)
        return f"h:{found.hexdigest()[:MARK_CHARS]}"
