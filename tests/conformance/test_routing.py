"""The rules around the offer, seen from outside: presences, finishing, picking, silence, rest."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from .client import Json, body_of, error_paths, eventually, problem, rows
from .desk import Desk, offered, take
from .session import Socket


async def key_of(desk: Desk, role: str, agent: str | None = None) -> httpx2.AsyncClient:
    """Return a client with a fresh key of the role."""
    body = {"role": role, **({"agent": agent} if agent else {})}
    key = body_of(await desk.api.post("/v1/keys", json=body), 201)["key"]
    return desk.api_with(str(key))


async def presence(desk: Desk, word: str, **settings: object) -> str:
    """Create a custom presence and return its id."""
    name = desk.name(word)
    body = {"name": word, **settings}
    body_of(await desk.api.put(f"/v1/presences/{name}", json=body), 201)
    return name


async def row_of(desk: Desk, agent: str) -> Json:
    """Return what the server says about an agent."""
    return dict(body_of(await desk.api.get(f"/v1/agents/{agent}"), 200))


async def hold(desk: Desk, socket: Socket, queue: str, **fields: object) -> str:
    """Create a conversation and have it accepted; return its id."""
    made = await desk.create(queue, **fields)
    await take(socket, made)
    return made


# ------------------------------------------------------------ presences


async def test_a_presence_is_created_read_replaced_listed_and_deleted(desk: Desk) -> None:
    path = f"/v1/presences/{desk.name('lunch')}"
    problem(await desk.api.get(path), 404)
    made = body_of(await desk.api.put(path, json={"name": "Lunch"}), 201)
    assert (made["presence"], made["channels"], made["warnings"]) == ("away", None, [])
    body_of(await desk.api.put(path, json={"name": "Meal", "presence": "offline"}), 200)
    seen = body_of(await desk.api.get(path), 200)
    assert (seen["name"], seen["presence"]) == ("Meal", "offline")
    listed = rows(body_of(await desk.api.get("/v1/presences"), 200))
    assert seen in listed
    body_of(await desk.api.delete(path), 204)
    problem(await desk.api.delete(path), 404)


@pytest.mark.parametrize("name", ["available", "away", "offline"])
async def test_the_three_cannot_be_defined(desk: Desk, name: str) -> None:
    body = problem(await desk.api.put(f"/v1/presences/{name}", json={"name": "Mine"}), 400, 409)
    assert name in str(body)


async def test_a_custom_presence_leaves_only_its_channels_open(desk: Desk) -> None:
    queue = await desk.queue()
    mail_only = await presence(desk, "mail", presence="available", channels=["mail"])
    anna = await desk.agent("anna", queue, capacity={"chat": 1, "mail": 1})
    socket = await desk.connect(anna)
    await socket.do("set_presence", presence=mail_only, reason="backlog")
    push = await socket.push("presence")
    assert (push["presence"], push["custom_presence"]) == ("available", mail_only)
    assert (push["channels"], push["plan"], push["reason"]) == (["mail"], None, "backlog")
    chat = await desk.create(queue)
    mail = await desk.create(queue, channel="mail")
    await take(socket, mail)
    assert (await desk.conversation(chat))["state"] == "waiting"
    for row in (await row_of(desk, anna), await desk.board_agent(anna)):
        assert (row["presence"], row["custom_presence"]) == ("available", mail_only)
        assert row["channels"] == ["mail"]
    assert (await desk.board_queue(queue))["capacity_free"] == 0
    problem(await desk.api.delete(f"/v1/presences/{mail_only}"), 409)
    await socket.do("set_presence", presence="available")
    assert (await socket.push("presence"))["custom_presence"] is None
    await take(socket, chat)


async def test_a_presence_that_nobody_defined_is_refused_by_name(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    answer = await socket.ask("set_presence", presence="lunch-of-nobody")
    assert (answer["ok"], answer["code"]) == (False, "unknown_presence")
    assert "available" in answer["message"], "it says what there is"
    path = f"/v1/agents/{anna}/presence"
    body = problem(await desk.api.post(path, json={"presence": "lunch-of-nobody"}), 400, 422)
    assert error_paths(body) == ["$.presence"]
    assert (await desk.board_agent(anna))["presence"] == "available"


async def test_a_missed_streak_leads_to_the_presence_chosen(desk: Desk) -> None:
    gone = await presence(desk, "gone", presence="away")
    queue = await desk.queue(
        offer={"timeout_ms": 300}, no_answer={"streak": 1, "presence": gone}, back_off={}
    )
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    await desk.create(queue)
    push = await socket.push("presence", lambda push: push["presence"] == "away")
    assert (push["custom_presence"], push["reason"], push["by"]) == (gone, "no_answer", "system")
    snapshot = (await desk.board_agent(anna))["custom_presence"]
    assert snapshot == gone


async def test_a_supervisor_uses_custom_presences_and_plans_too(desk: Desk) -> None:
    lunch = await presence(desk, "lunch")
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    made = await hold(desk, socket, queue)
    boss, _ = await desk.supervisor()
    await boss.do("set_agent_presence", agent=anna, presence=lunch, after_work=True, reason="rota")
    plan = (await desk.board_agent(anna))["plan"]
    assert (plan["presence"], plan["custom_presence"]) == ("away", lunch)
    delta = await boss.push("delta", lambda push: "plan" in str(push["changes"].get("agents")))
    assert delta
    await socket.do("complete", conversation=made)
    push = await socket.push("presence", lambda push: push["presence"] == "away")
    assert (push["custom_presence"], push["reason"], push["plan"]) == (lunch, "rota", None)


# ------------------------------------------------------------ finish, then away


async def test_finish_then_away(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue, chats=3)
    socket = await desk.online(anna)
    first, second = await hold(desk, socket, queue), await hold(desk, socket, queue)
    await socket.do("set_presence", presence="away", reason="lunch", after_work=True)
    push = await socket.push("presence", lambda push: push["plan"] is not None)
    assert (push["presence"], push["plan"]["presence"]) == ("available", "away")
    routable = await socket.push("routable", lambda push: not push["routable"])
    assert "finishing" in routable["why_not"]
    waiting = await desk.create(queue)
    await socket.do("complete", conversation=first)
    assert (await row_of(desk, anna))["presence"] == "available", "one is still in hand"
    await socket.do("complete", conversation=second)
    push = await socket.push("presence", lambda push: push["presence"] == "away")
    assert (push["reason"], push["plan"]) == ("lunch", None)
    assert not socket.untaken("offer")
    await socket.do("set_presence", presence="available")
    await take(socket, waiting)


async def test_a_plan_is_dropped_by_a_presence_without_one(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue, chats=2)
    socket = await desk.online(anna)
    await hold(desk, socket, queue)
    await socket.do("set_presence", presence="offline", after_work=True)
    again = await socket.do("set_presence", presence="offline", after_work=True)
    assert again["already"] is True
    await socket.do("set_presence", presence="available")
    assert (await row_of(desk, anna))["plan"] is None
    await hold(desk, socket, queue)


async def test_without_work_it_is_away_at_once(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    socket = await desk.online(anna)
    await socket.do("set_presence", presence="away", after_work=True)
    seen = await row_of(desk, anna)
    assert (seen["presence"], seen["plan"]) == ("away", None)


# ------------------------------------------------------------ picking


async def test_an_agent_picks_by_name_and_in_order(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue, chats=3, pull=True)
    socket = await desk.connect(anna)
    await socket.do("set_presence", presence="away")
    made = [await desk.create(queue) for _ in range(3)]
    answer = await socket.do("pull", queue=queue, conversation=made[2])
    assert answer["conversation"] == made[2]
    assert (await socket.push("assigned"))["conversation"]["id"] == made[2]
    again = await socket.do("pull", queue=queue, conversation=made[2])
    assert (again["already"], again["conversation"]) == (True, made[2])
    assert (await socket.do("pull", queue=queue))["conversation"] == made[0]
    told = [(row["type"], row["reason"]) for row in await desk.timeline(made[0])]
    assert told[-1] == ("conversation_assigned", "pulled")
    assert (await row_of(desk, anna))["conversations"] == [made[2], made[0]]


async def test_the_same_frame_again_picks_nothing_more(desk: Desk) -> None:
    queue = await desk.queue()
    socket = await desk.connect(await desk.agent("anna", queue, chats=3, pull=True))
    await socket.do("set_presence", presence="away")
    made = [await desk.create(queue) for _ in range(2)]
    answers = []
    for _ in range(2):
        await socket.say(type="pull", queue=queue, ref="twice")
        answers.append(await socket.reply("twice"))

    async def both() -> bool:
        return len(socket.replies["twice"]) == 2

    await eventually(both, "two replies")
    assert {reply["conversation"] for reply in socket.replies["twice"]} == {made[0]}
    assert (await desk.conversation(made[1]))["state"] == "waiting"


async def test_picking_has_its_refusals(desk: Desk) -> None:
    queue, other = await desk.queue(), await desk.queue("other")
    may, may_not = (
        await desk.agent("anna", queue, chats=1, pull=True),
        await desk.agent("bob", queue),
    )
    hers, his = await desk.connect(may), await desk.connect(may_not)
    assert await hers.refused("pull", queue=queue) == "not_eligible", "offline"
    for socket in (hers, his):
        await socket.do("set_presence", presence="away")
    made, french = await desk.create(queue), await desk.create(queue, skills={"french": 1})
    assert await his.refused("pull", queue=queue) == "pull_not_allowed"
    assert await hers.refused("pull", queue=other) == "not_a_member"
    assert await hers.refused("pull", queue=desk.name("none")) == "unknown_queue"
    assert await hers.refused("pull", queue=queue, conversation=french) == "not_eligible"
    assert await hers.refused("pull", queue=queue, conversation="none") == "unknown_conversation"
    await hers.do("pull", queue=queue, conversation=made)
    assert await hers.refused("pull", queue=queue) in ("nothing_waiting", "no_capacity")
    more = await desk.create(queue)
    assert await hers.refused("pull", queue=queue, conversation=more) == "no_capacity"
    body_of(await desk.api.post(f"/v1/queues/{queue}/pause", json={}))
    assert await hers.refused("pull", queue=queue) == "wrong_state"


async def test_two_who_pick_the_same_do_not_both_get_it(desk: Desk) -> None:
    queue = await desk.queue()
    sockets = []
    for number in range(3):
        socket = await desk.connect(await desk.agent(f"agent{number}", queue, pull=True))
        await socket.do("set_presence", presence="away")
        sockets.append(socket)
    made = await desk.create(queue)
    asking = [socket.ask("pull", queue=queue, conversation=made) for socket in sockets]
    answers = await asyncio.gather(*asking)
    assert sorted(answer["ok"] for answer in answers) == [False, False, True]


# ------------------------------------------------------------ silence


async def test_a_silent_conversation_makes_room_and_may_wake(desk: Desk) -> None:
    queue = await desk.queue(idle={"after_ms": 400})
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    first = await hold(desk, socket, queue)
    second = await desk.create(queue)
    assert (await desk.conversation(second))["state"] == "waiting"
    push = await socket.push("conversation_changed")
    assert (push["conversation"]["id"], push["conversation"]["idle"]) == (first, True)
    assert (await desk.conversation(first))["idle"] is True
    await take(socket, second)
    await socket.do("activity", conversation=first)
    push = await socket.push("conversation_changed", lambda p: p["conversation"]["id"] == first)
    assert push["conversation"]["idle"] is False
    assert (await row_of(desk, anna))["load"] == {"chat": 2}, "overloaded for a while"
    types = [row["type"] for row in await desk.timeline(first)]
    assert types[-2:] == ["conversation_idled", "conversation_woke"]


async def test_silence_may_be_said_by_an_integration_for_its_own(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    async with await key_of(desk, "ingest") as shop, await key_of(desk, "ingest") as other:
        made = str(body_of(await shop.post("/v1/conversations", json={"queue": queue}), 201)["id"])
        await take(socket, made)
        path = f"/v1/conversations/{made}/activity"
        assert body_of(await shop.post(path, json={"idle": True}), 200)["idle"] is True
        assert (await row_of(desk, anna))["load"] == {}
        assert body_of(await shop.post(path, json={}), 200)["idle"] is False
        assert body_of(await shop.post(path, json={}), 200)["idle"] is False
        problem(await other.post(path, json={}), 404)
        problem(await shop.post(path, json={"idle": "yes"}), 400, 422)
    body_of(await desk.api.post(f"/v1/conversations/{made}/close", json={}))
    problem(await desk.api.post(f"/v1/conversations/{made}/activity", json={}), 409)


async def test_activity_is_for_who_holds_it(desk: Desk) -> None:
    queue = await desk.queue()
    hers = await desk.online(await desk.agent("anna", queue))
    made = await hold(desk, hers, queue)
    his = await desk.online(await desk.agent("bob", queue))
    assert await his.refused("activity", conversation=made, idle=True) == "not_yours"
    assert await his.refused("activity", conversation="none") == "unknown_conversation"
    await hers.do("activity", conversation=made, idle=True)
    assert (await hers.push("conversation_changed"))["conversation"]["idle"] is True


# ------------------------------------------------------------ blocks and rest


async def test_a_call_blocks_chats(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent(
        "anna", queue, capacity={"chat": 2, "voice": 1}, blocks={"voice": ["chat"]}
    )
    socket = await desk.online(anna)
    call = await hold(desk, socket, queue, channel="voice")
    chat = await desk.create(queue)
    assert (await desk.conversation(chat))["state"] == "waiting"
    assert (await desk.board_agent(anna))["blocked"] == {"chat": "voice"}
    explained = body_of(await desk.api.get(f"/v1/conversations/{chat}/explain"))
    (member,) = explained["members"]
    assert not member["eligible"] and member["reasons"][0]["code"].startswith("blocked")
    await socket.do("complete", conversation=call)
    await take(socket, chat)


async def test_who_declines_as_busy_rests(desk: Desk) -> None:
    queue = await desk.queue(back_off={"busy_ms": 900}, decline={"cooldown_ms": 0})
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    first = await offered(socket, await desk.create(queue))
    await socket.do("decline", offer=first["id"], reason="busy")
    assert (await desk.board_agent(anna))["why_not"] == ["back_off"]
    second = await offered(socket)
    assert second["made_at"] - (await socket.push("offer_ended"))["at"] >= 900


async def test_an_agent_has_a_wrap_up_of_the_own(desk: Desk) -> None:
    queue = await desk.queue(wrap_up={"ms": 60_000})
    socket = await desk.online(await desk.agent("anna", queue, wrap_up_ms=0))
    made = await hold(desk, socket, queue)
    await socket.do("complete", conversation=made)
    assert (await desk.conversation(made))["state"] == "closed"


async def test_what_came_of_it_is_kept_through_the_wrap_up(desk: Desk) -> None:
    queue = await desk.queue(wrap_up={"ms": 60_000})
    socket = await desk.online(await desk.agent("anna", queue))
    made = await hold(desk, socket, queue)
    await socket.do("complete", conversation=made, disposition="callback")
    assert (await desk.conversation(made))["disposition"] == "callback"
    await socket.do("finish_wrap_up", conversation=made)
    seen = await desk.conversation(made)
    assert (seen["state"], seen["disposition"]) == ("closed", "callback")
    timeline = body_of(await desk.api.get(f"/v1/conversations/{made}/timeline"), 200)
    assert "callback" in str(timeline)
