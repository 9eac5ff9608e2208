"""Fixtures: one real server for each test process, and a fresh desk for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from .client import http
from .desk import Desk
from .process import Server, running

SHOWN = pytest.StashKey[list[Server]]()
SOON = "[server]\ndrain_ms = 500\n"
"""End soon when asked; every other setting keeps the default that the protocol page promises."""

QUICK = """
[server]
drain_ms = 500
[auth]
ticket_ttl_ms = 1000
[limits]
hello_ms = 1000
frames_per_s = 1000
frames_burst = 2000
[session]
ping_every_ms = 400
lost_after_ms = 1500
grace_ms = 1500
"""
"""The waits of the protocol made short, for tests that would otherwise take half a minute."""


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that tests share; nobody may kill it."""
    with running(tmp_path_factory.mktemp("shared"), SOON) as server:
        yield server


@pytest.fixture(scope="session")
def quick_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A second shared server, whose waits are short."""
    with running(tmp_path_factory.mktemp("quick"), QUICK) as server:
        yield server


@pytest.fixture
def server(shared_server: Server, request: pytest.FixtureRequest) -> Server:
    """The shared server, whose stderr is shown when the test fails."""
    request.node.stash.setdefault(SHOWN, []).append(shared_server)
    return shared_server


@pytest.fixture
def spawn(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Server]]:
    """Start servers of the test's own, which it may kill; all are ended afterwards."""
    started: list[Server] = request.node.stash.setdefault(SHOWN, [])

    def start(config: str = SOON, env: dict[str, str] | None = None) -> Server:
        folder = tmp_path / f"server-{len(started)}"
        folder.mkdir()
        started.append(Server(folder, config, env))
        return started[-1].start()

    yield start
    for each in started:
        each.stop()


@pytest.fixture
async def desk(server: Server) -> AsyncIterator[Desk]:
    """A fresh desk on the shared server."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(http(server.base))
        yield Desk(server, api, stack)


@pytest.fixture
async def quick_desk(quick_server: Server, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """A fresh desk on the server whose waits are short."""
    request.node.stash.setdefault(SHOWN, []).append(quick_server)
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(http(quick_server.base))
        yield Desk(quick_server, api, stack)


@pytest.fixture
async def desk_at() -> AsyncIterator[Callable[[Server], Desk]]:
    """Make desks on servers of the test's own."""
    async with AsyncExitStack() as stack:
        clients = []

        def make(server: Server) -> Desk:
            clients.append(http(server.base))
            stack.push_async_callback(clients[-1].aclose)
            return Desk(server, clients[-1], stack)

        yield make


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the servers' stderr to the report of a failed test."""
    report = yield
    if report.failed:
        for each in item.stash.get(SHOWN, []):
            report.sections.append((f"stderr of the server at {each.base}", each.stderr()))
    return report
