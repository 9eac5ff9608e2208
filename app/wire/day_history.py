"""The course of two days in memory: all queues together by the minute, each by quarter hours.

Sampled, so that its cost is one pass a minute whatever happens. What was before this process began
is put before it when somebody has read it back. MUST NOT fill a time nobody saw.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from app.domain.engine import Engine
from app.domain.samples import AGENT_STATES, FIGURES, MINUTE_MS, QUARTER_MS, Sample, Taken
from app.domain.state import Agent, Queue
from app.domain.words import Connection, ConversationState, Presence
from app.wire.board_rows import judged_by_instant
from app.wire.day_intervals import Intervals
from app.wire.reserved import open_ids
from app.wire.views import View, figures_on

KEPT_MS: Final = 2 * 86_400_000
MINUTES_KEPT: Final = KEPT_MS // MINUTE_MS
QUARTERS_KEPT: Final = KEPT_MS // QUARTER_MS

_LARGEST: Final = 2**31 - 1


@dataclass(slots=True)
class _Quarters:
    """One queue: instants, and the figures of all of them in one row, as small as can be."""

    at: array[int] = field(default_factory=lambda: array("q"))
    figures: array[int] = field(default_factory=lambda: array("i"))

    def keep(self, at: int, figures: Iterable[int]) -> None:
        """Add a sample, unless it is there; what is older than is kept goes."""
        if self.at and at <= self.at[-1]:
            return
        self.at.append(at)
        self.figures.extend(min(value, _LARGEST) for value in figures)
        if len(self.at) > QUARTERS_KEPT:
            del self.at[0], self.figures[: len(FIGURES)]

    def samples(self, queue: str) -> Iterator[Sample]:
        """All of them, the oldest first."""
        for index, at in enumerate(self.at):
            first = index * len(FIGURES)
            yield Sample(at, {queue: self.figures[first : first + len(FIGURES)].tolist()})


class DayHistory:
    """Look often; a sample is taken when a minute has begun."""

    def __init__(self) -> None:
        self._due = 0
        self._quarter_due = 0
        self.since: int | None = None
        """From when on something is known; before it nothing is."""
        self._minutes: deque[Sample] = deque(maxlen=MINUTES_KEPT)
        self._queues: dict[str, _Quarters] = {}

    def look(self, engine: Engine, now: int) -> Taken | None:
        """Take a sample if one is due; call where the state is durable."""
        if now < self._due:
            return None
        ends_at = now - now % MINUTE_MS
        self._due = ends_at + MINUTE_MS
        self.since = self.since or now
        late, states = _people(engine, now)
        quarter_at = None
        if now >= self._quarter_due:
            quarter_at = now - now % QUARTER_MS
            self._quarter_due = quarter_at + QUARTER_MS
        rows: dict[str, list[int]] = {}
        sums = [0] * len(FIGURES)
        for id_ in open_ids(engine.state.queues):
            figures = rows[id_] = _of_queue(engine, engine.state.queues[id_], late[id_], now)
            for index, value in enumerate(figures):
                sums[index] = max(sums[index], value) if index == 1 else sums[index] + value
        minute = Sample(ends_at, {"": sums}, [states[state] for state in AGENT_STATES])
        self.keep_minute(minute)
        if quarter_at is None:
            return Taken(minute)
        quarter = Sample(quarter_at, rows)
        self.keep_quarter(quarter)
        return Taken(minute, quarter)

    def keep_minute(self, sample: Sample) -> None:
        """Add the next sample of all together, unless it is there."""
        if not self._minutes or self._minutes[-1].at < sample.at:
            self._minutes.append(sample)

    def keep_quarter(self, sample: Sample) -> None:
        """Add the next sample of each queue, unless it is there."""
        for id_, figures in sample.rows.items():
            self._queues.setdefault(id_, _Quarters()).keep(sample.at, figures)

    def join(self, past: DayHistory) -> None:
        """Go on where ``past`` ends; what it knows too is as it says."""
        for minute in self._minutes:
            past.keep_minute(minute)
        for id_, quarters in self._queues.items():
            kept = past._queues.setdefault(id_, _Quarters())
            for sample in quarters.samples(id_):
                kept.keep(sample.at, sample.rows[id_])
        self._minutes, self._queues = past._minutes, past._queues

    def view(self, queue: str | None, since: int, until: int, every_ms: int) -> View:
        """The intervals that begin in [since, until), side by side; see ``HistoryShape``."""
        every_ms = max(every_ms, step_ms(queue))
        found = Intervals(queue or "", since, until, every_ms)
        for sample in self.samples(queue):
            found.feed(sample)
        return {"queue": queue, "every_ms": every_ms, "since": self.since, **found.view()}

    def queues(self) -> list[str]:
        """The queues there is something of, by id."""
        return sorted(self._queues)

    @property
    def first_at(self) -> int | None:
        """The oldest instant in memory; None: none is."""
        return self._minutes[0].at if self._minutes else None

    def samples(self, queue: str | None) -> Iterable[Sample]:
        """What is in memory, the oldest first."""
        if queue is None:
            return self._minutes
        kept = self._queues.get(queue)
        return kept.samples(queue) if kept else ()


def step_ms(queue: str | None) -> int:
    """The shortest interval of a queue, or of all together."""
    return MINUTE_MS if queue is None else QUARTER_MS


def _of_queue(engine: Engine, queue: Queue, late_offered: int, now: int) -> list[int]:
    figures, rule = figures_on(queue, now), queue.settings.service_level
    waiting = queue.counts.get(ConversationState.WAITING, 0)
    oldest_at = engine.oldest_waiting_at(queue.id) if waiting else None
    late = engine.waiting_over(queue.id, now - rule.target_ms) if waiting else 0
    return [
        waiting,
        0 if oldest_at is None else max(0, now - oldest_at),
        figures.answered_in_target,
        judged_by_instant(figures, late + late_offered),
        figures.offers_made,
        figures.answered,
        figures.abandoned,
    ]


def _people(engine: Engine, now: int) -> tuple[Counter[str], Counter[str]]:
    """Per queue, how many on offer are late; how many agents are in each state."""
    late: Counter[str] = Counter()
    states: Counter[str] = Counter()
    state = engine.state
    for id_ in open_ids(state.agents):
        agent = state.agents[id_]
        states[_state_of(agent)] += 1
        for offer in agent.offers:
            conversation = state.conversations[state.offers[offer].conversation]
            rule = state.queues[conversation.queue].settings.service_level
            late[conversation.queue] += now - conversation.enqueued_at > rule.target_ms
    return late, states


def _state_of(agent: Agent) -> str:
    if agent.presence is Presence.OFFLINE:
        return "offline"
    if agent.presence is not Presence.AVAILABLE:
        return "away"
    if agent.connection is not Connection.CONNECTED:
        return "unreachable"
    return "working" if agent.load_units else "free"
