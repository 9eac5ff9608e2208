"""The roll of a workspace: this node says what it is and can read, and looks who else is there.

Told by the owner and by those who wait to become it, as often as the lease is renewed. MUST NOT
decide about ownership: the roll is a hint, and a node that is missing in it is kept from harm by
its own refusal to read a log that it does not know.
"""

from __future__ import annotations

import asyncio
import contextlib

from app.codec.formats import READS, WRITES, reads_text
from app.ports import Facts, StoreUnavailable
from app.shell.router import Router


class Roll:
    """This node's line, and those of the others. Times in milliseconds."""

    def __init__(
        self, router: Router, node: str, version: str, *, ttl_ms: int, every_ms: int
    ) -> None:
        self._router, self._node, self._version = router, node, version
        self._ttl_ms, self._every_ms = ttl_ms, every_ms

    def facts(self) -> Facts:
        """What this node says of itself."""
        router = self._router
        return {
            "version": self._version,
            "read_min": READS[0],
            "read_max": READS[-1],
            "write_max": WRITES[-1],
            "finalized": router.state.format if router.owns else 0,
            "shadow_records": router.shadow.records,
            "shadow_mismatches": router.shadow.mismatches,
            "shadow_since": router.shadow.since_ms,
        }

    async def announce(self) -> None:
        """Say it once; a store that is away will hear it the next time."""
        with contextlib.suppress(StoreUnavailable):
            await self._router.nodes.announce(self._node, self.facts(), self._ttl_ms)

    async def keep(self) -> None:
        """Say it again and again, until cancelled."""
        while True:
            await self.announce()
            await asyncio.sleep(self._every_ms / 1000)

    async def leave(self) -> None:
        """Stopped on purpose: nobody shall wait for it."""
        with contextlib.suppress(StoreUnavailable):
            await self._router.nodes.withdraw(self._node)

    async def ahead(self) -> str | None:
        """Why this build cannot take part, if the owner has left it behind.

        It would find out when it reads the log; known before, nobody waits for it in vain.
        """
        try:
            nodes = await self._router.nodes.all()
        except StoreUnavailable:
            return None
        finalized = max((int(facts.get("finalized", 0)) for facts in nodes.values()), default=0)
        if finalized <= READS[-1]:
            return None
        return f"{reads_text()}, the log is finalized at {finalized}"
