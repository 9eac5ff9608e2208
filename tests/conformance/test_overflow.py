"""Waiting that has gone on long enough, and doors that are shut: overflow and opening hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .client import Json, body_of, eventually
from .desk import Desk, offered, take

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def another_day() -> Json:
    """Return opening hours that are on another day of the week."""
    today = datetime.now(UTC).weekday()
    return {"zone": "UTC", "weekly": {DAYS[(today + 3) % 7]: [["09:00", "17:00"]]}}


def holiday() -> Json:
    """Return hours that are always open, save for these days."""
    now = datetime.now(UTC)
    days = [(now + timedelta(days=number)).date().isoformat() for number in (-1, 0, 1)]
    return {
        "zone": "Europe/Oslo",
        "weekly": {day: [["00:00", "24:00"]] for day in DAYS},
        "holidays": days,
    }


def to(queue: str | None, when: str, value: int = 0) -> Json:
    """Return one rule: into a queue, or (None) closed."""
    target: Json = {"to": "close"} if queue is None else {"to": "queue", "queue": queue}
    return {"when": when, "value": value, **target}


def tell(when: str, value: int, message: str) -> Json:
    """Return one rule that gives the customer a message."""
    return {"when": when, "value": value, "to": "message", "message": message}


async def went(desk: Desk, made: str, queue: str) -> Json:
    """Wait until the conversation is in the queue and return it."""

    async def probe() -> Json | None:
        seen = await desk.conversation(made)
        return seen if seen["queue"] == queue else None

    return await eventually(probe, f"{made} in {queue}")


async def transitions(desk: Desk, made: str) -> list[tuple[str, str]]:
    """Return type and reason of everything in the timeline."""
    return [(row["type"], row["reason"]) for row in await desk.timeline(made)]


async def test_by_age_it_moves_with_its_wait(desk: Desk) -> None:
    other = await desk.queue("other")
    queue = await desk.queue(overflow=[to(other, "after_ms", 700)])
    socket = await desk.online(await desk.agent("anna", other))
    made = await desk.create(queue)
    before = await desk.conversation(made)
    offer = await offered(socket, made)
    assert offer["queue"] == other and offer["waited_ms"] >= 700
    seen = await desk.conversation(made)
    assert (seen["queue"], seen["enqueued_at"]) == (other, before["enqueued_at"])
    assert seen["joined_at"] - before["joined_at"] >= 700
    assert ("conversation_moved", "overflow:after_ms") in await transitions(desk, made)
    moved = next(row for row in await desk.timeline(made) if row["type"] == "conversation_moved")
    assert "Overflowed" in moved["text"] and moved["actor"] == "system"
    assert (await desk.board_queue(queue))["overflowed"] == 1


async def test_by_depth_only_what_comes_too_much_goes(desk: Desk) -> None:
    other = await desk.queue("other")
    queue = await desk.queue(overflow=[to(other, "depth", 2)])
    made = [await desk.create(queue) for _ in range(4)]
    assert [(await desk.board_queue(name))["waiting"] for name in (queue, other)] == [2, 2]
    places = [(await desk.conversation(name))["queue"] for name in made]
    assert places == [queue, queue, other, other]


async def test_without_agents_it_goes_at_once_and_not_while_somebody_is_on(desk: Desk) -> None:
    other = await desk.queue("other")
    queue = await desk.queue(overflow=[to(other, "no_agents")])
    anna = await desk.agent("anna", queue)
    socket = await desk.online(await desk.agent("bob", other))
    made = await desk.create(queue)
    assert (await offered(socket, made))["queue"] == other
    hers = await desk.online(anna)
    first, second = await desk.create(queue), await desk.create(queue)
    await take(hers, first)
    row = await desk.board_queue(queue)
    assert (row["waiting"], row["members_on"]) == (1, 1), "full is on: it stays"
    await hers.do("set_presence", presence="away")
    assert (await went(desk, second, other))["state"] == "waiting"


async def test_nobody_on_for_a_while_counts_from_when_the_last_one_left(desk: Desk) -> None:
    other = await desk.queue("other")
    queue = await desk.queue(overflow=[to(other, "no_agents", 600)])
    socket = await desk.online(await desk.agent("anna", queue))
    await desk.online(await desk.agent("bob", queues={other: 1}))
    await socket.do("set_presence", presence="away")
    made = await desk.create(queue)
    seen = await went(desk, made, other)
    assert seen["joined_at"] - seen["enqueued_at"] >= 600


async def test_it_can_close(desk: Desk) -> None:
    queue = await desk.queue(overflow=[to(None, "after_ms", 300)])
    made = await desk.create(queue)
    seen = await desk.state(made, "closed")
    assert seen["end_reason"] == "overflow:after_ms"
    assert ("conversation_ended", "overflow:after_ms") in await transitions(desk, made)
    row = await desk.board_queue(queue)
    assert (row["overflowed"], row["abandoned"]) == (1, 0), "it did not abandon"


async def test_a_message_is_kept_once_and_it_waits_on(desk: Desk) -> None:
    queue = await desk.queue(
        overflow=[tell("after_ms", 200, "Soon."), tell("after_ms", 500, "Sooner.")]
    )
    made = await desk.create(queue)

    async def probe() -> Json | None:
        seen = await desk.conversation(made)
        return seen if len(seen["notices"]) == 2 else None

    seen = await eventually(probe, "both messages")
    assert [notice["message"] for notice in seen["notices"]] == ["Soon.", "Sooner."]
    first, second = (notice["at"] for notice in seen["notices"])
    assert first >= seen["enqueued_at"] + 200 and second >= seen["enqueued_at"] + 500
    assert seen["state"] == "waiting" and seen["queue"] == queue
    await take(await desk.online(await desk.agent("anna", queue)), made)
    assert len((await desk.conversation(made))["notices"]) == 2


async def test_an_offer_that_is_out_is_one_last_chance(desk: Desk) -> None:
    other = await desk.queue("other")
    queue = await desk.queue(
        overflow=[to(other, "after_ms", 300)], decline={"cooldown_ms": 0}, offer={"timeout_ms": 900}
    )
    socket = await desk.online(await desk.agent("anna", queue))
    made = await desk.create(queue)
    offer = await offered(socket, made)
    end = await socket.push("offer_ended")
    assert end["offer"] == offer["id"] and end["at"] - offer["made_at"] >= 900
    assert (await went(desk, made, other))["state"] == "waiting"
    assert not socket.untaken("offer"), "no second offer after its time"


async def test_the_first_rule_that_can_be_carried_out_acts(desk: Desk) -> None:
    full, gone = await desk.queue("full", max_waiting=1), desk.name("gone")
    await desk.create(full)
    last = await desk.queue("last")
    rules = [to(target, "after_ms", 200) for target in (gone, full, last)]
    made = await desk.create(await desk.queue(overflow=rules))
    assert (await went(desk, made, last))["state"] == "waiting"


async def test_a_circle_ends(desk: Desk) -> None:
    one, two = await desk.queue("one"), await desk.queue("two")
    for name, other in ((one, two), (two, one)):
        settings = {"name": name, "overflow": [to(other, "no_agents")]}
        body = body_of(await desk.api.put(f"/v1/queues/{name}", json=settings))
    assert "overflow_in_a_circle" in [warning["code"] for warning in body["warnings"]]
    made = await desk.create(one)
    seen = await desk.conversation(made)
    assert (seen["state"], seen["queue"]) == ("waiting", two)
    assert len(await desk.timeline(made)) < 10
    assert (await desk.api.get("/readyz")).status_code == 200


async def closed(desk: Desk, queue: str) -> Json:
    """Wait until the board calls the queue closed and return its row."""

    async def probe() -> Json | None:
        row = await desk.board_queue(queue)
        return row if row["health"]["state"] == "closed" else None

    return await eventually(probe, "the queue is called closed")


@pytest.mark.parametrize("hours", [another_day, holiday])
async def test_a_closed_queue_takes_in_and_offers_when_it_opens(
    desk: Desk, hours: Callable[[], Json]
) -> None:
    queue = await desk.queue(hours=hours())
    socket = await desk.online(await desk.agent("anna", queue))
    row = await closed(desk, queue)
    assert (row["open"], row["status"]) == (False, "open") and row["health"]["text"]
    assert body_of(await desk.api.get(f"/v1/queues/{queue}"))["open"] is False
    made = await desk.create(queue)
    seen = await desk.conversation(made)
    assert (seen["state"], seen["estimated_wait"]) == ("waiting", {"unknown": "closed"})
    row = await desk.board_queue(queue)
    assert (row["offered"], row["waiting"], row["oldest_wait_ms"]) == (0, 1, None)
    explained = body_of(await desk.api.get(f"/v1/conversations/{made}/explain"))
    assert "closed" in explained["sentence"]
    assert not socket.untaken("offer")
    body_of(await desk.api.put(f"/v1/queues/{queue}", json={"name": "open now"}))
    await offered(socket, made)
    assert (await desk.board_queue(queue))["open"] is True


async def test_who_was_inside_when_it_closed_is_served(desk: Desk) -> None:
    queue = await desk.queue()
    inside = await desk.create(queue)
    body_of(await desk.api.put(f"/v1/queues/{queue}", json={"name": "Q", "hours": another_day()}))

    async def probe() -> bool:
        return not (await desk.board_queue(queue))["open"]

    await eventually(probe, "the door is shut")
    outside = await desk.create(queue)
    socket = await desk.online(await desk.agent("anna", queue, chats=2))
    await take(socket, inside)
    assert (await desk.conversation(outside))["state"] == "waiting"


@pytest.mark.parametrize("target", ["queue", "close", "message"])
async def test_what_comes_to_a_closed_door_may_go_elsewhere(desk: Desk, target: str) -> None:
    other = await desk.queue("other")
    rules: dict[str, Any] = {
        "queue": to(other, "closed"),
        "close": to(None, "closed"),
        "message": tell("closed", 0, "We open on another day."),
    }
    queue = await desk.queue(hours=another_day(), overflow=[rules[target]])
    await closed(desk, queue)
    made = await desk.create(queue)
    if target == "queue":
        assert (await went(desk, made, other))["state"] == "waiting"
    elif target == "close":
        assert (await desk.state(made, "closed"))["end_reason"] == "overflow:closed"
    else:
        seen = await desk.conversation(made)
        assert [notice["message"] for notice in seen["notices"]] == ["We open on another day."]
        assert seen["state"] == "waiting"
