"""The follower process: a second core that reads along, takes snapshots and trims the log.

The server starts it, starts it again when it ends, and does not need it to serve. It gets what it
has to know on its standard input, so no secret is in an argument list or an environment. The rule:
it ends by itself within a second of the server's death.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.config import Settings
    from app.shell.audit_desk import AuditDesk
    from app.shell.follower import Follower

log = logging.getLogger("interlock")
STARTED_AFTER_S = 2.0
AGAIN_MIN_S = 1.0
AGAIN_MAX_S = 60.0
END_S = 2.0
CANNOT_READ = 1
MEMORY_DIFFERS = 4
LINE_BYTES_MAX = 4_096


async def keep_following(
    settings: Settings,
    url: str,
    distrust: Callable[[str], None],
    rescue: Callable[[], Coroutine[Any, Any, object]],
    desk: AuditDesk,
) -> None:
    """Have a follower process run for ever; ends it when cancelled. ``desk`` takes what its
    auditor says.

    ``distrust`` is called when the follower finds that our memory differs from the log, ``rescue``
    when it cannot read the log: then only this memory knows what was in it.
    """
    from app.adapters.embedded.child import Child

    # Not while the server itself starts: they would share what cores there are.
    await asyncio.sleep(STARTED_AFTER_S)
    pause_s = AGAIN_MIN_S
    while True:
        started = asyncio.get_running_loop().time()
        words = [sys.executable, "-m", "app.main", "follow"]
        # Not its output, which is the log's: what the auditor says comes by a pipe of its own.
        ear, mouth = os.pipe()
        child = Child(words, output=sys.stderr.fileno(), held=[mouth], piped=True)
        os.close(mouth)
        listening = asyncio.create_task(_listen(ear, desk), name="auditor's reports")
        try:
            child.tell(json.dumps(_order(settings, url) | {"report": mouth}).encode())
            status = await child.ended()
        finally:
            listening.cancel()
            await asyncio.shield(child.end(END_S))
        desk.ended()
        if status == MEMORY_DIFFERS:
            distrust("the follower found that this memory differs from the log")
        elif status == CANNOT_READ:
            await _try(rescue)
        lived_s = asyncio.get_running_loop().time() - started
        pause_s = AGAIN_MIN_S if lived_s > AGAIN_MAX_S else min(2 * pause_s, AGAIN_MAX_S)
        log.error("the follower ended with status %s; again in %.0f s", status, pause_s)
        await asyncio.sleep(pause_s)


async def _try(rescue: Callable[[], Coroutine[Any, Any, object]]) -> None:
    """Tried again when the next follower cannot read it either."""
    from app.codec.errors import WriteVerifyFailed
    from app.ports import StoreUnavailable
    from app.shell.work import Trouble

    try:
        await rescue()
    except (Trouble, StoreUnavailable, WriteVerifyFailed) as error:
        log.error("no snapshot from memory: %s", error)


async def _listen(ear: int, desk: AuditDesk) -> None:
    """Hand every line that the follower says to the desk, until it says no more."""
    lines = asyncio.StreamReader(limit=2 * LINE_BYTES_MAX)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(ear, "rb", 0)
    )
    try:
        while line := await lines.readline():
            desk.take(line)
    finally:
        transport.close()


def _order(settings: Settings, url: str) -> dict[str, Any]:
    snapshots, retention = settings.snapshots, settings.retention
    return {
        "url": url,
        # Not asked by the follower itself: we may be dead before it can ask whose child it is.
        "server": os.getpid(),
        "workspace": settings.workspace.id,
        "log": [settings.log.level, settings.log.format],
        "limits": {
            "snapshot_records": snapshots.records,
            "snapshot_ms": snapshots.every_ms,
            "keep_ms": retention.log_ms,
            "keep_bytes": retention.log_bytes,
        },
    }


def follow() -> int:
    """Be the follower that the order on the standard input asks for. An exit code."""
    from app.adapters.logs import set_up_logs

    order = json.loads(sys.stdin.read())
    set_up_logs(*order["log"])
    return asyncio.run(_follow(order))


async def _follow(order: dict[str, Any]) -> int:
    from app.adapters.clock import SystemClock
    from app.adapters.redis import RedisStore
    from app.ports import StoreUnavailable
    from app.shell.auditing import Audit
    from app.shell.follower import Follower, FollowerLimits, MemoryDiffers
    from app.shell.rebuilding import CannotApply

    store = RedisStore(order["url"], order["workspace"])
    limits = FollowerLimits(**order["limits"])
    now_ms = SystemClock().now_ms
    audit = Audit(_mouth(order["report"]), now_ms)
    follower = Follower(store, order["workspace"], now_ms, limits, audit)
    try:
        while True:
            try:
                await _until_orphaned(follower, order["server"])
            except StoreUnavailable as error:
                log.warning("the follower waits for the store: %s", error)
                await asyncio.sleep(AGAIN_MIN_S)
                continue
            except CannotApply as error:
                log.error("the follower cannot read the log: %s", error)
                return CANNOT_READ
            except MemoryDiffers as error:
                log.critical("%s", error)
                return MEMORY_DIFFERS
            return 0
    finally:
        await store.aclose()


def _mouth(pipe: int) -> Callable[[dict[str, Any]], None]:
    """Say a report to the server, a line each; one that a full pipe cannot take is not said."""
    os.set_blocking(pipe, False)

    def say(report: dict[str, Any]) -> None:
        line = json.dumps(report, separators=(",", ":")).encode() + b"\n"
        if len(line) > LINE_BYTES_MAX:
            report = {**report, "standing": [], "evidence": {}, "text": "too much to tell"}
            line = json.dumps(report).encode() + b"\n"
        # Shorter than a pipe takes at once, so a line is there whole or not at all.
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(pipe, line)

    return say


async def _until_orphaned(follower: Follower, server: int) -> None:
    """Follow until the server that started us is gone."""
    from app.shell.ending import end

    following = asyncio.create_task(follower.run())
    try:
        while not following.done() and os.getppid() == server:
            await asyncio.wait([following], timeout=0.5)
    finally:
        await end([following])
    if not following.cancelled():
        following.result()
