"""Supervisors sign agents out, freeze repairs and tell agents something: by socket, for good."""

from __future__ import annotations

from collections.abc import Callable

from .client import Json, body_of, eventually
from .desk import Desk, take
from .process import ADMIN_KEY, Server

Spawn = Callable[..., Server]
Desks = Callable[[Server], Desk]


async def signed_in(desk: Desk, agent: str) -> str:
    """What a browser at the agent's desk keeps: its cookie."""
    async with desk.api_with(None) as browser:
        answer = await browser.post("/v1/session", json={"key": ADMIN_KEY, "agent": agent})
        body_of(answer)
        return str(answer.headers["set-cookie"]).split(";")[0]


async def with_cookie(desk: Desk, cookie: str, method: str) -> int:
    """The status of a call to the session as this browser."""
    headers = {"Cookie": cookie, "Origin": desk.server.base}
    async with desk.api_with(None) as browser:
        return (await browser.request(method, "/v1/session", headers=headers)).status_code


async def is_in(desk: Desk, cookie: str) -> bool:
    return await with_cookie(desk, cookie, "GET") == 200


async def test_an_agent_signed_out_keeps_the_work_for_the_grace(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket, (boss, _) = await desk.online(anna), await desk.supervisor()
    browser = await signed_in(desk, anna)
    made = await desk.create(queue)
    await take(socket, made)
    await boss.do("sign_out_agent", agent=anna, reason="laptop lost")
    assert await socket.closed() == 4501
    assert not await is_in(desk, browser)
    row = await desk.board_agent(anna)
    assert row["connection"] == "grace" and row["conversations"] == [made]
    back = await desk.connect(anna)
    assert (await desk.board_agent(anna))["connection"] == "connected"
    await back.do("complete", conversation=made)
    assert "unknown_agent" in await boss.refused("sign_out_agent", agent=desk.name("no"))


async def test_a_message_said_twice_is_sent_once(desk: Desk) -> None:
    queue = await desk.queue()
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", await desk.queue("other"))
    one, other = await desk.connect(anna), await desk.connect(bob)
    boss, _ = await desk.supervisor()
    for _ in range(2):
        await boss.say(type="broadcast", ref="again", text="Pay is down", queue=queue)
        assert (await boss.reply("again"))["ok"]
    told = (await one.push("broadcast"))["broadcast"]
    assert (told["text"], told["queue"]) == ("Pay is down", queue)
    await boss.do("withdraw_broadcast", broadcast=told["id"])
    assert (await one.push("broadcast_withdrawn"))["broadcast"] == told["id"]
    assert one.untaken("broadcast") == other.untaken("broadcast") == []
    assert await boss.refused("withdraw_broadcast", broadcast="no") == "unknown_broadcast"
    assert await boss.refused("broadcast", text="a\u202eb") == "frame_invalid"


async def test_who_missed_a_message_gets_it_on_coming_back(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    socket, (boss, _) = await desk.connect(anna), await desk.supervisor()
    resume = socket.resume()
    socket.cut()
    await boss.do("broadcast", text="Meanwhile", agent=anna)
    back = await desk.connect(anna, resume=resume)
    assert (await back.push("broadcast"))["broadcast"]["text"] == "Meanwhile"


async def test_sign_outs_and_a_freeze_outlive_kill_9(spawn: Spawn, desk_at: Desks) -> None:
    server = spawn()
    desk = desk_at(server)
    anna = await desk.agent("anna", await desk.queue())
    gone, sent_away = await signed_in(desk, anna), await signed_in(desk, anna)
    boss, _ = await desk.supervisor()
    assert await with_cookie(desk, gone, "DELETE") == 204
    await boss.do("sign_out_agent", agent=anna, reason="lost")
    stays = await signed_in(desk, anna)
    await boss.do("freeze_repairs", for_ms=3_600_000, reason="we look")
    frozen = body_of(await desk.api.get("/v1/repairs"))["frozen"]
    server.kill()
    server.start()
    await desk.moved()
    assert await is_in(desk, stays)
    assert not await is_in(desk, sent_away) and not await is_in(desk, gone)
    assert body_of(await desk.api.get("/v1/repairs"))["frozen"] == frozen
    boss, board = await desk.supervisor()
    assert board["repairs_frozen"] == frozen
    await boss.do("thaw_repairs", reason="found")

    async def thawed() -> Json | None:
        return None if (await desk.board())["repairs_frozen"] else {"thawed": True}

    await eventually(thawed, "the board says that repairs go on")
