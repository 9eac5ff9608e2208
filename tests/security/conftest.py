"""One real server for all attacks, with short deadlines; what it wrote is read at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from ..conformance.client import http
from ..conformance.desk import Desk
from ..conformance.process import Server, running

STRANGERS = 40
PER_USER = 5
CALLS = 90
CONFIG = f"""
[server]
drain_ms = 200
[limits]
hello_ms = 2500
header_ms = 1000
body_ms = 1000
send_deadline_ms = 1000
strangers_max = {STRANGERS}
strangers_per_address = {STRANGERS}
new_sockets_per_user = {PER_USER}
new_sockets_window_ms = 600000
calls_per_s = 1
calls_burst = {CALLS}
program_calls_per_s = 1
program_calls_burst = {CALLS}
sockets_per_supervisor = 12
[snapshots]
follower = false
[watchdog]
canary_ms = 0
"""


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the attacked server lives: its log is ``stderr.log``."""
    return tmp_path_factory.mktemp("target")


@pytest.fixture(scope="session")
def target(ground: Path) -> Iterator[Server]:
    """The server that is attacked."""
    with running(ground, CONFIG) as server:
        yield server


@pytest.fixture
async def desk(target: Server) -> AsyncIterator[Desk]:
    """Honest hands on the attacked server."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(http(target.base))
        yield Desk(target, api, stack)
