"""A socket that only watches: it sees all, is nobody's connection, proves nothing and acts not."""

from __future__ import annotations

from .client import Json
from .desk import Desk, offered, take
from .session import Socket
from .test_resume import connection


async def looking_on(desk: Desk, agent: str, resume: Json | None = None) -> Socket:
    """Open a socket of the agent that watches; its snapshot is taken already."""
    socket = await desk.socket()
    answer = await socket.greet(await desk.ticket(agent=agent), resume, watch=True)
    assert answer["ok"] is True, answer
    await socket.push("snapshot")
    return socket


async def test_it_sees_all_and_may_do_nothing(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    hers = await desk.online(anna)
    looker = await looking_on(desk, anna)
    assert looker.hello["sockets"] == 1
    made = await desk.create(queue)
    offer = await offered(looker, made)
    assert (await offered(hers, made))["id"] == offer["id"]
    assert await looker.refused("accept", offer=offer["id"]) == "forbidden"
    assert await looker.refused("set_presence", presence="away") == "forbidden"
    await hers.do("accept", offer=offer["id"])
    assert (await looker.push("offer_ended"))["outcome"] == "accepted"
    assert (await looker.push("assigned"))["conversation"]["id"] == made


async def test_with_it_alone_the_agent_is_lost_after_the_grace(quick_desk: Desk) -> None:
    desk = quick_desk
    queue = await desk.queue(offer={"timeout_ms": 120_000})
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    hers, looker = await desk.online(anna), await looking_on(desk, anna)
    made = await desk.create(queue)
    await offered(hers, made)
    his = await desk.online(bob)
    hers.cut()
    await connection(desk, anna, "grace")
    await connection(desk, anna, "lost")
    assert (await desk.board_agent(anna))["routable"] is False
    await take(his, made)
    assert (await looker.push("offer_ended"))["outcome"] == "rescinded"
    await looker.leave()
    again = await looking_on(desk, anna)
    assert (await desk.board_agent(anna))["connection"] == "lost"
    assert again.hello["sockets"] == 0


async def test_it_confirms_no_offer(quick_desk: Desk) -> None:
    desk = quick_desk
    queue = await desk.queue(
        offer={"timeout_ms": 1200}, no_answer={"streak": 1, "presence": "away"}
    )
    anna = await desk.agent("anna", queue)
    dumb = await desk.online(anna, polite=False)
    looker = await looking_on(desk, anna)
    made = await desk.create(queue)
    offer = await offered(looker, made)
    await looker.refused("received", offer=offer["id"])
    # Pings are answered by the one that watches, and by nobody else.
    await looker.push("ping")
    await looker.push("ping")
    ended = await looker.push("offer_ended")
    assert ended["outcome"] == "undelivered"
    assert (await desk.board_agent(anna))["presence"] == "available"
    await dumb.leave()


async def test_nor_one_that_was_out_before_it_came(quick_desk: Desk) -> None:
    desk = quick_desk
    queue = await desk.queue(offer={"timeout_ms": 1100})
    anna = await desk.agent("anna", queue)
    dumb = await desk.online(anna, polite=False)
    await desk.create(queue)
    offer = await offered(dumb)
    looker = await looking_on(desk, anna)
    assert [one["id"] for one in looker.pushes[0]["offers"]] == [offer["id"]]
    await looker.push("ping")
    assert (await looker.push("offer_ended"))["outcome"] == "undelivered"
    await dumb.leave()


async def test_the_same_session_stops_working_and_begins_again(quick_desk: Desk) -> None:
    desk = quick_desk
    queue = await desk.queue(offer={"timeout_ms": 120_000})
    anna = await desk.agent("anna", queue)
    hers = await desk.online(anna)
    looker = await looking_on(desk, anna, hers.resume())
    assert looker.hello["mode"] == "snapshot"
    await connection(desk, anna, "grace", "lost")
    back = await desk.socket()
    answer = await back.greet(await desk.ticket(agent=anna), looker.resume())
    assert (answer["mode"], answer["sockets"]) == ("snapshot", 1)
    await connection(desk, anna, "connected")
    await take(back, await desk.create(queue))


async def test_it_leaves_the_others_alone(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    hers, socket = await desk.connect(anna), await desk.socket()
    ticket = await desk.ticket(agent=anna)
    ref = await socket.say(type="hello", ticket=ticket, watch=True, alone=True)
    assert (await socket.reply(ref))["code"] == "frame_invalid"
    assert await socket.closed() == 4506
    await hers.do("set_presence", presence="available")
