"""Silence is noticed when it has lasted long enough, and only where somebody could have spoken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.shell.ending import end
from app.shell.hub import LANES
from app.shell.lifecycle import heartbeat
from app.wire.codes import CloseCode
from tests.shell.node import Node, Screen, running
from tests.virtual_time import elapse


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with running() as made:
        await made.furnish()
        beating = asyncio.create_task(heartbeat(made.hub, made.router, 20_000))
        yield made
        await end([beating])


def closed(screens: list[Screen]) -> int:
    return sum(one.closed is not None for one in screens)


async def test_silence_is_noticed_within_a_second_of_its_bound(node: Node) -> None:
    """Whenever the socket came, and whether it was pinged since or not."""
    screens = list[Screen]()
    for _ in range(LANES):
        screens.append(node.watch(None))
        await elapse(2)
    await elapse(4.9)
    for number in range(LANES):
        assert closed(screens) == number
        await elapse(1.2)
        assert closed(screens) == number + 1
        await elapse(0.8)
    assert {one.closed and one.closed[0] for one in screens} == {CloseCode.NO_PONG}


async def test_whoever_answers_stays(node: Node) -> None:
    silent, polite = node.watch(None), node.watch(None)
    session = next(one for one in node.hub.attached() if one.transport is polite)
    for _ in range(6):
        await elapse(10)
        node.hub.pong(session, session.ping, node.router.now_ms())
    assert silent.closed and not polite.closed


async def test_that_we_stood_still_is_nobodys_silence(node: Node) -> None:
    screens = [node.watch(None) for _ in range(LANES)]
    node.clock.ahead_ms += 60_000
    await elapse(24.9)
    assert closed(screens) == 0
    await elapse(1.2)
    assert closed(screens) == LANES
