"""The course of two days: what the board showed minute by minute, and each queue by quarter hours.

Sampled, so that its cost is one pass a minute whatever happens; counters of a day are kept as they
stood, and an interval is the difference of two samples. MUST NOT be asked for what was before this
process began: it says ``since`` when it knows. The rule: a minute nobody saw is missing, never 0.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from app.domain.engine import Engine
from app.domain.state import Agent, Queue
from app.domain.words import MS_PER_DAY, Connection, ConversationState, Presence
from app.wire.board_rows import judged_by_instant
from app.wire.reserved import open_ids
from app.wire.views import View, figures_on

MINUTE_MS: Final = 60_000
QUARTER_MS: Final = 15 * MINUTE_MS
MINUTES_KEPT: Final = 2 * 24 * 60
QUARTERS_KEPT: Final = 2 * 24 * 4

AGENT_STATES: Final = ("free", "working", "unreachable", "away", "offline")
_GAUGES: Final = ("waiting", "oldest_wait_ms")
_COUNTERS: Final = ("hits", "judged", "offers", "answered", "abandoned")
_FIELDS: Final = (*_GAUGES, *_COUNTERS)
_LARGEST: Final = 2**31 - 1


@dataclass(slots=True)
class _Minute:
    """All queues together at the instant that ends an interval."""

    at: int
    figures: list[int]
    agents: list[int]


@dataclass(slots=True)
class _Quarters:
    """One queue: instants, and the figures of all of them in one row, as small as can be."""

    at: array[int] = field(default_factory=lambda: array("q"))
    figures: array[int] = field(default_factory=lambda: array("i"))

    def keep(self, at: int, figures: list[int]) -> None:
        """Add a sample; what is older than is kept goes."""
        self.at.append(at)
        self.figures.extend(min(value, _LARGEST) for value in figures)
        if len(self.at) > QUARTERS_KEPT:
            del self.at[0], self.figures[: len(_FIELDS)]

    def samples(self) -> Iterator[_Minute]:
        """All of them, the oldest first."""
        for index, at in enumerate(self.at):
            first = index * len(_FIELDS)
            yield _Minute(at, self.figures[first : first + len(_FIELDS)].tolist(), [])


class DayHistory:
    """Look often; a sample is taken when a minute has begun."""

    def __init__(self) -> None:
        self._due = 0
        self._quarter_due = 0
        self._since: int | None = None
        self._minutes: deque[_Minute] = deque(maxlen=MINUTES_KEPT)
        self._queues: dict[str, _Quarters] = {}

    def look(self, engine: Engine, now: int) -> None:
        """Take a sample if one is due; call where the state is durable."""
        if now < self._due:
            return
        ends_at = now - now % MINUTE_MS
        self._due = ends_at + MINUTE_MS
        self._since = self._since or now
        late, states = _people(engine, now)
        quarter = now >= self._quarter_due
        if quarter:
            self._quarter_due = now - now % QUARTER_MS + QUARTER_MS
        sums = [0] * len(_FIELDS)
        for id_ in open_ids(engine.state.queues):
            figures = _of_queue(engine, engine.state.queues[id_], late[id_], now)
            for index, value in enumerate(figures):
                sums[index] = max(sums[index], value) if index == 1 else sums[index] + value
            if quarter:
                kept = self._queues.setdefault(id_, _Quarters())
                kept.keep(ends_at - ends_at % QUARTER_MS, figures)
        agents = [states[state] for state in AGENT_STATES]
        self._minutes.append(_Minute(ends_at, sums, agents))

    def view(self, queue: str | None, since: int, until: int, every_ms: int) -> View:
        """The intervals that begin in [since, until), side by side; see ``HistoryShape``."""
        samples = list(self._samples(queue))
        step_ms = MINUTE_MS if queue is None else QUARTER_MS
        rows = list(_intervals(samples, since, until, max(every_ms, step_ms)))
        view: View = {
            "queue": queue,
            "every_ms": max(every_ms, step_ms),
            "since": self._since,
            "at": [row["at"] for row in rows],
        }
        for name in ("waiting", "oldest_wait_ms", "service_level", *_COUNTERS[2:]):
            view[name] = [row[name] for row in rows]
        if queue is None:
            view["agents"] = {
                state: [row["agents"][index] for row in rows]
                for index, state in enumerate(AGENT_STATES)
            }
        else:
            view["agents"] = None
        return view

    def queues(self) -> list[str]:
        """The queues there is something of, by id."""
        return sorted(self._queues)

    def _samples(self, queue: str | None) -> Iterable[_Minute]:
        if queue is None:
            return self._minutes
        return self._queues[queue].samples()


def _intervals(
    samples: list[_Minute], since: int, until: int, every_ms: int
) -> Iterator[dict[str, Any]]:
    """One row for each interval in which something was seen; the first sample only begins."""
    row: dict[str, Any] | None = None
    for before, sample in pairwise(samples):
        begins = (sample.at - 1) - (sample.at - 1) % every_ms
        if row is not None and row["at"] != begins:
            yield _finished(row)
            row = None
        if since <= begins < until:
            row = row or {"at": begins, "waiting": 0, "oldest_wait_ms": 0, "sums": [0] * 5}
            _count(row, sample, before)
    if row is not None:
        yield _finished(row)


def _count(row: dict[str, Any], sample: _Minute, before: _Minute) -> None:
    for index, name in enumerate(_GAUGES):
        row[name] = max(row[name], sample.figures[index])
    row["agents"] = sample.agents
    # Counters begin again with each day; at midnight what the last minute counted is not known.
    fresh = sample.at // MS_PER_DAY != before.at // MS_PER_DAY
    for index in range(len(_COUNTERS)):
        now, then = (one.figures[len(_GAUGES) + index] for one in (sample, before))
        row["sums"][index] += now if fresh else max(0, now - then)


def _finished(row: dict[str, Any]) -> dict[str, Any]:
    sums = dict(zip(_COUNTERS, row.pop("sums"), strict=True))
    hits, judged = sums.pop("hits"), sums.pop("judged")
    percent = round(100 * min(hits, judged) / judged, 2) if judged else None
    return {**row, **sums, "service_level": percent}


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
