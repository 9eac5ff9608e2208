"""No scenario of the collection was overlooked: each is played, or has its reason.

The collection itself is not part of this repository; where it is absent this is skipped.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.domain.peers import CHOICES, NOT_PLAYED

HERE = Path(__file__).resolve()


@pytest.fixture(scope="module")
def told() -> dict[str, set[int]]:
    """Read the numbers of the collection by status."""
    default = HERE.parents[3] / "shared" / "data"
    found = Path(os.environ.get("INTERLOCK_TEST_DATA") or default) / "peer_scenarios.yaml"
    if not found.is_file():
        pytest.skip("the collection is not here: set INTERLOCK_TEST_DATA")
    numbers: dict[str, set[int]] = {}
    text = found.read_text(encoding="utf-8")
    for one in re.split(r"^- id: ", text, flags=re.MULTILINE)[1:]:
        status = re.search(r"^  status: (\w+)$", one, re.MULTILINE)
        assert status, "the collection has another shape than expected"
        numbers.setdefault(status[1], set()).add(int(one.split()[0]))
    return numbers


def played() -> list[int]:
    """List the scenarios that have a test."""
    texts = [path.read_text(encoding="utf-8") for path in HERE.parent.glob("test_peers_*.py")]
    return [int(id_) for text in texts for id_ in re.findall(r"^def test_(\d+)_", text, re.M)]


@pytest.mark.parametrize("status", ["core", "optional", "choice"])
def test_no_scenario_was_overlooked(told: dict[str, set[int]], status: str) -> None:
    assert told[status], "the collection has another shape than expected"
    assert told[status] <= {*played(), *NOT_PLAYED}


def test_every_choice_is_made(told: dict[str, set[int]]) -> None:
    assert told["choice"] == CHOICES.keys() and told["choice"] <= {*played()}


def test_nothing_is_played_that_is_not_told(told: dict[str, set[int]]) -> None:
    assert {*played(), *NOT_PLAYED} <= set.union(*told.values())


def test_what_is_played_needs_no_excuse() -> None:
    assert len(played()) == len({*played()}), "each scenario has one test"
    assert not {*played()} & NOT_PLAYED.keys()
