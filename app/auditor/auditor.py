"""The auditor itself: fed every event in order, asked now and then whether everything moves.

``see`` judges what happened (safety: said once, a fact of the log). ``settled`` judges what does
*not* happen (liveness: L1 no match is left waiting, L3 no offer outlives its deadline) and tells
what is wrong at that moment, so its answer ends when the trouble ends. Never raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from app.auditor.deeds import DEEDS
from app.auditor.floor import SPECIAL, Floor, Line, Talk
from app.auditor.offers import LATE_MS, LOOK_PLAIN, LOOK_SPECIAL
from app.auditor.rules import has_room, obstacle, weight
from app.domain import events as e

STALL_MS = 2_000
SIGHTINGS = 3
LOOK_EVERY_MS = 500
LOOKS_MAX = 5_000
"""Pairs of a conversation and an agent that one look at one queue takes up at most."""


@dataclass(slots=True, frozen=True)
class Violation:
    """``rule`` was broken at ``at`` (ms); ``evidence`` names what it is about."""

    rule: str
    at: int
    text: str
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Mark:
    """A conversation seen matchable ``times`` since ``at``; ``stood`` is that stand in line."""

    at: int
    stood: int
    times: int = 0


class Auditor:
    """One log's. ``floor``: where to begin when it is not the beginning of the log."""

    def __init__(self, floor: Floor | None = None) -> None:
        self.floor = floor or Floor()
        self._at = 0
        self._place: tuple[int, int] | None = None
        self._looked_at = 0
        self._marks: dict[str, _Mark] = {}
        self._fouls: list[Violation] = []

    @property
    def at(self) -> int:
        """The log's own clock: when the last event was decided."""
        return self._at

    def see(self, event: e.Event, epoch: int = 0, n: int = 0) -> list[Violation]:
        """Judge one event; its place in the log is checked too when ``epoch`` is given."""
        self._fouls = []
        if event.at < self._at:
            self._foul("S8", f"time went back from {self._at}", event)
        if epoch:
            self._judge_place(event, epoch, n)
        if event.at - self._looked_at >= LOOK_EVERY_MS:
            self._look(event.at)
        self._at = max(self._at, event.at)
        deed = DEEDS.get(type(event))
        if deed is not None:
            deed(self.floor, event, self._foul)
        if isinstance(event, e.EpochOpened | e.DeadlinesExtended):
            # Nobody decided for a while, and everybody knows it.
            self._marks.clear()
        return self._fouls

    def _foul(self, rule: str, text: str, event: e.Event) -> None:
        names = ("queue", "conversation", "agent", "offer")
        about = {name: getattr(event, name) for name in names if getattr(event, name, None)}
        about["event"] = type(event).__name__
        if self._place is not None:
            about["position"] = f"{self._place[0]}-{self._place[1]}"
        self._fouls.append(Violation(rule, event.at, text, about))

    def _judge_place(self, event: e.Event, epoch: int, n: int) -> None:
        before, self._place = self._place, (epoch, n)
        # The first records of an epoch may open the workspace; its own number comes with them.
        opens = isinstance(event, e.WorkspaceOpened | e.EpochOpened)
        if before is not None and (epoch, n) not in (
            (before[0], before[1] + 1),
            (max(epoch, before[0] + 1), 0),
        ):
            self._foul("S8", f"record {epoch}-{n} follows {before[0]}-{before[1]}", event)
        elif before is not None and epoch > before[0] and not opens:
            self._foul("S8", f"epoch {epoch} did not say that it was opened", event)

    def settled(self, now: int) -> list[Violation]:
        """What stands still at ``now`` (ms): the log's clock, or the wall's when all is read."""
        now = max(now, self._at)
        self._look(now)
        return [*self._stalled(now), *self._outlived(now), *self._leaked()]

    def _look(self, now: int) -> None:
        """Note every conversation at the head of its kind whom somebody could take now."""
        self._looked_at = now
        seen = {}
        for queue in self.floor.busy:
            for talk in self._matches(self.floor.lines[queue], now):
                mark = self._marks.get(talk.id)
                if mark is None or mark.stood != talk.stood:
                    mark = _Mark(now, talk.stood)
                mark.times += 1
                seen[talk.id] = mark
        self._marks = seen

    def _matches(self, line: Line, now: int) -> Iterator[Talk]:
        """Heads of their kinds whom a member could be offered now."""
        if line.status == "paused":
            return
        people = self.floor.people
        free = [
            person
            for id_ in line.members
            if (person := people[id_]).there and person.rest_until <= now
        ]
        looks = LOOKS_MAX
        for kind, ranks in line.kinds.items() if free else ():
            plain = kind is not SPECIAL
            units = weight(line, kind[0])
            able = [one for one in free if not plain or has_room(one, kind[0], units)]
            for rank in ranks[: LOOK_PLAIN if plain else LOOK_SPECIAL] if able else ():
                talk = self.floor.talks[rank[-1]]
                looks -= len(able)
                if looks < 0:
                    return
                if any(not obstacle(self.floor, line, talk, one, now) for one in able):
                    yield talk

    def _stalled(self, now: int) -> Iterator[Violation]:
        for id_, mark in self._marks.items():
            if mark.times >= SIGHTINGS and now - mark.at >= STALL_MS:
                queue = self.floor.talks[id_].queue
                told = f"{id_} waits in {queue} for {now - mark.at} ms though somebody can take it"
                about = {"queue": queue, "conversation": id_, "since": mark.at}
                yield Violation("L1", now, told, about)

    def _outlived(self, now: int) -> Iterator[Violation]:
        for offer in self.floor.proposals.values():
            if now > offer.expires_at + LATE_MS:
                told = f"offer {offer.id} of {offer.conversation} outlived its deadline"
                about = {
                    "queue": self.floor.talks[offer.conversation].queue,
                    "conversation": offer.conversation,
                    "agent": offer.agent,
                    "offer": offer.id,
                    "since": offer.expires_at,
                }
                yield Violation("L3", now, told, about)

    def _leaked(self) -> Iterator[Violation]:
        floor = self.floor
        if floor.entered - floor.ended != len(floor.talks):
            told = f"{floor.entered} entered, {floor.ended} ended, {len(floor.talks)} are live"
            yield Violation("C", self._at, told)
