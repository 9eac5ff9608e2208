"""The history across processes: stored as it is taken, read back behind a start, kept for days."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from app.adapters.memory import Faults, MemoryDisk
from app.domain import commands as c
from app.domain.engine import Engine
from app.shell.ending import end
from app.shell.history import DAY_MS, History
from tests.shell.node import WORKSPACE, Node, running
from tests.virtual_time import elapse

MINUTE_MS = 60_000
FOREVER = 2**53


@contextlib.asynccontextmanager
async def remembering(
    disk: MemoryDisk, name: str, faults: Faults | None = None, days: int = 8, ahead_ms: int = 0
) -> AsyncIterator[Node]:
    """A node whose history is stored."""
    async with running(disk, faults, name=name, force=True) as node:
        node.clock.ahead_ms = ahead_ms
        history = History(node.clock.now_ms, node.store.chronicle, WORKSPACE, days)
        node.feed.history = history
        history.look(node.router.engine, node.clock.now_ms())
        task = asyncio.create_task(history.run())
        try:
            yield node
        finally:
            await end([task])


async def live(node: Node, minutes: int) -> None:
    """So many samples, each with one more that waits."""
    for _ in range(minutes):
        id_ = f"c{node.clock.now_ms()}"
        await node.router.submit(c.EnterConversation(id_, "q", "chat", "test"))
        await elapse(60)


async def seen(
    node: Node, queue: str | None = None, since: int = 1, every_ms: int = MINUTE_MS
) -> dict[str, Any]:
    return dict(await node.feed.history.view(queue, since, FOREVER, every_ms))


async def test_what_was_before_a_kill_is_there_again(caplog: pytest.LogCaptureFixture) -> None:
    disk = MemoryDisk()
    async with remembering(disk, "n1") as node:
        await node.furnish(agents=0)
        await live(node, 40)
        before, of_queue = await seen(node), await seen(node, "q")
    await elapse(5 * 60)
    async with remembering(disk, "n2") as node:
        assert node.feed.history.being_read_back
        told = await seen(node)
        assert told["being_read_back"] and told["at"] == []
        await elapse(1)
        after = await seen(node)
        assert not after["being_read_back"] and after["since"] <= before["at"][0]
        known = len(before["at"])
        assert known >= 38 and after["at"][:known] == before["at"]
        for name in ("waiting", "oldest_wait_ms", "service_level", "offers"):
            assert after[name][:known] == before[name]
        assert after["agents"]["offline"][:known] == before["agents"]["offline"]
        # Minutes in which nobody looked are left out, and never 0.
        await live(node, 2)
        gaps = [b - a for a, b in pairwise((await seen(node))["at"])]
        assert sorted(set(gaps)) == [MINUTE_MS, gaps[known - 1]] and gaps[known - 1] > 2 * MINUTE_MS
        assert (await seen(node, "q"))["at"][: len(of_queue["at"])] == of_queue["at"]
    assert not caplog.records


async def test_a_week_is_kept_in_the_store_and_two_days_in_memory() -> None:
    disk = MemoryDisk()
    async with remembering(disk, "n1") as node:
        await node.furnish(agents=0)
        first = node.clock.now_ms()
        await live(node, 40)
        node.clock.ahead_ms += 5 * DAY_MS
        await live(node, 20)
    async with remembering(disk, "n2", ahead_ms=7 * DAY_MS) as node:
        await elapse(1)
        await live(node, 2)
        assert await seen(node, since=first + 6 * DAY_MS) != await seen(node)
        old = await seen(node)
        assert len([at for at in old["at"] if at < first + DAY_MS]) >= 38
        quarters = await seen(node, "q")
        assert quarters["at"][0] < first + DAY_MS and quarters["every_ms"] == 15 * MINUTE_MS
        many = await node.feed.history.views(["q", "never"], 1, FOREVER, MINUTE_MS)
        assert many[0]["at"] == quarters["at"] and many[1]["at"] == []


async def test_what_is_older_than_kept_goes() -> None:
    disk = MemoryDisk()
    async with remembering(disk, "n1", days=2) as node:
        await node.furnish(agents=0)
        first = node.clock.now_ms()
        await live(node, 5)
        node.clock.ahead_ms += 3 * DAY_MS
        await live(node, 2)
        kept = disk.workspace(WORKSPACE).chronicle
        assert min(kept["minutes"]) > first + 2 * DAY_MS and min(kept["quarters"]) > first + DAY_MS
        assert (await seen(node))["since"] > first


async def test_a_damaged_sample_is_a_gap_and_holds_nothing_up() -> None:
    disk = MemoryDisk()
    async with remembering(disk, "n1") as node:
        await node.furnish(agents=0)
        await live(node, 10)
        before = await seen(node)
    minutes = disk.workspace(WORKSPACE).chronicle["minutes"]
    middle = sorted(minutes)[5]
    minutes[middle] = minutes[middle][:-3] + b"xyz"
    async with remembering(disk, "n2") as node:
        await elapse(1)
        after = await seen(node)
        assert set(before["at"]) - set(after["at"]) == {middle - MINUTE_MS}


async def test_a_store_that_is_away_delays_and_loses_nothing() -> None:
    disk, faults = MemoryDisk(), Faults()
    async with remembering(disk, "n1", faults) as node:
        await node.furnish(agents=0)
        await live(node, 3)
        history, engine = node.feed.history, node.router.engine
        kept = disk.workspace(WORKSPACE).chronicle["minutes"]
        earlier, before = list(kept), len(kept)
        faults.down = True
        for _ in range(3):
            history.look(engine, node.clock.now_ms())
            await elapse(60)
        assert len(kept) == before
        faults.down = False
        await elapse(5)
        assert len(kept) >= before + 3 and max(kept) > max(earlier)


async def test_a_node_that_gets_the_workspace_back_learns_what_another_saw() -> None:
    disk = MemoryDisk()
    async with remembering(disk, "n1") as node:
        await node.furnish(agents=0)
        await live(node, 3)
        async with remembering(disk, "n2") as other:
            await elapse(2)
            await live(other, 5)
            theirs = await seen(other)
        await elapse(1)
        node.feed.history.look(Engine(retention_ms=1), node.clock.now_ms())
        assert node.feed.history.being_read_back
        await elapse(1)
        assert (await seen(node))["at"][: len(theirs["at"])] == theirs["at"]
