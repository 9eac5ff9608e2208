"""The service level by every variant, against a worked example."""

from __future__ import annotations

import pytest

from app.domain.figures import QueueFigures
from app.domain.settings import ServiceLevelRule
from app.wire.board_rows import percent_of

# 1000 answered, 860 of them in time; 60 left, 20 of them within the target, 10 within seconds.
DAY = QueueFigures(
    answered=1000,
    answered_in_target=860,
    abandoned=60,
    abandoned_in_target=20,
    abandoned_short=10,
)


@pytest.mark.parametrize(
    ("variant", "percent"),
    [
        ("answered_only", 86.0),
        ("abandoned_positive", 83.02),
        ("abandoned_ignored", 82.69),
        ("short_abandon_excluded", 81.9),
        ("abandoned_negative", 81.13),
        ("event_time", 82.69),
    ],
)
def test_five_correct_answers(variant: str, percent: float) -> None:
    assert percent_of(DAY, ServiceLevelRule(variant=variant), 0) == percent


def test_only_event_time_falls_while_nothing_is_answered() -> None:
    for variant in ("answered_only", "abandoned_ignored", "abandoned_negative"):
        rule = ServiceLevelRule(variant=variant)
        assert percent_of(DAY, rule, 500) == percent_of(DAY, rule, 0)
    assert percent_of(DAY, ServiceLevelRule(), 500) == round(100 * 860 / 1540, 2)
    assert percent_of(QueueFigures(), ServiceLevelRule(), 3) == 0.0


def test_without_data_there_is_no_figure() -> None:
    for variant in ("event_time", "answered_only", "abandoned_positive"):
        assert percent_of(QueueFigures(), ServiceLevelRule(variant=variant), 0) is None
