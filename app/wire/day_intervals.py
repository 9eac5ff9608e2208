"""Intervals of the day out of samples: what was largest in each, and what happened in it.

Fed sample by sample, so that a long past can be read in slices. The rule: a minute nobody saw is
missing, never 0.
"""

from __future__ import annotations

from typing import Any, Final

from app.domain.samples import AGENT_STATES, COUNTERS, GAUGES, Sample
from app.domain.samples import MINUTE_MS as MINUTE_MS
from app.domain.samples import QUARTER_MS as QUARTER_MS
from app.domain.words import MS_PER_DAY
from app.wire.views import View

COLUMNS: Final = ("waiting", "oldest_wait_ms", "service_level", *COUNTERS[2:])


class Intervals:
    """Those of one queue ("": all together) that begin in [since, until)."""

    def __init__(self, queue: str, since: int, until: int, every_ms: int) -> None:
        self._queue, self._since, self._until, self._every_ms = queue, since, until, every_ms
        self._before: Sample | None = None
        self._row: dict[str, Any] | None = None
        self._rows: list[dict[str, Any]] = []

    def feed(self, sample: Sample) -> None:
        """Count the next sample in; the first one only begins, one without the queue is none."""
        before = self._before
        if self._queue not in sample.rows or (before is not None and sample.at <= before.at):
            return
        self._before = sample
        if before is None:
            return
        begins = (sample.at - 1) - (sample.at - 1) % self._every_ms
        if self._row is not None and self._row["at"] != begins:
            self._finish()
        if self._since <= begins < self._until:
            fresh = {"at": begins, "waiting": 0, "oldest_wait_ms": 0, "sums": [0] * len(COUNTERS)}
            self._row = self._row or fresh
            _count(self._row, self._queue, sample, before)

    def view(self) -> View:
        """The intervals side by side; see ``HistoryShape``."""
        self._finish()
        rows = self._rows
        view: View = {"at": [row["at"] for row in rows]}
        for name in COLUMNS:
            view[name] = [row[name] for row in rows]
        view["agents"] = None if self._queue else _agents(rows)
        return view

    def _finish(self) -> None:
        """One row for each interval in which something was seen."""
        row, self._row = self._row, None
        if row is None:
            return
        sums = dict(zip(COUNTERS, row.pop("sums"), strict=True))
        hits, judged = sums.pop("hits"), sums.pop("judged")
        percent = round(100 * hits / judged, 2) if judged else None
        self._rows.append({**row, **sums, "service_level": percent})


def _agents(rows: list[dict[str, Any]]) -> View:
    return {state: [row["agents"][i] for row in rows] for i, state in enumerate(AGENT_STATES)}


def _count(row: dict[str, Any], queue: str, sample: Sample, before: Sample) -> None:
    figures, former = sample.rows[queue], before.rows[queue]
    for index, name in enumerate(GAUGES):
        row[name] = max(row[name], figures[index])
    row["agents"] = sample.agents
    # Counters begin again with each day; at midnight what the last minute counted is not known.
    fresh = sample.at // MS_PER_DAY != before.at // MS_PER_DAY
    for index in range(len(COUNTERS)):
        now, then = (one[len(GAUGES) + index] for one in (figures, former))
        row["sums"][index] += now if fresh else max(0, now - then)
