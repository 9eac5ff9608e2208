"""Lets a run with ``INTERLOCK_WRITE_GOLDEN=1`` add what the golden corpus lacks."""

from __future__ import annotations

import os

import pytest

from tests.codec.golden import VARIABLE, write_missing


@pytest.fixture(scope="session", autouse=True)
def golden_corpus_grows() -> None:
    """Never touches what is there already."""
    if os.environ.get(VARIABLE) == "1":
        for name in write_missing():
            print(f"golden: added {name}")
