"""The contract suite runs on every kind of store: memory, the embedded Valkey, a Redis.

One server per module and a workspace per test; modules run on one event loop, because the embedded
server is watched by a task.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from app.adapters.embedded import EmbeddedServer
from app.ports import Store
from tests.adapters.machine import Machine, program
from tests.contract.places import MemoryPlace, Place, RedisPlace

_numbers = itertools.count()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["memory", "embedded", "redis"])
async def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    match request.param:
        case "memory":
            yield MemoryPlace()
        case "embedded":
            program("valkey")
            data: Path = tmp_path_factory.mktemp("data")
            server = EmbeddedServer(data)
            yield RedisPlace(await server.start())
            await server.stop()
            assert server.deaths == 0
        case "redis":
            with Machine(program("redis")) as machine:
                yield RedisPlace(machine.socket)


@pytest.fixture
def workspace() -> str:
    return f"w{next(_numbers)}"


@pytest_asyncio.fixture(loop_scope="module")
async def node(place: Place, workspace: str) -> AsyncIterator[Callable[[], Store]]:
    """Opens nodes on one workspace; all are closed in the end."""
    opened: list[Store] = []

    def open_node() -> Store:
        opened.append(place.open(workspace))
        return opened[-1]

    yield open_node
    for store in opened:
        await store.aclose()


@pytest.fixture
def store(node: Callable[[], Store]) -> Store:
    return node()
