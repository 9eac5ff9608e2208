"""Reading a whole log with this build, owning nothing: what a switch to another version wants to
know.

MUST NOT write. Every record is opened, decoded, checked against its chain and folded; the first
that does not fit is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.words import LIVE_STATES
from app.ports import Position, Store
from app.shell.rebuilding import rebuild


@dataclass(slots=True, frozen=True)
class Verified:
    """What a readable log holds."""

    last: Position
    records: int
    queues: int
    agents: int
    live: int


async def verify(store: Store, workspace: str) -> Verified | None:
    """Read everything; None where there is no log. Raises CannotApply, StoreUnavailable."""
    last = await store.log.last()
    if last is None:
        return None
    found = await rebuild(store, workspace, last)
    state = found.state
    live = sum(c.state in LIVE_STATES for c in state.conversations.values())
    return Verified(last, found.journal.count, len(state.queues), len(state.agents), live)
