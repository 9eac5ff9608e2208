"""Lost connections: grace, replay of what was missed, and when a snapshot is the answer."""

from __future__ import annotations

import pytest

from .client import Json, eventually
from .desk import Desk, offered, take


async def connection(desk: Desk, agent: str, *wanted: str) -> None:
    """Wait until the board shows the agent's connection so."""

    async def probe() -> bool:
        return (await desk.board_agent(agent))["connection"] in wanted

    await eventually(probe, f"{agent} {wanted}", 30)


async def test_what_was_missed_comes_in_order(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue, chats=3)
    socket = await desk.online(anna)
    made = await desk.create(queue)
    offer = await take(socket, made)
    where = socket.resume()
    socket.cut()
    await connection(desk, anna, "grace", "lost")
    await desk.act(made, "cancel", reason="canceled")
    path = f"/v1/agents/{anna}/presence"
    await desk.api.post(path, json={"presence": "away", "reason": "by the boss"})
    back = await desk.connect(anna, resume=where)
    assert back.hello["mode"] == "replay" and back.hello["session"] == where["session"]
    assert (await back.push("conversation_ended"))["conversation"] == made
    away = await back.push("presence", lambda push: push["presence"] == "away")
    assert away["reason"] == "by the boss"
    assert not back.gaps and back.pushes[0]["seq"] == where["seq"] + 1
    ends = [push for push in back.pushes if push["type"] == "conversation_ended"]
    assert len(ends) == 1 and ends[0]["seq"] < away["seq"]
    await back.refused("accept", offer=offer["id"] + "x")


