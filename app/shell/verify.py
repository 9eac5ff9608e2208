"""Reading a whole log with this build, owning nothing: what a switch to another version wants to
know.

MUST NOT write. Every record is opened, decoded, checked against its chain and folded; the first
that does not fit is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.codec.errors import Unreadable
from app.codec.state_form import state_hash
from app.domain.words import LIVE_STATES
from app.ports import Position, Store
from app.shell.rebuilding import CannotApply, begin_with, rebuild
from app.wire.reserved import canary_conversations, open_ids


@dataclass(slots=True, frozen=True)
class Verified:
    """What a readable log holds."""

    last: Position
    records: int
    queues: int
    agents: int
    live: int
    snapshots: dict[str, str]
    """Place -> "" when it can be read and gives the state of the log, else what is wrong."""


async def verify(store: Store, workspace: str) -> Verified | None:
    """Read every record and every snapshot; None where there is no log.

    Raises CannotApply, StoreUnavailable.
    """
    last = await store.log.last()
    if last is None:
        return None
    positions = await store.snapshots.positions()
    found = await rebuild(store, workspace, last)
    state = found.state
    live = sum(c.state in LIVE_STATES for c in state.conversations.values())
    live -= len(canary_conversations(state))
    snapshots = {
        str(at): await _look_at(store, workspace, at, positions[number + 1 :])
        for number, at in enumerate(positions)
    }
    count = found.journal.count
    queues, agents = open_ids(state.queues), open_ids(state.agents)
    return Verified(last, count, len(queues), len(agents), live, snapshots)


async def _look_at(store: Store, workspace: str, at: Position, older: Sequence[Position]) -> str:
    """What is wrong with one snapshot, beside the state that older ones and the log give."""
    try:
        taken = await begin_with(store, workspace, at)
    except Unreadable as error:
        return str(error)
    try:
        other = await rebuild(store, workspace, at, among=older)
    except CannotApply:
        # The log before it was trimmed and there is no other: nothing to hold it against.
        return ""
    same = state_hash(taken.state) == state_hash(other.state)
    return "" if same else "its state is not that of the log"
