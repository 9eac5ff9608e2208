"""Queues and agents in the settings file: bounds, paths, and agreement with the API."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from app.config import ConfigError, Settings, load, read
from app.domain.settings import OfferRule, QueueSettings
from app.domain.words import Strategy
from app.wire.settings import AgentBody, PresenceBody, QueueBody

EXAMPLE = Path(__file__).resolve().parents[1] / "config" / "example.toml"
EDGES = (-1, 0, 1, 20, 64, 99, 100, 101, 1_000, 1_001, 10_000, 10_001, 1_000_000, 1_000_001)
EDGES += (-1_000_000, -1_000_001, 86_400_000, 86_400_001, 366 * 86_400_000, 366 * 86_400_000 + 1)
EDGES += (2**53 - 1, 2**53)


def table_of(path: str, value: Any) -> dict[str, Any]:
    """``{"a": {"b": value}}`` of ``a.b``; a step ``0`` is a list's first place."""
    for step in reversed(path.split(".")):
        value = [value] if step == "0" else {step: value}
    return dict(value)


def problems_of(text: str, tmp_path: Path) -> dict[str, str]:
    """Load the text, expect refusal, and return the sentences by path."""
    path = tmp_path / "interlock.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load(path, env={})
    return {problem.path: problem.text for problem in refused.value.problems}


def file_takes(kind: str, table: dict[str, Any]) -> bool:
    try:
        Settings(**{kind: {"x": {"name": "X"} | table}})
    except ValidationError:
        return False
    return True


def api_takes(kind: str, table: dict[str, Any]) -> bool:
    bodies = {"queues": QueueBody, "agents": AgentBody, "presences": PresenceBody}
    try:
        msgspec.json.decode(json.dumps({"name": "X"} | table), type=bodies[kind])
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("queues", "priority"),
        ("queues", "offer.timeout_ms"),
        ("queues", "offer.timeouts_by_channel.voice"),
        ("queues", "offer.fan_out"),
        ("queues", "rings.0.after_ms"),
        ("queues", "rings.0.max_level"),
        ("queues", "preferred.online_ms"),
        ("queues", "preferred.offline_ms"),
        ("queues", "decline.cooldown_ms"),
        ("queues", "no_answer.streak"),
        ("queues", "wrap_up.ms"),
        ("queues", "back_off.declined_ms"),
        ("queues", "back_off.busy_ms"),
        ("queues", "back_off.missed_ms"),
        ("queues", "back_off.undelivered_ms"),
        ("queues", "idle.after_ms"),
        ("queues", "service_level.target_ms"),
        ("queues", "service_level.percent"),
        ("queues", "service_level.short_abandon_ms"),
        ("queues", "max_waiting"),
        ("queues", "ageing.priority_per_min"),
        ("queues", "weight_by_channel.chat"),
        ("agents", "queues.billing"),
        ("agents", "skills.french"),
        ("agents", "capacity.chat"),
        ("agents", "units"),
        ("agents", "wrap_up_ms"),
    ],
)
def test_the_file_takes_a_number_exactly_when_the_api_does(kind: str, path: str) -> None:
    told = {edge: file_takes(kind, table_of(path, edge)) for edge in EDGES}
    assert told == {edge: api_takes(kind, table_of(path, edge)) for edge in EDGES}
    assert set(told.values()) == {True, False}, "the edges do not test this bound"
    for wrong in (True, "20", None, [1]):
        if wrong is not None or path not in ("units", "wrap_up_ms"):
            assert not file_takes(kind, table_of(path, wrong)), wrong


CLOSE = {"when": "closed", "to": "close"}
TELL = {"when": "closed", "to": "message"}


