"""Passwords of local users: argon2id, slow on purpose.

MUST NOT keep or tell a password. Both methods take tens of milliseconds of a processor and 19 MiB,
so they belong into a thread, a few at a time.
"""

from __future__ import annotations

import argon2

MEMORY_KIB = 19 * 1_024
ROUNDS = 2


class Argon2:
    """``edge.people.Passwords`` with the least that OWASP recommends."""

    def __init__(self) -> None:
        self._hasher = argon2.PasswordHasher(
            time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=1
        )

    def hash(self, password: str) -> str:
        """What is stored of it, with a salt of its own."""
        return self._hasher.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        """Whether it is the one."""
        try:
            return self._hasher.verify(stored, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
