"""The drill of real trouble in its short form."""

from __future__ import annotations

import pytest

from app.adapters.embedded.binary import NoServerBinary
from app.campaign.machine import Store
from app.campaign.trouble import Outcome, Report, trouble


@pytest.mark.slow
async def test_real_trouble_is_told_and_the_queues_move_again() -> None:
    try:
        Store()
    except NoServerBinary:
        pytest.skip("no valkey or redis server program")
    told: list[str] = []
    report = await trouble(lambda at, text, kind: told.append(f"{at:5.1f} {text}"), short=True)
    wrong = {outcome.name: outcome.wrong for outcome in report.outcomes if outcome.wrong}
    assert not wrong, told
    assert report.passed, report.faults
    names = [outcome.name for outcome in report.outcomes]
    assert len(names) >= 6 and len({*names}) == len(names)
    assert all(outcome.told for outcome in report.outcomes[1:])
    assert report.conversations > 50 and report.offers > 50


def test_a_report_passes_only_without_a_fault_of_any_kind() -> None:
    assert Report([Outcome("a")]).passed
    assert not Report([Outcome("a", wrong=["stood"])]).passed
    assert not Report([Outcome("a")], faults=["lost"]).passed
