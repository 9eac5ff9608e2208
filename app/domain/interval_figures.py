"""The figures of each queue by interval, from the events alone, and the formulas of service level.

Two views in one row. *By joining*: what became of those who joined the queue in the interval,
whenever it did. *By instant* (``event_*``): the service-level events of the interval (Cisco ICM),
an answer within the target, an abandonment within it, or the target reached while still waiting.
Only the second falls while a queue is blocked, at the instant the target is reached.

MUST NOT look at the engine's state, so that it can check the engine's own counters. The rule: each
wait ends once, as served, abandoned or left unanswered, and has at most one service-level event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from heapq import heapify, heappop, heappush
from typing import Any

from app.domain import events as e
from app.domain.settings import ServiceLevelRule
from app.domain.words import ConversationState, OfferState

VARIANTS = (
    "event_time",
    "answered_only",
    "abandoned_ignored",
    "abandoned_negative",
    "abandoned_positive",
    "short_abandon_excluded",
)


def percent_in_target(
    variant: str,
    *,
    answered: int,
    answered_in_target: int,
    abandoned: int,
    abandoned_in_target: int,
    abandoned_short: int,
    missed: int,
) -> float | None:
    """The service level in percent by a variant; None where there is nothing to judge.

    ``missed``: reached the target unanswered, by any end or none yet. Sources: Asterisk
    (answered_only, abandoned_positive), Dixa (abandoned_ignored), Cisco (abandoned_negative,
    event_time), Genesys (short_abandon_excluded). Raises KeyError for another variant.
    """
    hits, done = answered_in_target, answered + abandoned
    total = {
        "event_time": hits + missed,
        "answered_only": answered,
        "abandoned_ignored": done - abandoned_in_target,
        "abandoned_negative": done,
        "abandoned_positive": done,
        "short_abandon_excluded": done - abandoned_short,
    }[variant]
    if variant == "abandoned_positive":
        hits += abandoned_in_target
    return 100 * hits / total if total > 0 else None


@dataclass(slots=True)
class IntervalRecord:
    """One queue in one interval; ``queue`` None: the workspace, each conversation counted once.

    Of those who joined in the interval: ``waited`` counts waits above 0, ``left_unanswered`` who
    was moved on, closed or canceled while waiting, ``overflowed`` whom a rule took away,
    ``handled`` how often an agent had one and let go, after ``service_sum_ms`` of talk and
    ``wrap_up_sum_ms``. ``event_*`` belong to the instant instead.
    """

    queue: str | None
    starts_at: int
    offered: int = 0
    served: int = 0
    abandoned: int = 0
    left_unanswered: int = 0
    overflowed: int = 0
    waited: int = 0
    served_within_target: int = 0
    abandoned_within_target: int = 0
    short_abandons: int = 0
    target_reached_waiting: int = 0
    wait_served_sum_ms: int = 0
    wait_served_max_ms: int = 0
    wait_all_sum_ms: int = 0
    wait_max_ms: int = 0
    handled: int = 0
    service_sum_ms: int = 0
    wrap_up_sum_ms: int = 0
    event_hits: int = 0
    event_abandons: int = 0
    event_misses: int = 0

    @property
    def waiting(self) -> int:
        """How many of those that joined wait still."""
        return self.offered - self.served - self.abandoned - self.left_unanswered

    @property
    def asa_ms(self) -> float | None:
        """Average speed of answer; None when nobody was answered."""
        return self.wait_served_sum_ms / self.served if self.served else None

    @property
    def aht_ms(self) -> float | None:
        """Average handling time, wrap-up included; None when nothing was handled."""
        spent_ms = self.service_sum_ms + self.wrap_up_sum_ms
        return spent_ms / self.handled if self.handled else None

    def add(self, other: IntervalRecord) -> None:
        """Take another interval in."""
        for name in _COUNTERS:
            mine, its = getattr(self, name), getattr(other, name)
            setattr(self, name, max(mine, its) if name.endswith("_max_ms") else mine + its)


_COUNTERS = tuple(field.name for field in fields(IntervalRecord)[2:])


def service_level(record: IntervalRecord, variant: str) -> float | None:
    """Percent of a record by a variant (one of ``VARIANTS``); None without anything to judge.

    ``event_time`` is of the events of the interval and ignores who left within the target; all
    others are of those who joined in it.
    """
    by_instant = variant == "event_time"
    return percent_in_target(
        variant,
        answered=record.served,
        answered_in_target=record.event_hits if by_instant else record.served_within_target,
        abandoned=record.abandoned,
        abandoned_in_target=record.abandoned_within_target,
        abandoned_short=record.short_abandons,
        missed=record.event_misses,
    )


@dataclass(slots=True, eq=False)
class _Wait:
    """In a queue, or since entering; ``missed_in`` counted that the target was reached."""

    record: IntervalRecord
    enqueued_at: int
    over: bool = False
    missed_in: IntervalRecord | None = None


@dataclass(slots=True, eq=False)
class _Live:
    """A conversation that has not ended: the wait ``here`` in its queue and the ``whole`` one."""

    queue: str
    here: _Wait
    whole: _Wait
    overflowed: bool = False
    taken_at: int | None = None
    wrapping_at: int | None = None

    def waits(self) -> tuple[_Wait, _Wait]:
        """Both, over or not."""
        return self.here, self.whole

    def let_go(self, at: int) -> None:
        """The agent who had it, if any, has it no more."""
        if self.taken_at is None:
            return
        talked_until = at if self.wrapping_at is None else self.wrapping_at
        for record in (self.here.record, self.whole.record):
            record.handled += 1
            record.service_sum_ms += talked_until - self.taken_at
            record.wrap_up_sum_ms += at - talked_until
        self.taken_at = self.wrapping_at = None

    def count_overflow(self) -> None:
        """A rule takes it away; over all queues it counts once."""
        self.here.record.overflowed += 1
        self.whole.record.overflowed += not self.overflowed
        self.overflowed = True


class IntervalFigures:
    """Fed every event in order; keeps one record per queue and interval, and what is live.

    ``rules`` judge their queues whatever is configured; queues not named there are judged by
    their own rule in force. Intervals begin at multiples of ``interval_ms`` of a local time that
    is ``tz_offset_ms`` ahead of UTC. Conversations that were there before the first event are not
    counted.
    """

    def __init__(
        self, interval_ms: int, rules: Mapping[str, ServiceLevelRule], *, tz_offset_ms: int = 0
    ) -> None:
        self.interval_ms = interval_ms
        self._tz_offset_ms = tz_offset_ms
        self._fixed = frozenset(rules)
        self._rules = dict(rules)
        self._records: dict[tuple[str | None, int], IntervalRecord] = {}
        self._live: dict[str, _Live] = {}
        self._deadlines: list[tuple[int, str]] = []
        self._now = 0

    def see(self, event: e.Event) -> None:
        """Count one event; waits that reached their target before it are counted first."""
        if self._deadlines and self._deadlines[0][0] < event.at:
            self._pass(event.at - 1)
        self._now = event.at
        if isinstance(event, e.ConversationEntered):
            self._entered(event)
        elif isinstance(event, e.QueueConfigured):
            self._configured(event)
        elif (react := _REACTIONS.get(type(event))) is not None:
            live = self._live.get(getattr(event, "conversation", ""))
            if live is not None:
                react(self, live, event)

    def advance(self, now: int) -> None:
        """Nothing else happened until and at ``now``: who reached the target waiting is late."""
        self._pass(now)
        self._now = max(now, self._now)

    def rows(self) -> list[IntervalRecord]:
        """The records of all queues, by interval, then by queue; none where nothing happened."""
        rows = [row for row in self._records.values() if row.queue is not None]
        return sorted(rows, key=lambda row: (row.starts_at, row.queue))

    def overall(self) -> list[IntervalRecord]:
        """By interval of entering: each conversation once, its wait until the first answer."""
        return self._of(None)

    def total(self, queue: str | None = None) -> IntervalRecord:
        """The sum of a queue's rows; None: of ``overall``, over distinct conversations."""
        rows = self._of(queue)
        total = IntervalRecord(queue, rows[0].starts_at if rows else 0)
        for row in rows:
            total.add(row)
        return total

    def rule_of(self, queue: str) -> ServiceLevelRule:
        """What judges the queue's waits."""
        return self._rules.get(queue, _DEFAULT)

    def _of(self, queue: str | None) -> list[IntervalRecord]:
        rows = [row for row in self._records.values() if row.queue == queue]
        return sorted(rows, key=lambda row: row.starts_at)

    def _record(self, queue: str | None, at: int) -> IntervalRecord:
        starts_at = at - (at + self._tz_offset_ms) % self.interval_ms
        found = self._records.get((queue, starts_at))
        if found is None:
            found = self._records[queue, starts_at] = IntervalRecord(queue, starts_at)
        return found

    def _join(self, queue: str | None, at: int, enqueued_at: int) -> _Wait:
        record = self._record(queue, at)
        record.offered += 1
        return _Wait(record, enqueued_at)

    def _end(self, live: _Live, waits: Iterable[_Wait], at: int, end: _End) -> None:
        """Those of the waits that are not over end so."""
        rule = self.rule_of(live.queue)
        for wait in waits:
            if wait.over:
                continue
            wait.over = True
            record, wait_ms = wait.record, at - wait.enqueued_at
            record.waited += wait_ms > 0
            record.wait_all_sum_ms += wait_ms
            record.wait_max_ms = max(record.wait_max_ms, wait_ms)
            counter = end(record, wait_ms, rule)
            if counter == "event_misses":
                self._miss(wait, at)
            elif counter is not None:
                self._take_back(wait)
                now = self._record(record.queue, at)
                setattr(now, counter, getattr(now, counter) + 1)

    def _miss(self, wait: _Wait, at: int) -> None:
        if wait.missed_in is None:
            wait.record.target_reached_waiting += 1
            wait.missed_in = self._record(wait.record.queue, at)
            wait.missed_in.event_misses += 1

    def _take_back(self, wait: _Wait) -> None:
        """Within the target after all: it ends at the very instant, or the target was raised."""
        if wait.missed_in is not None:
            wait.missed_in.event_misses -= 1
            wait.record.target_reached_waiting -= 1
            wait.missed_in = None

    def _dues(self, live: _Live) -> dict[int, None]:
        """The instants at which its waits reach the target; a late joiner has at once."""
        target_ms = self.rule_of(live.queue).target_ms
        return {
            max(wait.enqueued_at + target_ms, self._now): None
            for wait in live.waits()
            if not wait.over and wait.missed_in is None
        }

    def _await(self, id_: str, live: _Live) -> None:
        for due in self._dues(live):
            heappush(self._deadlines, (due, id_))
        if len(self._deadlines) > 4 * len(self._live) + 64:
            self._await_anew()

    def _await_anew(self) -> None:
        """Forget the deadlines of those who wait no more, and those by another rule."""
        live = self._live.items()
        self._deadlines = [(due, id_) for id_, found in live for due in self._dues(found)]
        heapify(self._deadlines)

    def _pass(self, until: int) -> None:
        while self._deadlines and self._deadlines[0][0] <= until:
            due, id_ = heappop(self._deadlines)
            live = self._live.get(id_)
            if live is None:
                continue
            target_ms = self.rule_of(live.queue).target_ms
            for wait in live.waits():
                if not wait.over and wait.enqueued_at + target_ms <= due:
                    self._miss(wait, due)

    def _configured(self, event: e.QueueConfigured) -> None:
        rule = event.settings.service_level
        if event.queue not in self._fixed and rule != self.rule_of(event.queue):
            self._rules[event.queue] = rule
            self._await_anew()

    def _entered(self, event: e.ConversationEntered) -> None:
        here = self._join(event.queue, event.at, event.at)
        live = _Live(event.queue, here, self._join(None, event.at, event.at))
        self._live[event.conversation] = live
        self._await(event.conversation, live)

    def _moved(self, live: _Live, event: e.ConversationMoved) -> None:
        live.let_go(event.at)
        self._end(live, (live.here,), event.at, _left)
        if event.overflow is not None:
            live.count_overflow()
        live.queue = event.queue
        live.here = self._join(event.queue, event.at, event.enqueued_at)
        self._await(event.conversation, live)

    def _assigned(self, live: _Live, event: e.ConversationAssigned | e.OfferEnded) -> None:
        if isinstance(event, e.OfferEnded) and event.outcome is not OfferState.ACCEPTED:
            return
        live.let_go(event.at)
        live.taken_at = event.at
        self._end(live, live.waits(), event.at, _served)

    def _wrapping(self, live: _Live, event: e.ConversationWrapping) -> None:
        if live.wrapping_at is None:
            live.wrapping_at = event.at

    def _ended(self, live: _Live, event: e.ConversationEnded) -> None:
        del self._live[event.conversation]
        live.let_go(event.at)
        abandoned = event.state is ConversationState.ABANDONED
        self._end(live, live.waits(), event.at, _abandoned if abandoned else _left)
        if event.overflow is not None:
            live.count_overflow()


