"""Mark, then confirm: a finding counts when it was seen in every look for long enough.

One look may come in the middle of something; a stall is there again in the next one. MUST NOT know
what any finding means.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.domain.watch.findings import About, Finding

SURE_LOOKS = 2
"""In how many looks what cannot be chance must be seen."""
GONE_LOOKS = 2
"""In how many looks a confirmed finding must be missing until it is over."""


class _Mark:
    __slots__ = ("confirmed", "finding", "looks", "missing", "seen_at")

    def __init__(self, finding: Finding, now: int) -> None:
        self.finding = finding
        self.seen_at = now
        self.looks = 0
        self.missing = 0
        self.confirmed = False


class Marks:
    """``looks``: in how many looks in a row, ``ms``: and over how long, a finding must be seen."""

    __slots__ = ("_looks", "_marks", "_ms")

    def __init__(self, looks: int = 4, ms: int = 1_500) -> None:
        self._looks, self._ms = looks, ms
        self._marks: dict[About, _Mark] = {}

    def see(self, findings: Iterable[Finding], now: int) -> tuple[list[Finding], list[Finding]]:
        """(confirmed by this look, over by this look)."""
        seen = {finding.about: finding for finding in findings}
        confirmed: list[Finding] = []
        over: list[Finding] = []
        for about, finding in seen.items():
            mark = self._marks.setdefault(about, _Mark(finding, now))
            mark.finding, mark.missing = finding, 0
            mark.looks += 1
            long_enough = mark.looks >= self._looks and now - mark.seen_at >= self._ms
            sure = finding.sure and mark.looks >= SURE_LOOKS
            if not mark.confirmed and (long_enough or sure):
                mark.confirmed = True
                confirmed.append(finding)
        for about, mark in list(self._marks.items()):
            if about in seen:
                continue
            mark.missing += 1
            if not mark.confirmed:
                del self._marks[about]
            elif mark.missing >= GONE_LOOKS:
                del self._marks[about]
                over.append(mark.finding)
        return confirmed, over

    def still(self) -> list[Finding]:
        """What is confirmed and was seen in the last look."""
        return [
            mark.finding for mark in self._marks.values() if mark.confirmed and not mark.missing
        ]

    def forget(self) -> None:
        """Start anew: somebody else owns the workspace, or we just took it over."""
        self._marks.clear()
