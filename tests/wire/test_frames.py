"""Frames of clients: each becomes its command, anything else a refusal that names the ref."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import commands as c
from app.domain.words import Presence, QueueStatus
from app.wire import frames as f
from app.wire.codes import Problem

A, S, BY = "agent", "supervisor", "supervisor:k"
CASES: list[tuple[str, dict[str, Any], c.Command]] = [
    (
        A,
        {"type": "set_presence", "presence": "away", "reason": "lunch"},
        c.SetPresence("anna", Presence.AWAY, "lunch", BY),
    ),
    (
        A,
        {"type": "set_presence", "presence": "lunch", "after_work": True},
        c.SetPresence("anna", "lunch", "", BY, True),
    ),
    (A, {"type": "received", "offer": "o"}, c.MarkDelivered("o", "anna")),
    (A, {"type": "seen", "offer": "o"}, c.MarkSeen("o", "anna")),
    (A, {"type": "accept", "offer": "o"}, c.AcceptOffer("o", "anna")),
    (A, {"type": "decline", "offer": "o", "reason": "x"}, c.DeclineOffer("o", "anna", "x")),
    (A, {"type": "decline", "offer": "o"}, c.DeclineOffer("o", "anna", "")),
    (A, {"type": "complete", "conversation": "c"}, c.CompleteConversation("c", "anna")),
    (A, {"type": "finish_wrap_up", "conversation": "c"}, c.FinishWrapUp("c", "anna")),
    (
        A,
        {"type": "extend_wrap_up", "conversation": "c", "by_ms": 5},
        c.ExtendWrapUp("c", "anna", 5),
    ),
    (
        A,
        {"type": "transfer", "conversation": "c", "queue": "q"},
        c.TransferConversation("c", "anna", "q", None),
    ),
    (
        A,
        {"type": "transfer", "conversation": "c", "agent": "bob"},
        c.TransferConversation("c", "anna", None, "bob"),
    ),
    (A, {"type": "pull", "queue": "q"}, c.PullConversation("anna", "q", None)),
    (
        A,
        {"type": "pull", "queue": "q", "conversation": "c"},
        c.PullConversation("anna", "q", "c"),
    ),
    (A, {"type": "activity", "conversation": "c"}, c.NoteActivity("c", False, BY, "anna")),
    (
        A,
        {"type": "activity", "conversation": "c", "idle": True},
        c.NoteActivity("c", True, BY, "anna"),
    ),
    (
        S,
        {"type": "move", "conversation": "c", "queue": "q", "reason": "x"},
        c.MoveConversation("c", "q", True, "x", BY),
    ),
    (
        S,
        {"type": "assign", "conversation": "c", "agent": "bob", "reason": "x"},
        c.AssignConversation("c", "bob", "x", BY),
    ),
    (S, {"type": "requeue", "conversation": "c"}, c.RequeueConversation("c", "", BY)),
    (S, {"type": "release", "conversation": "c"}, c.ReleaseConversation("c", "", BY)),
    (
        S,
        {"type": "cancel", "conversation": "c", "reason": "canceled"},
        c.CancelConversation("c", False, "canceled", BY),
    ),
    (
        S,
        {"type": "priority", "conversation": "c", "priority": -3},
        c.PrioritizeConversation("c", -3, "", BY),
    ),
    (S, {"type": "close", "conversation": "c"}, c.CloseConversation("c", "", BY)),
    (
        S,
        {"type": "set_agent_presence", "agent": "bob", "presence": "offline"},
        c.SetPresence("bob", Presence.OFFLINE, "", BY),
    ),
    (
        S,
        {"type": "set_agent_presence", "agent": "bob", "presence": "mail", "after_work": True},
        c.SetPresence("bob", "mail", "", BY, True),
    ),
    (S, {"type": "pause_queue", "queue": "q"}, c.SetQueueStatus("q", QueueStatus.PAUSED, "", BY)),
    (S, {"type": "resume_queue", "queue": "q"}, c.SetQueueStatus("q", QueueStatus.OPEN, "", BY)),
    (S, {"type": "drain_queue", "queue": "q"}, c.SetQueueStatus("q", QueueStatus.DRAINING, "", BY)),
    (
        S,
        {"type": "acknowledge_incident", "incident": "i1", "reason": "on it"},
        c.NoteIncident("i1", "acknowledged", "on it", BY),
    ),
    (
        S,
        {"type": "sign_out_agent", "agent": "bob", "reason": "lost"},
        c.SignOutAgent("bob", "lost", BY),
    ),
    (
        S,
        {"type": "freeze_repairs", "for_ms": 60_000, "reason": "we look"},
        c.FreezeRepairs(60_000, "we look", BY),
    ),
    (S, {"type": "thaw_repairs", "reason": "found"}, c.ThawRepairs("found", BY)),
    (
        S,
        {"type": "broadcast", "text": "Pay is down", "queue": "q"},
        c.SendBroadcast("Pay is down", "q", None, 3_600_000, BY),
    ),
    (S, {"type": "withdraw_broadcast", "broadcast": "b1"}, c.WithdrawBroadcast("b1", BY)),
]


def refused(role: str, raw: str) -> f.FrameInvalid:
    with pytest.raises(f.FrameInvalid) as caught:
        f.read_frame(role, raw)
    return caught.value


@pytest.mark.parametrize(
    ("role", "frame", "command"),
    CASES,
    ids=lambda v: json.dumps(v)[:40] if isinstance(v, dict) else "",
)
def test_a_frame_becomes_its_command(role: str, frame: dict[str, Any], command: c.Command) -> None:
    read = f.read_frame(role, json.dumps({**frame, "ref": "r1"}))
    agent = "anna" if role == A else None
    assert f.to_command(read, agent=agent, by=BY) == command
    other = refused(S if role == A else A, json.dumps({**frame, "ref": 17}))
    assert (other.code, other.ref) == (Problem.UNKNOWN_TYPE, 17)


def test_every_frame_but_hello_and_pong_has_a_command() -> None:
    tried = {frame["type"] for _, frame, _ in CASES}
    kinds = {*get_args(f.AgentFrame), *get_args(f.SupervisorFrame)} - {f.Pong}
    assert {kind.__struct_config__.tag for kind in kinds} == tried


def test_hello_brings_what_it_wants_to_resume() -> None:
    raw = """{"type": "hello", "ref": 1, "ticket": "t", "instance": "tab", "client": {"name": "x"},
              "resume": {"session": "s", "secret": "p", "gen": "g", "seq": 4}}"""
    hello = f.read_hello(raw)
    assert hello.resume is not None and hello.resume.seq == 4
    assert f.read_hello('{"type": "hello", "ref": 1, "ticket": ""}').ticket == ""
    assert refused(A, raw).code == Problem.UNKNOWN_TYPE


def test_a_pong_needs_no_ref() -> None:
    for role in (A, S):
        assert f.read_frame(role, '{"type": "pong", "ping": 3}') == f.Pong(ping=3)


@pytest.mark.parametrize(
    ("raw", "ref", "word"),
    [
        ('{"type": "accept", "ref": "a", "offer": 7}', "a", "$.offer"),
        ('{"type": "accept", "ref": "a", "offer": "has space"}', "a", "A-Z"),
        ('{"type": "accept", "ref": "a"}', "a", "offer"),
        ('{"type": "accept", "ref": "a", "offer": "o", "colour": 1}', "a", "$.colour: unknown"),
        ('{"type": "accept", "ref": "a", "offer": "o", "a b": 1}', "a", '$["a b"]: unknown'),
        ('{"type": "accept", "ref": "a", "offer": "o", "offer": "p"}', "a", "twice"),
        ('{"type": "accept", "ref": [1], "offer": "o"}', None, "$.ref"),
        ('{"type": "accept", "ref": 1e400, "offer": "o"}', None, "$.ref"),
        ('{"type": "accept", "offer": "o"}', None, "ref"),
        ('{"type": "transfer", "ref": 1, "conversation": "c"}', 1, "exactly one"),
        (
            '{"type": "transfer", "ref": 1, "conversation": "c", "queue": "q", "agent": "a"}',
            1,
            "exactly one",
        ),
        ('{"type": "decline", "ref": 1, "offer": "o", "reason": "a\\u0007"}', 1, "control"),
        ('{"type": "decline", "ref": 1, "offer": "o", "reason": "a\\u202e"}', 1, "direction"),
        ('{"type": "extend_wrap_up", "ref": 1, "conversation": "c", "by_ms": 0}', 1, "by_ms"),
        ('{"ref": 7, "a": ' + "[" * 16_000, None, ""),
        ("[" * 16_000, None, ""),
        ('{"ref": "x"}', "x", "type"),
        ('{"type": 7, "ref": "x"}', "x", "type"),
        ("null", None, ""),
        ("", None, ""),
    ],
)
def test_what_is_wrong_is_said_with_the_ref(raw: str, ref: str | int | None, word: str) -> None:
    error = refused(A, raw)
    assert error.ref == ref and word in error.message and error.message
    assert error.code == Problem.FRAME_INVALID


@given(st.sampled_from(["hello", A, S]), st.text(max_size=200))
def test_any_text_is_a_frame_or_a_refusal(role: str, raw: str) -> None:
    try:
        f.read_frame(role, raw)
    except f.FrameInvalid as error:
        assert error.message


keys = st.sampled_from(["type", "ref", "offer", "conversation", "reason", "presence", "x"])
plain = st.text(max_size=5) | st.integers() | st.sampled_from(["accept", "seen", "away"])


@given(st.lists(st.tuples(keys, plain), max_size=6))
def test_no_frame_with_a_doubled_key_is_taken(pairs: list[tuple[str, Any]]) -> None:
    raw = "{" + ",".join(f"{json.dumps(k)}:{json.dumps(v)}" for k, v in pairs) + "}"
    try:
        f.read_frame(A, raw)
    except f.FrameInvalid:
        return
    assert len({key for key, _ in pairs}) == len(pairs)
