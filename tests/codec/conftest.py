"""Lets a run with ``INTERLOCK_WRITE_GOLDEN=1`` add what the golden corpus lacks."""

from __future__ import annotations

import os

import pytest

from tests.codec.golden import VARIABLE, write_missing
from tests.codec.logs import write_due


def pytest_configure(config: pytest.Config) -> None:
    """Before the tests look at it. Never touches what is there already."""
    if os.environ.get(VARIABLE) == "1" and not hasattr(config, "workerinput"):
        for name in write_missing() + write_due():
            print(f"golden: added {name}")
