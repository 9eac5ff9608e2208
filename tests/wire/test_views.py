"""What is shown, on a real engine: every view has its published shape and tells the truth."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from app.domain import commands as c
from app.domain.words import Presence, QueueStatus
from app.wire import agent_views, config_shapes, shapes, views
from app.wire import server_frames as frames
from app.wire.board_rows import board_view
from app.wire.board_shapes import Board
from app.wire.explaining import explanation_view
from app.wire.history import timeline_item

from .floor import BY, NOON, Floor

POSITION = {"position": "1-7"}


def fits(view: Any, shape: Any) -> None:
    """Check that a view is exactly of a shape: every field, no other, of the right type."""
    again = msgspec.to_builtins(msgspec.convert(view, shape))
    assert again == msgspec.to_builtins(view)


@pytest.fixture
def floor() -> Floor:
    made = Floor()
    made.queue("billing", wrap_up={"ms": 30_000})
    made.agent("anna", "billing", capacity={"chat": 2}, units=3)
    made.enter("c1", "billing", customer={"name": "Ada"}, subject="Bill", attributes={"n": [1]})
    return made


def test_a_waiting_conversation_has_its_place(floor: Floor) -> None:
    for id_ in ("c2", "c3", "c4"):
        floor.enter(id_, "billing")
    view = views.conversation_view(floor.engine, "c4", floor.now)
    fits(view | {"log_position": "1-7"}, shapes.ConversationShape)
    assert (view["state"], view["position"], view["offer"], view["offers"]) == (
        "waiting",
        2,
        None,
        [],
    )


def test_an_offer_is_seen_from_both_sides(floor: Floor) -> None:
    floor.wait(1_500)
    offer_id = floor.offer_of("anna")
    view = views.conversation_view(floor.engine, "c1", floor.now)
    fits(view | {"log_position": "1-7"}, shapes.ConversationShape)
    assert (view["state"], view["offer"], view["position"]) == ("offered", offer_id, None)
    assert view["offers"][0]["agent"] == "anna"
    offer = views.offer_view(floor.engine, offer_id, floor.now)
    fits(offer, frames.OfferShape)
    assert offer["customer"] == {"name": "Ada"} and offer["queue_name"] == "Billing"
    assert (offer["waited_ms"], offer["expires_in_ms"]) == (0, 18_500)
    assert views.offer_view(floor.engine, offer_id, NOON + 10**6)["expires_in_ms"] == 0


def test_the_agents_screen_follows_the_work(floor: Floor) -> None:
    def screen() -> dict[str, Any]:
        seen = agent_views.agent_snapshot(floor.engine, "anna", floor.now)
        fits(seen | {"type": "snapshot", "seq": 1, "at": 1}, frames.AgentSnapshot)
        return seen

    assert [offer["conversation"] for offer in screen()["offers"]] == ["c1"]
    floor.do(c.AcceptOffer(floor.offer_of("anna"), "anna"))
    (held,) = screen()["conversations"]
    assert (held["state"], held["wrap_until"]) == ("assigned", None)
    assert screen()["agent"]["load"] == {"chat": 1}
    floor.do(c.CompleteConversation("c1", "anna"))
    (held,) = screen()["conversations"]
    assert (held["state"], held["wrap_until"]) == ("wrapping", floor.now + 30_000)
    floor.wait(30_000)
    assert screen()["conversations"] == [] and screen()["agent"]["load"] == {}
    ended = views.conversation_view(floor.engine, "c1", floor.now)
    fits(ended | {"log_position": "1-7"}, shapes.ConversationShape)
    assert (ended["state"], ended["agent"], ended["ended_at"]) == ("closed", "anna", floor.now)


def test_agents_queues_and_keys(floor: Floor) -> None:
    floor.do(c.CreateKey("k1", "shop", "agent", "f" * 64, "anna", BY))
    floor.do(c.SetQueueStatus("billing", QueueStatus.PAUSED, "drill", BY))
    fits({"agents": agent_views.agents_view(floor.engine, floor.now)}, config_shapes.AgentList)
    fits({"queues": views.queues_view(floor.engine, floor.now)}, config_shapes.QueueList)
    key = views.key_view(floor.engine.state.keys["k1"])
    fits(key, shapes.KeyShape)
    assert "sha256" not in key and "f" * 64 not in str(key)
    queue = views.queue_view(floor.engine, "billing", floor.now)
    assert (queue["status"], queue["wrap_up"]["ms"]) == ("paused", 30_000)


@pytest.mark.parametrize(
    "view", [views.conversation_view, views.offer_view, agent_views.agent_view]
)
def test_what_is_unknown_is_a_key_error(floor: Floor, view: Any) -> None:
    with pytest.raises(KeyError):
        view(floor.engine, "none", floor.now)


def test_the_timeline_prints_the_log(floor: Floor) -> None:
    floor.do(c.MarkDelivered(floor.offer_of("anna"), "anna"))
    floor.do(c.DeclineOffer(floor.offer_of("anna"), "anna", "busy"))
    floor.do(c.PrioritizeConversation("c1", 5, "vip", "supervisor:k"))
    about = [event for event in floor.events if getattr(event, "conversation", "") == "c1"]
    items = [timeline_item(f"1-{n}", event) for n, event in enumerate(about)]
    for item in items:
        fits(item, shapes.TimelineItem)
        assert "fingerprint" not in item["details"]
    assert [(item["type"], item["actor"], item["reason"]) for item in items] == [
        ("conversation_entered", "ingest:k", ""),
        ("offer_made", "system", ""),
        ("offer_delivered", "agent:anna", ""),
        ("offer_ended", "agent:anna", "busy"),
        ("conversation_prioritized", "supervisor:k", "vip"),
    ]


def test_the_explanation_has_words_for_every_code(floor: Floor) -> None:
    floor.agent("bob", "billing", online=False)
    floor.do(c.DeclineOffer(floor.offer_of("anna"), "anna", "busy"))
    view = explanation_view(floor.engine, "c1", floor.now)
    fits(view | POSITION, shapes.ExplanationShape)
    reasons = {member["agent"]: member["reasons"] for member in view["members"]}
    assert [reason["code"] for reason in reasons["anna"]] == ["passed_over"]
    assert "declined" in reasons["anna"][0]["text"]
    assert {reason["code"] for reason in reasons["bob"]} == {"offline", "disconnected"}


def test_nothing_that_is_shown_changes_the_state(floor: Floor) -> None:
    floor.wait(100_000_000)
    before = repr(floor.engine.state)
    board_view(floor.engine, floor.now + 10**9, position="1-1")
    agent_views.agent_snapshot(floor.engine, "anna", floor.now)
    explanation_view(floor.engine, "c1", floor.now)
    assert repr(floor.engine.state) == before


def test_the_board_has_its_shape(floor: Floor) -> None:
    board = board_view(floor.engine, floor.now, position="1-7")
    fits(board, Board)
    assert board["figures_since"] <= floor.now < board["figures_since"] + 86_400_000


def test_presence_is_told_with_its_author(floor: Floor) -> None:
    floor.do(c.SetPresence("anna", Presence.AWAY, "training", "supervisor:k"))
    view = agent_views.agent_view(floor.engine, "anna", floor.now)
    assert (view["presence"], view["reason"], view["by"]) == ("away", "training", "supervisor:k")
    assert view["why_not"] == ["away"] and view["routable"] is False
