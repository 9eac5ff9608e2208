"""A slice of the worlds, the seed that is one history, and the bugs that a world has to find.

Run whole: ``interlock campaign sim``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from app.campaign.sim import never, play
from app.campaign.sim.mutants import MUTANTS, Mutant, hunt
from app.campaign.sim.runs import Outcome
from app.campaign.sim.world import World
from app.cli.sim_door import new_door

ROOT = Path(__file__).resolve().parents[2]
DOOR = new_door()
SHORT = 0.03
ONE = "from app.campaign.sim import play; from app.cli.sim_door import new_door"
FOUND_BY = {
    "believe what was not answered": 5,
    "forget a lost tail": 9,
    "newest first": 3,
    "skip a missed push": 2,
    "number pushes anew": 2,
}
SLOW = "release capacity twice"
"""An engine that offers more and more: it takes minutes, and is left to a run by hand."""


@pytest.fixture(scope="module")
def slice_() -> list[Outcome]:
    """Some worlds, each once."""
    return [play(seed, 0.05, DOOR) for seed in (2, 5, 24, 1012)]


def test_no_promise_breaks(slice_: list[Outcome]) -> None:
    assert {one.seed: one.faults for one in slice_ if one.faults} == {}


def test_much_went_wrong_in_them(slice_: list[Outcome]) -> None:
    injected: Counter[str] = sum((one.injected for one in slice_), start=Counter())
    assert len(injected) > 10
    sometimes: Counter[str] = sum((one.sometimes for one in slice_), start=Counter())
    assert sometimes["event OfferMade"] > 100
    assert len(never(sometimes).get("refusal", [])) < 25


def test_one_seed_is_one_history_in_any_process() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", f"{ONE}; print(play(5, {SHORT}, new_door()).digest)"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "4711")
    }
    assert told == {f"{play(5, SHORT, DOOR).digest}\n"}
    assert told != {f"{play(6, SHORT, DOOR).digest}\n"}


@pytest.mark.parametrize(
    "mutant", [one for one in MUTANTS if one.name != SLOW], ids=lambda one: one.name
)
def test_a_bug_put_in_on_purpose_is_found(mutant: Mutant) -> None:
    first = FOUND_BY.get(mutant.name, 1)
    assert hunt(mutant, range(first, first + 6), SHORT, DOOR) is not None


def test_two_workspaces_on_one_store_know_nothing_of_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.campaign.sim.runs.NEIGHBOURS", 1.0)
    outcome = play(3, SHORT, DOOR)
    assert outcome.injected["neighbour"] and outcome.faults == []


@pytest.mark.parametrize(
    ("wound", "trace"),
    [
        ("break engine", "step_downs_total reason=EngineBroken"),
        ("misdirect", "misroute_prevented_total"),
        ("remove on the way", "close 4503"),
    ],
)
def test_a_rare_wound_is_met_and_healed(wound: str, trace: str) -> None:
    def plant(world: World) -> None:
        world.setting.faults = [wound, "kill owner"]

    for seed in range(1, 12):
        outcome = play(seed, SHORT, DOOR, plant=plant)
        assert outcome.faults == []
        if outcome.sometimes[trace]:
            return
    raise AssertionError(f"{trace} was never seen")
