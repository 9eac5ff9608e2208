"""What a writer does about an outcome it does not know, as the ports prescribe it."""

from __future__ import annotations

from collections.abc import Sequence

from app.ports import (
    Ownership,
    Position,
    Record,
    Store,
    StoreConflict,
    StoreUnavailable,
    StoreUncertain,
)
from tests.waiting import poll_until


async def settle(
    store: Store, owner: Ownership, expected: Position, records: Sequence[Record], end: Position
) -> Position:
    """Read the tail back: our end there means done, absent means send the same again.

    The first try may arrive after the tail was read. Then the second one meets our own end.
    """

    async def attempt() -> bool:
        try:
            if await store.log.last() == end:
                return True
            return await store.log.append(owner, expected, records) == end
        except StoreConflict as conflict:
            assert conflict.found == end
            return True
        except (StoreUnavailable, StoreUncertain):
            return False

    await poll_until(attempt, "the outcome is known")
    return end
