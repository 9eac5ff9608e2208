"""Explanations and the timeline in words, on a real engine."""

from __future__ import annotations

import inspect
import re
from typing import Any, get_args

import pytest

from app.domain import commands as c
from app.domain import events as e
from app.domain import routability, verdicts
from app.wire import reasons, shapes
from app.wire.explaining import agent_offers_view, explanation_view, own_explanation_view
from app.wire.history import timeline_item
from app.wire.sentences import sentence

from .floor import BY, Floor
from .test_views import fits

POSITION = {"position": "1-7"}


def story(floor: Floor, id_: str = "c1") -> list[str]:
    """The timeline of a conversation in words."""
    return [sentence(event) for event in floor.events if getattr(event, "conversation", "") == id_]


@pytest.fixture
def floor() -> Floor:
    made = Floor()
    made.queue("q", wrap_up={"ms": 30_000}, idle={"after_ms": 60_000})
    made.queue("r")
    made.agent("anna", "q", pull=True)
    made.agent("bob", "q", "r")
    return made


def test_a_life_is_told_in_sentences(floor: Floor) -> None:
    floor.enter("c1", "q")
    floor.do(c.MarkDelivered("o1", "anna"))
    floor.do(c.MarkSeen("o1", "anna"))
    floor.do(c.DeclineOffer("o1", "anna", "busy"))
    floor.accept("bob")
    floor.wait(60_000)
    floor.do(c.NoteActivity("c1", False, "ingest:k"))
    floor.wait(30_000)
    floor.do(c.NoteActivity("c1", False, "ingest:k"))
    floor.do(c.PrioritizeConversation("c1", 3, "", BY))
    floor.do(c.MoveConversation("c1", "r", True, "", BY))
    floor.do(c.AssignConversation("c1", "bob", "", BY))
    floor.do(c.RequeueConversation("c1", "", BY))
    floor.do(c.CompleteConversation("c1", "bob"))
    told = story(floor)
    assert told[:6] == [
        "Entered queue q on channel chat.",
        "Offered to anna by longest_idle, level 1, ring 0. "
        "Not to bob (could have had it, but stood behind the chosen one).",
        "The offer is in the hands of anna.",
        "The offer was on the screen of anna.",
        "anna declined it.",
        "Offered to bob by longest_idle, level 1, ring 0. "
        "Not to anna (passed over after the agent declined or missed it).",
    ]
    assert told[6:11] == [
        "bob accepted it.",
        "Silent: bob keeps it, its units are free.",
        "Goes on with bob; its units are taken again.",
        "Something was said; it is with bob.",
        "Its priority is 3 now.",
    ]
    assert told[11] == "Moved from queue q to r."
    assert "Given to bob without an offer." in told
    assert "Back in line in queue r, away from bob." in told


def test_overflow_is_told_with_what_the_rule_saw() -> None:
    floor = Floor()
    floor.queue("r")
    soon = {"when": "after_ms", "value": 1_000, "to": "message", "message": "Soon."}
    floor.queue("q", overflow=[soon, {"when": "after_ms", "value": 2_000, "queue": "r"}])
    floor.queue("s", overflow=[{"when": "no_agents", "value": 0, "to": "close"}])
    floor.enter("c1", "q")
    floor.enter("c2", "s")
    floor.wait(1_000)
    floor.wait(1_000)
    assert story(floor)[1:] == [
        "The customer is told, because it had waited here for long enough: Soon.",
        "Overflowed from queue q to r: it had waited here for long enough.",
    ]
    assert story(floor, "c2")[1:] == ["Closed by an overflow rule: nobody was on."]
    items = [timeline_item("1-1", one) for one in floor.events if hasattr(one, "conversation")]
    for item in items:
        fits(item, shapes.TimelineItem)
    overflowed = next(item for item in items if item["type"] == "conversation_moved")
    assert overflowed["details"]["overflow"] == "after_ms"
    assert (overflowed["reason"], overflowed["actor"]) == ("overflow:after_ms", "system")


def test_picking_is_told_as_picking(floor: Floor) -> None:
    for agent in ("anna", "bob"):
        floor.set(agent, "away")
    floor.enter("c1", "q")
    floor.do(c.PullConversation("anna", "q"))
    floor.do(c.CompleteConversation("c1", "anna"))
    floor.wait(30_000)
    assert story(floor)[1:] == [
        "Picked by anna from queue q.",
        "In wrap-up with anna.",
        "Ended as closed, it was with anna.",
    ]


