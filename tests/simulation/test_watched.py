"""The watchdog looks on through the recorded month: where everybody was busy, nothing is wrong.

Looks twice a second at a day whose engine does all it should. What it confirmed would have been a
repair or an alarm.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from app.clients.bank import read_bank_day
from app.domain.watch import Cause, Finding, Look, Marks
from app.simulation.recorded import recorded
from app.simulation.scenario import Scenario
from app.simulation.world import World

MONTH = "1999-02"
EVERY_MS = 500
LONGEST = 2
"""So many days, those with the most quiet spells, are looked at by default."""


class Watched(World):
    """A day with a watchdog beside it. ``alarms``: what it was sure of."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario)
        self.alarms: list[tuple[int, Finding]] = []
        self.looks: list[int] = []
        self._look, self._marks = Look(), Marks()
        self._look_at = self.now

    def _step(self, at: int, kind: int) -> bool:
        due = self.engine.next_deadline()
        happens = [at, *([due] if due is not None else []), *(one[0] for one in self._heap[:1])]
        while self._look_at < min(happens):
            self.look(self._look_at)
            self._look_at += EVERY_MS
        return super()._step(at, kind)

    def look(self, now: int) -> None:
        self.looks.append(now)
        confirmed, _ = self._marks.see(self._look.at(self.engine, now), now)
        self.alarms += [(now, finding) for finding in confirmed]


class Spoilt(Watched):
    """The same, until the first who waits falls out of the line."""

    spoilt_at = 0

    def look(self, now: int) -> None:
        in_line = [*self.engine.matcher.waiting.places]
        if in_line and not self.spoilt_at:
            self.engine.matcher.waiting.discard(in_line[0])
            self.spoilt_at = now
        super().look(now)


def memberless(scenario: Scenario, finding: Finding) -> bool:
    """Of a queue that nobody of the day is a member of: that is true, and named, and no repair."""
    members = [id_ for agent in scenario.agents.values() for id_ in agent.settings.queues]
    return finding.cause is Cause.NOBODY_CAN_SERVE and finding.queue not in members


def spells(data: Path) -> dict[str, list[tuple[int, int]]]:
    """By day: from and to, in seconds after midnight."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    text = (data / f"bank_{MONTH}_quiet_spells.csv").read_text()
    for row in csv.DictReader(text.splitlines()):
        found[row["date"]].append((int(row["from_s"]), int(row["to_s"])))
    return found


@pytest.mark.slow
def test_no_alarm_where_everybody_was_busy(data: Path, all_of_it: bool) -> None:
    quiet = spells(data)
    days = sorted(quiet, key=lambda day: -len(quiet[day]))
    for day in days if all_of_it else days[:LONGEST]:
        scenario = recorded(read_bank_day(data, day))
        world = Watched(scenario)
        world.run()
        wrong = [(at, one) for at, one in world.alarms if not memberless(scenario, one)]
        assert not wrong, (day, wrong[:3])
        looked = {(at - scenario.starts_at) // 1_000 for at in world.looks}
        # Here the last ones of a day may have been served before a spell of the record is over.
        spells_s = {second for spell in quiet[day] for second in range(*spell)}
        assert {second for second in spells_s if second <= max(looked)} <= looked, day
        assert len(spells_s & looked) > len(spells_s) / 2, day


def test_the_same_eyes_see_who_fell_out_of_the_line(data: Path) -> None:
    world = Spoilt(recorded(read_bank_day(data, min(spells(data)))))
    world.run()
    found_at, finding = world.alarms[0]
    assert finding.cause == "lost_wake_up"
    assert world.spoilt_at and found_at - world.spoilt_at <= 2_000
