"""The owner's memory is held to its log by somebody else's reading of it."""

from __future__ import annotations

import pytest

from app.adapters.memory import MemoryDisk
from app.codec import witness
from app.domain import commands as c
from app.domain import events as e
from app.shell.follower import Follower, MemoryDiffers
from tests.shell.node import WORKSPACE, Node, running
from tests.virtual_time import elapse


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "EVERY_EVENTS", 10)


async def talk(node: Node, first: int, count: int) -> None:
    for n in range(first, first + count):
        await node.router.submit(c.EnterConversation(f"c{n}", "q", "chat", "ingest:i"))


def witnessed(node: Node) -> int:
    return sum(isinstance(event, e.StateWitnessed) for event in node.told)


async def test_a_follower_finds_the_same_memory() -> None:
    async with running() as node:
        reader = Follower(node.store, WORKSPACE, node.router.now_ms)
        await reader.begin()
        await node.furnish(agents=2)
        await talk(node, 0, 60)
        await reader.catch_up()
        assert witnessed(node) >= 4


async def test_a_memory_that_differs_from_its_log_is_found_and_rebuilt() -> None:
    async with running() as node:
        await node.furnish(agents=2)
        reader = Follower(node.store, WORKSPACE, node.router.now_ms)
        await talk(node, 0, 30)
        await reader.begin()
        await talk(node, 30, 12)
        node.router.state.queues["q"].counts["waiting"] += 1
        await talk(node, 42, 20)
        with pytest.raises(MemoryDiffers):
            await reader.catch_up()
        was = node.router.state
        node.router.distrust("the follower found a difference")
        while node.forgotten == 0 or not node.router.owns:
            await elapse(0.05)
        assert node.router.state is not was
        assert node.router.state.queues["q"].counts["waiting"] == 60


async def test_a_stretch_seen_half_is_not_judged() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        await talk(node, 0, 5)
        reader = Follower(node.store, WORKSPACE, node.router.now_ms)
        await reader.begin()
        await talk(node, 5, 30)
        await reader.catch_up()
        assert witnessed(node) >= 2


async def test_a_new_owner_begins_a_new_stretch() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        reader = Follower(node.store, WORKSPACE, node.router.now_ms)
        await reader.begin()
        await talk(node, 0, 7)
    async with running(disk, name="n2", force=True) as node:
        await talk(node, 7, 30)
        await reader.catch_up()
        assert witnessed(node) >= 2
