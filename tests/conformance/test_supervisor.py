"""The supervisors' board over HTTP and WebSocket, and their commands by name."""

from __future__ import annotations

import asyncio

import pytest

from .client import Json, body_of, eventually
from .desk import Desk, offered, take
from .session import Socket

BOARD = {
    "as_of",
    "position",
    "workspace",
    "totals",
    "queues",
    "agents",
}
QUEUE = {
    "id",
    "name",
    "waiting",
    "oldest_wait_ms",
    "offered",
    "assigned",
    "wrapping",
    "members",
    "routable",
    "capacity_free",
    "service_level",
    "asa_ms",
    "abandoned",
    "answered",
    "overflowed",
    "members_on",
    "open",
    "offers",
    "health",
}
AGENT = {
    "id",
    "name",
    "presence",
    "custom_presence",
    "plan",
    "channels",
    "blocked",
    "reason",
    "connection",
    "routable",
    "why_not",
    "load",
    "capacity",
    "since",
    "conversations",
}
HEALTH = {"ok", "stalled", "starved", "paused", "closed", "degraded"}


def check_board(board: Json) -> None:
    """Check every documented field of a board."""
    assert set(board) >= BOARD, BOARD - set(board)
    assert isinstance(board["as_of"], int) and board["position"] is not None
    for row in board["queues"]:
        assert set(row) >= QUEUE, QUEUE - set(row)
        assert set(row["service_level"]) >= {"percent", "target_ms", "variant"}
        assert set(row["offers"]) >= {"made", "accepted", "declined", "timed_out"}
        assert set(row["health"]) >= {"state", "since"}
        assert row["health"]["state"] in HEALTH
    for row in board["agents"]:
        assert set(row) >= AGENT, AGENT - set(row)
        assert row["presence"] in ("available", "away", "offline")
        assert row["connection"] in ("connected", "grace", "lost")


async def test_the_board_has_every_documented_field(desk: Desk) -> None:
    queue = await desk.queue()
    await desk.agent("anna", queue)
    await desk.create(queue)
    check_board(await desk.board())
    socket, board = await desk.supervisor()
    check_board(board)
    assert set(board) == set(await desk.board())
    assert isinstance(socket.hello["session"], str)


async def test_the_figures_are_right(desk: Desk) -> None:
    queue = await desk.queue(
        "billing", service_level={"target_ms": 20_000, "percent": 80}, wrap_up={"ms": 60_000}
    )
    anna = await desk.agent("anna", queue, chats=3)
    socket = await desk.online(anna)
    made = [await desk.create(queue) for _ in range(4)]
    wrapping = (await take(socket))["conversation"]
    await socket.do("complete", conversation=wrapping)
    await take(socket)
    await offered(socket)
    await desk.act(made[3], "cancel", reason="abandoned")
    last = await desk.create(queue, channel="mail")
    row = await desk.board_queue(queue)
    figures = ("waiting", "offered", "assigned", "wrapping", "abandoned", "answered", "members")
    assert [row[figure] for figure in figures] == [1, 1, 1, 1, 1, 2, 1]
    assert row["name"] == "billing"
    assert row["offers"]["made"] == 3 and row["offers"]["accepted"] == 2
    assert row["service_level"]["target_ms"] == 20_000
    assert row["service_level"]["percent"] == 100
    assert 0 <= row["asa_ms"] < 20_000
    agent = await desk.board_agent(anna)
    assert agent["capacity"] in (3, {"chat": 3})
    assert (await desk.conversation(last))["state"] == "waiting"


async def test_oldest_wait_counts_only_while_eligible(desk: Desk) -> None:
    queue = await desk.queue()
    await desk.create(queue)
    row = await desk.board_queue(queue)
    assert row["oldest_wait_ms"] is None or row["oldest_wait_ms"] >= 0
    empty = await desk.queue("empty")
    assert (await desk.board_queue(empty))["oldest_wait_ms"] in (None, 0)


async def test_nobody_to_serve_is_starved_not_stalled(desk: Desk) -> None:
    queue = await desk.queue()
    await desk.create(queue)

    async def probe() -> bool:
        health = (await desk.board_queue(queue))["health"]
        assert health["state"] != "stalled"
        return bool(health["state"] == "starved" and health["text"] and health["cause"])

    await eventually(probe, "the queue is called starved", 8)


async def test_entered_is_the_sum_always(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue, chats=2)
    socket = await desk.online(anna)
    for step in range(6):
        made = await desk.create(queue)
        if step % 2:
            offer = await take(socket)
            await socket.do("complete", conversation=offer["conversation"])
        if step == 4:
            await desk.act(made, "cancel", reason="abandoned")
        totals = (await desk.board())["totals"]
        parts = [totals[key] for key in ("waiting", "offered", "assigned", "wrapping", "ended")]
        assert totals["entered"] == sum(parts), totals


