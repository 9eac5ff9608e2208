"""What if: the short forms, and what they do to a scenario."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.settings import AgentSettings, QueueSettings, Ring
from app.domain.words import Strategy
from app.simulation.changes import (
    ChangeInvalid,
    Changes,
    Headcount,
    changed,
    parse_capacity,
    parse_headcount,
    parse_rings,
    parse_strategy,
    with_habits,
)
from app.simulation.scenario import Arrival
from tests.simulation.centre import agent, centre

AGENTS = {
    "anna": agent({"q": 1, "r": 3}, shifts=((10, 20),), skills={"x": 1}, capacity={"chat": 2}),
    "bert-1": agent({"q": 2}, shifts=((5, 8), (30, 40)), skills={"x": 3}, group="bert"),
    "bert-2": agent({"q": 2}, shifts=((5, 8),), group="bert"),
}
ARRIVALS = [Arrival(0, "c", "q", 1)]
BASE = centre(ARRIVALS, AGENTS)


def test_the_short_forms() -> None:
    assert parse_headcount("+2") == Headcount(2, "")
    assert parse_headcount("-1:bert") == Headcount(-1, "bert")
    assert parse_capacity(["chat=3", "call=1"]) == {"chat": 3, "call": 1}
    assert parse_strategy("least_loaded") is Strategy.LEAST_LOADED
    assert parse_rings("none") == ()
    assert parse_rings("0:1,30:2, 120.5:2-french-fast") == (
        Ring(after_ms=0, max_level=1),
        Ring(after_ms=30_000, max_level=2),
        Ring(after_ms=120_500, max_level=2, relax_skills=["french", "fast"]),
    )


@pytest.mark.parametrize("text", ["2", "+", "+0", "two", "+2:", "+99999"])
def test_a_headcount_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ChangeInvalid, match=r"write \+2"):
        parse_headcount(text)


@pytest.mark.parametrize("text", ["", "30", "0:1,0:2", "30:1,20:2", "0:x", "0:1-"])
def test_rings_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ChangeInvalid):
        parse_rings(text)


@pytest.mark.parametrize("text", ["chat", "chat=", "chat=x", "=3"])
def test_a_capacity_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ChangeInvalid, match="chat=3"):
        parse_capacity([text])


def test_an_unknown_strategy_is_told_the_known_ones() -> None:
    with pytest.raises(ChangeInvalid, match="longest_idle, least_loaded"):
        parse_strategy("fastest")


def test_more_are_all_rounders_unless_somebody_is_named() -> None:
    scenario = changed(BASE, Changes(headcounts=(Headcount(1), Headcount(1, "bert"))))
    assert [*scenario.agents] == [*AGENTS, "extra-1", "extra-2"]
    extra = scenario.agents["extra-1"]
    assert extra.settings.queues == {"q": 1, "r": 3}
    assert extra.settings.skills == {"x": 3}
    assert extra.settings.capacity == {"chat": 2, "call": 1}
    assert extra.shifts == ((5, 40),)
    assert scenario.agents["extra-2"] == AGENTS["bert-1"]


def test_less_are_the_last_ones() -> None:
    assert [*changed(BASE, Changes(headcounts=(Headcount(-1),))).agents] == ["anna", "bert-1"]
    assert [*changed(BASE, Changes(headcounts=(Headcount(-1, "anna"),))).agents] == [
        "bert-1",
        "bert-2",
    ]
    with pytest.raises(ChangeInvalid, match="only 2 can go, not 3"):
        changed(BASE, Changes(headcounts=(Headcount(-3, "bert"),)))
    with pytest.raises(ChangeInvalid, match="'carl'; there are anna, bert"):
        changed(BASE, Changes(headcounts=(Headcount(1, "carl"),)))


def test_rules_change_in_every_queue_and_nothing_else_does() -> None:
    ring = Ring(after_ms=0, max_level=1)
    scenario = changed(BASE, Changes(strategy=Strategy.LINEAR, rings=(ring,), wrap_up_ms=9))
    for id_, queue in scenario.queues.items():
        assert queue.offer == replace(BASE.queues[id_].offer, strategy=Strategy.LINEAR)
        assert (queue.rings, queue.wrap_up.ms) == ([ring], 9)
    assert scenario.agents == BASE.agents
    assert scenario.arrivals is BASE.arrivals
    assert changed(BASE, Changes()) == BASE


def test_more_room_on_a_channel_widens_the_bound_over_all() -> None:
    settings = AgentSettings(name="Narrow", queues={"q": 1}, capacity={"chat": 1}, units=1)
    base = centre(ARRIVALS, {"a": replace(AGENTS["anna"], settings=settings)})
    scenario = changed(base, Changes(capacity={"chat": 3}))
    assert scenario.agents["a"].settings == replace(settings, capacity={"chat": 3}, units=3)


def test_settings_of_another_file_replace_those_of_the_same_id() -> None:
    other = AgentSettings(name="Anna", queues={"q": 9})
    queues = {"q": QueueSettings(name="Q", priority=3)}
    scenario = changed(BASE, Changes(queues=queues, agents={"anna": other}))
    assert scenario.agents["anna"] == replace(AGENTS["anna"], settings=other)
    assert scenario.agents["bert-1"] == AGENTS["bert-1"]
    assert scenario.queues == {**BASE.queues, **queues}


def test_habits_are_everybodys() -> None:
    scenario = with_habits(BASE, accept_delay_ms=500, misses=0.5)
    for one in scenario.agents.values():
        assert (one.habits.accept_delay_ms, one.habits.declines, one.habits.misses) == (500, 0, 0.5)
    assert with_habits(BASE) == BASE
