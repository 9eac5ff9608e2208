"""What the server says while it works is what its served descriptions promise."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from .client import body_of, http
from .described import Described
from .desk import Desk, offered, take
from .process import ADMIN_KEY


@pytest.fixture
async def heard(desk: Desk) -> AsyncIterator[list[httpx2.Response]]:
    """Every HTTP answer that the desk gets."""
    answers: list[httpx2.Response] = []

    async def keep(answer: httpx2.Response) -> None:
        await answer.aread()
        answers.append(answer)

    async with http(desk.server.base, ADMIN_KEY, event_hooks={"response": [keep]}) as api:
        desk.api = api
        yield answers


async def tour(desk: Desk) -> None:
    """Ask for a bit of everything, rightly and wrongly."""
    queue, other = await desk.queue(max_waiting=3), await desk.queue("other")
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    made = await desk.create(queue, subject="x")
    await take(socket, made)
    second = await desk.create(queue)
    for part in ("", "/timeline", "/explain"):
        await desk.api.get(f"/v1/conversations/{second}{part}")
        await desk.api.get(f"/v1/conversations/none{part}")
    await desk.api.post("/v1/conversations", json={"id": made, "queue": queue, "subject": "x"})
    await desk.api.post("/v1/conversations", json={"id": made, "queue": queue})
    await desk.api.post("/v1/conversations", json={"queue": "none"})
    await desk.api.post("/v1/conversations", json={"colour": "red"})
    await desk.api.post("/v1/conversations", content=b" " * 70_000)
    await desk.act(second, "move", queue=other)
    await desk.act(second, "priority", priority=2)
    await desk.act(second, "assign", agent=await desk.agent("bob", other))
    await desk.act(second, "requeue")
    await desk.act(made, "release")
    await desk.act(made, "cancel", reason="abandoned")
    for kind, name in (("queues", queue), ("agents", anna)):
        await desk.api.get(f"/v1/{kind}")
        await desk.api.get(f"/v1/{kind}/{name}")
        await desk.api.get(f"/v1/{kind}/none")
        await desk.api.put(f"/v1/{kind}/{name}", json={"colour": 1})
    for action in ("pause", "resume", "drain"):
        await desk.api.post(f"/v1/queues/{other}/{action}", json={"reason": "x"})
    await desk.api.post(f"/v1/agents/{anna}/presence", json={"presence": "away"})
    lunch = desk.name("lunch")
    for body in ({"name": "Lunch"}, {"name": "Lunch", "channels": ["chat"]}, {"colour": 1}):
        await desk.api.put(f"/v1/presences/{lunch}", json=body)
    await desk.api.put("/v1/presences/away", json={"name": "Away"})
    for body in ({"presence": lunch}, {"presence": "none"}, {"presence": "away"}):
        await desk.api.post(f"/v1/agents/{anna}/presence", json=body)
    for path in ("", f"/{lunch}", "/none"):
        await desk.api.get(f"/v1/presences{path}")
    await desk.api.delete(f"/v1/presences/{lunch}")
    await desk.api.post(f"/v1/conversations/{second}/activity", json={"idle": True})
    for query in ("", "?limit=1", "?limit=0"):
        await desk.api.get(f"/v1/agents/{anna}/offers{query}")
        await desk.api.get(f"/v1/config/history{query}")
    for version in ("1", "0", "x"):
        await desk.api.get(f"/v1/config/history/{version}")
    for body in ({"version": 1}, {"version": 10**9}, {}):
        await desk.api.post("/v1/config/undo", json=body)
    for path in ("", "?state=open", "?state=x", "/none", "/none/report"):
        await desk.api.get(f"/v1/incidents{path}")
    await desk.api.post("/v1/incidents/none/acknowledge", json={"reason": "x"})
    for path in ("/v1/board", "/v1/keys", "/version"):
        await desk.api.get(path)
    for path in ("/healthz", "/readyz", "/metrics"):
        await desk.api.get(path)
    await desk.api.delete(f"/v1/agents/{anna}")
    await desk.api.delete("/v1/agents/none")


async def test_every_answer_is_described(desk: Desk, heard: list[httpx2.Response]) -> None:
    described = Described(body_of(await desk.api.get("/openapi.json")))
    heard.clear()
    await tour(desk)
    assert len(heard) > 30
    assert not (faults := [fault for answer in heard for fault in described.answer(answer)]), faults


async def test_every_frame_is_described(quick_desk: Desk) -> None:
    desk = quick_desk
    described = Described(body_of(await desk.api.get("/asyncapi.json")))
    queue = await desk.queue(wrap_up={"ms": 60_000, "extendable": True})
    socket = await desk.online(await desk.agent("anna", queue, pull=True))
    boss, _ = await desk.supervisor()
    made = await desk.create(queue, customer={"name": "Ada"})
    offer = await offered(socket, made)
    await socket.do("seen", offer=offer["id"])
    await socket.do("accept", offer=offer["id"])
    await socket.do("accept", offer=offer["id"])
    await socket.refused("accept", offer="none")
    await socket.refused("no_such_command")
    await socket.do("activity", conversation=made, idle=True)
    await socket.do("activity", conversation=made)
    await socket.do("set_presence", presence="away", after_work=True)
    await socket.do("set_presence", presence="available")
    await socket.refused("pull", queue=queue)
    await socket.refused("set_presence", presence="none")
    await socket.do("complete", conversation=made)
    await socket.do("finish_wrap_up", conversation=made)
    await socket.do("set_presence", presence="away")
    picked = await desk.create(queue)
    await socket.do("pull", queue=queue)
    await socket.do("complete", conversation=picked)
    await socket.do("finish_wrap_up", conversation=picked)
    await socket.push("conversation_ended")
    await boss.push("delta")
    await boss.refused("move", conversation="none", queue=queue, reason="x")
    await socket.push("ping", within_s=10)
    frames = [*socket.pushes, *boss.pushes]
    frames += [reply for each in (socket, boss) for told in each.replies.values() for reply in told]
    assert not (faults := [fault for frame in frames for fault in described.frame(frame)]), faults
