"""The agent's life with offers: accept, decline, time out, complete, wrap up, transfer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .client import Json, body_of
from .desk import Desk, offered, take

IMPATIENT: Json = {
    "offer": {"timeout_ms": 1000},
    "no_answer": {"streak": 2, "presence": "away"},
    "decline": {"cooldown_ms": 0},
}


async def pair(desk: Desk, **settings: Any) -> tuple[str, str, str]:
    """Create a queue with two members and return the ids."""
    queue = await desk.queue(**settings)
    return queue, await desk.agent("anna", queue), await desk.agent("bob", queue)


async def test_presence_is_answered_pushed_and_shown(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    socket = await desk.connect(anna)
    await socket.do("set_presence", presence="available")
    push = await socket.push("presence", lambda push: push["presence"] == "available")
    assert "reason" in push and push["by"]
    assert (await socket.push("routable", lambda push: push["routable"]))["why_not"] in ([], None)
    row = await desk.board_agent(anna)
    assert (row["presence"], row["connection"], row["routable"]) == ("available", "connected", True)
    await socket.do("set_presence", presence="away", reason="lunch")
    push = await socket.push("presence", lambda push: push["presence"] == "away")
    assert push["reason"] == "lunch"
    assert (await socket.push("routable", lambda push: not push["routable"]))["why_not"]


async def test_an_offer_carries_what_the_agent_needs(desk: Desk) -> None:
    queue = await desk.queue(offer={"timeout_ms": 15000})
    made = await desk.create(queue, customer={"name": "Ada"}, subject="A bill", channel="chat")
    seen = await desk.conversation(made)
    socket = await desk.online(await desk.agent("anna", queue))
    offer = await offered(socket, made)
    wanted = {"conversation": made, "queue": queue, "channel": "chat", "subject": "A bill"}
    assert wanted.items() <= offer.items()
    assert offer["customer"]["name"] == "Ada"
    assert offer["why"]
    assert 14_000 <= offer["expires_in_ms"] <= 15_000
    assert offer["expires_at"] - offer["made_at"] == 15_000
    assert 0 <= offer["waited_ms"] <= offer["made_at"] - seen["enqueued_at"] + 50
    shown = await desk.conversation(made)
    assert shown["state"] == "offered" and offer["id"] in str(shown["offer"])
    await socket.do("received", offer=offer["id"])
    await socket.do("seen", offer=offer["id"])


async def test_accept_is_granted_once_and_repeated_politely(desk: Desk) -> None:
    queue, anna, _ = await pair(desk)
    socket = await desk.online(anna)
    made = await desk.create(queue)
    offer = await offered(socket, made)
    first = await socket.do("accept", offer=offer["id"])
    assert not first.get("already")
    end = await socket.push("offer_ended")
    assert (end["offer"], end["outcome"]) == (offer["id"], "accepted")
    assert made in str((await socket.push("assigned"))["conversation"])
    again = await socket.do("accept", offer=offer["id"])
    assert again["already"] is True
    seen = await desk.conversation(made)
    assert (seen["state"], seen["agent"]) == ("assigned", anna)
    row = await desk.board_agent(anna)
    assert made in str(row["conversations"]) and row["routable"] is False and row["why_not"]
    states = [step for step in await desk.timeline(made) if "accept" in str(step)]
    assert len(states) == 1, states


async def test_accept_refuses_what_is_not_there_and_not_yours(desk: Desk) -> None:
    queue, anna, bob = await pair(desk)
    hers, his = await desk.online(anna), await desk.connect(bob)
    await desk.create(queue)
    offer = await offered(hers)
    assert await hers.refused("accept", offer=desk.name("none")) == "unknown_offer"
    assert await his.refused("accept", offer=offer["id"]) == "not_yours"
    assert await his.refused("decline", offer=offer["id"]) == "not_yours"
    await his.refused("complete", conversation=offer["conversation"])
    await hers.do("accept", offer=offer["id"])
    assert await his.refused("accept", offer=offer["id"]) in ("not_yours", "offer_taken")
    await his.refused("complete", conversation=offer["conversation"])
    assert (await desk.conversation(offer["conversation"]))["agent"] == anna


async def test_a_declined_offer_goes_to_another(desk: Desk) -> None:
    queue, anna, bob = await pair(desk)
    hers = await desk.online(anna)
    made = await desk.create(queue)
    offer = await offered(hers, made)
    enqueued = (await desk.conversation(made))["enqueued_at"]
    await hers.do("decline", offer=offer["id"], reason="not my language")
    end = await hers.push("offer_ended")
    assert (end["offer"], end["outcome"]) == (offer["id"], "declined")
    assert end["reason"] == "not my language"
    his = await desk.online(bob)
    second = await offered(his, made)
    assert second["id"] != offer["id"] and second["waited_ms"] >= offer["waited_ms"]
    await his.do("accept", offer=second["id"])
    assert not hers.untaken("offer")
    seen = await desk.conversation(made)
    assert (seen["agent"], seen["enqueued_at"]) == (bob, enqueued)
    assert await hers.refused("accept", offer=offer["id"]) in ("offer_taken", "offer_declined")
    assert "not my language" in str(await desk.timeline(made))
    made_offers = (await desk.board_queue(queue))["offers"]
    assert (made_offers["made"], made_offers["accepted"], made_offers["declined"]) == (2, 1, 1)


async def test_explain_tells_of_a_decline(desk: Desk) -> None:
    queue, anna, bob = await pair(desk)
    hers, _ = await desk.online(anna), await desk.connect(bob)
    made = await desk.create(queue)
    await hers.do("decline", offer=(await offered(hers, made))["id"])
    path = f"/v1/conversations/{made}/explain"
    seen = body_of(await desk.api.get(path))
    rows = {row.get("agent", row.get("id")): row for row in seen["members"]}
    assert "declin" in str(rows[anna]["reasons"]), rows


async def test_timeouts_end_offers_and_a_streak_sets_away(desk: Desk) -> None:
    queue = await desk.queue(**IMPATIENT)
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    made = await desk.create(queue)
    offer = await offered(socket, made)
    end = await socket.push("offer_ended")
    assert (end["offer"], end["outcome"]) == (offer["id"], "timed_out")
    assert await socket.refused("accept", offer=offer["id"]) == "offer_expired"
    second = await offered(socket)
    end = await socket.push("offer_ended")
    assert (end["offer"], end["outcome"]) == (second["id"], "timed_out")
    push = await socket.push("presence", lambda push: push["presence"] == "away")
    assert push["reason"] == "no_answer"
    assert (await desk.board_queue(queue))["offers"]["timed_out"] == 2
    await desk.state(made, "waiting")
    await socket.do("set_presence", presence="available")
    await take(socket, made)


async def test_an_answer_ends_the_streak(desk: Desk) -> None:
    queue = await desk.queue(**IMPATIENT)
    socket = await desk.online(await desk.agent("anna", queue))
    await desk.create(queue)
    await offered(socket)
    await socket.push("offer_ended")
    offer = await take(socket)
    await socket.do("complete", conversation=offer["conversation"])
    await desk.create(queue)
    await offered(socket)
    await socket.push("offer_ended", lambda push: push["outcome"] == "timed_out")
    await offered(socket)
    assert not [push for push in socket.pushes if push.get("presence") == "away"]


async def test_an_offer_that_never_arrived_does_not_count(desk: Desk) -> None:
    queue = await desk.queue(
        offer={"timeout_ms": 1000}, no_answer={"streak": 1, "presence": "away"}
    )
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    frozen = await desk.online(anna)
    frozen.freeze()
    made = await desk.create(queue)
    await desk.state(made, "offered")
    his = await desk.online(bob)
    await take(his, made)
    steps = str(await desk.timeline(made))
    assert "undelivered" in steps and "timed_out" not in steps, steps
    row = await desk.board_agent(anna)
    assert row["presence"] == "available" and row["reason"] != "no_answer"
    assert (await desk.board_queue(queue))["offers"]["timed_out"] == 0


async def test_complete_closes_without_wrap_up(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    made = await desk.create(queue)
    await take(socket, made)
    await socket.do("complete", conversation=made)
    assert (await socket.push("conversation_ended"))["conversation"] == made
    assert (await desk.conversation(made))["state"] == "closed"
    row = await desk.board_agent(anna)
    assert row["load"] in (0, {"chat": 0}, {}) and row["routable"] is True
    answer = await socket.ask("complete", conversation=made)
    assert answer.get("already") is True or answer["ok"] is False


async def test_wrap_up_is_finished_by_the_agent(desk: Desk) -> None:
    queue = await desk.queue(wrap_up={"ms": 60_000, "extendable": True})
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    made = await desk.create(queue)
    await take(socket, made)
    await socket.do("complete", conversation=made)
    assert (await desk.conversation(made))["state"] == "wrapping"
    later = await desk.create(queue)
    row = await desk.board_queue(queue)
    assert (row["wrapping"], row["waiting"], row["offered"]) == (1, 1, 0)
    await socket.do("extend_wrap_up", conversation=made, by_ms=30_000)
    await socket.do("finish_wrap_up", conversation=made)
    assert (await desk.conversation(made))["state"] == "closed"
    await offered(socket, later)


async def test_wrap_up_ends_by_itself(desk: Desk) -> None:
    queue = await desk.queue(wrap_up={"ms": 1000, "extendable": False})
    socket = await desk.online(await desk.agent("anna", queue))
    made = await desk.create(queue)
    await take(socket, made)
    await socket.do("complete", conversation=made)
    await socket.refused("extend_wrap_up", conversation=made, by_ms=30_000)
    await socket.push("conversation_ended", lambda push: push["conversation"] == made)
    await desk.state(made, "closed")
    await socket.refused("finish_wrap_up", conversation=desk.name("none"))


async def test_transfer_to_a_queue(desk: Desk) -> None:
    queue, other = await desk.queue(), await desk.queue("other")
    hers = await desk.online(await desk.agent("anna", queue))
    his = await desk.online(await desk.agent("bob", other))
    made = await desk.create(queue)
    await take(hers, made)
    await hers.refused("transfer", conversation=made, queue=desk.name("none"))
    await hers.do("transfer", conversation=made, queue=other)
    assert (await hers.push("conversation_ended"))["conversation"] == made
    offer = await take(his, made)
    assert offer["queue"] == other
    assert (await desk.conversation(made))["queue"] == other
    await hers.refused("complete", conversation=made)


async def test_transfer_to_an_agent(desk: Desk) -> None:
    queue, anna, bob = await pair(desk)
    await desk.agent("carl", queue)
    hers = await desk.online(anna)
    made = await desk.create(queue)
    await take(hers, made)
    his = await desk.online(bob)
    await hers.refused("transfer", conversation=made, agent=desk.name("none"))
    await hers.do("transfer", conversation=made, agent=bob)
    seen = await desk.state(made, "offered", "assigned")
    if seen["state"] == "offered":
        await take(his, made)
    assert (await desk.conversation(made))["agent"] == bob
    assert (await hers.push("conversation_ended"))["conversation"] == made


async def test_cancel_takes_the_offer_back(desk: Desk) -> None:
    queue = await desk.queue()
    socket = await desk.online(await desk.agent("anna", queue))
    made = await desk.create(queue)
    offer = await offered(socket, made)
    await desk.act(made, "cancel", reason="abandoned")
    end = await socket.push("offer_ended")
    assert (end["offer"], end["outcome"]) == (offer["id"], "rescinded") and end["reason"]
    assert await socket.refused("accept", offer=offer["id"]) == "offer_rescinded"
    assert (await desk.conversation(made))["state"] == "abandoned"


async def test_cancel_ends_a_held_conversation(desk: Desk) -> None:
    queue = await desk.queue()
    socket = await desk.online(await desk.agent("anna", queue))
    made = await desk.create(queue)
    await take(socket, made)
    await desk.act(made, "cancel", reason="canceled")
    assert (await socket.push("conversation_ended"))["conversation"] == made
    await desk.create(queue)
    await offered(socket)


async def test_going_away_takes_the_offer_back_and_keeps_the_place(desk: Desk) -> None:
    queue, anna, bob = await pair(desk)
    hers = await desk.online(anna)
    made = await desk.create(queue)
    enqueued = (await desk.conversation(made))["enqueued_at"]
    offer = await offered(hers, made)
    await hers.do("set_presence", presence="away", reason="lunch")
    end = await hers.push("offer_ended")
    assert (end["offer"], end["outcome"]) == (offer["id"], "rescinded")
    await take(await desk.online(bob), made)
    assert (await desk.conversation(made))["enqueued_at"] == enqueued


async def test_only_one_of_many_gets_a_parallel_offer(desk: Desk) -> None:
    queue, anna, bob = await pair(desk, offer={"strategy": "all_at_once", "fan_out": 2})
    hers, his = await desk.online(anna), await desk.online(bob)
    made = await desk.create(queue)
    first, second = await offered(hers, made), await offered(his, made)
    answers = await asyncio.gather(
        hers.ask("accept", offer=first["id"]), his.ask("accept", offer=second["id"])
    )
    assert sorted(answer["ok"] for answer in answers) == [False, True]
    (loser,) = [answer for answer in answers if not answer["ok"]]
    assert loser["code"] == "offer_taken", loser
    lost, socket = (first, hers) if not answers[0]["ok"] else (second, his)
    end = await socket.push("offer_ended")
    assert (end["offer"], end["outcome"]) == (lost["id"], "rescinded")
    assert "taken" in end["reason"]


async def test_two_sockets_of_one_agent_see_the_same(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    left, right = await desk.online(anna), await desk.connect(anna)
    made = await desk.create(queue)
    one, two = await offered(left, made), await offered(right, made)
    assert one["id"] == two["id"]
    await right.do("accept", offer=two["id"])
    for socket in (left, right):
        end = await socket.push("offer_ended")
        assert (end["offer"], end["outcome"]) == (one["id"], "accepted")
        await socket.push("assigned")
    assert (await left.do("accept", offer=one["id"]))["already"] is True
    await left.leave()
    assert (await desk.board_agent(anna))["connection"] == "connected"


@pytest.mark.parametrize("command", ["complete", "finish_wrap_up", "extend_wrap_up", "transfer"])
async def test_commands_on_unknown_conversations_are_refused(desk: Desk, command: str) -> None:
    queue = await desk.queue()
    socket = await desk.connect(await desk.agent("anna", queue))
    fields: dict[str, Json] = {
        "extend_wrap_up": {"by_ms": 1000},
        "transfer": {"queue": queue},
    }
    more = fields.get(command, {})
    await socket.refused(command, conversation=desk.name("none"), **more)
