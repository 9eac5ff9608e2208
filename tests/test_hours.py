"""Opening hours against a slow evaluation minute by minute, and against days worked out by hand.

The slow one knows nothing of instants or jumps: it asks the time zone what the clock on the wall
shows at every minute and compares that text with the texts of the rule.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.settings import HoursRule
from app.hours import DAYS, Opening, UnreadableHours, opening_at

MINUTE_MS = 60_000
OFFICE = {day: [["09:00", "17:00"]] for day in DAYS[:5]}
ALL_DAY = [["00:00", "24:00"]]

JUMPS = [
    ("Europe/Oslo", date(2026, 3, 29)),
    ("Europe/Oslo", date(2026, 10, 25)),
    ("Europe/Oslo", date(2051, 3, 26)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Asia/Kolkata", date(2026, 3, 29)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Apia", date(2011, 4, 2)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/Havana", date(2026, 11, 1)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 30)),
    ("Antarctica/Troll", date(2026, 3, 29)),
]
"""Zone and the day on which its clock jumps: by an hour, by half, by two, by a whole day, at
midnight and across it. Kolkata's never does.
"""


def ms(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def at(text: str) -> int:
    """``2026-03-29T02:00+01:00`` as milliseconds."""
    return ms(datetime.fromisoformat(text))


@cache
def walls(zone: str, day: date, days: int) -> list[tuple[int, str, str, str]]:
    """Each minute around the day: instant, and day of the week, date and time on the wall."""
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    shown = []
    for n in range(days * 24 * 60):
        instant = begins + timedelta(minutes=n)
        wall = instant.astimezone(ZoneInfo(zone))
        shown.append((ms(instant), DAYS[wall.weekday()], f"{wall:%Y-%m-%d}", f"{wall:%H:%M}"))
    return shown


def slow(rule: HoursRule, weekday: str, day: str, time: str) -> bool:
    if day in rule.holidays:
        return False
    spans = rule.weekly.get(weekday, []) if rule.weekly else ALL_DAY
    return any(start <= time < end for start, end in spans)


def times(*, narrow: bool) -> st.SearchStrategy[str]:
    """Any minute; ``narrow``: those of the night, where clocks jump."""
    minutes = st.integers(0, 210) | st.integers(1380, 1440) if narrow else st.integers(0, 1440)
    return minutes.map(lambda n: f"{n // 60:02}:{n % 60:02}")


SPANS = st.booleans().flatmap(
    lambda narrow: (
        st.tuples(times(narrow=narrow), times(narrow=narrow))
        .filter(lambda pair: pair[0] != pair[1])
        .map(sorted)
    )
)
WEEKS = st.dictionaries(
    st.sampled_from(DAYS), st.just(ALL_DAY) | st.lists(SPANS, max_size=4), max_size=7
)
AROUND = st.lists(st.integers(-2, 3), max_size=3, unique=True)


@given(jump=st.sampled_from(JUMPS), weekly=WEEKS, closed=AROUND)
@example(jump=JUMPS[12], weekly={"sun": ALL_DAY, "sat": [["23:30", "23:40"]]}, closed=[])
def test_it_is_what_the_wall_shows_minute_by_minute(
    jump: tuple[str, date], weekly: dict[str, list[list[str]]], closed: list[int]
) -> None:
    zone, day = jump
    holidays = [(day + timedelta(days=n)).isoformat() for n in closed]
    rule = HoursRule(zone=zone, weekly=weekly, holidays=holidays)
    shown = walls(zone, day, 6)
    expected = [(instant, slow(rule, *wall)) for instant, *wall in shown]
    changes = [after for before, after in pairwise(expected) if before[1] != after[1]]
    instant, is_open = expected[0]
    for changes_at, opens in [*changes, (None, None)]:
        found = opening_at(rule, instant)
        assert found.open is is_open
        if changes_at is None:
            assert found.changes_at is None or found.changes_at > expected[-1][0]
            break
        assert found.changes_at == changes_at
        assert opening_at(rule, changes_at - 1) == found, "until the last millisecond before"
        instant, is_open = changes_at, bool(opens)


@given(
    jump=st.sampled_from(JUMPS),
    weekly=WEEKS,
    minute=st.integers(0, 6 * 24 * 60 - 1),
    past_ms=st.integers(0, MINUTE_MS - 1),
)
def test_it_may_be_asked_at_any_instant(
    jump: tuple[str, date], weekly: dict[str, list[list[str]]], minute: int, past_ms: int
) -> None:
    rule = HoursRule(zone=jump[0], weekly=weekly)
    instant, *wall = walls(*jump, 6)[minute]
    found = opening_at(rule, instant + past_ms)
    assert found.open is slow(rule, *wall)
    if found.changes_at is not None:
        assert found.changes_at > instant + past_ms
        assert opening_at(rule, found.changes_at).open is not found.open
        assert opening_at(rule, found.changes_at - 1) == found


@settings(max_examples=40)
@given(
    zone=st.sampled_from(["Europe/Oslo", "America/New_York", "Australia/Lord_Howe"]),
    weekly=st.dictionaries(
        st.sampled_from(DAYS), st.just(ALL_DAY) | st.lists(SPANS, max_size=2), max_size=3
    ),
    closed=st.lists(st.integers(0, 45), max_size=40, unique=True),
)
def test_it_looks_ahead_over_runs_of_holidays(
    zone: str, weekly: dict[str, list[list[str]]], closed: list[int]
) -> None:
    begins = date(2026, 2, 10)
    holidays = [(begins + timedelta(days=n)).isoformat() for n in closed]
    rule = HoursRule(zone=zone, weekly=weekly, holidays=holidays)
    shown = walls(zone, begins, 90)
    now, *wall = shown[0]
    now_open = slow(rule, *wall)
    changes = (then for then, *wall in shown if slow(rule, *wall) is not now_open)
    assert opening_at(rule, now) == Opening(now_open, next(changes, None))


OSLO, HOWE, CAIRO = "Europe/Oslo", "Australia/Lord_Howe", "Africa/Cairo"
JOHN = "America/St_Johns"
BY_HAND = [
    # The night of the 29th of March lacks the hour from 02:00: nine hours open are eight.
    (OSLO, "sun 00:00 09:00", "2026-03-29T00:00+01:00", True, "2026-03-29T09:00+02:00"),
    # In October it has it twice.
    (OSLO, "sun 00:00 09:00", "2026-10-25T00:00+02:00", True, "2026-10-25T09:00+01:00"),
    # Boundaries in the skipped hour: at the jump, which is 01:00 UTC.
    (OSLO, "sun 02:30 09:00", "2026-03-29T01:59+01:00", False, "2026-03-29T01:00+00:00"),
    (OSLO, "sun 00:00 02:30", "2026-03-29T01:59+01:00", True, "2026-03-29T01:00+00:00"),
    # A span inside it does not take place; the next one is a week later.
    (OSLO, "sun 02:10 02:50", "2026-03-29T01:00+01:00", False, "2026-04-05T02:10+02:00"),
    # A boundary inside the repeated hour is passed twice, and at the jump it is early again.
    (OSLO, "sun 02:30 09:00", "2026-10-25T02:00+02:00", False, "2026-10-25T02:30+02:00"),
    (OSLO, "sun 02:30 09:00", "2026-10-25T02:30+02:00", True, "2026-10-25T01:00+00:00"),
    (OSLO, "sun 02:30 09:00", "2026-10-25T01:00+00:00", False, "2026-10-25T02:30+01:00"),
    # The repeated hour ends where the clock jumps: one opening, two hours long.
    (OSLO, "sun 02:00 03:00", "2026-10-25T02:00+02:00", True, "2026-10-25T03:00+01:00"),
    # Half an hour back, and half an hour on at 15:30 UTC of the day before.
    (HOWE, "sun 01:00 03:00", "2026-04-05T01:00+11:00", True, "2026-04-05T03:00+10:30"),
    (HOWE, "sun 02:15 03:00", "2026-10-04T01:59+10:30", False, "2026-10-03T15:30+00:00"),
    # Midnight is skipped: the day begins at 01:00.
    (CAIRO, "fri 00:00 05:00", "2026-04-23T12:00+02:00", False, "2026-04-23T22:00+00:00"),
    # At 00:01 on Sunday it is 23:01 on Saturday again.
    (JOHN, "sat 23:30 23:40", "2010-11-07T00:00-02:30", False, "2010-11-06T23:30-03:30"),
    ("Asia/Kolkata", "sun 09:00 17:00", "2026-03-29T08:00+05:30", False, "2026-03-29T09:00+05:30"),
]


@pytest.mark.parametrize(("zone", "span", "asked_at", "is_open", "changes_at"), BY_HAND)
def test_days_worked_out_by_hand(
    zone: str, span: str, asked_at: str, is_open: bool, changes_at: str
) -> None:
    day, start, end = span.split()
    found = opening_at(HoursRule(zone=zone, weekly={day: [[start, end]]}), at(asked_at))
    assert (found.open, found.changes_at) == (is_open, at(changes_at))


def test_a_day_that_a_zone_left_out_does_not_take_place() -> None:
    # Samoa went from Thursday the 29th to Saturday the 31st of December 2011.
    rule = HoursRule(zone="Pacific/Apia", weekly=OFFICE)
    thursday = opening_at(rule, at("2011-12-29T17:00-10:00"))
    assert (thursday.open, thursday.changes_at) == (False, at("2012-01-02T09:00+14:00"))
    friday_only = HoursRule(zone="Pacific/Apia", weekly={"fri": ALL_DAY})
    assert opening_at(friday_only, at("2011-12-24T12:00-10:00")).changes_at == at(
        "2012-01-06T00:00+14:00"
    )


def test_no_day_named_is_open_always() -> None:
    assert opening_at(HoursRule(), at("2026-03-01T12:00+00:00")) == opening_at(
        HoursRule(weekly=dict.fromkeys(DAYS, ALL_DAY)), at("2031-03-01T12:00+00:00")
    )
    assert opening_at(HoursRule(), 0).open
    assert opening_at(HoursRule(), 0).changes_at is None


def test_a_week_that_names_a_day_without_a_span_is_closed_always() -> None:
    found = opening_at(HoursRule(weekly={"mon": []}), at("2026-03-02T12:00+00:00"))
    assert (found.open, found.changes_at) == (False, None)


def test_an_open_week_is_interrupted_by_holidays_however_far_ahead() -> None:
    rule = HoursRule(zone="Europe/Oslo", holidays=["2046-12-26", "2046-12-25"])
    today = opening_at(rule, at("2026-01-01T00:00+00:00"))
    assert (today.open, today.changes_at) == (True, at("2046-12-25T00:00+01:00"))
    christmas = opening_at(rule, at("2046-12-25T00:00+01:00"))
    assert (christmas.open, christmas.changes_at) == (False, at("2046-12-27T00:00+01:00"))
    after = opening_at(rule, at("2046-12-27T00:00+01:00"))
    assert (after.open, after.changes_at) == (True, None)


def test_a_whole_year_of_holidays_is_looked_over() -> None:
    year = [(date(2026, 1, 1) + timedelta(days=n)).isoformat() for n in range(365)]
    rule = HoursRule(zone="Europe/Oslo", weekly=OFFICE, holidays=year)
    found = opening_at(rule, at("2025-12-31T17:00+01:00"))
    assert (found.open, found.changes_at) == (False, at("2027-01-01T09:00+01:00"))


def test_the_end_of_the_calendar_is_no_fault() -> None:
    rule = HoursRule(holidays=["9999-12-31", "0001-01-01"])
    assert opening_at(rule, at("2026-01-01T00:00+00:00")).changes_at is None


def test_spans_that_touch_or_overlap_are_one() -> None:
    touching = {
        "mon": [["13:00", "17:00"], ["09:00", "13:00"], ["10:00", "11:00"], ["20:00", "24:00"]],
        "tue": [["00:00", "06:00"]],
    }
    rule = HoursRule(weekly=touching)
    assert opening_at(rule, at("2026-03-02T09:00+00:00")).changes_at == at("2026-03-02T17:00+00:00")
    assert opening_at(rule, at("2026-03-02T20:00+00:00")).changes_at == at("2026-03-03T06:00+00:00")


def test_the_first_minute_is_inside_and_the_last_is_not() -> None:
    rule = HoursRule(zone="Europe/Oslo", weekly=OFFICE)
    opens, closes = at("2026-03-02T09:00+01:00"), at("2026-03-02T17:00+01:00")
    asked = [opening_at(rule, instant).open for instant in (opens - 1, opens, closes - 1, closes)]
    assert asked == [False, True, True, False]


@pytest.mark.parametrize(
    "rule",
    [
        HoursRule(zone="Mars/Olympus"),
        HoursRule(zone="../etc/passwd"),
        HoursRule(zone=""),
        HoursRule(holidays=["Christmas"]),
        HoursRule(weekly={"mon": [["nine", "five"]]}),
        HoursRule(weekly={"mon": [["09:00", "25:00"]]}),
        HoursRule(weekly={"mon": [["09:00"]]}),
    ],
)
def test_a_rule_that_this_machine_cannot_read_is_told(rule: HoursRule) -> None:
    with pytest.raises(UnreadableHours):
        opening_at(rule, 0)
