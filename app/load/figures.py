"""What a run measured: whole distributions, the same by phase, and one point a second.

MUST NOT judge. The rule: percentiles of the whole come from the sum of the histograms of all
processes, never from percentiles of parts.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from app.load.histogram import Histogram

Json = dict[str, Any]

PHASED = ("offer", "enter", "accept")
POINTS_MAX = 1_200


class Figures:
    """All that was measured so far. ``phase`` names the part of the run that goes on."""

    def __init__(self, seconds: float) -> None:
        self.every_s = max(1.0, seconds / POINTS_MAX)
        self.whole: dict[str, Histogram] = {}
        self.phases: dict[str, dict[str, Histogram]] = {}
        self.phase = ""
        self.counts: Counter[str] = Counter()
        self.points: list[Json] = []
        self.marks: list[tuple[float, str]] = []
        self.last: dict[int, Json] = {}
        self._window: dict[str, Histogram] = {}
        self._counted: Counter[str] = Counter()
        self._cpu_s: dict[int, float] = {}
        self.client_cpu: dict[int, list[float]] = {}
        """Process -> the share of one core that it used, in each report."""

    def heard(self, report: Json) -> None:
        """Take in one report of a client process, without its events."""
        for name, pairs in report["times"].items():
            if pairs:
                self._add(name, {int(bucket): count for bucket, count in pairs})
        self.counts.update(report["counts"])
        number, before = report["number"], self.last.get(report["number"])
        if before is not None and report["t"] > before["t"]:
            used = (report["cpu_s"] - before["cpu_s"]) / (report["t"] - before["t"])
            self.client_cpu.setdefault(number, []).append(used)
        self.last[number] = {
            name: report[name]
            for name in ("t", "cpu_s", "open", "firm", "frozen", "held", "posting")
        }

    def time_offer(self, seconds: float) -> None:
        """One first offer, from when its conversation was meant to arrive."""
        histogram = Histogram()
        histogram.record(seconds)
        self._add("offer", histogram.take())

    def _add(self, name: str, buckets: dict[int, int]) -> None:
        into = [
            self.whole.setdefault(name, Histogram()),
            self._window.setdefault(name, Histogram()),
        ]
        if name in PHASED and self.phase:
            into.append(self.phases.setdefault(self.phase, {}).setdefault(name, Histogram()))
        for histogram in into:
            histogram.add(buckets)

    def now(self, name: str) -> int:
        """The sum of a figure of the last reports, as ``firm`` or ``open``."""
        return int(sum(report[name] for report in self.last.values()))

    def mark(self, at_s: float, text: str) -> None:
        """Something was done to the server or to the agents."""
        self.marks.append((round(at_s, 2), text))

    def point(self, at_s: float, ledger: Counter[str], others: Json) -> Json:
        """Close one interval and return its point."""
        counts = self.counts + ledger
        passed_s = at_s - (self.points[-1]["t"] if self.points else 0.0)
        point: Json = {"t": round(at_s, 2), "open": self.now("open"), "firm": self.now("firm")}
        for name, key in _RATES.items():
            point[name] = round((counts[key] - self._counted[key]) / max(passed_s, 1e-9), 2)
        for name in ("offer", "accept", "enter", "client lag"):
            if (window := self._window.get(name)) is not None and window.count:
                key = name.replace(" ", "_")
                point[f"{key}_p50"] = round(window.quantile(0.5) * 1e3, 3)
                point[f"{key}_p99"] = round(window.quantile(0.99) * 1e3, 3)
        for window in self._window.values():
            window.take()
        self._counted = counts
        point |= others
        self.points.append(point)
        return point


_RATES = {
    "arrivals": "arrivals",
    "offers": "offers shown",
    "assigned": "assigned",
    "completed": "completed",
    "board_changes": "board changes",
}
"""Name in a point -> counter whose growth per second it is."""
