"""Local users: a name and a password, for installations without an identity provider.

A user is a key whose secret is a password, so roles, limits, ends and live sockets are those of
keys. MUST take as long for a name that nobody has, and let nobody guess fast: attempts are counted
by name and address, whether they are right or not.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from app.edge.pace import Pace
from app.edge.problems import ProblemError
from app.shell.keyring import USER, Held, Keyring
from app.wire.codes import Problem

T = TypeVar("T")
AT_ONCE: Final = 2
WAITING_MAX: Final = 20
FROM_ONE_BURST, FROM_ONE_PER_S = 10, 1 / 30
"""Attempts at one name from one address: ten, then one in half a minute."""
FROM_ALL_BURST, FROM_ALL_PER_S = 100, 1 / 10
"""Attempts at one name from anywhere: else a hundred machines guess a hundred times as fast."""
ADDRESS_BURST, ADDRESS_PER_S = 50, 1 / 2
"""Attempts from one address at any name; behind a proxy that is not named all have one address."""


class Passwords(Protocol):
    """Slow on purpose; called in a thread."""

    def hash(self, password: str) -> str:
        """What is stored of it."""
        ...

    def verify(self, stored: str, password: str) -> bool:
        """Whether it is the one."""
        ...


class People:
    """The users of this workspace, as the sign-in sees them."""

    def __init__(self, passwords: Passwords, keyring: Keyring, now_s: Callable[[], float]) -> None:
        self._passwords, self._keyring = passwords, keyring
        self._from_one = Pace(FROM_ONE_PER_S, FROM_ONE_BURST, now_s)
        self._from_all = Pace(FROM_ALL_PER_S, FROM_ALL_BURST, now_s)
        self._address = Pace(ADDRESS_PER_S, ADDRESS_BURST, now_s)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """What is stored of a new password. Raises ProblemError overloaded."""
        return await self._apart(lambda: self._passwords.hash(password))

    async def find(self, user: str, password: str, address: str) -> Held:
        """Whose name and password these are.

        Raises ProblemError: unauthenticated, rate_limited, overloaded; NotOwner.
        """
        self._count(user, address)
        if not self._nobody:
            self._nobody = await self.hash(secrets.token_urlsafe(16))
        held = self._keyring.user(user)
        stored = self._nobody if held is None else held.key.sha256
        right = await self._apart(lambda: self._passwords.verify(stored, password))
        # It may have been changed while it was looked at.
        again = self._keyring.user(user)
        if not right or held is None or again is None or again.mark != held.mark:
            raise ProblemError(Problem.UNAUTHENTICATED, "The name or the password is wrong.")
        return again

    def _count(self, user: str, address: str) -> None:
        for pace, key in (
            (self._address, address),
            (self._from_one, f"{address} {user}"),
            (self._from_all, user),
        ):
            wait_s = pace.take(key)
            if wait_s:
                headers = {"Retry-After": str(int(wait_s) + 1)}
                message = "Too many attempts; wait a little."
                raise ProblemError(Problem.RATE_LIMITED, message, headers=headers)

    async def _apart(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING_MAX:
            raise ProblemError(Problem.OVERLOADED, "Too many sign in at once; try again.")
        self._waiting += 1
        try:
            async with self._room:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def user_key(name: str) -> str:
    """The id of the key that a user is."""
    return USER + name
