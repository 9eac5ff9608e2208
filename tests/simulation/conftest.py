"""Fixtures: the published truths where they are present, and how much of them is tried.

Bank days are always compared whole. Of what is drawn by lot the default is a sample; with

    INTERLOCK_SIMULATE_ALL=1 pytest -o faulthandler_timeout=0 tests/simulation

come as many conversations as the truths ask for (200,000 for each Erlang model, 1,000 days for each
published one), which takes about a quarter of an hour alone on a core.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.clients.conftest import data

__all__ = ["all_of_it", "data", "truths"]

ALL = "INTERLOCK_SIMULATE_ALL"


@pytest.fixture(scope="session")
def all_of_it() -> bool:
    """Whether everything is asked for."""
    return bool(os.environ.get(ALL))


@pytest.fixture(scope="session")
def truths(data: Path) -> Path:
    """The directory of the queueing truths; skips where nobody has them."""
    if not (data / "erlang_reference.csv").is_file():
        pytest.skip("the queueing truths are not here: set INTERLOCK_TEST_DATA")
    return data