async def test_nothing_missed_is_an_empty_replay(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    offer = await take(socket, await desk.create(queue))
    await socket.push("assigned")
    where = socket.resume()
    socket.cut()
    await connection(desk, anna, "grace", "lost")
    back = await desk.connect(anna, resume=where)
    assert back.hello["mode"] == "replay"
    await back.do("complete", conversation=offer["conversation"])
    assert (await back.push("conversation_ended"))["conversation"] == offer["conversation"]
    assert not [push for push in back.pushes if push["type"] == "snapshot"]


async def test_an_offer_survives_a_short_cut(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    offer = await offered(socket, await desk.create(queue))
    where = socket.resume()
    socket.cut()
    await connection(desk, anna, "grace", "lost")
    back = await desk.connect(anna, resume=where)
    await back.do("accept", offer=offer["id"])


async def test_an_older_seq_gets_the_same_pushes_again(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    await take(socket, await desk.create(queue))
    await socket.push("assigned")
    heard = [push for push in socket.pushes if push["type"] not in ("ping", "draining")]
    where = {**socket.resume(), "seq": 1}
    socket.cut()
    await connection(desk, anna, "grace", "lost")
    back = await desk.connect(anna, resume=where)
    assert back.hello["mode"] == "replay"
    await back.push("assigned")
    again = {push["seq"]: push for push in back.pushes}
    for push in heard[1:]:
        seen = again[push["seq"]]
        assert (seen["type"], without_times(seen)) == (push["type"], without_times(push))


def without_times(push: Json) -> str:
    """Return the push without what counts down or tells when."""
    gone = ("at", "expires_in_ms", "waited_ms")
    kept = {key: value for key, value in push.items() if key not in gone}
    if isinstance(kept.get("offer"), dict):
        kept["offer"] = {key: value for key, value in kept["offer"].items() if key not in gone}
    return str(sorted(kept.items()))


@pytest.mark.parametrize(
    "change",
    [{"gen": "another"}, {"session": "unknown"}, {"secret": "wrong"}, {"seq": 10**6}],
    ids=str,
)
async def test_a_resume_that_does_not_fit_gets_a_snapshot_or_4001(desk: Desk, change: Json) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    offer = await offered(socket, await desk.create(queue))
    where = {**socket.resume(), **change}
    socket.cut()
    await connection(desk, anna, "grace", "lost")
    back = await desk.socket()
    ticket = await desk.ticket(agent=anna)
    ref = await back.say_hello(ticket, where)
    answer = await back.first_of(ref)
    if isinstance(answer, int) or not answer["ok"]:
        assert await back.closed() == 4001
        return
    assert answer["mode"] == "snapshot"
    snapshot = await back.push("snapshot")
    (pending,) = snapshot["offers"]
    assert answer["session"] != where["session"] and snapshot["seq"] == 1
    assert pending["id"] == offer["id"]
    assert 0 < pending["expires_in_ms"] < offer["expires_in_ms"]
    await back.do("accept", offer=offer["id"])


async def test_someone_elses_session_cannot_be_resumed(desk: Desk) -> None:
    queue = await desk.queue()
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    hers = await desk.online(anna)
    await offered(hers, await desk.create(queue))
    thief = await desk.socket()
    ref = await thief.say_hello(await desk.ticket(agent=bob), hers.resume())
    answer = await thief.first_of(ref)
    if isinstance(answer, dict) and answer["ok"]:
        assert answer["mode"] == "snapshot"
        snapshot = await thief.push("snapshot")
        assert snapshot["agent"]["id"] == bob and not snapshot["offers"]


async def test_a_session_taken_up_elsewhere_closes_the_first_with_4502(desk: Desk) -> None:
    anna = await desk.agent("anna", await desk.queue())
    first = await desk.online(anna)
    back = await desk.connect(anna, resume=first.resume())
    assert back.hello["mode"] == "replay"
    assert await first.closed() == 4502
    await back.do("set_presence", presence="away")


async def test_the_snapshot_holds_what_the_agent_holds(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue, chats=2)
    socket = await desk.online(anna)
    held = (await take(socket, await desk.create(queue)))["conversation"]
    offer = await offered(socket, await desk.create(queue))
    other = await desk.socket()
    assert (await other.greet(await desk.ticket(agent=anna)))["mode"] == "snapshot"
    snapshot = await other.push("snapshot")
    assert held in str(snapshot["conversations"]) and len(snapshot["conversations"]) == 1
    (pending,) = snapshot["offers"]
    assert pending["id"] == offer["id"]
    assert 0 < pending["expires_in_ms"] <= offer["expires_in_ms"]
    assert snapshot["agent"]["presence"] == "available"


async def test_a_lost_agent_is_not_offered_and_not_routable(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    socket.cut()
    await connection(desk, anna, "grace", "lost")
    row = await desk.board_agent(anna)
    assert row["routable"] is False and row["why_not"] and row["presence"] == "available"
    await desk.create(queue)
    assert (await desk.board_queue(queue))["offered"] == 0


async def test_after_grace_the_offer_goes_on_to_another(quick_desk: Desk) -> None:
    desk = quick_desk
    queue = await desk.queue(offer={"timeout_ms": 120_000})
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    hers = await desk.online(anna)
    made = await desk.create(queue)
    offer = await offered(hers, made)
    hers.cut()
    his = await desk.online(bob)
    await connection(desk, anna, "lost")
    second = await take(his, made)
    assert second["id"] != offer["id"]
    assert "rescinded" in str(await desk.timeline(made))
    back = await desk.connect(anna)
    assert await back.refused("accept", offer=offer["id"]) in ("offer_rescinded", "offer_taken")


async def test_within_grace_the_offer_stays(quick_desk: Desk) -> None:
    queue = await quick_desk.queue(offer={"timeout_ms": 120_000})
    anna, bob = await quick_desk.agent("anna", queue), await quick_desk.agent("bob", queue)
    hers, his = await quick_desk.online(anna), await quick_desk.connect(bob)
    offer = await offered(hers, await quick_desk.create(queue))
    await his.do("set_presence", presence="available")
    where = hers.resume()
    hers.cut()
    await connection(quick_desk, anna, "grace")
    back = await quick_desk.connect(anna, resume=where)
    await back.do("accept", offer=offer["id"])
    assert not his.untaken("offer")
    assert (await quick_desk.board_agent(anna))["connection"] == "connected"


async def test_a_lost_agent_keeps_what_was_accepted(quick_desk: Desk) -> None:
    queue = await quick_desk.queue()
    anna = await quick_desk.agent("anna", queue)
    hers = await quick_desk.online(anna)
    made = await quick_desk.create(queue)
    await take(hers, made)
    hers.cut()
    await connection(quick_desk, anna, "lost")
    seen = await quick_desk.conversation(made)
    assert (seen["state"], seen["agent"]) == ("assigned", anna)
    back = await quick_desk.connect(anna)
    await back.do("complete", conversation=made)
