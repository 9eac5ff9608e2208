"""On which device the page rings: chosen, remembered, and what happens when it is gone."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.conformance.desk import Desk

from .conftest import OpenScreen
from .screen import Screen

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

KEEP_CONTEXT = """
const make = AudioContext.prototype.createOscillator;
BaseAudioContext.prototype.createOscillator = function () {
  window.audio = this;
  return make.call(this);
};
"""
UNPLUG = """
const all = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
navigator.mediaDevices.enumerateDevices = async () =>
  (await all()).filter(({ label }) => window.plugged || label !== 'Fake Audio Output 2');
navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
"""
PLUG = "window.plugged = true; navigator.mediaDevices.dispatchEvent(new Event('devicechange'));"
SINK = "window.audio?.sinkId"
MICROPHONE = {"permissions": ["microphone"]}
GONE = "“Fake Audio Output 2” is gone: the standard device rings."


async def listening(desk: Desk, screen_of: OpenScreen, **options: object) -> Screen:
    """An agent's page whose sound can be looked at."""
    screen = await screen_of(**options)
    await screen.page.add_init_script(KEEP_CONTEXT)
    await screen.sign_in_as(await desk.agent("Anna", await desk.queue("Billing")))
    return screen


async def sink_is(screen: Screen, pattern: str) -> str:
    """Wait until the sound goes to such a device."""
    look = f"() => ({SINK}) !== undefined && new RegExp({pattern!r}).test({SINK})"
    await screen.page.wait_for_function(look)
    return str(await screen.page.evaluate(SINK))


async def test_a_device_is_chosen_tested_and_remembered(desk: Desk, screen_of: OpenScreen) -> None:
    screen = await listening(desk, screen_of, **MICROPHONE)
    await screen.page.keyboard.press("g")
    dialog = screen.page.get_by_role("dialog", name="Alerts")
    await dialog.get_by_label("Device").select_option("Fake Audio Output 2")
    chosen = await sink_is(screen, "^[0-9a-f]{64}$")
    await dialog.get_by_role("button", name="Test sound").click()
    await screen.page.reload()
    await screen.connected()
    await screen.page.keyboard.press("g")
    await dialog.get_by_role("button", name="Test sound").click()
    assert await sink_is(screen, "^[0-9a-f]{64}$") == chosen
    shown = dialog.get_by_label("Device").locator("option:checked")
    await expect(shown).to_have_text("Fake Audio Output 2")
    await screen.page.evaluate(UNPLUG)
    await sink_is(screen, "^$")
    await screen.shows(GONE)
    await expect(dialog.get_by_role("status")).to_have_text(GONE)
    await expect(shown).to_have_text("Fake Audio Output 2")
    await screen.page.evaluate(PLUG)
    assert await sink_is(screen, "^[0-9a-f]{64}$") == chosen
    await expect(dialog.get_by_role("status")).to_be_empty()
    await dialog.get_by_label("Device").select_option("The standard device")
    await sink_is(screen, "^$")


async def test_a_device_that_was_gone_before_the_page_came(
    desk: Desk, screen_of: OpenScreen
) -> None:
    screen = await listening(desk, screen_of)
    taste = '{"speaker": {"id": "nowhere", "label": "<b>Headset</b>"}}'
    await screen.page.evaluate("(taste) => localStorage.setItem('interlock.sound', taste)", taste)
    await screen.page.reload()
    await screen.connected()
    await screen.page.keyboard.press("Shift")
    await screen.shows("“<b>Headset</b>” is gone: the standard device rings.")
    await expect(screen.button("Sound on")).to_be_visible()


async def test_without_leave_there_is_the_standard_device(
    desk: Desk, screen_of: OpenScreen
) -> None:
    screen = await listening(desk, screen_of)
    await screen.page.keyboard.press("g")
    dialog = screen.page.get_by_role("dialog", name="Alerts")
    await expect(dialog.get_by_label("Device").locator("option")).to_have_count(1)
    await dialog.get_by_role("button", name="Find other devices").click()
    await expect(dialog.get_by_role("status")).to_have_text(re.compile("did not allow it"))
    await screen.page.context.grant_permissions(["microphone"])
    await dialog.get_by_role("button", name="Find other devices").click()
    await expect(dialog.get_by_label("Device").locator("option")).to_have_count(3)
    await expect(dialog.get_by_role("button", name="Find other devices")).to_have_count(0)
