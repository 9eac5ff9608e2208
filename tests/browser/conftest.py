"""Chromium, a real server, and signed-in screens.

One browser and one server for each test process; every test has its own desk and its own browser
contexts. Without Chromium all is skipped, see ``tests/conftest.py``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.conformance.client import http
from tests.conformance.desk import Desk
from tests.conformance.process import ADMIN_KEY, ROOT, Server, running

from .screen import Screen

NAMES = ("chromium", "chromium-browser", "google-chrome")
CONFIG = "[server]\ndrain_ms = 500\n"

OpenScreen = Callable[..., Awaitable[Screen]]


def find(own: str) -> str | None:
    """A Chromium: named by the environment, on PATH, or ``own``, playwright's download."""
    named = os.environ.get("INTERLOCK_TEST_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    return found or (own if Path(own).exists() else None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests."""
    if not (ROOT / "static" / "vendor" / "complete").exists():
        pytest.skip("the browser libraries are not in static/vendor: install the project")
    async with async_playwright() as driver:
        path = find(driver.chromium.executable_path)
        if path is None:
            pytest.skip("no Chromium found: set INTERLOCK_TEST_CHROMIUM or install one")
        # Machines that test have no sound card; Chromium plays a microphone and speakers.
        arguments = ["--use-fake-device-for-media-stream"]
        arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
        opened = await driver.chromium.launch(executable_path=path, args=arguments)
        yield opened
        await opened.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that tests share; nobody may kill it."""
    with running(tmp_path_factory.mktemp("browser"), CONFIG) as server:
        yield server


@asynccontextmanager
async def desk_on(server: Server) -> AsyncIterator[Desk]:
    """A fresh desk on any server."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(http(server.base))
        yield Desk(server, api, stack)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(server: Server) -> AsyncIterator[Desk]:
    """A fresh desk on the shared server."""
    async with desk_on(server) as desk:
        yield desk


@pytest_asyncio.fixture(loop_scope="session")
async def screen_of(browser: Browser, server: Server) -> AsyncIterator[OpenScreen]:
    """Open screens: ``await screen_of(agent)``, each in its own context unless one is given."""
    contexts, screens = [], []

    async def open_screen(
        agent: str | None = None, base: str = "", context: Any = None, **options: Any
    ) -> Screen:
        if context is None:
            context = await browser.new_context(**options)
            contexts.append(context)
        screen = await Screen.open(await context.new_page(), base or server.base)
        screens.append(screen)
        if agent is not None:
            await screen.sign_in(ADMIN_KEY, agent)
        return screen

    yield open_screen
    for screen in screens:
        await screen.check_quiet()
    for context in contexts:
        await context.close()
