"""A slice of the attack with requests. Whole, over all calls: ``campaign requests``."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from app.campaign.requests import RULES, campaign
from app.wire.documents import openapi


def test_the_rules_are_about_calls_that_there_are() -> None:
    known = {
        f"{method.upper()} {path}"
        for path, methods in openapi("test")["paths"].items()
        for method in methods
    }
    assert set(RULES) <= known


@pytest.mark.skipif(find_spec("schemathesis") is None, reason="schemathesis is not installed")
async def test_a_slice_of_it_finds_nothing_and_leaves_nothing() -> None:
    said: list[int] = []
    asked = await campaign(1, 1, said.append, "^/v1/(wall|presences|tickets)", "coverage")
    assert asked.faults == [], asked.report
    assert asked.requests > 50
