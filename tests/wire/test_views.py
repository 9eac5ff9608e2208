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
    key = views.key_view(floor.engine.state.keys["k1"], 0)
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


def test_a_conversation_tells_of_its_wait(floor: Floor) -> None:
    def wait(id_: str) -> Any:
        view = views.conversation_view(floor.engine, id_, floor.now)
        fits(view | {"log_position": "1-7"}, shapes.ConversationShape)
        return view["estimated_wait"]

    for id_ in ("c2", "c3"):
        floor.enter(id_, "billing")
    assert wait("c1") is None, "it does not wait"
    assert wait("c3") == {"unknown": "no_data"}
    floor.set("anna", "offline")
    assert wait("c3") == {"unknown": "nobody_on"}
    floor.do(c.SetQueueStatus("billing", QueueStatus.PAUSED, "", BY))
    assert wait("c3") == {"unknown": "paused"}


def test_an_estimate_is_two_numbers() -> None:
    floor = Floor()
    floor.queue("q")
    floor.agent("anna", "q")
    for number in range(10):
        floor.enter(f"c{number}", "q")
        floor.accept("anna")
        floor.wait(30_000)
        floor.do(c.CompleteConversation(f"c{number}", "anna"))
    for id_ in ("x1", "x2", "x3", "x4"):
        floor.enter(id_, "q")
    view = views.conversation_view(floor.engine, "x4", floor.now)
    fits(view | {"log_position": "1-7"}, shapes.ConversationShape)
    wait = view["estimated_wait"]
    assert set(wait) == {"p50_ms", "p90_ms"} and 0 < wait["p50_ms"] < wait["p90_ms"]
    row = views.conversation_row(floor.engine, "x4")
    fits(row | {"log_position": "1-7"}, shapes.ConversationRow)


def test_notices_and_silence_are_shown() -> None:
    floor = Floor()
    rule = {"when": "after_ms", "value": 5_000, "to": "message", "message": "Soon."}
    floor.queue("q", overflow=[rule])
    floor.enter("c1", "q")
    floor.wait(5_000)
    view = views.conversation_view(floor.engine, "c1", floor.now)
    assert view["notices"] == [{"at": floor.now, "message": "Soon."}]
    assert view["joined_at"] == view["enqueued_at"] == floor.now - 5_000
    floor.agent("anna", "q")
    floor.accept("anna")
    floor.do(c.NoteActivity("c1", True, BY))
    assert views.conversation_view(floor.engine, "c1", floor.now)["idle"] is True
    held = views.held_view(floor.engine, "c1")
    fits(held, frames.HeldShape)
    assert held["idle"] is True


def test_a_move_of_an_old_conversation_has_two_times() -> None:
    floor = Floor()
    floor.queue("q")
    floor.queue("r")
    floor.enter("c1", "q")
    floor.wait(7_000)
    floor.do(c.MoveConversation("c1", "r", True, "", BY))
    view = views.conversation_view(floor.engine, "c1", floor.now)
    assert (view["joined_at"], view["enqueued_at"]) == (floor.now, floor.now - 7_000)


def test_what_a_presence_leaves_open_is_shown(floor: Floor) -> None:
    floor.agent("anna", "billing", capacity={"chat": 2, "mail": 3, "voice": 0})
    floor.presence("mail-only", presence="available", channels=["mail", "fax"])
    seen = agent_views.agent_view(floor.engine, "anna", floor.now)
    assert (seen["channels"], seen["custom_presence"]) == (["chat", "mail"], None)
    floor.set("anna", "mail-only")
    seen = agent_views.agent_view(floor.engine, "anna", floor.now)
    fits(seen, config_shapes.AgentShape)
    assert (seen["presence"], seen["custom_presence"]) == ("available", "mail-only")
    assert (seen["channels"], seen["routable"]) == (["mail"], True)
    floor.set("anna", "away")
    assert agent_views.agent_view(floor.engine, "anna", floor.now)["channels"] == []


def test_a_plan_is_shown_with_its_author(floor: Floor) -> None:
    floor.presence("lunch")
    floor.accept("anna")
    floor.set("anna", "lunch", after_work=True)
    seen = agent_views.agent_view(floor.engine, "anna", floor.now)
    fits(seen, config_shapes.AgentShape)
    assert seen["plan"] == {
        "presence": "away",
        "custom_presence": "lunch",
        "reason": "",
        "by": "agent:anna",
    }
    assert seen["presence"] == "available" and seen["why_not"] == ["finishing"]


def test_the_push_of_an_offer_names_no_colleague() -> None:
    floor = Floor()
    floor.queue("q")
    for agent in ("anna", "bob"):
        floor.agent(agent, "q")
    floor.enter("c1", "q")
    floor.enter("c2", "q")
    for agent, other in (("anna", "bob"), ("bob", "anna")):
        offer = floor.engine.state.offers[floor.offer_of(agent)]
        assert other in offer.why["others"]
        why = views.offer_view(floor.engine, offer.id, floor.now)["why"]
        assert "others" not in why and why["strategy"] == "longest_idle"


def test_every_view_of_presences_and_queues_has_its_shape(floor: Floor) -> None:
    floor.presence("lunch")
    floor.presence("mail-only", presence="available", channels=["mail"])
    presences = {"presences": agent_views.presences_view(floor.engine)}
    fits(presences, config_shapes.PresenceList)
    assert [one["id"] for one in presences["presences"]] == ["lunch", "mail-only"]
    floor.do(c.SetQueueHours("billing", False))
    queue = views.queue_view(floor.engine, "billing", floor.now)
    fits(queue, config_shapes.QueueShape)
    assert (queue["open"], queue["members_on"], queue["overflowed"]) == (False, 1, 0)
