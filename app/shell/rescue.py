"""A snapshot from the owner's own memory, when a record of its log can no longer be read.

The owner decided and wrote what is in its memory, and its follower held that to the log up to the
damage: so the memory is right, and a snapshot of it lies behind the damage, where a restart begins.
Stops deciding for as long as writing the state takes; the follower does it otherwise. MUST make
sure first that the log still ends with the record that this memory ends with.
"""

from __future__ import annotations

import asyncio
import logging

from app.codec.envelope import record_hash
from app.codec.errors import Unreadable, WriteVerifyFailed
from app.codec.snapshot import Snapshot, write_snapshot
from app.codec.state_form import state_hash
from app.ports import Position, Store
from app.shell.rebuilding import begin_with, snapshot_key
from app.shell.router import Router
from app.shell.work import Answer, NotOwner, Trouble

log = logging.getLogger(__name__)
Written = tuple[Position, list[bytes], str, bytes]


async def rescue(store: Store, router: Router) -> Position | None:
    """Where the snapshot was taken; None when none was needed, or none that counts.

    Raises Trouble (nobody decides here), WriteVerifyFailed, StoreUnavailable.
    """
    at, chunks, written, prev = await _write(router)
    ends_with = (await store.log.get([at]))[0]
    if ends_with is None or record_hash(ends_with) != prev:
        log.critical("the log's record %s is not what this memory ends with: no snapshot", at)
        return None
    if at in await store.snapshots.positions() and await _reads(store, router, at, written):
        return None
    await store.snapshots.save(at, chunks)
    if not await _reads(store, router, at, written):
        await store.snapshots.drop(at)
        return None
    log.critical(
        "snapshot at %s from this memory, behind what cannot be read; state %s", at, written
    )
    return at


async def _write(router: Router) -> Written:
    """The snapshot's records, made while nothing is decided."""
    made: asyncio.Future[Written] = asyncio.get_running_loop().create_future()

    def done(answer: Answer | Trouble) -> None:
        opened = router.opened
        if made.done():
            return
        if isinstance(answer, Trouble) or opened is None:
            made.set_exception(
                answer if isinstance(answer, Trouble) else NotOwner("nothing is owned")
            )
            return
        snapshot = Snapshot(
            router.workspace,
            str(opened.last),
            opened.prev,
            opened.journal.count,
            opened.engine.state,
            opened.journal.places,
        )
        try:
            chunks, written = write_snapshot(snapshot_key(router.workspace, opened.last), snapshot)
        except WriteVerifyFailed as error:
            made.set_exception(error)
        else:
            made.set_result((opened.last, chunks, written, opened.prev))

    router.post(None, done)
    return await made


async def _reads(store: Store, router: Router, at: Position, written: str) -> bool:
    try:
        found = await begin_with(store, router.workspace, at)
    except Unreadable as error:
        log.error("snapshot %s did not come back as it was written: %s", at, error)
        return False
    return state_hash(found.state) == written
