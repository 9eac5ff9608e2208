"""Notifications that carry the answers: a real service worker, clicks dispatched inside it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import BrowserContext, Worker, expect

from tests.conformance.client import eventually
from tests.conformance.desk import Desk

from .conftest import OpenScreen
from .screen import Screen
from .test_desk import HIDE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SHOWN = """async () => (await self.registration.getNotifications())
  .map(({ title, body, tag, actions, requireInteraction }) =>
    ({ title, body, tag, stays: requireInteraction, actions: actions.map((one) => one.title) }))"""
SHOW = """([offer, agent]) =>
  self.registration.showNotification('Old', { tag: offer, data: { agent, offer } })"""
CLICK = """async ([tag, action]) => {
  const found = (await self.registration.getNotifications({ tag }))[0];
  const click = new NotificationEvent('notificationclick', { notification: found, action });
  let done = null;
  click.waitUntil = (promise) => (done = promise);
  self.dispatchEvent(click);
  await done;
}"""


ALLOWED = {"permissions": ["notifications"]}


class Notes:
    """What the worker of one browser shows."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context

    async def worker(self) -> Worker:
        """The worker, once it runs."""

        async def probe() -> Worker | None:
            return next(iter(self._context.service_workers), None)

        return await eventually(probe, "a service worker")

    async def shown(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many notifications are on the screen, and return them."""
        worker = await self.worker()

        async def probe() -> list[dict[str, Any]] | None:
            found = await worker.evaluate(SHOWN)
            return [{"found": found}] if len(found) == count else None

        return list((await eventually(probe, f"{count} notifications"))[0]["found"])

    async def show(self, offer: str, agent: str) -> None:
        """Put a notification there that no page of ours has shown."""
        await (await self.worker()).evaluate(SHOW, [offer, agent])

    async def click(self, tag: str, action: str = "") -> None:
        """Press the notification or one of its buttons, as the browser would tell the worker."""
        await (await self.worker()).evaluate(CLICK, [tag, action])


async def in_background(desk: Desk, screen: Screen, agent: str) -> None:
    """Sign in, become available, and turn to something else."""
    await screen.sign_in_as(agent)
    await screen.be_available()
    await screen.page.evaluate(HIDE)


async def test_the_answer_is_given_in_the_notification(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    agent = await desk.agent("Anna", queue, chats=3)
    screen = await screen_of(**ALLOWED)
    notes = Notes(screen.page.context)
    await in_background(desk, screen, agent)
    worker = await notes.worker()
    assert worker.url == f"{screen.base}/notification_worker.js"
    assert await worker.evaluate("self.registration.scope") == f"{screen.base}/agent"
    made = await desk.create(queue, customer={"name": "<b>Ana</b>"})
    [note] = await notes.shown(1)
    assert note["title"] == "New offer" and note["body"] == "<b>Ana</b>, chat, Billing"
    assert note["actions"] == ["Accept", "Decline"] and note["stays"]
    await notes.click(note["tag"], "accept")
    await expect(screen.held).to_have_count(1)
    assert (await desk.conversation(made))["agent"] == agent
    await notes.shown(0)
    refused = await desk.create(queue, customer={"name": "Bo"})
    [note] = await notes.shown(1)
    await notes.click(note["tag"], "decline")
    await screen.shows("Declined: Bo")
    assert "declined" in str(await desk.timeline(refused))
    await notes.shown(0)
    await desk.create(queue, customer={"name": "Cy"})
    [note] = await notes.shown(1)
    await notes.click(note["tag"])
    await expect(screen.card("Cy").get_by_role("button", name="Accept")).to_be_visible()
    # The way to the server is that of the page: no second session, no request of the worker.
    assert (await desk.board_agent(agent))["connection"] == "connected"


async def test_it_goes_when_the_offer_goes(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    screen = await screen_of(**ALLOWED)
    notes = Notes(screen.page.context)
    await in_background(desk, screen, await desk.agent("Anna", queue, chats=3))
    made = await desk.create(queue, customer={"name": "Ana"})
    [note] = await notes.shown(1)
    await desk.act(made, "cancel", reason="abandoned")
    await notes.shown(0)
    # A click that comes too late does nothing, and so does one that was meant for somebody else.
    await notes.show(note["tag"], desk.name("Anna"))
    await notes.click(note["tag"], "accept")
    made = await desk.create(queue, customer={"name": "Bo"})
    [note] = await notes.shown(1)
    await notes.show(note["tag"], desk.name("Bob"))
    await notes.click(note["tag"], "accept")
    assert (await desk.conversation(made))["state"] == "offered"
    await expect(screen.held).to_have_count(0)


async def test_one_tab_answers(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Billing", offer={"timeout_ms": 60_000})
    agent = await desk.agent("Anna", queue, chats=3)
    first = await screen_of(**ALLOWED)
    second = await screen_of(context=first.page.context)
    notes = Notes(first.page.context)
    sent: list[list[Any]] = [[], []]
    # The second is the first that may sound: a click is what lets a page sound.
    for screen, frames in ((second, sent[1]), (first, sent[0])):
        screen.page.on("websocket", _note_into(frames))
        await in_background(desk, screen, agent)
    await expect(second.button("Sound on")).to_be_visible()
    await first.page.keyboard.press("Shift")
    await expect(first.button("Rings in another tab")).to_be_visible()
    await desk.create(queue, customer={"name": "Ana"})
    [note] = await notes.shown(1)
    await first.page.bring_to_front()
    await notes.click(note["tag"], "accept")
    await expect(first.held).to_have_count(1)
    accepts = [sum('"accept"' in frame for frame in frames) for frames in sent]
    assert accepts == [0, 1], "the tab that rings, and only that one"


def _note_into(frames: list[Any]) -> Any:
    return lambda socket: socket.on("framesent", lambda text: frames.append(str(text)))


async def test_without_leave_there_is_no_worker(desk: Desk, screen_of: OpenScreen) -> None:
    screen = await screen_of(await desk.agent("Anna", await desk.queue("Billing")))
    await screen.be_available()
    assert screen.page.context.service_workers == []
    assert await screen.page.evaluate("navigator.serviceWorker.getRegistrations()") == []
