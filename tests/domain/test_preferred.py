"""The preferred agent: who is asked first, and for how long the others wait for him."""

from __future__ import annotations

import pytest

from app.domain import commands as c
from tests.domain.workbench import Workbench


@pytest.fixture
def bench(bench: Workbench) -> Workbench:
    """Pat is wished for; ben would be chosen otherwise."""
    bench.queue(preferred={"online_ms": 30_000, "offline_ms": 10_000})
    bench.staff("ben")
    bench.staff("pat")
    return bench


def wish(bench: Workbench, id_: str = "c1") -> None:
    """Let a customer come who wishes for Pat."""
    bench.enter(id_, preferred_agent="pat")


def test_the_preferred_agent_is_asked_first(bench: Workbench) -> None:
    wish(bench)
    assert bench.asked("c1") == ["pat"]
    assert bench.offer("c1", "pat").why["preferred"] is True


def test_only_he_is_asked_even_where_all_are_asked_at_once(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "all_at_once", "fan_out": 5})
    wish(bench)
    assert bench.asked("c1") == ["pat"]


def test_while_he_is_busy_it_is_kept_for_the_online_time(bench: Workbench) -> None:
    wish(bench, "c0")
    bench.accept("pat", "c0")
    wish(bench)
    bench.pass_s(29.999)
    assert bench.asked("c1") == []
    bench.pass_s(0.001)
    assert bench.asked("c1") == ["ben"]


def test_he_gets_it_when_he_is_free_in_time(bench: Workbench) -> None:
    wish(bench, "c0")
    bench.accept("pat", "c0")
    wish(bench)
    bench.pass_s(20)
    bench.complete("c0")
    assert bench.asked("c1") == ["pat"]


def test_a_break_counts_as_online(bench: Workbench) -> None:
    bench.away("pat")
    wish(bench)
    bench.pass_s(29.999)
    assert bench.asked("c1") == []
    bench.available("pat")
    assert bench.asked("c1") == ["pat"]


@pytest.mark.parametrize("how", ["offline", "disconnect"])
def test_while_he_is_offline_it_is_kept_for_the_offline_time(bench: Workbench, how: str) -> None:
    getattr(bench, how)("pat")
    wish(bench)
    bench.pass_s(9.999)
    assert bench.asked("c1") == []
    bench.pass_s(0.001)
    assert bench.asked("c1") == ["ben"]


def test_going_offline_shortens_the_wait(bench: Workbench) -> None:
    bench.away("pat")
    wish(bench)
    bench.pass_s(15)
    bench.offline("pat")
    assert bench.asked("c1") == ["ben"]


def test_coming_online_makes_it_wait_for_him(bench: Workbench) -> None:
    bench.away("ben")
    bench.offline("pat")
    wish(bench, "c0")
    wish(bench)
    bench.pass_s(20)
    bench.available("pat")
    bench.accept("pat", "c0")
    bench.available("ben")
    assert bench.asked("c1") == [], "kept for another ten seconds"
    bench.pass_s(10)
    assert bench.asked("c1") == ["ben"]


@pytest.mark.parametrize("how", ["no such agent", "not a member", "removed"])
def test_nobody_waits_for_one_who_cannot_come(bench: Workbench, how: str) -> None:
    match how:
        case "not a member":
            bench.agent("pat", [])
        case "removed":
            bench.remove_agent("pat")
    bench.enter("c1", preferred_agent="ghost" if how == "no such agent" else "pat")
    assert bench.asked("c1") == ["ben"]


def test_a_removed_preferred_agent_is_not_waited_for_any_longer(bench: Workbench) -> None:
    bench.away("pat")
    wish(bench)
    bench.remove_agent("pat")
    assert bench.asked("c1") == ["ben"]


def test_a_preferred_agent_who_declined_had_his_chance(bench: Workbench) -> None:
    wish(bench)
    bench.decline("pat", "c1")
    assert bench.asked("c1") == ["ben"]


def test_kept_for_him_levels_and_skills_are_waived(bench: Workbench) -> None:
    bench.queue(rings=[{"after_ms": 0, "max_level": 1}], preferred={"online_ms": 30_000})
    bench.agent("pat", {"q": 9})
    bench.enter("c1", preferred_agent="pat", skills={"en": 5})
    assert bench.asked("c1") == ["pat"]


def test_not_kept_for_him_he_is_judged_like_everybody(bench: Workbench) -> None:
    bench.queue(rings=[{"after_ms": 0, "max_level": 1}], preferred={"online_ms": 0})
    bench.agent("pat", {"q": 9})
    wish(bench)
    assert bench.asked("c1") == ["ben"]


def test_not_kept_for_him_he_is_still_asked_first(bench: Workbench) -> None:
    bench.queue(preferred={"online_ms": 0})
    wish(bench)
    assert bench.asked("c1") == ["pat"]


def test_others_in_line_are_not_held_up(bench: Workbench) -> None:
    bench.away("pat")
    wish(bench)
    bench.enter("c2")
    assert bench.asked("c2") == ["ben"]


@pytest.mark.parametrize("rebuilt", [True, False])
def test_a_new_owner_does_not_wait_for_one_who_has_not_come_back(
    bench: Workbench, rebuilt: bool
) -> None:
    bench.serve("c0", preferred_agent="pat")
    bench.away("ben")
    wish(bench)
    bench.pass_s(10)
    if rebuilt:
        bench.take_over()
    else:
        bench.do(c.OpenEpoch(2, "node-2", 20_000))
    bench.connect("ben")
    bench.available("ben")
    assert bench.asked("c1") == ["ben"]
