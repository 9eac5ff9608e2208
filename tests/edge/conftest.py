"""HTTP tests run the real application in memory, on a loop whose clock jumps; sockets are real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from tests.edge.front import Front, open_front
from tests.virtual_time import JumpingLoop


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.path.name.startswith("test_http_"):
        return {"jumping": JumpingLoop}
    return {"real": asyncio.new_event_loop}


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    """A node that owns its workspace, with the web application before it."""
    async with open_front() as made:
        yield made
