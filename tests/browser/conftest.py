"""Chromium, a real server, and signed-in screens.

One browser and one server for each test process; every test has its own desk, and browser
contexts that know nothing of the tests before but the files of the pages. Without Chromium all is
skipped, see ``tests/conftest.py``.
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
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.conformance.client import http
from tests.conformance.desk import Desk
from tests.conformance.process import ADMIN_KEY, ROOT, Server, running

from .line import Line
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


@pytest.fixture(scope="session")
def spare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A second one, for what is done to all or to the server itself; leave it as it was."""
    with running(tmp_path_factory.mktemp("spare"), CONFIG) as server:
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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def only_line(server: Server) -> AsyncIterator[Line]:
    """The one line of this process: its address stays, so what was fetched over it is known."""
    async with Line(server.base) as line:
        yield line


@pytest_asyncio.fixture(loop_scope="session")
async def line(only_line: Line, server: Server) -> AsyncIterator[Line]:
    """A line that can be cut, whole and to the shared server."""
    only_line.mend(server.base)
    yield only_line
    only_line.cut()


class Contexts:
    """Browser contexts that are used again, for the sake of the files they have fetched.

    A page of a fresh one fetches and compiles some thirty files; that was most of a test's time.
    What a test could find of the one before is gone: pages, cookies, permissions, and the storage
    of the address it asks for.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: list[BrowserContext] = []

    async def take(self) -> BrowserContext:
        """One that nobody uses."""
        return self._idle.pop() if self._idle else await self._browser.new_context()

    async def give_back(self, context: BrowserContext) -> None:
        """Close what is open in it, and keep it."""
        for page in context.pages:
            await page.close()
        await context.clear_cookies()
        await context.clear_permissions()
        self._idle.append(context)

    @staticmethod
    async def forget(page: Page, base: str) -> None:
        """Take away what this address has stored in the context of the page."""
        session = await page.context.new_cdp_session(page)
        stored = {"origin": base, "storageTypes": "local_storage,service_workers"}
        await session.send("Storage.clearDataForOrigin", stored)
        await session.detach()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def contexts(browser: Browser) -> Contexts:
    """Those of this process; they end with the browser."""
    return Contexts(browser)


@pytest_asyncio.fixture(loop_scope="session")
async def screen_of(
    browser: Browser, contexts: Contexts, server: Server
) -> AsyncIterator[OpenScreen]:
    """Open screens: ``await screen_of(agent)``, each in its own context unless one is given.

    With options (a size, a scheme, permissions) the context is a fresh one.
    """
    own, borrowed, screens = [], [], []

    async def page_in(context: BrowserContext | None, base: str, options: dict[str, Any]) -> Page:
        if context is not None:
            return await context.new_page()
        if options:
            own.append(await browser.new_context(**options))
            return await own[-1].new_page()
        borrowed.append(await contexts.take())
        page = await borrowed[-1].new_page()
        await contexts.forget(page, base)
        return page

    async def open_screen(
        agent: str | None = None,
        base: str = "",
        context: BrowserContext | None = None,
        **options: Any,
    ) -> Screen:
        base = base or server.base
        screen = await Screen.open(await page_in(context, base, options), base)
        screens.append(screen)
        if agent is not None:
            await screen.sign_in(ADMIN_KEY, agent)
        return screen

    yield open_screen
    for screen in screens:
        await screen.check_quiet()
    for one in borrowed:
        await contexts.give_back(one)
    for one in own:
        await one.close()
