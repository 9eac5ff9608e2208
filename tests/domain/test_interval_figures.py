"""The figures by interval: against the recorded month, a plain recount, the engine, and by hand."""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clients.bank import find_data
from app.domain import events as e
from app.domain.figures import QueueFigures
from app.domain.interval_figures import (
    VARIANTS,
    IntervalFigures,
    IntervalRecord,
    percent_in_target,
    service_level,
)
from app.domain.settings import QueueSettings, ServiceLevelRule
from app.domain.words import ConversationState, OfferState
from app.wire.board_rows import percent_of
from app.wire.settings import Variant
from tests.domain.history import QUEUES, History
from tests.domain.workbench import Workbench

HOUR_MS = 3_600_000
RULE = ServiceLevelRule(target_ms=20_000, short_abandon_ms=5_000)
Rules = Mapping[str, ServiceLevelRule]
RULES: Rules = {"q": RULE, "r": RULE}
EVENTS = ("event_hits", "event_abandons", "event_misses")
ENDS = ("offered", "served", "abandoned", "left_unanswered", "waiting")
# fmt: off
UNSAID: dict[str, Any] = {
    "channel": "chat", "priority": 0, "skills": {}, "preferred_agent": None, "customer": {},
    "subject": None, "attributes": {}, "fingerprint": "", "by": "test", "agent": "anna",
    "reason": "", "offer": "o1", "until": 0,
}
WORKED = {
    "answered_only": 86.0, "abandoned_positive": 83.0, "abandoned_ignored": 82.7,
    "short_abandon_excluded": 81.9, "abandoned_negative": 81.1, "event_time": 82.7,
}
"""Percent of 1000 answered, 860 in 20 s; 60 who left, 20 of them in 20 s, 10 in 5 s."""
PUBLISHED = {
    "offered": "offered", "served": "served", "abandoned": "abandoned", "waited": "waited",
    "abandoned_within_5s": "short_abandons", "wait_served_sum_s": "wait_served_sum_ms",
    "wait_all_sum_s": "wait_all_sum_ms", "wait_max_s": "wait_max_ms",
    "service_sum_s": "service_sum_ms",
}
"""Column of the published hours -> our name."""
COUNTED = {
    "entered": "offered", "answered": "served", "answered_in_target": "served_within_target",
    "answer_wait_ms": "wait_served_sum_ms", "abandoned": "abandoned",
    "abandoned_in_target": "abandoned_within_target", "abandoned_short": "short_abandons",
    "overflowed": "overflowed",
}
"""The engine's own counter -> ours."""
# fmt: on


def tell(kind: type[Any], at: int, id_: str = "c", queue: str = "q", **said: Any) -> Any:
    """An event, of which only what matters is said."""
    known = {**UNSAID, "at": at, "conversation": id_, "queue": queue, **said}
    return kind(**{field.name: known[field.name] for field in fields(kind) if field.name in known})


entered = partial(tell, e.ConversationEntered)
assigned = partial(tell, e.ConversationAssigned)
timed_out = partial(tell, e.OfferEnded, outcome=OfferState.TIMED_OUT)
accepted = partial(tell, e.OfferEnded, outcome=OfferState.ACCEPTED)
wrapping = partial(tell, e.ConversationWrapping)
requeued = partial(tell, e.ConversationRequeued)
ended = partial(tell, e.ConversationEnded, state=ConversationState.CLOSED)
left = partial(tell, e.ConversationEnded, state=ConversationState.ABANDONED)
voided = partial(tell, e.ConversationEnded, state=ConversationState.CANCELED)


def moved(at: int, way: str, place: int, rule: str | None = None, id_: str = "c") -> e.Event:
    """From one queue to another ("qr"), by a person or a rule."""
    said = {"from_queue": way[0], "enqueued_at": place, "overflow": rule}
    return tell(e.ConversationMoved, at, id_, way[1], **said)  # type: ignore[no-any-return]


def configured(at: int, target_ms: int) -> e.Event:
    """Queue q gets another target."""
    rule = ServiceLevelRule(target_ms=target_ms)
    return e.QueueConfigured(at, "q", 1, QueueSettings(name="q", service_level=rule), "test")


