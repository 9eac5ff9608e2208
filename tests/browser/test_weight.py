"""What the agent page weighs, and that a long day leaves nothing behind in either page."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from scripts.bench.heap import left_behind, slope
from scripts.bench.page import measure, open_page
from tests.conformance.client import eventually
from tests.conformance.desk import Desk

from .conftest import OpenScreen

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PAGE_BYTES_MAX = 40_960
ALL_BYTES_MAX = 47_104
OFFERS = 80
UPDATES = 400
BOARD_GROWTH_BYTES_MAX = 2**20
GROWTH_BYTES_MAX = 3 * 2**20


async def test_scripts_and_styles_stay_within_their_bound(
    desk: Desk, screen_of: OpenScreen
) -> None:
    screen = await screen_of()
    sizes: dict[str, int] = {}

    async def note(answer: object) -> None:
        url = answer.url  # type: ignore[attr-defined]
        if url.endswith((".js", ".css")) and "login" not in url:
            headers = await answer.all_headers()  # type: ignore[attr-defined]
            sizes[url] = int(headers["content-length"])

    async def dialogs_are_weighed() -> bool:
        return any("dialogs.js" in url for url in sizes)

    agent = await desk.agent("Anna", await desk.queue())
    screen.page.on("response", note)
    await screen.sign_in_as(agent)
    await screen.page.wait_for_load_state("networkidle")
    at_start = sum(sizes.values())
    await screen.page.keyboard.press("?")
    await screen.shows("They rest while you type.")
    await screen.page.wait_for_load_state("networkidle")
    await eventually(dialogs_are_weighed, "the dialogs are weighed")
    print(f"scripts and styles: {at_start} bytes to work, {sum(sizes.values())} with the dialogs")
    assert 20_000 < at_start <= PAGE_BYTES_MAX
    assert at_start < sum(sizes.values()) <= ALL_BYTES_MAX


async def test_a_day_of_offers_leaves_nothing_behind(browser: Browser) -> None:
    context = await browser.new_context()
    page = await open_page(context)
    seen = await measure(page, 10, 0)
    found = await left_behind(page, OFFERS, 4)
    await context.close()
    early, late = found[: len(found) // 2], found[len(found) // 2 :]
    print(f"offer to paint p95 {seen.percentile(0.95):.1f} ms; {found}")
    assert late[-1].heap_bytes - early[0].heap_bytes < GROWTH_BYTES_MAX
    assert max(one.nodes for one in late) <= max(one.nodes for one in early)
    assert max(one.listeners for one in late) <= max(one.listeners for one in early)


async def test_a_day_of_updates_leaves_nothing_behind_on_the_board(browser: Browser) -> None:
    context = await browser.new_context()
    found = await left_behind(await open_page(context, "board"), UPDATES, 4, "board")
    await context.close()
    print(f"{slope(found):.0f} bytes an update; {found}")
    assert found[-1].heap_bytes - found[1].heap_bytes < BOARD_GROWTH_BYTES_MAX
    assert found[-1].listeners - found[1].listeners < UPDATES // 20
