"""Taking out of a log what was written past its fence: a clean copy takes its place.

A stream gives no id back: after a record with a later id was deleted, ours would still be refused.
So the log is copied up to its true end and the copy takes its name in one step; the log as it was
is kept beside it. Costs time in proportion to the log, and happens when somebody broke the rules.
MUST NOT copy anything while another owner can write: the last step checks the ownership again.
"""

from __future__ import annotations

import secrets
from typing import cast

from redis.asyncio import Redis

from app.adapters.redis.keys import Keys
from app.adapters.redis.link import Link
from app.adapters.redis.reading import unavailable
from app.adapters.redis.scripts import Script, run
from app.ports import (
    Ownership,
    Position,
    StoreConflict,
    StoreFenced,
    StoreGone,
    StoreUncertain,
)

PER_CALL = 1_000

_Entries = list[tuple[bytes, dict[bytes, bytes]]]


async def put_aside(link: Link, client: Redis, keys: Keys, owner: Ownership, end: Position) -> int:
    """See ``ports.Log.put_aside``."""
    with unavailable():
        if not await client.xrange(keys.log, min=str(end), max=str(end)):
            raise StoreConflict(end)
        info = await client.xinfo_stream(keys.log)
        foreign = len(await client.xrange(keys.log, min=f"({end}", count=PER_CALL) or ())
        count = await _copy(client, keys, end)
    last = info["last-generated-id"]
    answer = await run(
        link,
        Script.load("swap"),
        [keys.log, keys.own, keys.log_draft, keys.log_aside(secrets.token_hex(8))],
        b"%d" % owner.epoch,
        owner.nonce.encode(),
        str(end).encode(),
        b"%d" % count,
        last if isinstance(last, bytes) else str(last).encode(),
    )
    match answer:
        case ["OK"]:
            return foreign
        case ["FENCED"]:
            raise StoreFenced(f"epoch {owner.epoch} of {keys.workspace} is over")
        case ["GONE"]:
            raise StoreGone(f"the log of {keys.workspace} vanished")
        case _:
            raise StoreUncertain(f"the swap script answered {answer}")


async def _copy(client: Redis, keys: Keys, end: Position) -> int:
    """Copy the log up to ``end`` into the draft; how many records."""
    await client.unlink(keys.log_draft)
    after, count = "-", 0
    while True:
        page = cast(
            _Entries, await client.xrange(keys.log, min=after, max=str(end), count=PER_CALL)
        )
        async with client.pipeline(transaction=False) as pipe:
            for place, fields in page:
                pipe.xadd(keys.log_draft, dict(fields), id=place)  # type: ignore[arg-type]
            await pipe.execute()
        count += len(page)
        if len(page) < PER_CALL:
            return count
        after = f"({page[-1][0].decode()}"
