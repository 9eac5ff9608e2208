"""Notes for the customer system around the agent page: handed over when done, never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FrameLocator, Page, expect

from tests.conformance.client import eventually
from tests.conformance.desk import Desk
from tests.conformance.process import ADMIN_KEY, running

from .conftest import CONFIG, OpenScreen, desk_on
from .screen import LISTEN
from .test_agent import EVIL

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CRM = """<!doctype html><title>Customers</title><iframe name="desk" width="1200" height="800"
src="{base}/login#key={key}&agent={agent}"></iframe><script>
window.taken = []; window.takes = {takes};
addEventListener('message', (event) => {
  if (event.origin !== '{base}' || event.data?.type !== 'interlock.note') return;
  taken.push(event.data);
  if (takes)
    event.source.postMessage({ type: 'interlock.note_taken', id: event.data.id }, event.origin);
});
</script>"""


class Crm:
    """A customer system of one page, at an address of its own."""

    def __init__(self) -> None:
        self.text = ""
        self.origin = ""

    async def __aenter__(self) -> Crm:
        self._listener = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.origin = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
        writer.write((head + self.text).encode())
        await writer.drain()
        writer.close()

    async def open(self, browser: Browser, desk: Desk, agent: str, takes: bool = True) -> Page:
        """Its page, with the desk in it."""
        values = {"base": desk.server.base, "key": ADMIN_KEY, "agent": agent}
        self.text = CRM.replace("{takes}", "true" if takes else "false")
        for name, value in values.items():
            self.text = self.text.replace(f"{{{name}}}", value)
        page = await (await browser.new_context()).new_page()
        await page.add_init_script(LISTEN)
        await page.goto(f"{self.origin}/")
        return page


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crm() -> AsyncIterator[Crm]:
    """The one that is configured."""
    async with Crm() as crm:
        yield crm


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def inside(tmp_path_factory: pytest.TempPathFactory, crm: Crm) -> AsyncIterator[Desk]:
    """A desk on a server whose agent page may be embedded."""
    config = CONFIG + f'notes_origin = "{crm.origin}"\n'
    with running(tmp_path_factory.mktemp("notes"), config) as server:
        async with desk_on(server) as desk:
            yield desk


async def in_hand(desk: Desk, page: Page, queue: str) -> FrameLocator:
    """Become available and take Ana's conversation, inside the frame."""
    frame = page.frame_locator("iframe")
    await frame.get_by_role("button", name="Available").click()
    await desk.create(queue, customer={"name": "Ana"})
    await frame.get_by_role("button", name="Accept").click()
    await expect(frame.locator("[data-conversation]")).to_have_count(1)
    return frame


async def taken(page: Page, count: int) -> list[dict[str, Any]]:
    """Wait until the customer system has heard of so many notes."""

    async def probe() -> bool:
        return len(await page.evaluate("taken")) >= count

    await eventually(probe, f"{count} notes")
    return list(await page.evaluate("taken"))


async def test_a_note_goes_with_the_end_of_the_work(
    inside: Desk, browser: Browser, crm: Crm
) -> None:
    queue = await inside.queue("Billing", offer={"timeout_ms": 60_000}, wrap_up={"ms": 60_000})
    agent = await inside.agent("Anna", queue, chats=3)
    page = await crm.open(browser, inside, agent)
    frame = await in_hand(inside, page, queue)
    note = frame.get_by_label("Note, handed over")
    await note.press_sequentially("calls back ")
    await frame.get_by_role("button", name="Outcome…").click()
    await frame.get_by_role("button", name="Follow-up needed").click()
    await expect(frame.get_by_role("heading", name="Wrap-up")).to_be_visible()
    await expect(note).to_have_value("calls back ")
    await note.fill(EVIL)
    assert await page.evaluate("taken") == [], "not before it is done"
    await frame.get_by_role("button", name="Finish wrap-up").click()
    [given] = await taken(page, 1)
    assert given["text"] == EVIL and given["agent"] == agent and given["queue"] == queue
    assert given["disposition"] == "follow_up" and given["version"] == 1
    await expect(frame.get_by_text("Notes not taken yet")).to_have_count(0)
    kept = await page.frames[1].evaluate("JSON.stringify({...sessionStorage})")
    assert "script" not in kept, "what was taken is forgotten"
    assert await page.frames[1].evaluate("window.violations") == []


async def test_a_note_that_nobody_takes_outlives_reloads(
    inside: Desk, browser: Browser, crm: Crm
) -> None:
    queue = await inside.queue("Billing", offer={"timeout_ms": 60_000})
    agent = await inside.agent("Anna", queue, chats=3)
    page = await crm.open(browser, inside, agent, takes=False)
    frame = await in_hand(inside, page, queue)
    note = frame.get_by_label("Note, handed over")
    await note.fill("half a sen")
    await page.frames[1].evaluate("location.reload()")
    await expect(note).to_have_value("half a sen")
    await note.fill(EVIL)
    await frame.get_by_role("button", name="Complete").click()
    [first, *_] = await taken(page, 1)
    await expect(frame.get_by_text(f"Notes not taken yet by {crm.origin}")).to_be_visible()
    await expect(frame.get_by_text(EVIL)).to_be_visible()
    await page.evaluate("taken.length = 0")
    await page.frames[1].evaluate("location.reload()")
    await expect(frame.get_by_text(EVIL)).to_be_visible()
    again = await taken(page, 1)
    assert again[0]["id"] == first["id"], "the same note says the same id"
    # A word from elsewhere takes nothing.
    forged = "(id) => window.postMessage({ type: 'interlock.note_taken', id }, '*')"
    await page.frames[1].evaluate(forged, first["id"])
    await expect(frame.get_by_text(EVIL)).to_be_visible()
    await page.evaluate("window.takes = true")
    await expect(frame.get_by_text("Notes not taken yet")).to_have_count(0, timeout=15_000)


async def test_no_other_page_may_embed_it(
    inside: Desk, browser: Browser, desk: Desk, crm: Crm, screen_of: OpenScreen
) -> None:
    async with Crm() as other:
        for host, around in ((inside, other), (desk, crm)):
            page = await around.open(browser, host, "nobody")
            assert "ERR_BLOCKED_BY_RESPONSE" in await page.frames[1].content()
    answer = await inside.api.get("/board")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    # The page on its own has no notes, whatever is configured.
    queue = await inside.queue("Billing")
    screen = await screen_of(await inside.agent("Anna", queue), base=inside.server.base)
    await screen.be_available()
    await inside.create(queue, customer={"name": "Ana"})
    await screen.button("Accept").click()
    await expect(screen.held).to_have_count(1)
    await expect(screen.page.get_by_label("Note, handed over")).to_have_count(0)
