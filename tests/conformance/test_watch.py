"""The auditor's process seen from outside: its silence is an incident, its return resolves it."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from .client import Json, body_of, eventually, problem
from .desk import Desk, take
from .process import Server, interlock

IMPATIENT = """
[server]
drain_ms = 500
[watchdog]
auditor_silent_ms = 4000
"""


def follower_of(server: Server) -> int | None:
    """The pid of the server's follower process, if it runs."""
    for pid in server.children():
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"follow" in words:
                return pid
    return None


async def silence(desk: Desk) -> Json | None:
    """The newest incident about the auditor's silence."""
    incidents = body_of(await desk.api.get("/v1/incidents"))["incidents"]
    return next((one for one in incidents if one["cause"] == "auditor_silent"), None)


async def test_a_silent_auditor_is_an_incident_until_it_is_back(
    spawn: Callable[..., Server], desk_at: Callable[[Server], Desk]
) -> None:
    server = spawn(IMPATIENT)
    desk = desk_at(server)

    async def follower() -> int | None:
        return follower_of(server)

    async def opened() -> Json | None:
        return await silence(desk)

    async def resolved() -> bool:
        incident = await silence(desk)
        return incident is not None and bool(incident["resolved_at"])

    first = await eventually(follower, "the follower runs", 30)
    os.kill(first, signal.SIGSTOP)
    incident = await eventually(opened, "its silence is an incident", 60)
    assert not incident["resolved_at"] and "nobody checks the log" in incident["text"]
    os.kill(first, signal.SIGKILL)
    await eventually(resolved, "another one speaks, and the incident is over", 60)
    assert await eventually(follower, "it runs again", 5) != first


async def test_the_canary_is_heard_and_not_seen(
    spawn: Callable[..., Server], desk_at: Callable[[Server], Desk]
) -> None:
    desk = desk_at(spawn("[watchdog]\ncanary_ms = 200\n"))

    async def heard() -> str | None:
        text = (await desk.api.get("/metrics")).text
        found = re.search(r"^interlock_canary_seconds_count ([1-9])", text, re.MULTILINE)
        return text if found else None

    text = await eventually(heard, "the canary was heard", 30)
    assert "interlock.canary" not in text and "interlock_entered 0.0" in text
    board = await desk.board()
    assert board["queues"] == board["agents"] == []
    assert board["totals"]["entered"] == board["totals"]["ended"] == 0
    for path in ("queues", "agents", "conversations", "changes"):
        assert "interlock.canary" not in (await desk.api.get(f"/v1/{path}")).text


@pytest.mark.parametrize("path", ["queues/interlock.canary", "agents/interlock.anna"])
async def test_ids_of_the_servers_own_are_refused(desk: Desk, path: str) -> None:
    body = problem(await desk.api.put(f"/v1/{path}", json={"name": "Mine"}), 400)
    assert body["code"] == "body_invalid" and "interlock." in body["detail"]
    asked = await desk.api.post("/v1/conversations", json={"queue": "interlock.canary"})
    assert problem(asked, 400)["code"] == "body_invalid"
    id_ = await desk.create(await desk.queue())
    socket, _ = await desk.supervisor()
    refused = await socket.refused("assign", conversation=id_, agent="interlock.canary")
    assert refused == "frame_invalid"


def test_a_file_cannot_use_them_either(tmp_path: Path) -> None:
    file = tmp_path / "interlock.toml"
    file.write_text('[queues."interlock.mine"]\nname = "Mine"\n')
    done = interlock("config", "check", "--config", str(file))
    assert done.returncode == 1 and "the server's own" in done.stdout + done.stderr


async def test_a_day_at_work_gives_no_incident_of_the_auditor(
    spawn: Callable[..., Server], desk_at: Callable[[Server], Desk]
) -> None:
    server = spawn(IMPATIENT)
    desk = desk_at(server)

    async def follower() -> int | None:
        return follower_of(server)

    await eventually(follower, "the follower runs", 30)
    queue = await desk.queue("billing")
    socket = await desk.online(await desk.agent("anna", queue, chats=5))
    for _ in range(10):
        id_ = await desk.create(queue)
        await take(socket, id_)
        await socket.do("complete", conversation=id_)
    incidents = body_of(await desk.api.get("/v1/incidents"))["incidents"]
    assert [one for one in incidents if one["cause"].startswith("auditor")] == []
