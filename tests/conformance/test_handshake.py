"""The opening of a session, and what frames do to it when they are wrong."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import InvalidHandshake

from .client import eventually
from .desk import Desk
from .session import Socket

PROTOCOL = 4506


async def silence(desk: Desk) -> Socket:
    """Return the session of a fresh agent that nothing is going on with."""
    return await desk.connect(await desk.agent("anna", await desk.queue()))


async def test_the_subprotocol_is_echoed(desk: Desk) -> None:
    assert (await desk.socket()).subprotocol == "interlock.v1"


@pytest.mark.parametrize("offered", [None, "interlock.v0", "graphql-ws"])
async def test_without_the_subprotocol_there_is_no_session(desk: Desk, offered: str | None) -> None:
    try:
        socket = await desk.socket(subprotocol=offered)
    except InvalidHandshake:
        return
    assert await socket.closed() in (PROTOCOL, 1002, 1008)


async def test_a_foreign_origin_is_refused(desk: Desk) -> None:
    for origin in ("https://evil.example", "null", desk.server.base + ".evil.example"):
        try:
            socket = await desk.socket(origin=origin)
        except InvalidHandshake as refused:
            assert "403" in str(refused)
            continue
        assert await socket.closed() in (4503, 1008)


async def test_the_own_origin_is_welcome(desk: Desk) -> None:
    socket = await desk.socket(origin=desk.server.base)
    anna = await desk.agent("anna", await desk.queue())
    assert (await socket.greet(await desk.ticket(agent=anna)))["ok"] is True


async def test_hello_is_answered_as_promised(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    socket = await desk.socket()
    answer = await socket.greet(
        await desk.ticket(agent=anna), instance="tab-1", client="conformance/1"
    )
    assert answer["ok"] is True and answer["mode"] == "snapshot"
    for word in ("session", "secret", "gen"):
        assert isinstance(answer[word], str) and answer[word], word
    assert answer["secret"] != answer["session"]
    assert isinstance(answer["server_time"], int)
    assert (answer["ping_every_ms"], answer["grace_ms"]) == (10_000, 20_000)
    assert isinstance(answer["limits"], dict) and answer["limits"]
    snapshot = await socket.push("snapshot")
    assert snapshot["seq"] == 1 and isinstance(snapshot["at"], int)
    assert snapshot["offers"] == [] and snapshot["conversations"] == []
    assert snapshot["agent"]["id"] == anna
    assert snapshot["agent"]["presence"] == "offline"


async def test_hello_must_come_in_time(quick_desk: Desk) -> None:
    socket = await quick_desk.socket()
    assert 4000 <= await socket.closed() < 5000
    assert not socket.pushes and not socket.replies


@pytest.mark.parametrize(
    "frame",
    [
        '{"type": "pong", "ref": "1", "ping": 1}',
        '{"type": "set_presence", "ref": "1", "presence": "available"}',
        '{"type": "hello"}',
        '{"type": "hello", "ref": "1"}',
        '{"type": "hello", "ref": "1", "ticket": "x", "colour": 1}',
        '{"type": "hello", "ref": "1", "ticket": "x", "resume": {"session": 1}}',
        "not json",
        "[]",
        "null",
        "",
        "NaN",
        '{"type": "hello", "type": "hello", "ref": "1", "ticket": "x"}',
        "[" * 8000,
        b'{"type": "hello", "ref": "1", "ticket": "x"}',
        b"\x00\xff",
    ],
    ids=lambda frame: repr(frame)[:50],
)
async def test_a_first_frame_that_is_no_hello_closes(desk: Desk, frame: str | bytes) -> None:
    socket = await desk.socket()
    await socket.raw(frame)
    code = await socket.closed()
    assert code in ((PROTOCOL, 1003) if isinstance(frame, bytes) else (PROTOCOL,)), code


async def test_a_second_hello_does_not_change_the_session(desk: Desk) -> None:
    queue = await desk.queue()
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    socket = await desk.connect(anna)
    answer = await socket.first_of(
        await socket.say(type="hello", ticket=await desk.ticket(agent=bob))
    )
    assert answer == PROTOCOL or (isinstance(answer, dict) and answer["ok"] is False), answer


@pytest.mark.parametrize(
    ("frame", "place"),
    [
        ({"type": "no_such_command"}, None),
        ({"type": "move", "conversation": "c", "queue": "q", "reason": "x"}, None),
        ({"type": "set_presence", "presence": "available", "colour": 1}, "colour"),
        ({"type": "set_presence", "presence": "asleep"}, "presence"),
        ({"type": "set_presence"}, "presence"),
        ({"type": "accept"}, "offer"),
        ({"type": "accept", "offer": 7}, "offer"),
        ({"type": "accept", "offer": "has space"}, "offer"),
        ({"type": "extend_wrap_up", "conversation": "c", "by_ms": "x"}, "by_ms"),
        ({"type": "extend_wrap_up", "conversation": "c", "by_ms": 10**30}, "by_ms"),
        ({"type": "transfer", "conversation": "c"}, None),
        ({"type": "transfer", "conversation": "c", "queue": "q", "agent": "a"}, None),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else value,
)
async def test_a_wrong_command_is_refused_and_the_session_lives(
    desk: Desk, frame: dict[str, Any], place: str | None
) -> None:
    socket = await silence(desk)
    answer = await socket.reply(await socket.say(**frame))
    assert answer["ok"] is False and answer["code"] and answer["message"], answer
    assert answer["temporary"] is False, answer
    if place:
        assert place in json.dumps(answer), answer
    await socket.do("set_presence", presence="available")


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        "[]",
        '{"ref": "x"}',
        '{"type": 7, "ref": "x"}',
        '{"type": "seen", "offer": "x"}',
        b"x",
    ],
    ids=repr,
)
async def test_a_frame_that_cannot_be_answered_by_ref(desk: Desk, frame: str | bytes) -> None:
    """No `ref` or no form at all: a protocol close, or a refusal; never granted, never ignored."""
    socket = await silence(desk)
    await socket.raw(frame)
    answer = await socket.first_of(await socket.say(type="set_presence", presence="available"))
    if isinstance(answer, int):
        assert answer in (PROTOCOL, 1003, 1007)
        return
    heard = [reply for replies in socket.replies.values() for reply in replies]
    assert any(reply["ok"] is False for reply in heard), "the frame was ignored"


async def test_16_kib_pass_and_more_closes_with_1009(desk: Desk) -> None:
    socket = await silence(desk)
    base = json.dumps({"type": "set_presence", "presence": "available", "ref": "big"})
    await socket.raw(base[:-1] + " " * (16384 - len(base)) + "}")
    assert (await socket.reply("big"))["ok"] is True
    await socket.raw(base[:-1] + " " * (16385 - len(base)) + "}")
    assert await socket.closed() == 1009


async def test_more_than_the_burst_closes_with_4408(desk: Desk) -> None:
    socket = await silence(desk)
    socket.polite = False
    for number in range(150):
        await socket.raw(json.dumps({"type": "seen", "offer": "none", "ref": f"n{number}"}))
    assert await socket.closed() == 4408


async def test_an_agent_has_a_bounded_number_of_sockets(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    first = await desk.connect(anna)
    for _ in range(3):
        await desk.connect(anna)
    fifth = await desk.socket()
    answer = await fifth.first_of(await fifth.say_hello(await desk.ticket(agent=anna)))
    if isinstance(answer, int) or not answer["ok"]:
        code = await fifth.closed()
        assert code == 1013 or 4000 <= code < 5000, code
        await first.do("set_presence", presence="available")
    else:
        assert await first.closed() == 4502


async def test_a_burst_of_30_is_fine(desk: Desk) -> None:
    socket = await silence(desk)
    refs = [await socket.say(type="seen", offer="none") for _ in range(30)]
    for ref in refs:
        assert (await socket.reply(ref))["code"] == "unknown_offer"


async def test_pongs_keep_a_session_alive(quick_desk: Desk) -> None:
    socket = await quick_desk.connect(await quick_desk.agent("anna", await quick_desk.queue()))
    for _ in range(6):
        ping = await socket.push("ping")
        assert isinstance(ping["server_time"], int) and "ping" in ping
    await socket.do("set_presence", presence="available")


async def test_a_ping_of_the_transport_is_answered(desk: Desk) -> None:
    socket = await silence(desk)
    assert await asyncio.wait_for(socket.echo(), 10) >= 0


async def test_without_pongs_a_session_ends(quick_desk: Desk) -> None:
    """In a second and a half; the protocol page's 25 s are the default of the setting."""
    anna = await quick_desk.agent("anna", await quick_desk.queue())
    socket = await quick_desk.connect(anna, polite=False)
    assert await socket.closed() == 4011
    assert len([push for push in socket.pushes if push["type"] == "ping"]) >= 2
    await gone(quick_desk, anna)


async def test_logout_by_the_client_is_1000(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    socket = await desk.online(anna)
    await socket.leave()
    assert socket.close_code == 1000
    await gone(desk, anna)


async def gone(desk: Desk, agent: str) -> None:
    """Wait until the board shows that the agent is not connected."""

    async def probe() -> bool:
        row = await desk.board_agent(agent)
        return row["connection"] in ("grace", "lost") and not row["routable"]

    await eventually(probe, "the board shows that she is gone")