async def test_commands_are_the_http_actions_by_name(desk: Desk) -> None:
    queue, other = await desk.queue(), await desk.queue("other")
    anna = await desk.agent("anna", queue, other, chats=3)
    agent = await desk.connect(anna)
    boss, _ = await desk.supervisor()
    made = await desk.create(queue)
    await boss.do("move", conversation=made, queue=other, reason="wrong queue")
    assert (await desk.conversation(made))["queue"] == other
    await boss.do("set_agent_presence", agent=anna, presence="available", reason="back")
    await take(agent, made)
    await boss.do("requeue", conversation=made, reason="again")
    await take(agent, made)
    await boss.do("release", conversation=made, reason="free her")
    await boss.do("pause_queue", queue=queue, reason="pause")
    assert (await desk.board_queue(queue))["health"]["state"] == "paused"
    await boss.do("resume_queue", queue=queue, reason="go on")
    await boss.do("drain_queue", queue=queue, reason="closing")
    await boss.do("resume_queue", queue=queue, reason="go on")
    second = await desk.create(queue)
    await boss.do("assign", conversation=second, agent=anna, reason="please")
    assert (await desk.conversation(second))["state"] == "assigned"
    third = await desk.create(queue)
    await boss.do("cancel", conversation=third, reason="canceled")
    assert (await desk.conversation(third))["state"] == "canceled"
    assert "wrong queue" in str(await desk.timeline(made))


async def test_commands_are_refused_with_codes(desk: Desk) -> None:
    boss, _ = await desk.supervisor()
    none = desk.name("none")
    for kind, fields in {
        "move": {"conversation": none, "queue": none},
        "assign": {"conversation": none, "agent": none},
        "requeue": {"conversation": none},
        "release": {"conversation": none},
        "set_agent_presence": {"agent": none, "presence": "away"},
        "pause_queue": {"queue": none},
        "resume_queue": {"queue": none},
        "drain_queue": {"queue": none},
    }.items():
        code = await boss.refused(kind, **fields, reason="x")
        assert "unknown" in code or "not_found" in code, (kind, code)
    await boss.refused("cancel", conversation=none, reason="abandoned")


async def test_deltas_come_at_most_four_times_a_second(desk: Desk) -> None:
    queue = await desk.queue()
    boss, _ = await desk.supervisor()
    loop = asyncio.get_running_loop()
    over = loop.time() + 2.5
    while loop.time() < over:
        await desk.create(queue)
    await boss.push("delta")
    times = [push["at"] for push in boss.pushes if push["type"] == "delta"]
    assert len(times) >= 3
    for index in range(len(times) - 5):
        assert times[index + 5] - times[index] >= 900, "more than 4 (+1) within a second"


async def test_deltas_lead_to_the_same_board(desk: Desk) -> None:
    queue, passing = await desk.queue(), await desk.queue("passing")
    anna = await desk.agent("anna", queue, chats=2)
    temp = await desk.agent("temp", queue)
    boss, board = await desk.supervisor()
    socket = await desk.online(anna)
    for _ in range(4):
        await desk.create(queue)
    offer = await take(socket)
    await socket.do("complete", conversation=offer["conversation"])
    await take(socket)
    for path in (f"/v1/queues/{passing}", f"/v1/agents/{temp}"):
        body_of(await desk.api.delete(path), 200, 204)
    late = await desk.queue("late")
    await agrees(boss, board, desk)
    assert passing not in {row["id"] for row in board["queues"]}
    assert temp not in {row["id"] for row in board["agents"]}
    assert late in {row["id"] for row in board["queues"]}


async def agrees(boss: Socket, board: Json, desk: Desk) -> None:
    """Fold deltas until the board equals a fresh one of the same position."""
    seen: list[Json] = []

    async def probe() -> bool:
        for push in boss.take_all("delta"):
            fold(board, push["changes"])
        fresh = await desk.board()
        seen[:] = [still(board), still(fresh)]
        return bool(board["position"] == fresh["position"] and seen[0] == seen[1])

    try:
        await eventually(probe, "the folded board equals a fresh one", 6)
    except AssertionError:
        assert seen[0] == seen[1]
        raise


def fold(board: Json, changes: Json) -> None:
    """Apply one delta to a board, as the served description says."""
    for key, value in changes.items():
        if key.endswith("_removed"):
            kind = key.removesuffix("_removed")
            board[kind] = [row for row in board[kind] if row["id"] not in value]
        elif key in ("queues", "agents"):
            rows = {row["id"]: row for row in board[key]}
            for change in value:
                rows[change["id"]] = {**rows.get(change["id"], {}), **change}
            board[key] = list(rows.values())
        else:
            board[key] = value


def still(board: Json) -> Json:
    """Return the board by id and without what only tells the time."""
    kept = {key: value for key, value in board.items() if key not in ("as_of", "queues", "agents")}
    kept["totals"] = {k: v for k, v in board["totals"].items() if k != "oldest_wait_ms"}
    for kind in ("queues", "agents"):
        kept[kind] = {
            row["id"]: {key: row[key] for key in row if key != "oldest_wait_ms"}
            for row in board[kind]
        }
    return kept


@pytest.mark.parametrize("command", ["snapshot", "delta", "incident", "reply"])
async def test_what_the_server_says_is_no_command(desk: Desk, command: str) -> None:
    boss, _ = await desk.supervisor()
    await boss.refused(command)
