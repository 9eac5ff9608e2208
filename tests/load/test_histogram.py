"""The histogram never flatters, and the sum of parts is the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.load.histogram import Histogram

SECONDS = st.lists(st.floats(0, 5_000, allow_nan=False), min_size=1, max_size=200)


@given(SECONDS, st.sampled_from([0.5, 0.9, 0.99, 0.999, 1.0]))
def test_a_percentile_is_never_too_low_and_at_most_one_in_64_too_high(
    values: list[float], share: float
) -> None:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    exact = sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]
    told = histogram.quantile(share)
    assert exact - 1e-6 <= told <= exact * (1 + 1 / 64) + 2e-6
    assert histogram.count == len(values)


@given(SECONDS, SECONDS)
def test_two_histograms_add_up_to_that_of_all_values(one: list[float], two: list[float]) -> None:
    parts = [Histogram(), Histogram()]
    whole = Histogram()
    for part, values in zip(parts, (one, two), strict=True):
        for value in values:
            part.record(value)
            whole.record(value)
    parts[0].add(parts[1].take())
    assert parts[0].buckets == whole.buckets
    assert parts[1].count == 0


def test_a_value_from_before_its_time_counts_as_none() -> None:
    histogram = Histogram()
    histogram.record(-0.5)
    assert histogram.summary()["max"] == 0.0
    assert histogram.count == 1
