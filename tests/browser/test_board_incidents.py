"""A supervisor in an emergency: a stall, an incident, a store that is away, quarantine."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.conformance.desk import Desk
from tests.conformance.process import ADMIN_KEY, Server

from .conftest import OpenScreen
from .screen import Screen
from .test_board import find
from .wire_tap import Tap

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AT_ONCE_MS = 3_000
SOME_FRAMES = """(async () => {
  for (let n = 0; n < 9; n += 1) await new Promise((done) => requestAnimationFrame(done));
})()"""
HOSTILE = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'


def incident(id_: str, queue: str | None, **more: Any) -> dict[str, Any]:
    """An open incident of a queue, as the server tells one."""
    since = int(time.time() * 1000) - 42_000
    text = "Billing: 14 waiting, 0 offers for 42 s; 1 routable and not offered."
    return {
        "id": id_,
        "cause": "lost_wake_up",
        "title": "Somebody waited although an agent could take it",
        "state": "open",
        "since": since,
        "opened_at": since + 2_000,
        "queue": queue,
        "conversation": None,
        "agent": None,
        "text": text,
        "evidence": {"waiting": 14, "agents": HOSTILE},
        "steps": [
            {
                "at": since + 3_000,
                "step": "repaired",
                "text": "Looked at the whole queue anew.",
                "by": "watchdog",
                "evidence": {},
            }
        ],
        "steps_left_off": 0,
        "acknowledged_by": None,
        "resolved_at": None,
        "resolution": None,
        "conversations": None,
        "waited_ms": None,
        **more,
    }


async def tapped(screen_of: OpenScreen) -> tuple[Screen, Tap]:
    screen = await screen_of()
    tap = await Tap.on(screen.page)
    await screen.sign_in(ADMIN_KEY)
    return screen, tap


async def answer(page: Page, path: str, body: Any) -> list[Any]:
    """Answer these calls in the server's place; give what was sent with them."""
    sent: list[Any] = []

    async def fulfil(route: Route) -> None:
        sent.append(route.request.post_data_json)
        await route.fulfill(json=body)

    await page.route(path, fulfil)
    return sent


async def test_a_stall_is_seen_at_once(desk: Desk, screen_of: OpenScreen) -> None:
    screen, tap = await tapped(screen_of)
    queue = await desk.queue("Billing")
    await find(screen, queue)
    one = incident("i-9001", queue)
    stalled = {
        "state": "stalled",
        "since": one["since"],
        "cause": one["cause"],
        "text": one["text"],
    }
    began = time.monotonic()
    tap.push("incident", incident=one)
    tap.push("delta", changes={"queues": [{"id": queue, "health": stalled}]})
    alarm = screen.page.locator('[data-incident="i-9001"]')
    await expect(alarm).to_be_in_viewport(timeout=AT_ONCE_MS)
    await expect(alarm).to_contain_text(one["text"])
    await expect(alarm).to_contain_text("Repaired")
    assert time.monotonic() - began < AT_ONCE_MS / 1000
    health = screen.page.locator("[data-health]")
    await expect(health).to_have_attribute("data-health", "stalled")
    await expect(health).to_contain_text("Stalled")
    await expect(screen.page.locator("[data-said]")).to_contain_text("Stalled")
    # One trouble is told once.
    await expect(screen.page.locator(f'[data-alarm="{queue}"]')).to_have_count(0)


async def test_nothing_moves_under_a_pressed_pointer(desk: Desk, screen_of: OpenScreen) -> None:
    screen, tap = await tapped(screen_of)
    page = screen.page
    one = incident("i-9003", await desk.queue("Billing"))
    await answer(page, "**/v1/incidents/i-9003", one)
    tap.push("incident", incident=one)
    button = page.locator('[data-incident="i-9003"]').get_by_role("button", name="Evidence")
    await button.hover()
    await page.mouse.down()
    before = await button.bounding_box()
    for n in range(3):
        longer = {"since": one["since"] - 60_000, "text": f"{one['text']} And more. " * 9}
        tap.push("incident", incident=incident(f"i-903{n}", one["queue"], **longer))
    await page.evaluate(SOME_FRAMES)
    assert await button.bounding_box() == before
    await page.mouse.up()
    await expect(page.locator("#drawer")).to_contain_text("Looked at the whole queue anew.")
    await expect(page.locator('[data-incident="i-9030"]')).to_be_attached()


