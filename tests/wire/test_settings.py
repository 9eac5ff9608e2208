"""Settings as they arrive mirror the domain's records, and add bounds."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import msgspec
import pytest

from app.domain import settings as domain
from app.domain.commands import PutAgent, PutPresence, PutQueue
from app.domain.words import Presence
from app.wire import settings as wire
from app.wire.reading import BodyInvalid, read_body
from app.wire.views import settings_view

PAIRS = [
    (wire.OfferBody, domain.OfferRule),
    (wire.RingBody, domain.Ring),
    (wire.PreferredBody, domain.PreferredRule),
    (wire.DeclineReasonBody, domain.DeclineReason),
    (wire.DeclineBody, domain.DeclineRule),
    (wire.BackOffBody, domain.BackOffRule),
    (wire.NoAnswerBody, domain.NoAnswerRule),
    (wire.WrapUpBody, domain.WrapUpRule),
    (wire.IdleBody, domain.IdleRule),
    (wire.ServiceLevelBody, domain.ServiceLevelRule),
    (wire.OverflowBody, domain.OverflowRule),
    (wire.AgeingBody, domain.AgeingRule),
    (wire.HoursBody, domain.HoursRule),
    (wire.QueueBody, domain.QueueSettings),
    (wire.AgentBody, domain.AgentSettings),
    (wire.PresenceBody, domain.PresenceSettings),
]
FULL: dict[str, Any] = {
    "name": "Billing",
    "priority": 2,
    "offer": {"strategy": "all_at_once", "timeouts_by_channel": {"mail": 60_000}, "fan_out": 3},
    "rings": [{"after_ms": 0, "max_level": 1}, {"after_ms": 9, "relax_skills": ["fr"]}],
    "preferred": {"online_ms": 5_000, "offline_ms": 1},
    "decline": {"cooldown_ms": 1, "reasons": [{"code": "busy", "again": False}]},
    "back_off": {"declined_ms": 1, "busy_ms": 2, "missed_ms": 3, "undelivered_ms": 4},
    "no_answer": {"streak": 3, "presence": "not-there"},
    "wrap_up": {"ms": 10_000, "extendable": False},
    "service_level": {"target_ms": 9, "percent": 80, "variant": "answered_only"},
    "idle": {"after_ms": 600_000},
    "overflow": [
        {"when": "depth", "value": 9, "queue": "r"},
        {"when": "no_agents", "value": 5, "to": "message", "message": "We are back\nat nine."},
        {"when": "closed", "to": "close"},
    ],
    "max_waiting": 100,
    "ageing": {"priority_per_min": 1},
    "hours": {"zone": "UTC", "weekly": {"mon": [["09:00", "24:00"]]}, "holidays": ["2026-12-25"]},
    "weight_by_channel": {"chat": 2},
}


@pytest.mark.parametrize(("body", "record"), PAIRS, ids=lambda kind: kind.__name__)
def test_fields_and_defaults_are_the_domains(body: Any, record: Any) -> None:
    names = {field.name for field in dataclasses.fields(record)}
    assert set(body.__struct_fields__) == names
    needed = {f.name: "x" for f in msgspec.structs.fields(body) if f.required}
    if body is wire.OverflowBody:
        needed = {"when": "closed", "to": "close"}
    made = msgspec.to_builtins(msgspec.convert(needed, body))
    assert made == msgspec.to_builtins(record(**needed))


def test_everything_arrives() -> None:
    command = read_body(wire.QueueBody, json.dumps(FULL).encode()).command("q", "admin:k")
    assert isinstance(command, PutQueue)
    seen = settings_view(command.settings)

    def holds(seen: Any, wanted: Any) -> bool:
        if isinstance(wanted, dict):
            return all(holds(seen[key], value) for key, value in wanted.items())
        if isinstance(wanted, list):
            return all(map(holds, seen, wanted)) and len(seen) == len(wanted)
        return bool(seen == wanted)

    assert holds(seen, FULL)
    assert isinstance(command.settings.service_level.percent, float)
    assert read_body(wire.QueueBody, json.dumps(seen).encode()).settings() == command.settings


def test_an_agent_arrives() -> None:
    given: dict[str, Any] = {
        "name": "Anna",
        "queues": {"q": 2},
        "capacity": {"chat": 2},
        "units": 2,
        "blocks": {"voice": ["chat", "mail"]},
        "wrap_up_ms": 0,
        "pull": True,
    }
    command = read_body(wire.AgentBody, json.dumps(given).encode()).command("anna", "admin:k")
    assert command == PutAgent("anna", domain.AgentSettings(**given), "admin:k")


def test_a_presence_arrives() -> None:
    raw = b'{"name": "Mail only", "presence": "available", "channels": ["mail"]}'
    record = domain.PresenceSettings(
        name="Mail only", presence=Presence.AVAILABLE, channels=["mail"]
    )
    command = read_body(wire.PresenceBody, raw).command("mail-only", "admin:k")
    assert command == PutPresence("mail-only", record, "admin:k")


def paths_of(body: Any, fields: dict[str, Any]) -> list[str]:
    with pytest.raises(BodyInvalid) as caught:
        read_body(body, json.dumps({"name": "X", **fields}).encode())
    return [error["path"] for error in caught.value.errors]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"offer": {"timeout_ms": 99}}, "$.offer.timeout_ms"),
        ({"offer": {"fan_out": 0}}, "$.offer.fan_out"),
        ({"offer": {"timeouts_by_channel": {"a b": 1_000}}}, '$.offer.timeouts_by_channel["a b"]'),
        ({"rings": [{"after_ms": 5}, {"after_ms": 5}]}, "$.rings"),
        ({"service_level": {"percent": 101}}, "$.service_level.percent"),
        ({"service_level": {"variant": "guess"}}, "$.service_level.variant"),
        ({"overflow": [{"when": "depth"}]}, "$.overflow[0].queue"),
        ({"overflow": [{"when": "depth", "to": "close", "queue": "q"}]}, "$.overflow[0].queue"),
        ({"overflow": [{"when": "depth", "to": "message"}]}, "$.overflow[0].message"),
        (
            {"overflow": [{"when": "depth", "to": "message", "message": ""}]},
            "$.overflow[0].message",
        ),
        (
            {"overflow": [{"when": "depth", "to": "message", "message": "x" * 501}]},
            "$.overflow[0].message",
        ),
        ({"overflow": [{"when": "depth", "to": "close", "message": "x"}]}, "$.overflow[0].message"),
        ({"no_answer": {"presence": "available"}}, "$.no_answer.presence"),
        ({"no_answer": {"presence": "a b"}}, "$.no_answer.presence"),
        ({"back_off": {"busy_ms": -1}}, "$.back_off.busy_ms"),
        ({"idle": {"after_ms": -1}}, "$.idle.after_ms"),
        ({"hours": {"weekly": {"mon": [["17:00", "09:00"]]}}}, "$.hours.weekly.mon[0]"),
        ({"hours": {"weekly": {"mon": [["9:00", "17:00"]]}}}, "$.hours.weekly.mon[0]"),
        ({"hours": {"weekly": {"monday": []}}}, "$.hours.weekly.monday"),
        ({"hours": {"holidays": ["25.12."]}}, "$.hours.holidays[0]"),
        ({"hours": {"zone": "../etc/passwd"}}, "$.hours.zone"),
        ({"hours": {"zone": "\u0000"}}, "$.hours.zone"),
        ({"weight_by_channel": {"chat": 0}}, "$.weight_by_channel.chat"),
        ({"max_waiting": -1}, "$.max_waiting"),
        ({"priority": 10**7}, "$.priority"),
        ({"name": ""}, "$.name"),
        ({"name": "x" * 201}, "$.name"),
    ],
)
def test_bounds(fields: dict[str, Any], path: str) -> None:
    assert path in paths_of(wire.QueueBody, fields)


@pytest.mark.parametrize(
    ("body", "fields", "path"),
    [
        (wire.AgentBody, {"blocks": {"a b": ["chat"]}}, '$.blocks["a b"]'),
        (wire.AgentBody, {"blocks": {"voice": ["a b"]}}, "$.blocks.voice[0]"),
        (wire.AgentBody, {"blocks": {"voice": "chat"}}, "$.blocks.voice"),
        (wire.AgentBody, {"blocks": {f"c{n}": [] for n in range(65)}}, "$.blocks"),
        (wire.AgentBody, {"wrap_up_ms": 86_400_001}, "$.wrap_up_ms"),
        (wire.AgentBody, {"pull": 1}, "$.pull"),
        (wire.PresenceBody, {"presence": "lunch"}, "$.presence"),
        (wire.PresenceBody, {"channels": ["a b"]}, "$.channels[0]"),
        (wire.PresenceBody, {"channels": ["c"] * 65}, "$.channels"),
    ],
)
def test_bounds_of_agents_and_presences(body: Any, fields: dict[str, Any], path: str) -> None:
    assert path in paths_of(body, fields)


def test_a_rule_says_what_to_do_about_its_target() -> None:
    raw = b'{"name": "Q", "overflow": [{"when": "depth", "to": "message"}]}'
    with pytest.raises(BodyInvalid, match=r"message.*add it"):
        read_body(wire.QueueBody, raw)