_DEFAULT = ServiceLevelRule()
# Counts how a wait ended, and names the counter of its service-level event, if that is one.
_End = Callable[[IntervalRecord, int, ServiceLevelRule], str | None]


def _served(record: IntervalRecord, wait_ms: int, rule: ServiceLevelRule) -> str:
    record.served += 1
    record.wait_served_sum_ms += wait_ms
    record.wait_served_max_ms = max(record.wait_served_max_ms, wait_ms)
    in_time = wait_ms <= rule.target_ms
    record.served_within_target += in_time
    return "event_hits" if in_time else "event_misses"


def _abandoned(record: IntervalRecord, wait_ms: int, rule: ServiceLevelRule) -> str:
    record.abandoned += 1
    record.short_abandons += wait_ms <= rule.short_abandon_ms
    in_time = wait_ms <= rule.target_ms
    record.abandoned_within_target += in_time
    return "event_abandons" if in_time else "event_misses"


def _left(record: IntervalRecord, wait_ms: int, rule: ServiceLevelRule) -> str | None:
    record.left_unanswered += 1
    return "event_misses" if wait_ms >= rule.target_ms else None


_REACTIONS: dict[type[Any], Callable[[IntervalFigures, _Live, Any], None]] = {
    e.ConversationMoved: IntervalFigures._moved,
    e.ConversationRequeued: lambda figures, live, event: live.let_go(event.at),
    e.ConversationAssigned: IntervalFigures._assigned,
    e.ConversationWrapping: IntervalFigures._wrapping,
    e.ConversationEnded: IntervalFigures._ended,
    e.OfferEnded: IntervalFigures._assigned,
}
