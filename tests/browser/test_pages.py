"""The pages as documents: sign-in, content policy, accessibility, their own addresses."""

from __future__ import annotations

import httpx2
import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.async_api import expect

from tests.conformance.desk import Desk
from tests.conformance.process import ADMIN_KEY, Server

from .conftest import OpenScreen
from .screen import Screen

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WAYS = {"key": True, "password": True, "provider": True}
PAGES = ("login", "agent", "board")


async def check_axe(screen: Screen, where: str, **options: object) -> None:
    """No finding of axe, on what is on the screen now."""
    page, only = screen.page, {"resultTypes": ["violations"], **options}
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    results = AxeResults(await page.evaluate("(only) => axe.run(only)", only))
    assert results.violations_count == 0, f"{where}: {results.generate_report()}"


async def check_both(screen: Screen, where: str) -> None:
    """No finding in the light, and none in the dark, where only the colours differ."""
    await check_axe(screen, where)
    await screen.page.emulate_media(color_scheme="dark")
    await check_axe(screen, f"{where}, dark", runOnly=["color-contrast"])
    await screen.page.emulate_media(color_scheme="light")


async def test_signing_in_by_hand(desk: Desk, screen_of: OpenScreen) -> None:
    agent = await desk.agent("Anna", await desk.queue())
    screen = await screen_of()
    elsewhere = screen.page.get_by_role("link", name="Sign in at your organisation")
    await screen.page.route("**/v1/session/ways", lambda route: route.fulfill(json=WAYS))
    await screen.page.goto(f"{screen.base}/login#refused=no_role")
    await expect(screen.page.get_by_role("alert")).to_contain_text("has no role here")
    await expect(elsewhere).to_have_attribute("href", "login/provider")
    assert not await screen.page.get_by_label("API key").is_visible()
    await screen.page.get_by_label("Name").fill("nobody")
    await screen.page.get_by_label("Password").fill("not a password of anybody")
    await screen.button("Sign in").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("name or the password is wrong")
    await expect(screen.page.get_by_label("Password")).to_have_value("")
    await screen.button("Use a key instead").click()
    await expect(screen.page.get_by_label("API key")).to_be_visible()
    await screen.page.unroute("**/v1/session/ways")
    await screen.page.goto(f"{screen.base}/login#refused=<b>words</b>")
    await screen.page.reload()
    await expect(screen.page.locator("#trouble")).to_be_empty()
    await expect(elsewhere).to_be_hidden()
    await screen.page.get_by_label("Agent id").fill(agent)
    await screen.page.get_by_label("API key").fill("not-a-key-at-all-0123456789")
    await screen.button("Sign in").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("Check the key")
    await screen.page.get_by_label("API key").fill(ADMIN_KEY)
    await screen.button("Sign in").click()
    await screen.page.wait_for_url("**/agent")
    await screen.connected()
    screen.forgive("401")


async def test_the_key_of_a_link_leaves_the_address(desk: Desk, screen_of: OpenScreen) -> None:
    agent = await desk.agent("Anna", await desk.queue())
    screen = await screen_of()
    await screen.page.goto(f"{screen.base}/login#key=wrong-{ADMIN_KEY}&agent={agent}")
    await expect(screen.page.get_by_role("alert")).to_contain_text("Check the key")
    assert "#" not in screen.page.url
    screen.forgive("401")
    await screen.sign_in_by_link(ADMIN_KEY, agent)
    visited = await screen.page.evaluate("[location.href, document.referrer, history.length]")
    assert ADMIN_KEY not in str(visited)
    kept = await screen.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert ADMIN_KEY not in kept


async def test_nobody_is_sent_to_the_sign_in(screen_of: OpenScreen) -> None:
    screen = await screen_of()
    for page in ("agent", "board", ""):
        await screen.page.goto(f"{screen.base}/{page}")
        await screen.page.wait_for_url("**/login")
    screen.forgive("401")


@pytest.mark.parametrize("page", PAGES)
async def test_the_policy_allows_nothing_from_elsewhere(server: Server, page: str) -> None:
    async with httpx2.AsyncClient(base_url=server.base, trust_env=False) as client:
        answer = await client.get(f"/{page}")
    rules = dict(
        rule.strip().split(" ", 1) for rule in answer.headers["content-security-policy"].split(";")
    )
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["require-trusted-types-for"] == "'script'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in str(rules) and "__STATIC__" not in answer.text


async def test_the_policy_bites(screen_of: OpenScreen) -> None:
    screen = await screen_of()
    await screen.page.goto(f"{screen.base}/login")
    with pytest.raises(Exception, match="TrustedHTML"):
        await screen.page.evaluate("document.body.innerHTML = '<b>x</b>'")
    await screen.page.evaluate("window.violations.length = 0")
    screen.forgive("TrustedHTML", "Trusted")


async def test_axe_finds_nothing(desk: Desk, screen_of: OpenScreen) -> None:
    look = {"reduced_motion": "reduce"}
    queue = await desk.queue("Billing", wrap_up={"ms": 60_000}, offer={"timeout_ms": 60_000})
    agent = await desk.agent("Anna", queue, chats=2)
    screen = await screen_of(**look)
    await screen.page.goto(f"{screen.base}/login")
    await check_both(screen, "sign-in")
    await screen.sign_in(ADMIN_KEY, agent)
    await screen.be_available()
    await desk.create(queue, customer={"name": "Ana"}, subject="One", priority=3)
    await screen.card("Ana").get_by_role("button", name="Accept").click()
    await desk.create(queue, customer={"name": "Bo"})
    await screen.card("Bo").get_by_role("button", name="Decline with a reason").click()
    await check_both(screen, "offer and conversation")
    await screen.button("Outcome…").click()
    await check_both(screen, "outcomes")
    await screen.button("Complete").click()
    await expect(screen.page.get_by_role("heading", name="Wrap-up")).to_be_visible()
    await screen.button("Away").click()
    await check_both(screen, "wrap-up and away")
    await screen.page.get_by_label("Finish what is in hand first").check()
    await screen.button("Lunch").click()
    await screen.shows("Finishing 1 conversation, then")
    await check_both(screen, "finishing")
    for key, where in (("m", "My day"), ("g", "Alerts")):
        await screen.page.keyboard.press(key)
        await expect(screen.page.get_by_role("dialog", name=where)).to_be_visible()
        await check_both(screen, where)
        await screen.page.keyboard.press("Escape")
    other = await screen_of(agent, **look)
    await other.shows("You are signed in on another device too.")
    await check_both(other, "second device")
    await other.button("Work here only").click()
    await screen.shows("This session was taken over in another window.")
    await check_both(screen, "taken over")
    await screen.page.keyboard.press("?")
    await check_both(screen, "keys")
    supervisor = await screen_of(**look)
    await supervisor.sign_in(ADMIN_KEY)
    # One among the queues of all tests: the row may be below the edge of the table.
    await expect(supervisor.page.locator("[data-row]").first).to_be_visible()
    await check_both(supervisor, "board")


async def test_a_narrow_screen_scrolls_in_one_direction(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing")
    small = {"width": 360, "height": 740}
    screen = await screen_of(await desk.agent("Anna", queue), viewport=small)
    await screen.be_available()
    await desk.create(queue, customer={"name": "W" * 300}, subject="w" * 300)
    await expect(screen.offers).to_have_count(1)
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert await screen.page.evaluate(wide) is False
    words = "[...document.querySelectorAll('.aspect-text')].map((one) => one.offsetHeight)"
    assert max(await screen.page.evaluate(words)) < 40, "no word of the switch is broken"
