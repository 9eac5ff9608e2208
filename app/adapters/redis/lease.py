"""``ports.Lease`` on Redis: who owns the workspace, by epoch and nonce.

Asking again is always safe here, so "no answer" counts as ``StoreUnavailable``. The fence does not
depend on the lease's clock: it is checked by the append script.
"""

from __future__ import annotations

import secrets

from app.adapters.redis.keys import Keys
from app.adapters.redis.link import Link
from app.adapters.redis.log import gone_text, lost_text
from app.adapters.redis.scripts import Script, run
from app.ports import (
    Ownership,
    Position,
    StoreFenced,
    StoreGone,
    StoreHeld,
    StoreUnavailable,
    StoreUncertain,
)


class RedisLease:
    """The lease of one workspace."""

    def __init__(self, link: Link, keys: Keys) -> None:
        self._link = link
        self._keys = keys
        self._acquire = Script.load("acquire")
        self._renew = Script.load("renew")
        self._release = Script.load("release")
        # Kept until an attempt is answered: one that was not may hold the lease all the same, and
        # must not lock its own node out.
        self._nonce = ""

    async def acquire(self, node: str, ttl_ms: int, *, force: bool = False) -> Ownership:
        """See ``ports.Lease.acquire``; StoreGone where a log once was and is no more."""
        nonce = self._nonce = self._nonce or secrets.token_hex(8)
        keys = [self._keys.log, self._keys.own, self._keys.lease]
        answer = await self._run(
            self._acquire,
            keys,
            nonce.encode(),
            node.encode(),
            b"%d" % ttl_ms,
            b"1" if force else b"0",
        )
        self._nonce = ""
        match answer:
            case ["OK", epoch, last]:
                return Ownership(int(epoch), nonce, Position.parse(last))
            case ["HELD", for_ms]:
                raise StoreHeld(int(for_ms))
            case ["GONE"]:
                raise StoreGone(gone_text(self._keys))
            case ["LOST", last, end]:
                raise StoreGone(lost_text(self._keys, last, end))
            case _:
                raise StoreUnavailable(f"the acquire script answered {answer}")

    async def renew(self, owner: Ownership, ttl_ms: int) -> None:
        """See ``ports.Lease.renew``."""
        keys = [self._keys.own, self._keys.lease]
        epoch, nonce = b"%d" % owner.epoch, owner.nonce.encode()
        if await self._run(self._renew, keys, epoch, nonce, b"%d" % ttl_ms) != ["OK"]:
            raise StoreFenced(f"epoch {owner.epoch} of {self._keys.workspace} is over")

    async def release(self, owner: Ownership) -> None:
        """See ``ports.Lease.release``. Raises StoreUnavailable; the lease then runs out."""
        await self._run(self._release, [self._keys.lease], owner.nonce.encode())

    async def _run(self, script: Script, keys: list[str], *args: bytes) -> list[str]:
        try:
            return await run(self._link, script, keys, *args)
        except StoreUncertain as unanswered:
            raise StoreUnavailable(str(unanswered)) from unanswered