async def test_an_incident_in_full_and_acknowledged(desk: Desk, screen_of: OpenScreen) -> None:
    screen, tap = await tapped(screen_of)
    page = screen.page
    one = incident("i-9002", await desk.queue("Billing"))
    told = {"at": one["since"], "step": "acknowledged", "text": "", "by": "me", "evidence": {}}
    known = {**one, "acknowledged_by": "supervisor:me", "steps": [*one["steps"], told]}
    await answer(page, "**/v1/incidents/i-9002", one)
    sent = await answer(page, "**/v1/incidents/i-9002/acknowledge", known)
    tap.push("incident", incident=one)
    alarm = page.locator('[data-incident="i-9002"]')
    await alarm.get_by_role("button", name="Evidence").click()
    drawer = page.locator("#drawer")
    await expect(drawer).to_contain_text("Looked at the whole queue anew.")
    await expect(drawer).to_contain_text(HOSTILE)
    report = drawer.get_by_role("link", name="Post-mortem")
    await expect(report).to_have_attribute("download", "incident-i-9002.md")
    assert (await report.get_attribute("href") or "").endswith("/v1/incidents/i-9002/report")
    await drawer.get_by_role("button", name="Acknowledge").click()
    question = page.locator("#act")
    await expect(question).to_contain_text("Cannot be taken back")
    await question.get_by_label("Reason").fill("Mine")
    await question.get_by_role("button", name="Acknowledge").click()
    await expect(question).to_be_hidden()
    assert sent == [{"reason": "Mine"}]
    tap.push("incident", incident=known)
    await page.keyboard.press("Escape")
    # What somebody looks after goes behind the rest, and the other tests have left some.
    more = page.get_by_role("button", name=re.compile(r"^Show \d+ more"))
    if await more.count():
        await more.click()
    await expect(alarm).to_contain_text("with supervisor:me")
    assert await page.evaluate("window.hit") is None


async def test_open_incidents_are_there_after_a_reload(desk: Desk, screen_of: OpenScreen) -> None:
    screen = await screen_of()
    listed = {"incidents": [incident("i-9003", None)], "open": 1, "position": "1-1"}
    await answer(screen.page, "**/v1/incidents?*", listed)
    await screen.sign_in(ADMIN_KEY)
    await expect(screen.page.locator('[data-incident="i-9003"]')).to_be_visible()
    await screen.page.reload()
    await expect(screen.page.locator('[data-incident="i-9003"]')).to_be_visible()


def store_of(pid: int) -> int:
    """The store that a server started for itself."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [one for one in children if b"valkey" in Path(f"/proc/{one}/cmdline").read_bytes()]
    return int(found[0])


async def test_a_store_that_is_away_is_told_at_once(screen_of: OpenScreen, spare: Server) -> None:
    screen = await screen_of(base=spare.base)
    await screen.sign_in(ADMIN_KEY)
    health = screen.page.locator("[data-health]")
    await expect(health).not_to_have_attribute("data-health", "unknown")
    store = store_of(spare.pid)
    os.kill(store, signal.SIGSTOP)
    try:
        await expect(health).to_have_attribute("data-health", "unknown", timeout=8_000)
        await expect(health).to_contain_text("store")
        await expect(screen.page.locator(".stale-banner")).to_contain_text("old")
    finally:
        os.kill(store, signal.SIGCONT)
    await expect(health).not_to_have_attribute("data-health", "unknown", timeout=15_000)
    screen.forgive("503", "WebSocket", "net::ERR")


ASIDE = {
    "id": "c-aside",
    "queue": "billing",
    "channel": "chat",
    "enqueued_at": 1_790_000_000_000,
    "at": 1_790_000_100_000,
    "reason": "wrong_checksum",
    "evidence": HOSTILE,
    "by": "system",
}


async def test_quarantine_is_listed_and_worked_off(screen_of: OpenScreen) -> None:
    screen = await screen_of()
    page = screen.page
    await answer(page, "**/v1/quarantine", {"items": [ASIDE], "position": "1-1"})
    requeued = await answer(page, "**/v1/quarantine/c-aside/requeue", None)
    discarded = await answer(page, "**/v1/quarantine/c-aside/discard", None)
    await screen.sign_in(ADMIN_KEY)
    await page.keyboard.press("n")
    item = page.locator('[data-aside="c-aside"]')
    await expect(item).to_contain_text("wrong checksum")
    await item.get_by_text("Evidence").click()
    await expect(item).to_contain_text(HOSTILE)
    for name, sent in (("Requeue", requeued), ("Discard", discarded)):
        await item.get_by_role("button", name=name).click()
        question = page.locator("#act")
        await question.get_by_role("button", name=name).click()
        await expect(question).to_be_visible()
        assert sent == [], "nothing happens without a reason"
        await question.get_by_label("Reason").fill("Checked")
        await question.get_by_role("button", name=name).click()
        await expect(question).to_be_hidden()
        assert sent == [{"reason": "Checked"}]
    assert await page.evaluate("window.hit") is None
