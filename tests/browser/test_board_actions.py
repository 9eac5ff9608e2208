"""What a supervisor does from the board, on a real server: asked before, told after, taken back."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from tests.conformance.client import eventually
from tests.conformance.desk import Desk, take

from .conftest import OpenScreen
from .screen import Screen
from .test_board import board, find

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def open_conversation(screen: Screen, id_: str) -> Locator:
    """Open one by its id."""
    await screen.page.locator("#by-id").fill(id_)
    await screen.page.keyboard.press("Enter")
    drawer = screen.page.locator("#drawer")
    await expect(drawer).to_contain_text(id_)
    return drawer


async def becomes(desk: Desk, id_: str, field: str, wanted: object) -> None:
    """Wait until the server says so of a conversation."""

    async def probe() -> bool:
        return bool((await desk.conversation(id_))[field] == wanted)

    await eventually(probe, f"{id_} has {field} {wanted}")


async def confirm(screen: Screen, verb: str, **fields: str) -> None:
    """Fill the question in, give a reason, and press what does it."""
    question = screen.page.locator("#act")
    for label, value in fields.items():
        await question.get_by_label(label.replace("_", " ")).fill(value)
    await question.get_by_label("Reason").fill("Because of the test")
    await question.get_by_role("button", name=verb, exact=True).click()
    await expect(question).to_be_hidden()


async def refuse(screen: Screen) -> None:
    """Ask for what the server refuses: the question stays and says why."""
    question = screen.page.locator("#act")
    await question.get_by_label("To agent").fill("nobody-at-all")
    await question.get_by_label("Reason").fill("Because of the test")
    await question.get_by_role("button", name="Assign").click()
    await expect(question.get_by_role("alert")).to_be_visible()
    screen.forgive("404", "409")


async def undo(screen: Screen) -> None:
    """Take the last deed back, where it is told, and close what is open."""
    await screen.page.locator(".toast").get_by_role("button", name="Undo").click()
    await screen.page.keyboard.press("Escape")


async def test_a_conversation_is_moved_ranked_and_moved_back(
    desk: Desk, screen_of: OpenScreen
) -> None:
    here, there = await desk.queue("Here"), await desk.queue("There")
    id_ = await desk.create(here, customer={"name": "Bo"})
    screen = await board(screen_of)
    drawer = await open_conversation(screen, id_)
    await drawer.get_by_role("button", name="Move to another queue").click()
    await expect(screen.page.locator("#act")).to_contain_text(f"Bo is waiting in {here}")
    await confirm(screen, "Move", To_queue=there)
    assert (await desk.conversation(id_))["queue"] == there
    await expect(drawer.locator(".life")).to_contain_text("Because of the test")
    await undo(screen)
    await becomes(desk, id_, "queue", here)
    drawer = await open_conversation(screen, id_)
    await drawer.get_by_role("button", name="Change the priority").click()
    await confirm(screen, "Change", Priority="7")
    assert (await desk.conversation(id_))["priority"] == 7
    await drawer.get_by_role("button", name="Close the conversation").click()
    await expect(screen.page.locator("#act")).to_contain_text("Cannot be taken back")
    await confirm(screen, "Close")
    assert (await desk.conversation(id_))["state"] == "closed"
    await expect(drawer).to_contain_text("Ended")
    await expect(drawer.get_by_role("button", name="Move to another queue")).to_have_count(0)


async def test_work_is_taken_from_an_agent_and_given_to_another(
    desk: Desk, screen_of: OpenScreen
) -> None:
    queue = await desk.queue("Queue")
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    socket = await desk.online(anna)
    id_ = await desk.create(queue)
    await take(socket)
    screen = await board(screen_of)
    drawer = await open_conversation(screen, id_)
    await drawer.get_by_text(f"Why {anna}").click()
    await expect(drawer.locator(".decision")).to_contain_text("signed off")
    await drawer.get_by_role("button", name="Give to an agent").click()
    await refuse(screen)
    await desk.online(bob)
    await confirm(screen, "Assign", To_agent=bob)
    assert (await desk.conversation(id_))["agent"] == bob
    await undo(screen)
    await becomes(desk, id_, "agent", anna)


async def test_an_offer_is_rescinded(desk: Desk, screen_of: OpenScreen) -> None:
    queue = await desk.queue("Queue", offer={"timeout_ms": 60_000})
    agent = await desk.agent("anna", queue)
    await desk.online(agent)
    id_ = await desk.create(queue)
    await becomes(desk, id_, "state", "offered")
    first = (await desk.conversation(id_))["offer"]
    screen = await board(screen_of)
    drawer = await open_conversation(screen, id_)
    await drawer.get_by_role("button", name="Rescind the offer").click()
    await confirm(screen, "Release")
    await expect(drawer.locator(".life")).to_contain_text("Because of the test")
    assert (await desk.conversation(id_))["offer"] != first


async def test_a_queue_is_paused_and_the_pause_taken_back(
    desk: Desk, screen_of: OpenScreen
) -> None:
    queue = await desk.queue("Queue")
    screen = await board(screen_of)
    await find(screen, queue)
    await screen.page.locator(f'[data-opens="{queue}"]').press("Enter")
    drawer = screen.page.locator("#drawer")
    await drawer.get_by_role("button", name="Pause").click()
    await confirm(screen, "Pause")
    await expect(drawer).to_contain_text("Paused")
    assert (await desk.board_queue(queue))["status"] == "paused"
    await undo(screen)
    await expect(screen.page.locator(f'[data-row="{queue}"]')).to_contain_text("OK")


async def test_many_are_moved_by_filter_after_a_preview(desk: Desk, screen_of: OpenScreen) -> None:
    here, there = await desk.queue("Here"), await desk.queue("There")
    calls = [await desk.create(here, channel="call", subject=f"Call {one}") for one in range(3)]
    chat = await desk.create(here, subject="Chat")
    screen = await board(screen_of)
    await find(screen, here)
    await screen.page.locator(f'[data-opens="{here}"]').click()
    await screen.page.locator("#drawer").get_by_role("button", name="Move many").click()
    question = screen.page.locator("#act")
    await expect(question.locator("[data-many]")).to_have_attribute("data-many", "4")
    await question.get_by_label("Channel").select_option("call")
    await expect(question.locator("[data-many]")).to_have_attribute("data-many", "3")
    await expect(question).not_to_contain_text("Chat")
    await confirm(screen, "Move 3 conversations", To_queue=there)
    for id_ in calls:
        assert (await desk.conversation(id_))["queue"] == there
    assert (await desk.conversation(chat))["queue"] == here
    await undo(screen)
    for id_ in calls:
        await becomes(desk, id_, "queue", here)


async def test_a_presence_is_set_and_a_membership_changed_live(
    desk: Desk, screen_of: OpenScreen
) -> None:
    first, second = await desk.queue("First"), await desk.queue("Second")
    agent = await desk.agent("anna", first)
    await desk.online(agent)
    screen = await board(screen_of)
    await find(screen, agent, "agents")
    await screen.page.locator(f'[data-opens="{agent}"]').click()
    drawer = screen.page.locator("#drawer")
    await drawer.get_by_role("button", name="Set the presence").click()
    await confirm(screen, "Set")
    await expect(drawer).to_contain_text("Away")
    await drawer.get_by_role("button", name="Change a membership").click()
    await confirm(screen, "Change", Queue=second, Level="3")
    await expect(drawer.locator(".plates")).to_contain_text("level 3")
    await screen.page.keyboard.press("Escape")
    await screen.page.locator("#tab-changes").click()
    change = screen.page.locator("[data-version]").filter(has_text=agent).first
    await change.get_by_role("button", name="Undo").click()
    await confirm(screen, "Undo the change")
    settings = (await desk.api.get(f"/v1/agents/{agent}")).json()
    assert settings["queues"] == {first: 1}


async def test_a_supervisor_may_not_change_the_configuration(
    desk: Desk, screen_of: OpenScreen
) -> None:
    agent = await desk.agent("anna", await desk.queue("Queue"))
    key = (await desk.api.post("/v1/keys", json={"role": "supervisor"})).json()["key"]
    screen = await screen_of()
    await screen.sign_in(key)
    await find(screen, agent, "agents")
    await screen.page.locator(f'[data-opens="{agent}"]').click()
    drawer = screen.page.locator("#drawer")
    await expect(drawer.get_by_role("button", name="Set the presence")).to_be_enabled()
    await expect(drawer.get_by_role("button", name="Change a membership")).to_be_disabled()