@pytest.mark.parametrize(
    ("path", "value", "taken"),
    [
        ("name", "", False),
        ("name", "x" * 200, True),
        ("name", "x" * 201, False),
        ("name", "Zo\u00eb\u00a0B.", True),
        ("name", "a\u202eb", False),
        ("name", "a\x00b", False),
        ("offer.strategy", "linear", True),
        ("offer.strategy", "longest", False),
        ("offer.timeouts_by_channel", {"two words": 1_000}, False),
        ("offer.timeouts_by_channel", {f"c{n}": 1_000 for n in range(65)}, False),
        ("rings", [{"after_ms": 0}, {"after_ms": 5}], True),
        ("rings", [{"after_ms": 5}, {"after_ms": 5}], False),
        ("rings", [{"after_ms": n} for n in range(21)], False),
        ("rings.0.relax_skills", ["french"], True),
        ("rings.0.relax_skills", ["two words"], False),
        ("decline.reasons", [{"code": "busy"}], True),
        ("decline.reasons", [{"code": ""}], False),
        ("decline.reasons", [{"code": f"c{n}"} for n in range(65)], False),
        ("no_answer.presence", "offline", True),
        ("no_answer.presence", "available", False),
        ("no_answer.presence", "not-there", True),
        ("no_answer.presence", "not there", False),
        ("service_level.variant", "short_abandon_excluded", True),
        ("service_level.variant", "guess", False),
        ("overflow", [CLOSE], True),
        ("overflow", [CLOSE] * 21, False),
        ("overflow.0", {"when": "depth", "value": 9, "to": "queue", "queue": "other"}, True),
        ("overflow.0", {"when": "depth", "value": -1, "to": "close"}, False),
        ("overflow.0", {"when": "dept", "to": "close"}, False),
        ("overflow.0", {"when": "closed", "to": "bin"}, False),
        ("overflow.0", {"when": "closed", "to": "queue"}, False),
        ("overflow.0", CLOSE | {"queue": "other"}, False),
        ("overflow.0", {"when": "closed", "queue": "two words"}, False),
        ("overflow.0", TELL | {"message": "We are back\nat nine."}, True),
        ("overflow.0", TELL | {"message": "x" * 500}, True),
        ("overflow.0", TELL | {"message": "x" * 501}, False),
        ("overflow.0", TELL | {"message": ""}, False),
        ("overflow.0", TELL | {"message": "a\x00b"}, False),
        ("overflow.0", TELL, False),
        ("overflow.0", TELL | {"message": "x", "queue": "other"}, False),
        ("overflow.0", CLOSE | {"message": "x"}, False),
        ("hours.zone", "Europe/Berlin", True),
        ("hours.zone", "Mars/Olympus", False),
        ("hours.zone", "../etc/passwd", False),
        ("hours.weekly", {"mon": [["09:00", "24:00"]]}, True),
        ("hours.weekly", {"monday": []}, False),
        ("hours.weekly", {"mon": [["9:00", "17:00"]]}, False),
        ("hours.weekly", {"mon": [["17:00", "09:00"]]}, False),
        ("hours.weekly", {"mon": [["09:00"]]}, False),
        ("hours.weekly", {"mon": [["09:00", "24:01"]]}, False),
        ("hours.holidays", ["2026-12-25"], True),
        ("hours.holidays", ["25.12.2026"], False),
        ("hours.holidays", ["2026-12-25"] * 401, False),
        ("weight_by_channel", {"two words": 1}, False),
        ("offer.respect_levels", "yes", False),
        ("offer.timeout", 5_000, False),
    ],
)
def test_the_file_and_the_api_agree_on_the_rest_of_a_queue(
    path: str, value: Any, taken: bool
) -> None:
    table = table_of(path, value)
    assert (file_takes("queues", table), api_takes("queues", table)) == (taken, taken)


@pytest.mark.parametrize(
    ("kind", "path", "value", "taken"),
    [
        ("agents", "blocks", {"voice": ["chat", "mail"]}, True),
        ("agents", "blocks", {"voice": []}, True),
        ("agents", "blocks", {"two words": ["chat"]}, False),
        ("agents", "blocks", {"voice": ["two words"]}, False),
        ("agents", "blocks", {"voice": "chat"}, False),
        ("agents", "blocks", {"voice": ["chat"] * 65}, False),
        ("agents", "blocks", {f"c{n}": [] for n in range(65)}, False),
        ("agents", "pull", True, True),
        ("agents", "pull", 1, False),
        ("agents", "wrap_up_ms", 0, True),
        ("presences", "name", "", False),
        ("presences", "presence", "available", True),
        ("presences", "presence", "lunch", False),
        ("presences", "channels", ["mail"], True),
        ("presences", "channels", [], True),
        ("presences", "channels", ["two words"], False),
        ("presences", "channels", ["c"] * 65, False),
        ("presences", "color", "red", False),
    ],
)
def test_the_file_and_the_api_agree_on_agents_and_presences(
    kind: str, path: str, value: Any, taken: bool
) -> None:
    table = table_of(path, value)
    assert (file_takes(kind, table), api_takes(kind, table)) == (taken, taken)


