"""Who is asked: one strategy a section, and the tie-breaks that make it exact."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from app.domain.words import Strategy
from tests.domain.workbench import Workbench


def team(bench: Workbench, strategy: str, names: str = "anna ben carl", **parts: Any) -> None:
    """Staff one queue with people who have room for many."""
    bench.queue(offer={"strategy": strategy})
    for name in names.split():
        bench.staff(name, capacity={"chat": 20}, **parts)


def served(bench: Workbench, count: int) -> list[str]:
    """Serve so many conversations, one after another, and list who got them."""
    start = bench.state.totals.entered
    return [bench.serve(f"s{start + number}") for number in range(count)]


def test_longest_idle_asks_who_has_waited_longest_for_work(bench: Workbench) -> None:
    team(bench, "longest_idle")
    bench.pass_s(1)
    assert served(bench, 3) == ["anna", "ben", "carl"], "a tie goes to who was hired first"
    bench.pass_s(1)
    bench.complete("s1")
    bench.pass_s(1)
    bench.complete("s0")
    bench.pass_s(1)
    assert served(bench, 3) == ["carl", "ben", "anna"]


def test_accepting_ends_idleness_and_declining_does_not(bench: Workbench) -> None:
    team(bench, "longest_idle", "anna ben")
    bench.pass_s(1)
    bench.enter("c1")
    bench.decline("anna", "c1")
    bench.accept("ben", "c1")
    assert served(bench, 1) == ["anna"]


def test_coming_back_to_work_starts_idleness_anew(bench: Workbench) -> None:
    team(bench, "longest_idle", "anna ben")
    bench.away("anna")
    bench.pass_s(60)
    bench.available("anna")
    assert served(bench, 1) == ["ben"]


def test_a_lost_socket_does_not_cost_the_place(bench: Workbench) -> None:
    team(bench, "longest_idle", "anna ben")
    bench.disconnect("anna")
    bench.pass_s(5)
    bench.connect("anna")
    assert served(bench, 1) == ["anna"]


def test_least_loaded_fills_everybody_evenly(bench: Workbench) -> None:
    team(bench, "least_loaded")
    served(bench, 9)
    assert [len(bench.of_agent(name).conversations) for name in ("anna", "ben", "carl")] == [3] * 3


def test_least_loaded_refills_where_the_load_sank(bench: Workbench) -> None:
    team(bench, "least_loaded")
    served(bench, 6)
    bench.complete("s1")
    bench.complete("s4")
    assert served(bench, 2) == ["ben", "ben"]


def test_least_loaded_measures_the_share_of_capacity(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "least_loaded"})
    bench.staff("small", capacity={"chat": 2})
    bench.staff("large", capacity={"chat": 8})
    assert served(bench, 5) == ["small", "large", "large", "large", "large"]


def test_least_loaded_counts_open_offers_too(bench: Workbench) -> None:
    team(bench, "least_loaded", "anna ben")
    bench.enter("c1")
    bench.enter("c2")
    assert (bench.asked("c1"), bench.asked("c2")) == (["anna"], ["ben"])


def test_least_loaded_breaks_a_tie_by_idleness(bench: Workbench) -> None:
    team(bench, "least_loaded", "anna ben")
    bench.serve("c1")
    bench.pass_s(1)
    bench.complete("c1")
    assert served(bench, 1) == ["ben"]


def test_round_robin_takes_turns(bench: Workbench) -> None:
    team(bench, "round_robin")
    assert served(bench, 7) == ["anna", "ben", "carl", "anna", "ben", "carl", "anna"]


def test_round_robin_counts_the_asking_not_the_answer(bench: Workbench) -> None:
    team(bench, "round_robin")
    bench.enter("c1")
    bench.decline("anna", "c1")
    bench.decline("ben", "c1")
    bench.accept("carl", "c1")
    assert served(bench, 1) == ["anna"]


def test_round_robin_passes_who_is_away_without_losing_the_turn(bench: Workbench) -> None:
    team(bench, "round_robin")
    bench.away("anna")
    assert served(bench, 2) == ["ben", "carl"]
    bench.available("anna")
    assert served(bench, 3) == ["anna", "ben", "carl"]


def test_fewest_accepted_brings_everybody_to_the_same_number(bench: Workbench) -> None:
    team(bench, "fewest_accepted", "anna ben")
    served(bench, 4)
    bench.staff("carl", capacity={"chat": 20})
    assert served(bench, 3) == ["carl", "carl", "anna"]


def test_linear_goes_down_the_list(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "linear"})
    for name in ("anna", "ben", "carl"):
        bench.staff(name)
    bench.enter("c1")
    bench.decline("anna", "c1")
    bench.decline("ben", "c1")
    assert bench.asked_in_order("c1") == ["anna", "ben", "carl"]


def test_linear_starts_at_the_top_again(bench: Workbench) -> None:
    team(bench, "linear")
    assert served(bench, 3) == ["anna", "anna", "anna"]


def draw(bench: Workbench, count: int) -> list[str]:
    """Draw so many lots among the same idle people; what is over is forgotten at once."""
    drawn = []
    for _ in range(count):
        drawn.append(bench.serve("c1"))
        bench.complete("c1")
        bench.tick()
    return drawn


def test_random_gives_everybody_the_same_share() -> None:
    bench = Workbench(retention_ms=0)
    bench.queue(offer={"strategy": "random"})
    names = ["anna", "ben", "carl", "dora"]
    for name in names:
        bench.staff(name)
    shares = Counter(draw(bench, 2_000))
    # 4 sigma of a binomial with 2,000 draws and p = 1/4 is 78.
    assert all(abs(shares[name] - 500) < 78 for name in names), shares


def test_random_has_no_rhythm() -> None:
    """What follows anna is anybody, anna included."""
    bench = Workbench(retention_ms=0)
    bench.queue(offer={"strategy": "random"})
    bench.staff("anna")
    bench.staff("ben")
    pairs = Counter(pairwise(draw(bench, 1_000)))
    # 4 sigma with 999 pairs and p = 1/4 is 55.
    assert all(
        abs(pairs[one, two] - 250) < 55 for one in ("anna", "ben") for two in ("anna", "ben")
    )


def test_random_draws_among_the_able_only(bench: Workbench) -> None:
    bench.queue(offer={"strategy": "random"})
    for name in ("anna", "ben", "carl"):
        bench.staff(name, capacity={"chat": 20})
    bench.away("ben")
    assert set(served(bench, 30)) == {"anna", "carl"}
    bench.available("ben")
    assert "ben" in served(bench, 20)


@pytest.mark.parametrize("strategy", Strategy)
def test_a_lower_level_comes_first_whatever_the_strategy(bench: Workbench, strategy: str) -> None:
    bench.queue(offer={"strategy": strategy, "fan_out": 1})
    bench.staff("second", {"q": 2}, capacity={"chat": 20})
    bench.pass_s(60)
    bench.staff("first", {"q": 1}, capacity={"chat": 20})
    served(bench, 2)
    assert served(bench, 1) == ["first"]
    bench.away("first")
    assert served(bench, 1) == ["second"]


@pytest.mark.parametrize("strategy", ["longest_idle", "least_loaded", "fewest_accepted"])
def test_levels_are_overlooked_where_the_queue_says_so(bench: Workbench, strategy: str) -> None:
    bench.queue(offer={"strategy": strategy, "respect_levels": False})
    bench.staff("second", {"q": 2}, capacity={"chat": 20})
    bench.pass_s(60)
    bench.staff("first", {"q": 1}, capacity={"chat": 20})
    bench.pass_s(1)
    assert served(bench, 2) == ["second", "first"]


@pytest.mark.parametrize("act", ["release", "move", "away"])
def test_who_just_had_the_offer_has_no_claim_on_it(bench: Workbench, act: str) -> None:
    """A conversation that returns is given by the strategy, not to who was freed by its return."""
    bench.queue()
    bench.queue("r")
    bench.staff("first", {"q": 1, "r": 1})
    bench.staff("second", {"q": 2, "r": 2})
    bench.away("first")
    bench.enter("c1")
    bench.available("first")
    match act:
        case "release":
            bench.release("c1")
        case "move":
            bench.move("c1", "r")
        case "away":
            bench.away("second")
    assert bench.asked("c1") == ["first"]


def test_agents_freed_at_one_instant_are_chosen_by_the_strategy(bench: Workbench) -> None:
    bench.queue(wrap_up={"ms": 5_000})
    bench.staff("first", {"q": 1})
    bench.staff("second", {"q": 2})
    bench.serve("z")
    bench.serve("a")
    bench.complete("z")
    bench.complete("a")
    bench.enter("c1")
    bench.pass_s(5)
    assert bench.asked("c1") == ["first"]
