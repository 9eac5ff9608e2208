"""Single-use tickets for WebSockets, in memory only: the process that gave one takes it back.

MUST stay bounded: whoever asks for more than there is room for is refused, not served by pushing
others out, and no one owner may take more than a quarter of the room.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


class NoRoom(Exception):
    """Too many tickets are waiting to be used."""


@dataclass(slots=True, frozen=True)
class _Issued(Generic[T]):
    holder: T
    owner: str
    until_ms: int


class Tickets(Generic[T]):
    """Tickets for ``holder``, each good for ``ttl_ms`` and one use."""

    def __init__(self, now_ms: Callable[[], int], ttl_ms: int, most: int = 10_000) -> None:
        self._now_ms, self.ttl_ms, self._most = now_ms, ttl_ms, most
        self._issued: dict[str, _Issued[T]] = {}
        self._held: Counter[str] = Counter()

    def issue(self, holder: T, owner: str = "") -> str:
        """A new ticket of 192 random bits, on the account of ``owner``. Raises NoRoom."""
        now = self._now_ms()
        self._drop_stale(now)
        if len(self._issued) >= self._most or (owner and self._held[owner] >= self._most // 4):
            raise NoRoom
        ticket = secrets.token_urlsafe(24)
        self._issued[ticket] = _Issued(holder, owner, now + self.ttl_ms)
        self._held[owner] += 1
        return ticket

    def redeem(self, ticket: str) -> T | None:
        """Use a ticket up; None when it is unknown, used or stale."""
        issued = self._take(ticket)
        return issued.holder if issued is not None and self._now_ms() < issued.until_ms else None

    def _take(self, ticket: str) -> _Issued[T] | None:
        issued = self._issued.pop(ticket, None)
        if issued is not None:
            self._held[issued.owner] -= 1
            if not self._held[issued.owner]:
                del self._held[issued.owner]
        return issued

    def _drop_stale(self, now: int) -> None:
        """Tickets live equally long, so the stale ones are the oldest, and they stand first."""
        while self._issued:
            first = next(iter(self._issued))
            if self._issued[first].until_ms > now:
                return
            self._take(first)
