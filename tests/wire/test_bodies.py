"""Bodies and the commands they become."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import commands as c
from app.wire import bodies as b
from app.wire.reading import BodyInvalid, read_body

PLAIN: dict[str, Any] = {
    "id": "c1",
    "queue": "q",
    "channel": "mail",
    "priority": 7,
    "skills": {"french": 2},
    "preferred_agent": "anna",
    "customer": {"name": "Ada"},
    "subject": "Bill",
    "attributes": {"order": "17", "vip": True, "n": [1, {"x": None}]},
}


def conversation(**fields: Any) -> b.ConversationBody:
    return read_body(b.ConversationBody, json.dumps(fields).encode())


def test_a_conversation_becomes_a_command_with_all_it_said() -> None:
    command = conversation(**PLAIN).command("c1", "ingest:k")
    for name, value in PLAIN.items():
        assert getattr(command, "conversation" if name == "id" else name) == value
    assert command.by == "ingest:k" and len(command.fingerprint) == 64


def test_the_fingerprint_is_of_the_meaning() -> None:
    spelt = {"queue": "q", "channel": "chat", "priority": 0, "skills": {}, "attributes": {}}
    assert b.fingerprint(conversation(queue="q")) == b.fingerprint(conversation(**spelt))
    turned = dict(reversed(PLAIN.items()))
    assert b.fingerprint(conversation(**PLAIN)) == b.fingerprint(conversation(**turned))
    other = {**PLAIN, "id": "c2"}
    assert b.fingerprint(conversation(**PLAIN)) == b.fingerprint(conversation(**other))


@pytest.mark.parametrize(
    "change",
    [
        {"queue": "r"},
        {"channel": "chat"},
        {"priority": 8},
        {"skills": {"french": 3}},
        {"preferred_agent": None},
        {"customer": {"name": "Bob"}},
        {"subject": "Bills"},
        {"attributes": {"order": 17}},
    ],
)
def test_another_meaning_has_another_fingerprint(change: dict[str, Any]) -> None:
    changed = conversation(**{**PLAIN, **change})
    assert b.fingerprint(changed) != b.fingerprint(conversation(**PLAIN))


@given(st.dictionaries(st.text(max_size=5), st.integers(-9, 9), max_size=5))
def test_order_never_matters(attributes: dict[str, int]) -> None:
    one = b.ConversationBody(queue="q", attributes=attributes)
    two = b.ConversationBody(queue="q", attributes=dict(sorted(attributes.items())))
    assert b.fingerprint(one) == b.fingerprint(two)


@pytest.mark.parametrize(
    ("fields", "abandoned"),
    [
        ({"reason": "abandoned"}, True),
        ({"reason": "customer left"}, True),
        ({"reason": "canceled"}, False),
        ({"reason": "void"}, False),
        ({"reason": "customer left", "outcome": "canceled"}, False),
        ({"reason": "canceled", "outcome": "abandoned"}, True),
    ],
)
def test_cancel_never_hides_a_customer_who_left(fields: dict[str, str], abandoned: bool) -> None:
    command = read_body(b.Cancel, json.dumps(fields).encode()).command("c1", "x:y")
    assert command == c.CancelConversation("c1", abandoned, fields["reason"], "x:y")


def test_cancel_needs_a_reason() -> None:
    for raw in (b"", b"{}", b'{"reason": ""}'):
        with pytest.raises(BodyInvalid, match=r"\$\.reason"):
            read_body(b.Cancel, raw)


def test_only_agents_are_bound_to_agents() -> None:
    for cls in (b.KeyBody, b.TicketBody):
        assert read_body(cls, b'{"role": "agent", "agent": "anna"}').agent == "anna"
        with pytest.raises(BodyInvalid, match="agent"):
            read_body(cls, b'{"role": "supervisor", "agent": "anna"}')


def test_the_other_bodies_become_their_commands() -> None:
    move = read_body(b.Move, b'{"queue": "r", "keep_wait": false, "reason": "x"}')
    assert move.command("c1", "s:k") == c.MoveConversation("c1", "r", False, "x", "s:k")
    key = read_body(b.KeyBody, b'{"name": "shop", "role": "ingest"}')
    assert key.command("k1", "f" * 64, "a:k") == c.CreateKey(
        "k1", "shop", "ingest", "f" * 64, None, "a:k"
    )
    assert b.remove_queue("q", "a:k") == c.RemoveQueue("q", "a:k")
    assert b.remove_agent("a", "a:k") == c.RemoveAgent("a", "a:k")
    assert b.revoke_key("k", "a:k") == c.RevokeKey("k", "a:k")
