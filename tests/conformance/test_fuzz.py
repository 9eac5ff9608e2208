"""Careless and hostile values in every field of every command: answered, never a crash.

A fixed seed makes each run the same; a failure prints what was sent.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from .client import Json
from .desk import Desk, take

VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**31,
    2**53,
    2**63,
    2**64,
    -(2**63) - 1,
    10**40,
    0.5,
    1e308,
    "",
    " ",
    "x",
    "a" * 128,
    "a" * 129,
    "a" * 3000,
    "none",
    "available",
    "__proto__",
    "\u0000",
    "\u202e",
    "😀",
    "*",
    "../..",
    "{x}",
    "$.x",
    "'; DROP TABLE x; --",
    [],
    {},
    [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]],
    [1, "x", None],
    {"": ""},
    {"id": "x"},
    {"chat": -1},
    {"__class__": "x"},
]


def commands(ids: Json) -> list[Json]:
    """Return one right command of each kind."""
    made, queue, agent = ids["conversation"], ids["queue"], ids["agent"]
    return [
        {"type": "set_presence", "presence": "available", "reason": "x"},
        {"type": "received", "offer": "x"},
        {"type": "seen", "offer": "x"},
        {"type": "accept", "offer": "x"},
        {"type": "decline", "offer": "x", "reason": "x"},
        {"type": "complete", "conversation": made},
        {"type": "finish_wrap_up", "conversation": made},
        {"type": "extend_wrap_up", "conversation": made, "by_ms": 1000},
        {"type": "transfer", "conversation": made, "queue": queue},
        {"type": "transfer", "conversation": made, "agent": agent},
        {"type": "set_presence", "presence": "x", "after_work": True},
        {"type": "pull", "queue": queue, "conversation": made},
        {"type": "pull", "queue": queue},
        {"type": "activity", "conversation": made, "idle": True},
        {"type": "move", "conversation": made, "queue": queue, "keep_wait": True, "reason": "x"},
        {"type": "assign", "conversation": made, "agent": agent, "reason": "x"},
        {"type": "requeue", "conversation": made, "reason": "x"},
        {"type": "release", "conversation": made, "reason": "x"},
        {"type": "cancel", "conversation": made, "reason": "abandoned"},
        {"type": "set_agent_presence", "agent": agent, "presence": "away", "reason": "x"},
        {"type": "pause_queue", "queue": queue, "reason": "x"},
        {"type": "resume_queue", "queue": queue, "reason": "x"},
        {"type": "drain_queue", "queue": queue, "reason": "x"},
        {"type": "hello", "ticket": "x"},
    ]


def bodies(ids: Json) -> list[tuple[str, str, Json]]:
    """Return one right body for each call that takes one."""
    one = f"/v1/conversations/{ids['conversation']}"
    queue, agent = ids["queue"], ids["agent"]
    return [
        ("POST", "/v1/conversations", {"queue": queue, "customer": {"name": "x"}, "skills": {}}),
        ("POST", f"{one}/cancel", {"reason": "abandoned"}),
        ("POST", f"{one}/move", {"queue": queue, "keep_wait": True, "reason": "x"}),
        ("POST", f"{one}/assign", {"agent": agent, "reason": "x"}),
        ("POST", f"{one}/requeue", {"reason": "x"}),
        ("POST", f"{one}/release", {"reason": "x"}),
        ("POST", f"{one}/priority", {"priority": 1, "reason": "x"}),
        ("POST", f"{one}/close", {"reason": "x"}),
        ("POST", f"{one}/activity", {"idle": True}),
        ("PUT", f"/v1/presences/{agent}", {"name": "x", "presence": "away", "channels": []}),
        ("PUT", f"/v1/queues/{queue}", {"back_off": {}, "idle": {}, "no_answer": {}}),
        ("PUT", f"/v1/agents/{agent}", {"blocks": {}, "wrap_up_ms": 1, "pull": True}),
        ("POST", "/v1/config/undo", {"version": 1}),
        ("PUT", f"/v1/queues/{queue}", {"name": "x", "offer": {}, "rings": [], "wrap_up": {}}),
        ("PUT", f"/v1/queues/{queue}", {"hours": {}, "overflow": [], "max_waiting": 5}),
        ("POST", f"/v1/queues/{queue}/pause", {"reason": "x"}),
        ("PUT", f"/v1/agents/{agent}", {"name": "x", "queues": {}, "skills": {}, "capacity": {}}),
        ("POST", f"/v1/agents/{agent}/presence", {"presence": "away", "reason": "x"}),
        ("POST", "/v1/tickets", {"role": "agent", "agent": agent}),
        ("POST", "/v1/keys", {"role": "ingest", "name": "x"}),
        ("POST", "/v1/session", {"key": "x"}),
    ]


def spoilt(dice: random.Random, right: Json) -> Json:
    """Return the object with one field replaced, dropped, added or put a level down."""
    wrong = dict(right)
    name = dice.choice([key for key in right if key != "type"] or ["extra"])
    kind = dice.randrange(5)
    if kind == 0:
        wrong.pop(name, None)
    elif kind == 1:
        wrong[dice.choice(["extra", "", "Type", "ref2", "__proto__"])] = dice.choice(VALUES)
    elif kind == 2 and isinstance(wrong.get(name), dict):
        wrong[name] = {**wrong[name], dice.choice(["x", "zone", "ms"]): dice.choice(VALUES)}
    elif kind == 3 and isinstance(wrong.get(name), list):
        wrong[name] = [dice.choice(VALUES)]
    else:
        wrong[name] = dice.choice(VALUES)
    return wrong


async def ground(desk: Desk) -> Json:
    """Create what the commands are about."""
    queue = await desk.queue()
    agent = await desk.agent("anna", queue)
    return {"queue": queue, "agent": agent, "conversation": await desk.create(queue)}


@pytest.mark.parametrize("role", ["agent", "supervisor"])
@pytest.mark.parametrize("seed", range(3))
async def test_every_spoilt_command_is_answered(quick_desk: Desk, role: str, seed: int) -> None:
    dice = random.Random(f"{role} {seed}")
    ids = await ground(quick_desk)
    if role == "agent":
        socket = await quick_desk.connect(ids["agent"])
    else:
        socket, _ = await quick_desk.supervisor()
    kinds = commands(ids)[:-1]
    sent = {}
    for number in range(120):
        frame = {**spoilt(dice, dice.choice(kinds)), "ref": f"f{number}"}
        sent[frame["ref"]] = frame
        await socket.raw(json.dumps(frame))
    for ref, frame in sent.items():
        answer = await socket.first_of(ref)
        assert isinstance(answer, dict), (answer, frame)
        assert isinstance(answer["ok"], bool) and answer.get("code") != "internal", (answer, frame)
    assert (await quick_desk.api.get("/readyz")).status_code == 200


@pytest.mark.parametrize("seed", range(3))
async def test_every_spoilt_body_is_answered(quick_desk: Desk, seed: int) -> None:
    dice = random.Random(seed)
    ids = await ground(quick_desk)
    calls = bodies(ids)
    for _ in range(120):
        method, path, right = dice.choice(calls)
        wrong = spoilt(dice, right)
        answer = await quick_desk.api.request(
            method,
            path,
            content=json.dumps(wrong).encode(),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code < 500, (method, path, wrong, answer.text)
        if answer.status_code >= 400:
            assert answer.json()["code"], (method, path, wrong, answer.text)
    assert (await quick_desk.api.get("/readyz")).status_code == 200


@pytest.mark.parametrize("seed", range(2))
async def test_broken_text_never_harms(quick_desk: Desk, seed: int) -> None:
    dice = random.Random(seed)
    ids = await ground(quick_desk)
    for _ in range(15):
        socket = await quick_desk.connect(ids["agent"])
        text = bytearray(json.dumps({**dice.choice(commands(ids)), "ref": "r"}).encode())
        for _ in range(dice.randrange(1, 4)):
            text[dice.randrange(len(text))] = dice.randrange(32, 127)
        await socket.raw(text.decode())
        await socket.raw('{"type": "seen", "ref": "after", "offer": "none"}')
        answer = await socket.first_of("after")
        assert isinstance(answer, dict) or answer in (4500, 4506, 1007), (answer, text)
        await socket.leave()
    made = await quick_desk.create(ids["queue"])
    socket = await quick_desk.online(await quick_desk.agent("bob", ids["queue"], chats=2))
    assert {(await take(socket))["conversation"] for _ in range(2)} == {made, ids["conversation"]}
