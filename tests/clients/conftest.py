"""Fixtures: the recorded month, where it is present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.clients.bank import find_data

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def data() -> Path:
    """The directory of the bank month; skips where nobody has it."""
    found = find_data(None, os.environ) or ROOT.parent / "shared" / "data"
    if not (found / "bank_1999-02_conversations.csv.gz").is_file():
        pytest.skip("the recorded month is not here: set INTERLOCK_TEST_DATA")
    return found
