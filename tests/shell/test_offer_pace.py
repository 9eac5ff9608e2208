"""The service level indicator: what counts as matchable, and what as in time."""

from __future__ import annotations

from collections import Counter

import pytest

from app.domain import commands as c
from app.shell.meter import NullMeter
from app.shell.offer_pace import IN_TIME_MS, STALLS, OfferPace
from app.wire.causes import CAUSES
from tests.wire.floor import Floor


class Kept(NullMeter):
    """Keeps counters and observations."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.seen: list[float] = []

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        self.counts["/".join([name, *labels.values()])] += int(value)

    def observe(self, name: str, value: float) -> None:
        assert name == "offer_seconds"
        self.seen.append(value)

    @property
    def share(self) -> tuple[int, int]:
        return self.counts["matchable_in_time_total"], self.counts["matchable_total"]


class Told:
    """A floor whose events are told ``late_ms`` after they were decided."""

    def __init__(self) -> None:
        self.floor, self.meter, self.late_ms = Floor(), Kept(), 0
        self.pace = OfferPace(lambda: self.floor.now + self.late_ms, self.meter)
        self.floor.queue("q")
        self.floor.agent("anna", "q", capacity={"chat": 9})

    def do(self, command: c.Command) -> None:
        self.pace.observe(self.floor.engine, self.floor.do(command).events)

    def enter(self, id_: str) -> None:
        self.do(c.EnterConversation(id_, "q", "chat", "ingest:k"))


@pytest.mark.parametrize(("late_ms", "in_time"), [(0, 1), (IN_TIME_MS, 1), (IN_TIME_MS + 1, 0)])
def test_an_offer_is_in_time_when_it_is_told_within_the_bound(late_ms: int, in_time: int) -> None:
    told = Told()
    told.late_ms = late_ms
    told.enter("c1")
    assert told.meter.share == (in_time, 1)
    assert told.meter.seen == [late_ms / 1000]


def test_one_who_waited_for_an_agent_counts_but_not_as_matchable_at_once() -> None:
    told = Told()
    told.floor.set("anna", "away")
    told.enter("c1")
    assert told.meter.share == (0, 0)
    told.floor.now += 60_000
    told.do(c.SetPresence("anna", "available", "", "agent:anna"))
    assert told.meter.share == (1, 1) and told.meter.seen == []


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_whom_a_stall_hit_counts_as_late(cause: str) -> None:
    told = Told()
    told.do(c.OpenIncident(cause, 1, "x", queue="q"))
    late = int(cause in STALLS)
    assert told.meter.share == (0, late)
    told.do(c.ResolveIncident("i1", "over", "watchdog", 14, 9_000))
    assert told.meter.share == (0, 14 * late)


def test_a_call_for_a_person_is_counted_by_cause() -> None:
    told = Told()
    told.do(c.OpenIncident("overload", 1, "x"))
    told.do(c.NoteIncident("i1", "repaired", "x", "watchdog"))
    told.do(c.NoteIncident("i1", "escalated", "x", "watchdog"))
    assert told.meter.counts["escalations_total/overload"] == 1
