"""Opening hours: whether a queue is open at an instant, by the clock on the wall of its zone.

The rule: the answer hangs on what that clock shows (day and minute), and on nothing else. So a span
over the hour that is repeated in autumn lasts an hour longer; a boundary in the hour that is
skipped in spring is passed at the instant of the jump; a boundary inside the repeated hour is
passed twice. MUST NOT read a clock: the instant is an argument, and only the time zones come from
the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from zoneinfo import ZoneInfo

from app.domain.settings import HoursRule

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_DAY = 24 * 60
LOOK_DAYS = 22
"""How far to look for a change: a week, and more where a clock that jumps swallows the change."""
LAST_DAY = date.max.toordinal() - LOOK_DAYS
"""A holiday from here on, in the year 9999, is not looked for."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Span = tuple[int, int]
"""Minutes of a day: open from the first on, closed from the second on."""


class UnreadableHours(ValueError):
    """The rule names a zone that this machine does not know, or a time or day that is none."""


@dataclass(slots=True, frozen=True)
class Opening:
    """``open`` holds until ``changes_at`` (ms since the Unix epoch; None: for ever)."""

    open: bool
    changes_at: int | None


def opening_at(rule: HoursRule, at_ms: int) -> Opening:
    """The opening at ``at_ms`` and how long it holds. Raises UnreadableHours."""
    return Timetable(rule).opening_at(at_ms)


class Timetable:
    """A rule made ready to be asked many times.

    Where no day of the week is named, every day is open. Otherwise a day that is not named, or has
    no span, is closed; a holiday is closed all day in either case.
    """

    __slots__ = ("_holidays", "_ordered", "_weekly", "_zone")

    def __init__(self, rule: HoursRule) -> None:
        """Read the rule. Raises UnreadableHours."""
        try:
            self._zone = ZoneInfo(rule.zone)
            self._ordered = sorted({date.fromisoformat(day).toordinal() for day in rule.holidays})
            self._weekly: list[list[Span]] = [
                _merged((_minute(start), _minute(end)) for start, end in rule.weekly.get(day, ()))
                if rule.weekly
                else [(0, MINUTES_PER_DAY)]
                for day in DAYS
            ]
        except (LookupError, ValueError, OSError) as error:
            raise UnreadableHours(f"{type(error).__name__}: {error}") from error
        self._holidays = frozenset(self._ordered)

    def opening_at(self, at_ms: int) -> Opening:
        """The opening at ``at_ms`` and how long it holds."""
        now_open = self._is_open(at_ms)
        never = not any(self._weekly)
        if never or (not self._holidays and all(map(_is_whole_day, self._weekly))):
            return Opening(now_open, None)
        for instant_ms in self._boundaries(at_ms):
            if instant_ms > at_ms and self._is_open(instant_ms) is not now_open:
                return Opening(now_open, instant_ms)
        return Opening(now_open, None)

    def _is_open(self, at_ms: int) -> bool:
        wall = self._wall(at_ms)
        minute = 60 * wall.hour + wall.minute
        return any(start <= minute < end for start, end in self._spans(wall.toordinal()))

    def _wall(self, at_ms: int) -> datetime:
        return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(self._zone)

    def _spans(self, day: int) -> list[Span]:
        """The spans of a day, given as its ordinal (Monday is 1 modulo 7)."""
        return [] if day in self._holidays else self._weekly[(day - 1) % 7]

    def _boundaries(self, at_ms: int) -> Iterator[int]:
        """Each instant at which the answer may change, in order; some lie before ``at_ms``.

        Where midnight itself is repeated, minutes of one day come after some of the next: what is
        found is held back until no later day can bring an earlier instant.
        """
        held: list[int] = []
        for day in self._days(self._wall(at_ms).toordinal() - 1):
            begins_ms = self._instants(day, 0)[0]
            while held and held[0] < begins_ms:
                yield heappop(held)
            for span in self._spans(day):
                for minute in span:
                    for instant_ms in self._instants(day, minute):
                        heappush(held, instant_ms)
        while held:
            yield heappop(held)

    def _days(self, first: int) -> Iterator[int]:
        """Each day from ``first`` on that can bring a change which no week before it brought."""
        ahead = [day for day in self._ordered if first <= day < LAST_DAY]
        day = first
        for start in (first, *ahead):
            day = max(day, start - 1)
            while day < start + LOOK_DAYS:
                yield day
                day += 1

    def _instants(self, day: int, minute: int) -> list[int]:
        """When the clock shows this minute of the day: once; twice, and the jump in between, where
        it is repeated; the jump alone where it is skipped.
        """
        naive = datetime.fromordinal(day) + timedelta(minutes=minute)
        first_ms, second_ms = (_ms(naive.replace(tzinfo=self._zone, fold=fold)) for fold in (0, 1))
        if first_ms == second_ms:
            return [first_ms]
        # Of a skipped minute the first is reckoned by the time before the jump, so it comes later.
        if second_ms < first_ms:
            return [self._jump(second_ms, first_ms)]
        return [first_ms, self._jump(first_ms, second_ms), second_ms]

    def _jump(self, before_ms: int, after_ms: int) -> int:
        """The instant between the two from which on the clock goes as it does at ``after_ms``."""
        then = self._wall(after_ms).utcoffset()
        while after_ms - before_ms > 1:
            middle_ms = (before_ms + after_ms) // 2
            if self._wall(middle_ms).utcoffset() == then:
                after_ms = middle_ms
            else:
                before_ms = middle_ms
        return after_ms


def _ms(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def _minute(text: str) -> int:
    """``09:30`` as minutes since midnight, 24:00 at the latest."""
    hours, minutes = text.split(":")
    minute = 60 * int(hours) + int(minutes)
    if not 0 <= minute <= MINUTES_PER_DAY:
        raise ValueError(f"{text!r} is no time of a day")
    return minute


def _merged(spans: Iterable[Span]) -> list[Span]:
    """In order, with those that touch or overlap made one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


def _is_whole_day(spans: list[Span]) -> bool:
    return spans == [(0, MINUTES_PER_DAY)]
