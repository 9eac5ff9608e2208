"""Bytes under a signature, as text that a cookie can hold.

MUST tell nothing of what is wrong with a text that it does not take.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac


class Seal:
    """``purpose`` keeps what was signed for one thing from being taken for another."""

    def __init__(self, secret: bytes, purpose: bytes) -> None:
        self._secret, self._purpose = secret, purpose

    def write(self, payload: bytes) -> str:
        """The payload and its signature."""
        return f"{_text(payload)}.{_text(self._mac(payload))}"

    def read(self, text: str) -> bytes | None:
        """The payload, if it is ours."""
        payload_text, _, mac_text = text.partition(".")
        try:
            payload, mac = _bytes(payload_text), _bytes(mac_text)
        except (binascii.Error, ValueError):
            return None
        return payload if hmac.compare_digest(mac, self._mac(payload)) else None

    def _mac(self, payload: bytes) -> bytes:
        return hmac.new(self._secret, self._purpose + payload, hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
