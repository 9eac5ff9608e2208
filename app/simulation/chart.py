"""Draws a day: how many came, how long they waited, and the service level, as it is and what if.

MUST NOT compute a figure, open a window, or be needed by anything else: matplotlib is an extra of
the installation. The rule: every line says what it is and in which unit, the variant of the service
level included.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import ceil, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.interval_figures import IntervalRecord, service_level
from app.simulation.runs import Pool

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = (".png", ".svg", ".pdf")
VARIANT = "event_time"
REMEDY = "charts want matplotlib: pip install 'interlock-offers[charts]'"
MS_PER_HOUR = 3_600_000
HOURS_OF_CLOCK = 30
TICKS = 14
Style = dict[str, Any]
Side = tuple[Pool, Style, str]
BARS = "#dbe3ec"
BACK: Style = {"color": "#8593a3", "linewidth": 3.2, "marker": "o", "markersize": 4.5}
FRONT: Style = {"color": "#c2410c", "linewidth": 1.5, "marker": "o", "markersize": 3}
"""How a side is drawn; what lies behind is thick enough to be seen where the two agree."""
WAITS = (0, 5, 10, 20, 60, 120, 300, 600, 1_800, 3_600, 4 * 3_600)


class ChartImpossible(Exception):
    """The chart cannot be drawn; says what would help."""


def check_chart(path: Path) -> None:
    """Raises ChartImpossible before anything has been computed in vain."""
    if path.suffix.lower() not in SUFFIXES:
        raise ChartImpossible(f"{path}: charts end in {', '.join(SUFFIXES)}")
    if not path.absolute().parent.is_dir():
        raise ChartImpossible(f"{path}: there is no such directory")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ChartImpossible(REMEDY) from None


def draw(path: Path, title: str, base: Pool, other: Pool | None = None) -> None:
    """Draw the day into a file; its suffix says the format. Raises ChartImpossible, OSError."""
    check_chart(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 8.2), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=13, fontweight="bold")
    came, waited, level = figure.subplots(3, 1, sharex=True, height_ratios=[2, 3, 2.4])
    sides: list[Side] = [(base, FRONT, "")]
    if other is not None:
        sides = [(base, BACK, "as it is"), (other, FRONT, "what if")]
    _draw_came(came, base, sides)
    _draw_waits(waited, sides)
    _draw_level(level, sides)
    _label_time(level, base)
    figure.savefig(path, dpi=150)


def _draw_came(axes: Axes, base: Pool, sides: list[Side]) -> None:
    minutes = 60 * base.interval_ms / MS_PER_HOUR
    records = _records(base)
    axes.bar(
        [_hours(base, one.starts_at) for one in records],
        [one.offered / base.runs for one in records],
        width=base.interval_ms / MS_PER_HOUR,
        align="edge",
        color=BARS,
        edgecolor="white",
        linewidth=0.5,
        label=f"conversations that came, per {minutes:g} min",
    )
    axes.set_ylabel("conversations")
    at_work = axes.twinx()
    for pool, style, name in sides:
        times = [_hours(pool, at) for at, _ in pool.staff]
        counts = [count for _, count in pool.staff]
        label = _named("agents available", name)
        at_work.step(times, counts, where="post", label=label, **(style | {"marker": ""}))
    at_work.set_ylabel("agents")
    at_work.set_ylim(bottom=0)
    at_work.locator_params("y", integer=True, nbins=5)
    _legend(axes, at_work)


def _draw_waits(axes: Axes, sides: list[Side]) -> None:
    for pool, style, name in sides:
        times = _middles(pool)
        longest = _values(pool, lambda one: one.wait_max_ms / 1_000 if one.offered else None)
        mean = _values(
            pool, lambda one: one.wait_all_sum_ms / 1_000 / one.offered if one.offered else None
        )
        axes.fill_between(
            times,
            longest,
            color=str(style["color"]),
            alpha=0.14,
            linewidth=0,
            label=_named("longest", name),
        )
        axes.plot(times, mean, label=_named("mean of everybody", name), **style)
    axes.set_ylabel("wait (log above 10 s)")
    axes.set_yscale("symlog", linthresh=10)
    top = axes.get_ylim()[1]
    shown = [wait for wait in WAITS if wait <= top]
    axes.set_yticks([*shown], [*map(_duration, shown)])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    _legend(axes)


def _draw_level(axes: Axes, sides: list[Side]) -> None:
    variant = VARIANT.replace("_", " ")
    for pool, style, name in sides:
        target = "its target" if pool.target_ms is None else f"{pool.target_ms / 1_000:g} s"
        axes.plot(
            _middles(pool),
            _values(pool, lambda one: service_level(one, VARIANT)),
            label=_named(f"service level ({variant}, {target})", name),
            **style,
        )
    promised = sides[0][0].percent
    if promised is not None:
        label = f"promised {promised:g} %"
        axes.axhline(promised, color="#4a5a6a", linewidth=1, linestyle="--", label=label)
    axes.set_ylabel("service level, %")
    axes.set_ylim(0, 103)
    _legend(axes)


def _label_time(axes: Axes, base: Pool) -> None:
    """Clock times, or dates where the picture spans several days."""
    starts = [one.starts_at for one in _records(base)] or [base.starts_at]
    first = _hours(base, min(starts))
    last = _hours(base, max(starts) + base.interval_ms)
    axes.set_xlim(first, last)
    days = last - first > HOURS_OF_CLOCK
    step = 24 * max(1, round((last - first) / 24 / TICKS)) if days else 1 + (last - first > TICKS)
    ticks = [hour for hour in range(0, ceil(last) + 1, step) if first <= hour <= last]
    midnight = datetime.fromtimestamp(base.starts_at / 1_000, UTC)
    axes.set_xticks(
        ticks,
        [
            f"{midnight + timedelta(hours=hour):%d %b}" if days else f"{hour % 24:02}:00"
            for hour in ticks
        ],
    )
    axes.set_xlabel("date" if days else "time of day")


def _legend(axes: Axes, second: Axes | None = None) -> None:
    """Above the panel, so that it hides no line."""
    handles, names = axes.get_legend_handles_labels()
    for other in [second] if second is not None else []:
        more, more_names = other.get_legend_handles_labels()
        handles, names = handles + more, names + more_names
    axes.legend(
        handles,
        names,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=4,
        frameon=False,
        fontsize=9,
        borderaxespad=0.2,
    )
    axes.grid(axis="y", color="#e5e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    for each in (axes, second) if second is not None else (axes,):
        each.spines["top"].set_visible(False)
        each.spines["right"].set_visible(second is not None)


def _named(what: str, side: str) -> str:
    return f"{what}, {side}" if side else what


def _records(pool: Pool) -> list[IntervalRecord]:
    return [record for _, record in sorted(pool.intervals.items())]


def _hours(pool: Pool, at: int) -> float:
    """Hours since the midnight of the first day."""
    return (at - pool.starts_at) / MS_PER_HOUR


def _starts(pool: Pool) -> range:
    """The beginnings of all intervals, those in which nothing happened included."""
    known = sorted(pool.intervals) or [pool.starts_at]
    return range(known[0], known[-1] + 1, pool.interval_ms)


def _middles(pool: Pool) -> list[float]:
    return [_hours(pool, at + pool.interval_ms // 2) for at in _starts(pool)]


def _values(pool: Pool, of: Callable[[IntervalRecord], float | None]) -> list[float]:
    """One value for each interval; a gap in the line where there is none."""
    records = [pool.intervals.get(at) for at in _starts(pool)]
    values = [None if one is None else of(one) for one in records]
    return [nan if value is None else value for value in values]


def _duration(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3_600 else f"{seconds // 3_600} h"
