"""Line charts as SVG text: axes, grid, lines, moments.

MUST NOT load anything from anywhere: a chart has to open in ten years. The rule: the scale begins
at zero, or is logarithmic and says so, and no point is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH, HEIGHT = 900, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 14, 28
COLOURS = ("#0b6bcb", "#c2410c", "#15803d", "#7c3aed", "#b45309")


@dataclass
class Line:
    """One line: (x, y) in order; a y of None breaks it."""

    name: str
    points: Sequence[tuple[float, float | None]] = field(default_factory=tuple)


def chart(
    title: str,
    unit: str,
    lines: Sequence[Line],
    marks: Sequence[tuple[float, str]] = (),
    *,
    logarithmic: bool = False,
) -> str:
    """A figure over seconds; empty text when no line has a value."""
    lines = [line for line in lines if any(y is not None for _, y in line.points)]
    if not lines:
        return ""
    right = max(x for line in lines for x, _ in line.points)
    values = [y for line in lines for _, y in line.points if y is not None]
    scale = _Scale(values, right, logarithmic=logarithmic)
    legend = "".join(
        f'<span><i style="background:{COLOURS[n % len(COLOURS)]}"></i>{escape(line.name)}</span>'
        for n, line in enumerate(lines)
    )
    scaled = f"{unit}, logarithmic" if logarithmic else unit
    body = "".join((*scale.grid(), *_marks(scale, marks), *_paths(scale, lines)))
    return (
        f"<figure><figcaption><b>{escape(title)}</b> ({escape(scaled)}) {legend}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{body}</svg></figure>"
    )


class _Scale:
    """From values to places."""

    def __init__(self, values: Sequence[float], right: float, *, logarithmic: bool) -> None:
        self._log = logarithmic
        self._right = max(right, 1e-9)
        self._low, self._high, self._step = 0.0, 1.0, 1.0
        most = max(max(values), 1e-9)
        if logarithmic:
            least = min((value for value in values if value > 0), default=most)
            self._low = math.floor(math.log10(least))
            self._high = max(self._low + 1, math.ceil(math.log10(most)))
        else:
            step = 10 ** math.floor(math.log10(most))
            self._step = next(
                step * part for part in (0.2, 0.5, 1, 2, 5) if most <= 5 * step * part
            )
            self._low, self._high = 0.0, self._step * math.ceil(most / self._step)

    def x(self, seconds: float) -> float:
        """Place of a time."""
        return LEFT + (WIDTH - LEFT - RIGHT) * seconds / self._right

    def y(self, value: float) -> float:
        """Place of a value."""
        if self._log:
            value = math.log10(max(value, 10.0**self._low))
        part = (value - self._low) / (self._high - self._low)
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - part)

    def grid(self) -> list[str]:
        """Lines and labels of both axes."""
        if self._log:
            ticks = [10.0**power for power in range(int(self._low), int(self._high) + 1)]
        else:
            ticks = [self._step * n for n in range(round(self._high / self._step) + 1)]
        drawn = []
        for tick in ticks:
            y = self.y(tick)
            drawn.append(
                f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            drawn.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" class="e">{tick:,.10g}</text>')
        for n in range(7):
            seconds = self._right * n / 6
            x = self.x(seconds)
            drawn.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}" class="m">{_clock(seconds)}</text>')
        return drawn


def _paths(scale: _Scale, lines: Sequence[Line]) -> list[str]:
    drawn = []
    for n, line in enumerate(lines):
        path, pen = [], "M"
        for x, y in line.points:
            if y is None:
                pen = "M"
                continue
            path.append(f"{pen}{scale.x(x):.1f} {scale.y(y):.1f}")
            pen = "L"
        colour = COLOURS[n % len(COLOURS)]
        drawn.append(f'<path d="{"".join(path)}" stroke="{colour}"/>')
    return drawn


def _marks(scale: _Scale, marks: Sequence[tuple[float, str]]) -> list[str]:
    drawn = []
    for n, (at, text) in enumerate(marks):
        x = scale.x(at)
        if x > WIDTH - RIGHT + 1:
            continue
        drawn.append(
            f'<g class="k"><line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
            f'<text x="{x + 3:.1f}" y="{TOP + 9 + 11 * (n % 3)}">{escape(text)}</text></g>'
        )
    return drawn


def _clock(seconds: float) -> str:
    if seconds < 600:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 36_000 else f"{seconds / 3600:.1f} h"
