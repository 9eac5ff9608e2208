"""The standard figures of a run, each with its name in full, and how two kinds of runs compare.

MUST NOT print. The rule: a service level is never shown without its variant, for the same day gives
six of them; a figure of several days comes with its 95 % confidence interval, and a difference is
taken day by day, so that what both runs share cancels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from app.domain.interval_figures import VARIANTS, IntervalRecord, service_level
from app.simulation.runs import Run

FORMULAS = {
    "event_time": "hits / (hits + target reached waiting)",
    "answered_only": "answered in time / answered",
    "abandoned_ignored": "answered in time / (answered + abandoned late)",
    "abandoned_negative": "answered in time / (answered + abandoned)",
    "abandoned_positive": "(answered + abandoned in time) / (answered + abandoned)",
    "short_abandon_excluded": "answered in time / (answered + abandoned not at once)",
}
"""Variant -> what is divided by what; *in time*: within the target."""


@dataclass(slots=True, frozen=True)
class Figure:
    """One figure: its ``key`` for programs, ``label`` for people, and ``unit`` (``%``, ``s``).

    Not shown where it is 0 all over (``optional``), or the same as that of the key ``unlike``.
    """

    key: str
    label: str
    unit: str
    of: Callable[[Run, IntervalRecord], float | None]
    optional: bool = False
    unlike: str = ""


def _share(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / 1_000


def _level(variant: str) -> Figure:
    return Figure(
        f"service_level.{variant}",
        f"service level, {variant.replace('_', ' ')}",
        "%",
        lambda run, total: service_level(total, variant),
    )


def percent(share: float | None) -> float | None:
    """A share of 1 as one of 100."""
    return None if share is None else 100 * share


FIGURES = (
    Figure("offered", "offered", "", lambda run, total: total.offered),
    Figure("turned_away", "turned away, queue full", "", lambda run, _: run.turned_away, True),
    Figure("served", "served", "", lambda run, total: total.served),
    Figure("abandoned", "abandoned", "", lambda run, total: total.abandoned),
    Figure("unanswered", "closed unanswered", "", lambda run, total: total.left_unanswered, True),
    Figure("waiting", "still waiting at the end", "", lambda run, total: total.waiting, True),
    Figure("overflowed", "overflowed", "", lambda run, total: total.overflowed, True),
    Figure("in_target", "served in time", "", lambda run, total: total.served_within_target),
    *(_level(variant) for variant in VARIANTS),
    Figure("abandon_rate", "abandon rate", "%", lambda _, t: _share(t.abandoned, t.offered)),
    Figure("asa_s", "average speed of answer", "s", lambda _, t: _seconds(t.asa_ms)),
    Figure(
        "mean_wait_s",
        "mean wait of everybody",
        "s",
        lambda run, t: t.wait_all_sum_ms / 1_000 / t.offered if t.offered else None,
    ),
    Figure("longest_wait_s", "longest wait", "s", lambda run, t: _seconds(t.wait_max_ms)),
    Figure("aht_s", "average handling time", "s", lambda run, t: _seconds(t.aht_ms)),
    Figure("occupancy", "occupancy", "%", lambda run, _: percent(run.tally.of().occupancy())),
    Figure(
        "utilization",
        "utilization (units in use)",
        "%",
        lambda run, _: percent(run.tally.of().utilization()),
        unlike="occupancy",
    ),
    Figure("declined", "offers declined", "", lambda run, _: run.tally.of().declined, True),
    Figure("missed", "offers missed", "", lambda run, _: run.tally.of().missed, True),
)
"""In the order in which they are shown."""

Row = Mapping[str, float | None]


def summary(run: Run) -> Row:
    """Every figure of one run by its key; None without anything to compute it from."""
    total = run.figures.total()
    return {figure.key: figure.of(run, total) for figure in FIGURES}


@dataclass(slots=True, frozen=True)
class Mean:
    """The mean over runs and half the width of its 95 % interval (None: one run has none)."""

    value: float
    half_width: float | None

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.half_width is not None and abs(self.value) > self.half_width


def mean_of(values: Sequence[float | None]) -> Mean | None:
    """Mean and 95 % interval by Student's t; None when a run had no such figure."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    if len(known) == 1:
        return Mean(known[0], None)
    half = _t(len(known) - 1) * stdev(known) / sqrt(len(known))
    return Mean(fmean(known), half)


@dataclass(slots=True, frozen=True)
class Compared:
    """One figure as it is, as it would be, and the difference (what if minus as it is)."""

    figure: Figure
    base: Mean | None
    other: Mean | None = None
    difference: Mean | None = None


def compare(base: Sequence[Row], other: Sequence[Row] | None = None) -> Iterator[Compared]:
    """The figures worth showing. ``other`` are runs of the same seeds in the same order."""
    runs = [*base, *(other or ())]
    for figure in FIGURES:
        if figure.optional and not any(row[figure.key] for row in runs):
            continue
        if figure.unlike and all(row[figure.key] == row[figure.unlike] for row in runs):
            continue
        before = [row[figure.key] for row in base]
        after = [row[figure.key] for row in other or ()]
        if other is None:
            yield Compared(figure, mean_of(before))
            continue
        pairs = list(zip(before, after, strict=True))
        gaps = [None if a is None or b is None else b - a for a, b in pairs]
        yield Compared(figure, mean_of(before), mean_of(after), mean_of(gaps))


_T_975 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
"""Quantiles of Student's t for 1 to 30 degrees of freedom."""


def _t(freedom: int) -> float:
    """Beyond the table the first terms of the expansion around the normal (error below 0.001)."""
    if freedom <= len(_T_975):
        return _T_975[freedom - 1]
    z = 1.959964
    return z + (z**3 + z) / (4 * freedom)