def seen(
    *events: e.Event, rules: Rules = RULES, interval_ms: int = HOUR_MS, **options: int
) -> IntervalFigures:
    """Let new figures see these events."""
    figures = IntervalFigures(interval_ms, rules, **options)
    for event in events:
        figures.see(event)
    return figures


def picked(record: IntervalRecord, *names: str) -> tuple[Any, ...]:
    """These counters of a record."""
    return tuple(getattr(record, name) for name in names)


@pytest.fixture(scope="module")
def data() -> Path:
    """The directory of the bank month; skips where nobody has it."""
    found = find_data(None, os.environ) or Path(__file__).parents[3] / "shared" / "data"
    if not (found / "bank_1999-02_conversations.csv.gz").is_file():
        pytest.skip("the recorded month is not here: set INTERLOCK_TEST_DATA")
    return found


def midnight_ms(date: str) -> int:
    return round(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp() * 1000)


def recorded(data: Path) -> list[e.Event]:
    """What the recorded calls would have been as events, in order."""
    happened: list[tuple[int, int, e.Event]] = []
    with gzip.open(data / "bank_1999-02_conversations.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            who = (row["conversation_id"], row["queue"])
            came = midnight_ms(row["date"]) + 1000 * int(row["arrived_s"])
            gone = came + 1000 * int(row["waited_s"])
            happened.append((came, 0, entered(came, *who)))
            if row["outcome"] == "abandoned":
                happened.append((gone, 1, left(gone, *who)))
                continue
            done = gone + 1000 * int(row["service_s"])
            happened += [(gone, 1, assigned(gone, *who)), (done, 2, ended(done, *who))]
    return [event for _, _, event in sorted(happened, key=lambda found: found[:2])]


def published(data: Path) -> dict[int, Counter[str]]:
    """The published hours by their beginning; hour 24 is the first of the next day."""
    hours: dict[int, Counter[str]] = {}
    with (data / "bank_1999-02_hourly.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            hour = hours.setdefault(
                midnight_ms(row.pop("date")) + HOUR_MS * int(row.pop("hour")), Counter()
            )
            longest = max(hour["wait_max_s"], int(row["wait_max_s"]))
            hour.update({name: int(value) for name, value in row.items()})
            hour["wait_max_s"] = longest
    return hours


@pytest.fixture(scope="module")
def month(data: Path) -> dict[int, IntervalFigures]:
    """The month judged by 20 s and by 60 s."""
    events = recorded(data)
    queues = {event.queue for event in events if isinstance(event, e.ConversationEntered)}
    rules = {target_ms: replace(RULE, target_ms=target_ms) for target_ms in (20_000, 60_000)}
    return {at: seen(*events, rules=dict.fromkeys(queues, rule)) for at, rule in rules.items()}


def test_every_hour_of_the_month_is_as_published(
    data: Path, month: dict[int, IntervalFigures]
) -> None:
    hours = published(data)
    # An hour in which nobody joined may still have seen answers.
    for target_ms, in_time in ((20_000, "served_within_20s"), (60_000, "served_within_60s")):
        found = {row.starts_at: row for row in month[target_ms].overall() if row.offered}
        assert found.keys() == hours.keys()
        for starts_at, hour in hours.items():
            row = found[starts_at]
            for column, ours in PUBLISHED.items():
                unit = 1000 if ours.endswith("_ms") else 1
                assert getattr(row, ours) == unit * hour[column], (starts_at, column)
            assert row.served_within_target == hour[in_time], (starts_at, in_time)


def test_the_month_adds_up(month: dict[int, IntervalFigures]) -> None:
    figures = month[20_000]
    sums: dict[int, IntervalRecord] = {}
    for row in figures.rows():
        sums.setdefault(row.starts_at, IntervalRecord(None, row.starts_at)).add(row)
    assert list(sums.values()) == figures.overall(), "nobody was in two queues"
    total = figures.total()
    assert total.offered == 31_009 == total.served + total.abandoned
    assert sum(picked(total, *EVENTS)) == total.offered, "each call has one event"
    assert total.event_hits == total.served_within_target
    assert total.event_misses == total.target_reached_waiting
    assert total.handled == total.served


def worked() -> Iterator[e.Event]:
    """The worked example as it may have happened within one hour."""
    ends = [(5_000, left, 10), (20_000, left, 10), (20_000, assigned, 860)]
    ends += [(20_001, left, 40), (20_001, assigned, 140)]
    waits = [(wait_ms, end) for wait_ms, end, times in ends for _ in range(times)]
    yield from (entered(0, f"c{number}") for number, _ in enumerate(waits))
    yield from (end(wait_ms, f"c{number}") for number, (wait_ms, end) in enumerate(waits))


@pytest.mark.parametrize("variant", VARIANTS)
def test_six_answers_to_one_question(variant: str) -> None:
    figures = seen(*worked())
    for record in (figures.total("q"), figures.total(), *figures.rows(), *figures.overall()):
        level = service_level(record, variant)
        assert level is not None and round(level, 1) == WORKED[variant]
    assert service_level(IntervalRecord("q", 0), variant) is None, "nothing to judge"
    assert service_level(seen(entered(0)).total("q"), variant) is None, "it may be answered yet"


def test_the_variants_are_those_that_can_be_configured() -> None:
    assert set(VARIANTS) == set(WORKED) == set(get_args(Variant))
    with pytest.raises(KeyError):
        service_level(IntervalRecord("q", 0), "wishful")


@given(st.lists(st.integers(0, 40), min_size=6, max_size=6), st.sampled_from(VARIANTS))
def test_the_board_judges_by_the_same_formula(counts: list[int], variant: str) -> None:
    hits, more, early, short, rest, late = counts
    made_of = {
        "answered": hits + more,
        "answered_in_target": hits,
        "abandoned": early + short + rest,
        "abandoned_in_target": early + short,
        "abandoned_short": short,
    }
    percent = percent_in_target(variant, **made_of, missed=more + rest + late)
    shown = percent_of(QueueFigures(**made_of), ServiceLevelRule(variant=variant), late)
    assert shown == (None if percent is None else round(percent, 2))


def test_while_a_queue_is_blocked_only_event_time_falls_and_at_once() -> None:
    begins = (entered(0, "a"), assigned(1_000, "a"), entered(2_000, "b"))
    figures = seen(*begins)

    def levels() -> dict[str, float | None]:
        return {variant: service_level(figures.total("q"), variant) for variant in VARIANTS}

    perfect = dict.fromkeys(VARIANTS, 100.0)
    figures.advance(21_999)
    assert levels() == perfect, "b may still be answered in time"
    figures.advance(22_000)
    assert levels() == {**perfect, "event_time": 50.0}, "nothing happened, and it shows"
    figures.advance(HOUR_MS)
    assert levels() == {**perfect, "event_time": 50.0}, "and is counted once"
    for at, misses in ((22_000, 0), (22_001, 1)):
        assert seen(*begins, entered(at)).total("q").event_misses == misses, "told elsewhere"


def test_the_event_belongs_to_its_instant_and_the_wait_to_the_joining() -> None:
    names = (*EVENTS, "served", "served_within_target", "target_reached_waiting")
    late = seen(entered(HOUR_MS - 10_000), assigned(HOUR_MS + 15_000), ended(3 * HOUR_MS))
    assert [row.starts_at for row in late.rows()] == [0, HOUR_MS]
    assert [picked(row, *names) for row in late.rows()] == [(0, 0, 0, 1, 0, 1), (0, 0, 1, 0, 0, 0)]
    assert [service_level(row, "event_time") for row in late.rows()] == [None, 0]
    hit = seen(entered(HOUR_MS - 10_000), assigned(HOUR_MS + 5_000)).rows()
    assert [picked(row, *names) for row in hit] == [(0, 0, 0, 1, 1, 0), (1, 0, 0, 0, 0, 0)]


# fmt: off
AT_TARGET = [
    (assigned(20_000), (1, 0, 0)), (assigned(20_001), (0, 0, 1)),
    (left(20_000), (0, 1, 0)), (left(20_001), (0, 0, 1)),
    (voided(19_999), (0, 0, 0)), (voided(20_000), (0, 0, 1)),
    (moved(19_999, "qr", 19_999), (0, 0, 0)), (moved(20_000, "qr", 20_000), (0, 0, 1)),
]
# fmt: on


@pytest.mark.parametrize(("end", "expected"), AT_TARGET)
@pytest.mark.parametrize("looked", [False, True])
def test_at_the_target_itself(end: e.Event, expected: tuple[int, ...], looked: bool) -> None:
    """Whether somebody looked at the instant before the end was told makes no difference."""
    figures = seen(entered(0))
    if looked:
        figures.advance(min(end.at, 20_000))
    figures.see(end)
    total = figures.total("q")
    assert picked(total, *EVENTS) == expected
    assert total.target_reached_waiting == expected[-1]


def test_an_offer_that_is_not_accepted_answers_nobody() -> None:
    figures = seen(entered(0), timed_out(9_000))
    assert picked(figures.total("q"), *ENDS) == (1, 0, 0, 0, 1)
    figures.see(accepted(15_000))
    assert picked(figures.total("q"), *ENDS) == (1, 1, 0, 0, 0)
    assert figures.total("q").wait_served_sum_ms == 15_000, "from joining, not from the offer"


def test_over_all_queues_a_conversation_counts_once() -> None:
    there, back = moved(30_000, "qr", 0, "after_ms"), moved(40_000, "rq", 0, "depth")
    figures = seen(entered(0), there, back, assigned(50_000), ended(60_000))
    names = (*ENDS, "overflowed", *EVENTS)
    assert picked(figures.total("q"), *names) == (2, 1, 0, 1, 0, 1, 0, 0, 2)
    assert picked(figures.total("r"), *names) == (1, 0, 0, 1, 0, 1, 0, 0, 1), "came too late"
    assert picked(figures.total(), *names) == (1, 1, 0, 0, 0, 1, 0, 0, 1)
    assert figures.total().wait_all_sum_ms == figures.total().wait_served_sum_ms == 50_000
    closed = seen(entered(0), ended(30_000, overflow="after_ms")).total()
    assert picked(closed, *names) == (1, 0, 0, 1, 0, 1, 0, 0, 1)


def test_a_place_not_kept_starts_the_wait_of_the_queue_but_not_the_customers() -> None:
    begins = (entered(0), moved(15_000, "qr", 15_000))
    waits = seen(*begins)
    waits.advance(20_000)
    assert (waits.total().event_misses, waits.total("r").event_misses) == (1, 0)
    waits.advance(35_000)
    assert (waits.total().event_misses, waits.total("r").event_misses) == (1, 1)
    served = seen(*begins, assigned(25_000, queue="r"))
    assert picked(served.total("r"), *EVENTS, "wait_served_sum_ms") == (1, 0, 0, 10_000)
    assert picked(served.total(), *EVENTS, "wait_served_sum_ms") == (0, 0, 1, 25_000)


def test_who_was_answered_and_stands_in_line_again_does_not_wait_twice() -> None:
    begins = (entered(0), assigned(4_000), requeued(10_000))
    total = seen(*begins, assigned(90_000), requeued(95_000), left(99_000)).total("q")
    assert picked(total, *ENDS, "wait_all_sum_ms", *EVENTS) == (1, 1, 0, 0, 0, 4_000, 1, 0, 0)
    assert (total.handled, total.service_sum_ms) == (2, 11_000)


def test_talk_and_wrap_up_are_told_apart() -> None:
    extended = (wrapping(31_000), wrapping(40_000))
    total = seen(entered(0), assigned(1_000), *extended, ended(60_000)).total("q")
    assert picked(total, "handled", "service_sum_ms", "wrap_up_sum_ms") == (1, 30_000, 29_000)
    assert total.aht_ms == 59_000


def test_each_agent_who_has_it_handles_it() -> None:
    in_q = (entered(0), assigned(1_000), assigned(11_000, from_agent="bert"))
    in_r = (assigned(41_000, queue="r"), ended(46_000, queue="r"))
    figures = seen(*in_q, moved(31_000, "qr", 31_000), *in_r)
    names = ("handled", "service_sum_ms", "served")
    assert picked(figures.total("q"), *names) == (2, 30_000, 1)
    assert picked(figures.total("r"), *names) == (1, 5_000, 1)
    assert picked(figures.total(), *names) == (3, 35_000, 1)


def test_means_need_something_to_be_the_mean_of() -> None:
    assert picked(IntervalRecord("q", 0), "asa_ms", "aht_ms") == (None, None)
    total = seen(entered(0, "a"), assigned(0, "a"), entered(0), assigned(9_000)).total("q")
    assert (total.asa_ms, total.waited, total.wait_served_max_ms) == (4_500, 1, 9_000)


def test_a_queue_is_judged_by_its_own_rule_unless_one_was_given() -> None:
    events = (configured(0, 5_000), entered(0), assigned(8_000))
    assert seen(*events, rules={}).total("q").served_within_target == 0
    assert seen(*events).total("q").served_within_target == 1
    assert seen(*events[1:], rules={}).rule_of("q") == ServiceLevelRule(), "the default"


def test_a_new_target_holds_for_those_who_wait() -> None:
    shorter = seen(configured(0, 60_000), entered(0), configured(30_000, 10_000), rules={})
    shorter.advance(29_999)
    assert shorter.total("q").event_misses == 0
    shorter.advance(30_000)
    assert shorter.total("q").event_misses == 1, "late by the new rule, from now on"
    longer = seen(configured(0, 10_000), entered(0), configured(30_000, 60_000), rules={})
    assert longer.total("q").event_misses == 1
    longer.see(assigned(40_000))
    assert picked(longer.total("q"), *EVENTS) == (1, 0, 0), "one event for each wait"


def test_intervals_begin_with_the_local_clock() -> None:
    quarter = HOUR_MS // 4
    utc = [(0, 0, 0), (HOUR_MS - 1, 0, 0), (HOUR_MS, 0, HOUR_MS)]
    ahead = [(HOUR_MS - quarter, quarter, HOUR_MS - quarter), (0, quarter, -quarter)]
    behind = [(HOUR_MS, -quarter, quarter), (0, -quarter, quarter - HOUR_MS)]
    for at, tz_offset_ms, starts_at in utc + ahead + behind:
        (row,) = seen(entered(at), tz_offset_ms=tz_offset_ms).rows()
        assert row.starts_at == starts_at


def test_rows_come_by_interval_and_then_by_queue() -> None:
    figures = seen(entered(5, "a", "r"), entered(6, "b"), entered(HOUR_MS))
    found = [(row.starts_at, row.queue) for row in figures.rows()]
    assert found == [(0, "q"), (0, "r"), (HOUR_MS, "q")]
    assert [row.offered for row in figures.overall()] == [2, 1]
    assert figures.total("nowhere") == IntervalRecord("nowhere", 0)
    unknown = (assigned(5), wrapping(6), moved(8, "qr", 0), ended(9))
    assert seen(*unknown).rows() == [], "who was there before is not counted"


def test_what_has_ended_is_forgotten() -> None:
    """A target of a day, so that no deadline passes: what is over must leave all the same."""
    figures = seen(rules={"q": ServiceLevelRule(target_ms=24 * HOUR_MS)})
    for number in range(5_000):
        for event in (entered, assigned, ended):
            figures.see(event(number, f"c{number}"))
    assert len(figures._live) + len(figures._deadlines) + len(figures._records) < 100
    assert figures.total("q").offered == 5_000


TARGETS = {"q": 10, "r": 15}
Wait = tuple[str, int, int, str]
"""One wait in one queue: queue, place, end, how it ended."""
HOWS = {"serve": assigned, "abandon": left, "cancel": voided}
steps = st.tuples(st.sampled_from("qr"), st.integers(0, 25), st.booleans())
stories = st.tuples(
    st.integers(0, 60), st.lists(steps, min_size=1, max_size=4), st.sampled_from([*HOWS, "stay"])
)
"""When it comes; the queues it goes through, how long, and whether it keeps its place; the end."""


def lived(number: int, story: Any) -> tuple[list[e.Event], list[Wait]]:
    """The events of one story, and each of its waits."""
    at, way, how = story
    id_, queue, place = f"c{number}", way[0][0], at
    events: list[e.Event] = [entered(at, id_, queue)]
    waits: list[Wait] = []
    for step, (name, wait_ms, keeps) in enumerate(way):
        if step:
            waits.append((queue, place, at, "leave"))
            place = place if keeps else at
            events.append(moved(at, queue + name, place, id_=id_))
        queue, at = name, at + wait_ms
    if how in HOWS:
        events.append(HOWS[how](at, id_, queue))
    return events, [*waits, (queue, place, at, how)]


def counted(waits: list[Wait], now: int) -> Counter[tuple[str, str]]:
    """Count what became of the waits in each queue until ``now``, one by one."""
    found: Counter[tuple[str, str]] = Counter()
    for queue, place, end, how in waits:
        wait_ms = (now if how == "stay" else end) - place
        late = wait_ms > TARGETS[queue] - (how not in ("serve", "abandon"))
        found[queue, "offered"] += 1
        found[queue, "served"] += how == "serve"
        found[queue, "abandoned"] += how == "abandon"
        found[queue, "left_unanswered"] += how in ("leave", "cancel")
        found[queue, "target_reached_waiting"] += late
        found[queue, "event_misses"] += late
        found[queue, "event_hits"] += how == "serve" and not late
        found[queue, "event_abandons"] += how == "abandon" and not late
        found[queue, "wait_all_sum_ms"] += wait_ms if how != "stay" else 0
    return found


@given(st.lists(stories, max_size=8), st.sets(st.integers(0, 120)), st.integers(1, 40))
def test_it_counts_as_one_would_by_hand(told: Any, looks: set[int], interval_ms: int) -> None:
    lives = [lived(number, story) for number, story in enumerate(told)]
    events = sorted((event for life, _ in lives for event in life), key=lambda event: event.at)
    by_hand = partial(counted, [wait for _, waits in lives for wait in waits])
    now = max([0, *looks, *(event.at for event in events)]) + 30
    rules = {queue: ServiceLevelRule(target_ms=ms) for queue, ms in TARGETS.items()}
    watched = seen(rules=rules, interval_ms=interval_ms)
    for at in range(now):
        for event in events:
            if event.at == at:
                watched.see(event)
        if at in looks:
            watched.advance(at)
    unwatched = seen(*events, rules=rules, interval_ms=interval_ms)
    for figures in (watched, unwatched):
        figures.advance(now)
        for (queue, name), count in by_hand(now).items():
            assert getattr(figures.total(queue), name) == count, (queue, name)
        assert figures.total().offered == len(told)
    assert watched.rows() == unwatched.rows() and watched.overall() == unwatched.overall()


@pytest.mark.parametrize("seed", [3, 11])
def test_the_engine_counts_the_same_day_alike(seed: int) -> None:
    day = History(seed)
    day.live(400)
    figures = seen(*day.bench.log, rules={}, interval_ms=300_000)
    assert figures.total().offered == day.bench.state.totals.entered > 50
    for queue in QUEUES:
        engine, ours = day.bench.of_queue(queue), figures.total(queue)
        assert engine.handled == ours.handled
        for theirs, name in COUNTED.items():
            assert getattr(engine.figures, theirs) == getattr(ours, name), (queue, name)


def test_the_board_falls_alike_while_a_queue_is_blocked(bench: Workbench) -> None:
    bench.queue(service_level={"target_ms": 20_000})
    bench.staff("anna", capacity={"chat": 2})
    for number in range(6):
        bench.enter(f"c{number}")
        bench.pass_s(3)
    bench.accept("anna", "c0")
    bench.accept("anna", "c1")
    bench.abandon("c2")
    figures = seen(*bench.log, rules={})
    rule, shown = bench.of_queue().settings.service_level, []
    for _ in range(20):
        bench.pass_s(1.001)
        figures.advance(bench.now)
        late = bench.engine.waiting_over("q", bench.now - rule.target_ms)
        shown.append(percent_of(bench.of_queue().figures, rule, late))
        level = service_level(figures.total("q"), "event_time")
        assert level is not None and shown[-1] == round(level, 2)
    assert shown[0] == 100 and shown[-1] == 40