def test_every_event_of_a_conversation_has_a_sentence() -> None:
    def has_one(kind: Any) -> bool:
        return "conversation" in kind.__dataclass_fields__

    made = {"at": 1, "state": "closed", "outcome": "accepted", "why": {}, "overflow": None}
    for kind in filter(has_one, get_args(e.Event)):
        fields = {name: made.get(name, "x") for name in kind.__dataclass_fields__}
        assert sentence(kind(**fields)), kind


def test_a_team_is_not_told_in_full(floor: Floor) -> None:
    for number in range(9):
        floor.agent(f"a{number}", "q")
    floor.enter("c1", "q")
    assert "4 more" not in story(floor)[1] and "5 more" in story(floor)[1]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("skill:french", "lacks the skill french"),
        ("blocked_by:voice", "work on voice"),
        ("finishing", "finishes"),
        ("channel", "channel"),
        ("closed", "closed"),
        ("no_such_code", "no_such_code"),
    ],
)
def test_reasons_have_words(code: str, words: str) -> None:
    assert words in reasons.reason_text(code)
    assert reasons.reason_view(code)["code"] == code


def test_the_record_of_each_offer_is_in_the_explanation(floor: Floor) -> None:
    floor.enter("c1", "q")
    floor.do(c.DeclineOffer("o1", "anna", "busy"))
    view = explanation_view(floor.engine, "c1", floor.now)
    fits(view | POSITION, shapes.ExplanationShape)
    first, second = view["offers"]
    assert (first["agent"], first["reason"], first["why"]["others"]) == (
        "anna",
        "busy",
        {"bob": "later"},
    )
    assert (second["agent"], second["ended_at"]) == ("bob", None)
    assert first["version"] == floor.engine.state.version


def test_an_agent_is_told_of_the_own_alone(floor: Floor) -> None:
    floor.enter("c1", "q")
    floor.do(c.DeclineOffer("o1", "anna", "busy"))
    view = own_explanation_view(floor.engine, "c1", "anna", floor.now)
    fits(view | POSITION, shapes.ExplanationShape)
    assert "bob" not in str(view) and "Bob" not in str(view)
    assert view["sentence"] == "Q: offered to a colleague now."
    assert [record["agent"] for record in view["offers"]] == ["anna", None]
    own = own_explanation_view(floor.engine, "c1", "bob", floor.now)
    assert own["sentence"] == "Q: offered to you now."
    assert [one["reasons"][0]["code"] for one in own["offers"] if one["reasons"]] == ["later"]


def test_the_sentence_for_an_agent_follows_the_conversation(floor: Floor) -> None:
    def told(agent: str = "anna") -> str:
        view = own_explanation_view(floor.engine, "c1", agent, floor.now)
        return str(view["sentence"])

    for agent in ("anna", "bob"):
        floor.set(agent, "away")
    floor.enter("c1", "q")
    floor.wait(9_000)
    assert told() == "Q: waiting for 9 s; you: away by own choice or by a rule."
    floor.do(c.AssignConversation("c1", "anna", "", BY))
    assert (told(), told("bob")) == ("Q: assigned, with you.", "Q: assigned, with a colleague.")
    floor.do(c.CloseConversation("c1", "", BY))
    assert told() == "Q: closed."


def test_another_queue_is_not_the_agents_business(floor: Floor) -> None:
    floor.enter("c1", "r")
    for conversation, agent in (("c1", "anna"), ("none", "anna"), ("c1", "none")):
        with pytest.raises(KeyError):
            own_explanation_view(floor.engine, conversation, agent, floor.now)


def test_an_agents_offers_are_the_newest_first(floor: Floor) -> None:
    floor.set("bob", "offline")
    for number in range(3):
        floor.enter(f"c{number}", "q")
        floor.wait(1_000)
        floor.do(c.DeclineOffer(floor.offer_of("anna"), "anna", ""))
        floor.do(c.CancelConversation(f"c{number}", True, "left", BY))
    view = agent_offers_view(floor.engine, "anna", 2)
    fits(view | POSITION, shapes.AgentOfferList)
    assert [offer["conversation"] for offer in view["offers"]] == ["c2", "c1"]
    assert view["offers"][0]["answered_in_ms"] == 1_000
    assert agent_offers_view(floor.engine, "bob", 9)["offers"] == []


def test_every_reason_that_the_engine_can_give_has_words() -> None:
    said = inspect.getsource(verdicts) + inspect.getsource(routability.why_not_routable)
    codes = set(re.findall(r"(?:yield|append\()\s*\"([a-z_]+)\"", said))
    assert "quarantined" in codes
    assert codes <= reasons.REASON_WORDS.keys()
