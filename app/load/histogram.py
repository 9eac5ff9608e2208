"""A histogram with the same relative error everywhere: HDR buckets, kept sparse.

MUST NOT lose a value or cap it. The rule: a value is told at most 1/64 too high and never too low,
so that a percentile is never flattered; two histograms add up to that of both.
"""

from __future__ import annotations

from collections.abc import Mapping

_STEPS_BITS = 6
_STEPS = 1 << _STEPS_BITS


class Histogram:
    """Times in microseconds, given and told in seconds."""

    __slots__ = ("buckets", "count", "most_s", "total_s")

    def __init__(self, buckets: Mapping[int, int] | None = None) -> None:
        self.buckets: dict[int, int] = {}
        self.count = 0
        self.total_s = 0.0
        self.most_s = 0.0
        if buckets:
            self.add(buckets)

    def record(self, seconds: float) -> None:
        """Count one value; one below zero (clocks differ) counts as zero."""
        value = max(0, round(seconds * 1e6))
        bucket = _bucket(value)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        self.count += 1
        self.total_s += value / 1e6
        self.most_s = max(self.most_s, value / 1e6)

    def add(self, buckets: Mapping[int, int]) -> None:
        """Take in the buckets of another; mean and greatest become as exact as the buckets are."""
        for bucket, count in buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count
            self.count += count
            value_s = _upper(bucket) / 1e6
            self.total_s += value_s * count
            self.most_s = max(self.most_s, value_s)

    def take(self) -> dict[int, int]:
        """The buckets, and begin anew."""
        taken, self.buckets = self.buckets, {}
        self.count, self.total_s, self.most_s = 0, 0.0, 0.0
        return taken

    def quantile(self, share: float) -> float:
        """The value in seconds that ``share`` of all values do not exceed; 0 without values."""
        left = max(1, -int(-share * self.count // 1))
        for bucket in sorted(self.buckets):
            left -= self.buckets[bucket]
            if left <= 0:
                return min(_upper(bucket) / 1e6, self.most_s)
        return self.most_s

    @property
    def mean_s(self) -> float:
        """The mean in seconds; 0 without values."""
        return self.total_s / self.count if self.count else 0.0

    def summary(self) -> dict[str, float]:
        """Count, and percentiles in milliseconds."""
        shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
        told = {name: round(self.quantile(share) * 1e3, 3) for name, share in shares.items()}
        return {
            "count": self.count,
            "mean": round(self.mean_s * 1e3, 3),
            **told,
            "max": round(self.most_s * 1e3, 3),
        }


def _bucket(value: int) -> int:
    shift = max(0, value.bit_length() - _STEPS_BITS - 1)
    return (shift << (_STEPS_BITS + 1)) + (value >> shift)


def _upper(bucket: int) -> int:
    """The greatest value that falls into a bucket."""
    shift, step = bucket >> (_STEPS_BITS + 1), bucket & (2 * _STEPS - 1)
    return ((step + 1) << shift) - 1
