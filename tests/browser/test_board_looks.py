"""How the board looks: axe on every state, hostile words, keys, small screens, weight."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from typing import Any

import httpx2
import pytest
from playwright.async_api import expect

from tests.conformance.desk import Desk, take
from tests.conformance.process import ADMIN_KEY, ROOT, Server

from .conftest import OpenScreen
from .line import Line
from .screen import CLOSE_AND_PRESS
from .test_board import board, find
from .test_board_incidents import ASIDE, answer, incident
from .test_pages import check_axe, check_both
from .wire_tap import Tap

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WEIGHT_MAX = 90 * 1024
ALL_MAX = 98_304
"""With the drawer, which is fetched a little later."""
HOSTILE = (
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "'-window.hit=1-'",
    "<script>window.hit=1</script>",
    "javascript:window.hit=1",
    "${window.hit=1}{{window.hit=1}}",
    "\u202egnp.exe\u2066\u0000x",
    "]]><!--<iframe srcdoc='<script>parent.hit=1</script>'>",
)
HOLD_FRAMES = """
const [held, draw] = [[], requestAnimationFrame];
window.requestAnimationFrame = (paint) => held.push(paint);
window.letGo = () => {
  window.requestAnimationFrame = draw;
  for (const paint of held) draw(paint);
};
"""
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"
WIDE = """[...document.querySelectorAll('#app *')].filter((one) =>
  one.checkVisibility() && !one.closest('.scroll, dialog') &&
  one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 120))"""


async def test_axe_finds_nothing_on_the_board(desk: Desk, screen_of: OpenScreen) -> None:
    screen = await screen_of(reduced_motion="reduce")
    page, tap = screen.page, await Tap.on(screen.page)
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    agent = await desk.agent("anna", queue)
    await desk.online(agent)
    id_ = await desk.create(queue, customer={"name": "Ana"}, subject="One")
    await answer(page, "**/v1/quarantine", {"items": [ASIDE], "position": "1-1"})
    await screen.sign_in(ADMIN_KEY)
    await find(screen, queue)
    one = incident("i-9100", queue)
    tap.push("incident", incident=one)
    stalled = {"state": "stalled", "since": one["since"], "cause": "x", "text": one["text"]}
    tap.push("delta", changes={"queues": [{"id": queue, "health": stalled}]})
    await expect(page.locator('[data-health="stalled"]')).to_be_visible()
    await check_both(screen, "stalled")
    for tab in ("agents", "incidents", "quarantine", "day", "changes", "queues"):
        await page.locator(f"#tab-{tab}").click()
        await expect(page.locator("#panel")).not_to_be_empty()
        await check_both(screen, tab)
    await page.locator(f'[data-opens="{queue}"]').click()
    await page.locator(f'#drawer [data-conversation="{id_}"]').wait_for()
    await check_both(screen, "a queue")
    await page.locator("#drawer").get_by_role("button", name="Move many").click()
    await check_both(screen, "move many")
    await page.keyboard.press("Escape")
    await page.locator(f'#drawer [data-conversation="{id_}"]').click()
    await page.locator("#drawer .life-step").first.wait_for()
    await check_both(screen, "a conversation")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.locator("#tab-incidents").click()
    await page.locator('[data-incident-row="i-9100"]').click()
    await check_both(screen, "an incident")
    await page.keyboard.press("Escape")
    for key, where in (("?", "keys"), ("l", "deeds")):
        await page.keyboard.press(key)
        await check_both(screen, where)
        await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.locator("#drawer-title")).to_have_text("Keys")
    await page.evaluate(CLOSE_AND_PRESS, ["drawer", "l"])
    await expect(page.locator("#drawer-title")).to_have_text("Done from this board")
    await expect(page.locator("#drawer-title")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("w")
    await expect(page.locator("main.wall")).to_be_visible()
    await check_both(screen, "wallboard")
    screen.forgive("404")


async def test_axe_finds_nothing_while_the_figures_are_old(
    screen_of: OpenScreen, line: Line
) -> None:
    screen = await board(screen_of, line.base)
    line.cut()
    await expect(screen.page.locator("main.stale")).to_be_visible()
    await check_axe(screen, "stale")
    await screen.page.keyboard.press("w")
    await expect(screen.page.locator(".wall-stale")).to_be_visible()
    await check_axe(screen, "stale wallboard")
    screen.forgive("net::ERR", "WebSocket")


async def hostile_row(desk: Desk, number: int, text: str) -> tuple[str, str, str]:
    """A queue, an agent and a conversation that are called so: their ids."""
    queue = await desk.queue(f"Hostile{number}", name=text[:64])
    agent = await desk.agent(f"anna{number}", queue, name=text[:64])
    socket = await desk.online(agent)
    id_ = await desk.create(queue, customer={"name": text}, subject=text)
    await take(socket)
    await desk.act(id_, "requeue", reason=text[:200])
    said = {"presence": "away", "reason": text}
    await desk.api.post(f"/v1/agents/{agent}/presence", json=said)
    return queue, agent, id_


async def test_hostile_words_stay_words(desk: Desk, screen_of: OpenScreen) -> None:
    screen = await board(screen_of)
    page = screen.page
    clean = [text.replace("\u0000", "") for text in HOSTILE]
    made = [await hostile_row(desk, number, text) for number, text in enumerate(clean)]
    shown = [max(re.split(r"[\u202e\u2066]", text), key=len)[:10] for text in clean]
    await find(screen, made[0][1], "agents")
    await page.locator("#agents-search").fill(desk.name("")[1:])
    for (_, agent, _), words in zip(made, shown, strict=True):
        await expect(page.locator(f'[data-row="{agent}"]')).to_contain_text(words)
    await find(screen, made[0][0])
    await page.locator("#queues-search").fill(desk.name("")[1:])
    for (queue, _, id_), words in zip(made, shown, strict=True):
        await expect(page.locator(f'[data-row="{queue}"]')).to_contain_text(words)
        await page.locator(f'[data-opens="{queue}"]').click()
        item = page.locator(f'#drawer [data-conversation="{id_}"]')
        await expect(item).to_contain_text(words)
        await item.click()
        await expect(page.locator("#drawer .life")).to_contain_text(words)
        await page.locator("#drawer").get_by_role("button", name="Close the conv").click()
        await expect(page.locator("#act")).to_contain_text(words)
        for _ in range(3):
            await page.keyboard.press("Escape")
    assert await page.evaluate("window.hit") is None
    assert await page.locator("#app img, #app iframe, #app script").count() == 0


async def test_everything_is_reached_by_keys(desk: Desk, screen_of: OpenScreen) -> None:
    queues = sorted([await desk.queue(f"key{one}") for one in range(4)])
    screen = await board(screen_of)
    page = screen.page
    await page.keyboard.press("/")
    await page.keyboard.type("key")
    tag = queues[0].rsplit("-", 1)[1]
    await page.keyboard.type(f" {tag}")
    await expect(page.locator("[data-row]")).to_have_count(4)
    first = page.locator("[data-opens]").first
    await first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        await page.keyboard.press(key)
        await expect(page.locator("[data-opens]:focus")).to_have_count(1)
    await expect(page.locator("[data-opens]").nth(1)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#drawer")).to_be_visible()
    # Nothing is lost behind an open dialog, and Escape gives the focus back.
    await page.keyboard.press("a")
    await expect(page.locator("#tab-queues")).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-opens]").nth(1)).to_be_focused()
    # Pressed faster than the page is drawn, each Escape closes one more.
    id_ = await desk.create(queues[0])
    await page.locator(f'[data-opens="{queues[0]}"]').click()
    await page.locator(f'#drawer [data-conversation="{id_}"]').click()
    await page.locator("#drawer").get_by_role("button", name="Close the conv").click()
    await expect(page.locator("#act")).to_be_visible()
    await page.evaluate(HOLD_FRAMES)
    for _ in range(3):
        await page.keyboard.press("Escape")
    await page.evaluate("window.letGo()")
    await expect(page.locator("dialog[open]")).to_have_count(0)
    for key, tab in (("a", "agents"), ("i", "incidents"), ("d", "day"), ("q", "queues")):
        await page.keyboard.press(key)
        await expect(page.locator(f"#tab-{tab}")).to_have_attribute("aria-selected", "true")
    await page.locator("#tab-queues").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#tab-agents")).to_be_focused()


async def test_a_small_screen_and_large_type(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("W" * 60)
    id_ = await desk.create(queue, customer={"name": "W" * 300}, subject="w" * 300)
    screen = await board(screen_of)
    for width, height in ((360, 740), (720, 450)):
        await screen.page.set_viewport_size({"width": width, "height": height})
        for tab in ("agents", "incidents", "quarantine", "day", "changes", "queues"):
            await screen.page.locator(f"#tab-{tab}").click()
            too_wide = await screen.page.evaluate(WIDE)
            assert too_wide == [], (width, tab)
            assert await screen.page.evaluate(TOO_WIDE) is False, (width, tab)
        await screen.page.locator("#by-id").fill(id_)
        await screen.page.keyboard.press("Enter")
        await screen.page.locator("#drawer .life-step").first.wait_for()
        inside = "document.querySelector('#drawer').scrollWidth <= innerWidth"
        assert await screen.page.evaluate(inside)
        await screen.page.keyboard.press("Escape")


async def test_the_wallboard_names_no_one(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Wall")
    agent = await desk.agent("anna", queue, name="Anna Secret")
    await desk.online(agent)
    await desk.create(queue, customer={"name": "Customer Secret"}, subject="Secret")
    screen = await screen_of()
    tap = await Tap.on(screen.page)
    await screen.sign_in(ADMIN_KEY)
    # The diagnosis may name people: a room is told less.
    one = incident("i-9200", queue, text="Anna Secret could take it and was not asked.")
    stalled = {"state": "stalled", "since": one["since"], "cause": "x", "text": one["text"]}
    tap.push("incident", incident=one)
    tap.push("delta", changes={"queues": [{"id": queue, "health": stalled}]})
    await screen.shows("Anna Secret could take it")
    await screen.page.evaluate("location.hash = 'wall'")
    health = screen.page.locator("main.wall [data-health]")
    await expect(health).to_contain_text("Somebody waits who could be served")
    assert "Secret" not in await screen.page.locator("main.wall").inner_text()
    buttons = screen.page.get_by_role("button")
    await expect(buttons).to_have_count(1)
    await buttons.click()
    await expect(screen.page.locator("#tab-queues")).to_be_visible()


async def test_thresholds_are_kept_in_the_browser(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Limits")
    await desk.create(queue)
    screen = await board(screen_of)
    page = screen.page
    await find(screen, queue)
    cell = page.locator(f'[data-row="{queue}"] [data-col="waiting"] .lv')
    await expect(cell).to_have_count(0)
    await page.get_by_role("button", name="Thresholds").click()
    await page.locator('[name="waiting-0"]').fill("1")
    await page.get_by_role("button", name="Keep").click()
    await expect(cell).to_contain_text("over the threshold")
    await page.reload()
    await find(screen, queue)
    await expect(cell).to_have_count(1)


async def test_a_table_is_saved_for_a_spreadsheet(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Table", name="=1+1")
    screen = await board(screen_of)
    await find(screen, queue)
    async with screen.page.expect_download() as waiting:
        await screen.page.get_by_role("button", name="CSV").click()
    download = await waiting.value
    saved = await download.path()
    text = await asyncio.to_thread(lambda: saved.read_bytes().decode())
    assert download.suggested_filename.startswith("interlock-queues-")
    assert f"{queue},'=1+1," in text and text.startswith("Id,Name,Waiting")


async def test_the_day_is_drawn_and_told(screen_of: OpenScreen) -> None:
    screen = await screen_of()
    await answer(screen.page, "**/v1/history?*", some_day())
    await screen.sign_in(ADMIN_KEY)
    await screen.page.keyboard.press("d")
    await expect(screen.page.locator(".plot canvas")).to_have_count(4)
    await expect(screen.page.locator(".chart").first).to_contain_text("at most 29")
    link = screen.page.get_by_role("link", name="CSV of all queues")
    assert (await link.get_attribute("href") or "").endswith("/v1/history.csv")


def some_day() -> dict[str, Any]:
    """An hour, minute by minute."""
    minutes = range(60)
    flat = [one % 30 for one in minutes]
    return {
        "queue": None,
        "every_ms": 60_000,
        "since": 1_790_000_000_000,
        "at": [1_790_000_040_000 + one * 60_000 for one in minutes],
        "waiting": flat,
        "oldest_wait_ms": flat,
        "service_level": [None if one % 7 else 80.0 for one in minutes],
        "offers": flat,
        "answered": flat,
        "abandoned": flat,
        "agents": dict.fromkeys(("free", "working", "unreachable", "away", "offline"), flat),
        "position": "1-1",
    }


async def test_the_board_is_light(screen_of: OpenScreen, server: Server) -> None:
    """What a browser fetches for it, as it travels."""
    fetched: list[str] = []
    screen = await screen_of()
    screen.page.on("request", lambda request: fetched.append(request.url))
    await screen.sign_in(ADMIN_KEY)
    await expect(screen.page.locator("#tab-queues")).to_be_visible()
    page = fetched.index(next(url for url in fetched if url.endswith("/board")))
    at_start = {url for url in fetched[page:] if url.endswith((".js", ".css"))}
    await screen.page.keyboard.press("?")
    await expect(screen.page.locator("#drawer")).to_contain_text("Keys rest while you type.")
    parts = {url for url in fetched[page:] if url.endswith((".js", ".css"))}
    weights = {}
    async with httpx2.AsyncClient(trust_env=False) as client:
        for url in parts:
            async with client.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as answer:
                body = b"".join([chunk async for chunk in answer.aiter_raw()])
                packed = answer.headers.get("content-encoding") == "gzip"
                weights[url] = len(body if packed else gzip.compress(body, 9))
    assert any("uPlot" in url for url in parts) and len(parts) > len(at_start) > 20
    assert sum(weights[url] for url in at_start) <= WEIGHT_MAX, json.dumps(weights, indent=1)
    assert sum(weights.values()) <= ALL_MAX, json.dumps(weights, indent=1)
    assert (ROOT / "static" / "board.html").exists() and server.base
