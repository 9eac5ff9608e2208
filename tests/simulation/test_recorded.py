"""A recorded day as a scenario: its people as they were, its rules as one likes them."""

from __future__ import annotations

from pathlib import Path

from app.clients.bank import read_bank_day, read_bank_month
from app.clients.day import Agent, Conversation, Day, Shift
from app.domain.settings import AgentSettings, QueueSettings
from app.simulation.recorded import recorded
from app.simulation.scenario import MONDAY_MS, Arrival, midnight
from tests.simulation.centre import run

DAY = Day(
    "example",
    {"anna": Agent("anna", {"q": 2}, {"x": 1}), "bert": Agent("bert", {"q": 1})},
    (Shift("anna", 1.5, 20.0), Shift("anna", 30.0, 40.0)),
    (
        Conversation("c1", 2.0, "q", 3.25, 4.0, "call", 2, {"x": 1}),
        Conversation("c2", 2.0, "q", 1.0, channel="chat"),
    ),
)


def test_people_are_as_they_were() -> None:
    scenario = recorded(DAY)
    assert list(scenario.arrivals) == [
        Arrival(2_000, "c1", "q", 3_250, 4_000, 2, "call", {"x": 1}),
        Arrival(2_000, "c2", "q", 1_000, None, 0, "chat", {}),
    ]
    anna = scenario.agents["anna"]
    assert anna.shifts == ((1_500, 20_000), (30_000, 40_000))
    assert (anna.settings.queues, anna.settings.skills) == ({"q": 2}, {"x": 1})
    assert scenario.agents["bert"].shifts == ()
    assert scenario.queues == {"q": QueueSettings(name="q")}


def test_an_agent_has_one_conversation_at_a_time_whatever_the_channel() -> None:
    assert run(recorded(DAY))[0].served == {"c1": 0, "c2": 3_250}


def test_settings_replace_those_of_the_same_id() -> None:
    roomy = AgentSettings(name="Anna", queues={"q": 1}, capacity={"call": 1, "chat": 1})
    queues = {"q": QueueSettings(name="Q", priority=3), "r": QueueSettings(name="R")}
    scenario = recorded(DAY, queues, {"anna": roomy, "else": roomy})
    assert scenario.queues == queues and [*scenario.agents] == ["anna", "bert"]
    assert scenario.agents["anna"].shifts == recorded(DAY).agents["anna"].shifts
    assert run(scenario)[0].served == {"c2": 0}  # c1 asks for a skill.


def test_a_priority_is_a_head_start_in_seconds() -> None:
    scenario = recorded(DAY, head_start_s=90)
    assert [one.priority for one in scenario.arrivals] == [180, 0]
    assert scenario.queues["q"].ageing.priority_per_min == 60
    assert [one.priority for one in recorded(DAY, head_start_s=0).arrivals] == [0, 0]


def test_a_day_called_by_its_date_begins_at_its_midnight() -> None:
    for name, wanted in {
        "1999-02-03": midnight("1999-02-03"),
        "1999-02": midnight("1999-02-01"),
        "example": MONDAY_MS,
        "1999-13": MONDAY_MS,
    }.items():
        named = Day(name, DAY.agents, DAY.shifts, DAY.conversations)
        assert recorded(named).starts_at == wanted
    assert midnight("1970-01-02") == 86_400_000


def test_a_month_is_its_days_one_after_the_other(data: Path) -> None:
    month, third = read_bank_month(data, "1999-02"), read_bank_day(data, "1999-02-03")
    own = {one.id: one.arrived_s - 2 * 86_400 for one in month.conversations}
    assert {one.id: own[one.id] for one in third.conversations} == {
        one.id: one.arrived_s for one in third.conversations
    }
    later = [(one.agent, one.on_s + 2 * 86_400) for one in third.shifts]
    assert {*later} <= {(one.agent, one.on_s) for one in month.shifts}
