"""Warnings about settings: each one is given where it is due, and not where it is not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from app.domain.settings import AgentSettings, PresenceSettings, QueueSettings
from app.wire.lint import (
    Configured,
    agent_warnings,
    all_warnings,
    configured_in,
    presence_warnings,
    queue_warnings,
)
from app.wire.lint.ground import warning

from .floor import Floor

Json = dict[str, Any]
WEEK = {"weekly": {"mon": [["09:00", "17:00"]]}}


def ground(
    queues: Json | None = None,
    agents: Json | None = None,
    presences: Json | None = None,
    *,
    whole: bool = True,
) -> Configured:
    def records(table: Json | None, kind: Any) -> Json:
        return {
            id_: msgspec.convert({"name": id_, **given}, kind)
            for id_, given in (table or {}).items()
        }

    return Configured(
        records(queues, QueueSettings),
        records(agents, AgentSettings),
        records(presences, PresenceSettings),
        whole=whole,
    )


def of_queue(
    settings: Json, agents: Json | None = None, others: Json | None = None, **more: Any
) -> dict[str, str]:
    """{code: path} of the queue ``q`` with one member, unless told otherwise."""
    agents = {"anna": {"queues": {"q": 1, "other": 1}}} if agents is None else agents
    queues = {"q": settings, "other": {}, **(others or {})}
    return {one["code"]: one["path"] for one in queue_warnings(ground(queues, agents, **more), "q")}


def of_agent(settings: Json, queues: Json | None = None) -> dict[str, str]:
    settings = {"queues": {"q": 1}, **settings}
    found = agent_warnings(ground({"q": {}, **(queues or {})}, {"anna": settings}), "anna")
    return {one["code"]: one["path"] for one in found}


def of_presence(settings: Json, agents: Json | None = None) -> dict[str, str]:
    agents = {"anna": {"capacity": {"chat": 1, "voice": 0}}} if agents is None else agents
    found = presence_warnings(ground(agents=agents, presences={"p": settings}), "p")
    return {one["code"]: one["path"] for one in found}


def to(when: str, target: str | None = "other", value: int = 60_000, **more: Any) -> Json:
    """One overflow rule: to a queue, or (None) it closes."""
    aim = {"to": "close"} if target is None else {"to": "queue", "queue": target}
    return {"when": when, "value": value, **aim, **more}


def message(when: str, value: int = 60_000) -> Json:
    return {"when": when, "value": value, "to": "message", "message": "Soon."}


@pytest.mark.parametrize(
    ("settings", "code", "path"),
    [
        (
            {"rings": [{"after_ms": 0}, {"after_ms": 19_999}]},
            "ring_shorter_than_offer",
            "$.rings[1].after_ms",
        ),
        ({"rings": [{"after_ms": 1}]}, "first_ring_is_late", "$.rings[0].after_ms"),
        ({"rings": [{"max_level": 0}]}, "ring_without_members", "$.rings[0].max_level"),
        ({"rings": [{"relax_skills": ["fr"]}]}, "skill_nobody_has", "$.rings[0].relax_skills"),
        ({"weight_by_channel": {"chat": 2}}, "weight_above_capacity", "$.weight_by_channel.chat"),
        (
            {"weight_by_channel": {"sms-in": 1}},
            "weight_above_capacity",
            '$.weight_by_channel["sms-in"]',
        ),
        ({"overflow": [to("after_ms", "q")]}, "overflow_to_itself", "$.overflow[0].queue"),
        ({"overflow": [to("after_ms", "none")]}, "overflow_to_nowhere", "$.overflow[0].queue"),
        (
            {"overflow": [to("after_ms", "empty")]},
            "overflow_without_members",
            "$.overflow[0].queue",
        ),
        (
            {"overflow": [to("after_ms", value=19_999)]},
            "overflow_shorter_than_offer",
            "$.overflow[0].value",
        ),
        (
            {"overflow": [to("depth", value=9)], "max_waiting": 9},
            "depth_above_max_waiting",
            "$.overflow[0].value",
        ),
        ({"overflow": [to("closed")]}, "never_closed", "$.overflow[0].when"),
        (
            {"overflow": [to("no_agents", None, 5), message("no_agents", 5)]},
            "overflow_without_effect",
            "$.overflow[1]",
        ),
        (
            {"overflow": [to("no_agents", None, 5), to("no_agents", value=6)]},
            "overflow_without_effect",
            "$.overflow[1]",
        ),
        (
            {"overflow": [to("depth", value=5), message("depth", 5)]},
            "overflow_without_effect",
            "$.overflow[1]",
        ),
        (
            {"hours": {"weekly": {"mon": []}}, "overflow": [to("closed", None, 0)]},
            "hours_never_open",
            "$.hours.weekly",
        ),
        ({"hours": WEEK}, "closed_without_overflow", "$.hours"),
        ({"no_answer": {"presence": "luch"}}, "unknown_presence", "$.no_answer.presence"),
        (
            {"no_answer": {"presence": "mail-only"}},
            "no_answer_stays_available",
            "$.no_answer.presence",
        ),
        ({"idle": {"after_ms": 59_999}}, "idle_is_short", "$.idle.after_ms"),
        (
            {"back_off": {"busy_ms": 1}, "decline": {"reasons": [{"code": "other"}]}},
            "busy_is_no_reason",
            "$.back_off.busy_ms",
        ),
    ],
)
def test_a_mistake_in_a_queue_is_told(settings: Json, code: str, path: str) -> None:
    presences = {
        "lunch": {"presence": "away"},
        "mail-only": {"presence": "available", "channels": ["mail"]},
    }
    found = of_queue(settings, others={"empty": {}}, presences=presences)
    assert found == {code: path}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"rings": [{"max_level": 1}, {"after_ms": 20_000}]},
        {
            "rings": [{"after_ms": 0}, {"after_ms": 30_000}],
            "offer": {"timeouts_by_channel": {"mail": 120_000}},
        },
        {"weight_by_channel": {"chat": 1}},
        {"overflow": [to("after_ms", value=20_000), to("after_ms", None, 90_000)]},
        {"overflow": [message("after_ms", 1_000), to("after_ms")]},
        {"overflow": [to("after_ms"), message("after_ms", 30_000)]},
        {"overflow": [to("no_agents", None, 5), message("no_agents", 4)]},
        {"overflow": [to("depth", value=9)], "max_waiting": 10},
        {"overflow": [to("depth", value=9)]},
        {"hours": WEEK, "overflow": [to("closed", None, 0)]},
        {"no_answer": {"presence": "lunch"}},
        {"no_answer": {"presence": "offline"}},
        {"no_answer": {"presence": "gone", "streak": 0}},
        {"idle": {"after_ms": 60_000}},
        {"back_off": {"busy_ms": 1}, "decline": {"reasons": [{"code": "busy"}]}},
        {"back_off": {"busy_ms": 1}},
    ],
)
def test_what_is_sound_is_not_warned_of(settings: Json) -> None:
    assert of_queue(settings, presences={"lunch": {"presence": "away"}}) == {}


def test_a_circle_is_told_with_the_way_round() -> None:
    ring = {"a": {"overflow": [to("no_agents", "b")]}, "b": {"overflow": [to("no_agents", "c")]}}
    ring["c"] = {"overflow": [to("no_agents", "a")]}
    ring["d"] = {"overflow": [to("no_agents", "a")]}
    queues = {"anna": {"queues": dict.fromkeys(ring, 1)}}
    circle = ground(ring, queues)
    for id_, way in {"a": "a > b > c > a", "b": "b > c > a > b"}.items():
        (found,) = queue_warnings(circle, id_)
        assert (found["code"], found["path"]) == ("overflow_in_a_circle", "$.overflow[0].queue")
        assert way in found["message"]
    assert queue_warnings(circle, "d") == []


def test_a_priority_that_starves_is_told_on_both_sides() -> None:
    agents: Json = {"anna": {"queues": {"q": 1, "vip": 1}}}
    others = {"vip": {"priority": 5, "ageing": {"priority_per_min": 9}}}
    assert of_queue({}, agents, others) == {"starved_by_priority": "$.priority"}
    assert of_queue({"priority": 9}, agents, others) == {"starves_another": "$.priority"}
    assert of_queue({"priority": 5}, agents, others) == {}
    agents["bob"] = {"queues": {"q": 1}}
    assert of_queue({}, agents, others) == {}, "bob is there for it alone"
    agents["carl"] = {"queues": {"vip": 1}}
    assert of_queue({"priority": 9}, agents, others) == {}, "carl is there for the others"


def test_a_queue_without_members_is_told_once() -> None:
    assert of_queue({"rings": [{"max_level": 0}]}, {}) == {"no_members": "$"}
    assert of_queue({}, {}, whole=False) == {}, "agents may be elsewhere"
    agents = {"anna": {"queues": {"other": 1}}}
    assert of_queue({}, agents, whole=False) == {"no_members": "$"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {}),
        ({"queues": {}}, {"no_queues": "$.queues"}),
        ({"capacity": {"chat": 0}}, {"no_capacity": "$.capacity"}),
        ({"units": 0}, {"no_capacity": "$.capacity"}),
        ({"pull": True}, {}),
        (
            {"pull": True, "capacity": {}},
            {"no_capacity": "$.capacity", "pull_without_capacity": "$.pull"},
        ),
        (
            {"queues": {"heavy": 1}, "capacity": {"chat": 2}},
            {"weight_above_capacity": "$.capacity.chat"},
        ),
        ({"queues": {"heavy": 1}, "capacity": {"chat": 3}}, {}),
        ({"capacity": {"chat": 2, "voice": 1}, "blocks": {"voice": ["chat"]}}, {}),
        ({"blocks": {"voice": ["chat"]}}, {"blocks_without_capacity": "$.blocks.voice"}),
        ({"blocks": {"chat": ["mail"]}}, {"blocks_without_capacity": "$.blocks.chat[0]"}),
        ({"blocks": {"chat": ["chat"]}}, {"blocks_itself": "$.blocks.chat[0]"}),
        (
            {"capacity": {"chat": 2}, "blocks": {"chat": ["chat"]}},
            {"blocks_itself": "$.blocks.chat[0]"},
        ),
    ],
)
def test_a_mistake_in_an_agent_is_told(settings: Json, expected: dict[str, str]) -> None:
    assert of_agent(settings, {"heavy": {"weight_by_channel": {"chat": 3}}}) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {}),
        ({"presence": "available", "channels": ["chat"]}, {}),
        (
            {"presence": "available", "channels": ["chat", "voice"]},
            {"channel_nobody_has": "$.channels[1]"},
        ),
        ({"presence": "available", "channels": []}, {"presence_without_channels": "$.channels"}),
        ({"presence": "away", "channels": ["chat"]}, {"channels_without_effect": "$.channels"}),
    ],
)
def test_a_mistake_in_a_presence_is_told(settings: Json, expected: dict[str, str]) -> None:
    assert of_presence(settings) == expected


def test_an_id_that_was_perhaps_meant_is_named() -> None:
    queues = {"q": {"overflow": [to("after_ms", "billng")]}, "billing": {}}
    (found,) = queue_warnings(ground(queues, whole=False), "q")
    assert "billing?" in found["message"]


def test_a_state_and_a_file_are_judged_alike() -> None:
    floor = Floor()
    floor.queue("q", hours=WEEK)
    floor.agent("anna", "q", online=False, blocks={"voice": ["chat"]})
    floor.presence("mail", presence="available", channels=["mail"])
    found = {
        (kind, id_, one["code"], one["level"])
        for kind, id_, one in all_warnings(configured_in(floor.engine.state))
    }
    assert found == {
        ("queues", "q", "closed_without_overflow", "info"),
        ("agents", "anna", "blocks_without_capacity", "warning"),
        ("presences", "mail", "channel_nobody_has", "warning"),
    }
    with pytest.raises(KeyError):
        queue_warnings(configured_in(floor.engine.state), "none")


def test_a_warning_has_its_shape() -> None:
    assert set(warning("code", "$", "text")) == {"code", "level", "path", "message"}