def test_the_example_could_be_put_through_the_api() -> None:
    example = tomllib.loads(EXAMPLE.read_text())
    settings = load(EXAMPLE, env={})
    for name, table in example["queues"].items():
        body = msgspec.convert(table, QueueBody)
        assert asdict(body.settings()) == asdict(settings.queues[name])
    for name, table in example["agents"].items():
        assert msgspec.convert(table, AgentBody).settings() == settings.agents[name]
    for name, table in example["presences"].items():
        assert msgspec.convert(table, PresenceBody).settings() == settings.presences[name]


def test_what_is_out_of_bounds_is_told_by_its_path(tmp_path: Path) -> None:
    found = problems_of(
        """
        [queues.q]
        name = "Q"
        rings = [{ after_ms = 5 }, { after_ms = 5 }]
        overflow = [
            { when = "dept", to = "close" },
            { when = "closed", to = "queue" },
            { when = "closed", to = "message" },
            { when = "closed", to = "close", message = "x" },
            { when = "closed", to = "mesage" },
        ]
        no_answer.presence = "available"
        hours = { zone = "Mars/Olympus", holidays = ["tomorrow"], weekly.mon = [["9", "17"]] }
        weight_by_channel = { chat = 0 }
        [agents.a]
        name = ""
        skills = { x = 2000 }
        units = -1
        blocks = { voice = ["two words"] }
        [presences.offline]
        name = "Gone"
        [presences.p]
        name = "P"
        channels = ["two words"]
        """,
        tmp_path,
    )
    expected = {
        "queues.q.rings[1].after_ms": "must be more than 5",
        "queues.q.overflow[0].when": "did you mean depth?",
        "queues.q.overflow[1].queue": 'add queue = "…"',
        "queues.q.overflow[2].message": 'add message = "…"',
        "queues.q.overflow[3].message": 'goes with to = "message" only: remove',
        "queues.q.overflow[4].to": "did you mean message?",
        "queues.q.no_answer.presence": "use away, offline or a custom presence",
        "queues.q.hours.zone": "Europe/Berlin",
        "queues.q.hours.holidays[0]": "2026-12-25",
        "queues.q.hours.weekly.mon[0]": '["09:00", "17:00"]',
        "queues.q.weight_by_channel.chat": "must be 1 to 10000, not 0",
        "agents.a.name": "must have 1 to 200 characters",
        "agents.a.skills.x": "must be 0 to 1000, not 2000",
        "agents.a.units": "must be 0 to 10000, not -1",
        "agents.a.blocks.voice": "an id has",
        "presences.offline": "choose another id",
        "presences.p.channels": "an id has",
    }
    assert set(found) == set(expected)
    for where, text in expected.items():
        assert text in found[where], where


@pytest.mark.parametrize("name", ["two words", "ü", "a" * 129, "a\\n"])
def test_an_id_is_checked(tmp_path: Path, name: str) -> None:
    found = problems_of(f'[queues."{name}"]\nname = "Q"\n', tmp_path)
    assert "an id has" in found.popitem()[1]


def test_a_day_of_toml_is_a_day(tmp_path: Path) -> None:
    path = tmp_path / "interlock.toml"
    path.write_text("[queues.q]\nname = 'Q'\nhours.holidays = [2026-12-25]\n")
    assert load(path, env={}).queues["q"].hours.holidays == ["2026-12-25"]


def test_queues_may_be_given_as_values_too() -> None:
    queue = QueueSettings(name="Q", offer=OfferRule(strategy=Strategy.LINEAR))
    assert Settings(queues={"q": queue}).queues == {"q": queue}


def test_advice_is_given_and_refuses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "interlock.toml"
    path.write_text(
        """
        auth.admin_key = "short"
        redis.allow = ["eviction"]
        [queues.billing]
        name = "Billing"
        [queues.general]
        name = "General"
        [agents.anna]
        name = "Anna"
        queues = { biling = 1, general = 1 }
        """
    )
    said = {one.path: one.text for one in read(path, env={}).advice}
    assert set(said) == {
        "auth.admin_key",
        "redis.allow",
        "agents.anna.queues.biling",
    }
    assert "did you mean billing?" in said["agents.anna.queues.biling"]
