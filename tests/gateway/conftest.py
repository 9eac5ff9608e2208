"""Fixtures: servers whose sockets are held by gateways."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from tests.conformance.client import http
from tests.conformance.desk import Desk
from tests.conformance.process import Server

CONFIG = "[server]\ndrain_ms = 500\ngateways = 2\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two gateways, which the tests may kill: them, and at last the server."""
    server = Server(
        tmp_path_factory.mktemp("gateways"), CONFIG, {"INTERLOCK_SERVER__GATEWAYS": "2"}
    )
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
async def desk(server: Server) -> AsyncIterator[Desk]:
    """A desk on it."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(http(server.base))
        yield Desk(server, api, stack)
