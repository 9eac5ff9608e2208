"""The course of the day: samples become intervals, nothing is invented, the table is plain."""

from __future__ import annotations

from typing import Any

from app.domain import commands as c
from app.domain.samples import MINUTE_MS, QUARTER_MS, Sample
from app.domain.words import MS_PER_DAY, Presence
from app.wire.board_rows import board_view
from app.wire.day_history import DayHistory
from app.wire.history_calls import CSV_HEAD, csv_lines

from .floor import Floor

FOREVER = 10 * MS_PER_DAY


def begun(floor: Floor) -> DayHistory:
    """A history whose first sample is taken on a whole quarter of an hour."""
    floor.wait(QUARTER_MS - floor.now % QUARTER_MS)
    history = DayHistory()
    history.look(floor.engine, floor.now)
    return history


def minute(history: DayHistory, floor: Floor, count: int = 1) -> None:
    for _ in range(count):
        floor.wait(MINUTE_MS)
        history.look(floor.engine, floor.now)


def seen(history: DayHistory, queue: str | None = None, every: int = MINUTE_MS) -> dict[str, Any]:
    return history.view(queue, 0, FOREVER * 10_000, every)


def test_a_minute_holds_what_happened_in_it() -> None:
    floor = Floor()
    floor.queue("q")
    history = begun(floor)
    began = floor.now
    floor.enter("c1", "q")
    minute(history, floor)
    minute(history, floor)
    view = seen(history)
    assert view["at"] == [began, began + MINUTE_MS]
    assert view["waiting"] == [1, 1] and view["oldest_wait_ms"] == [60_000, 120_000]
    # The target was reached while it waited: a miss of the first minute, told at once and once.
    assert view["service_level"] == [0.0, None]
    assert view["agents"]["free"] == [0, 0] and view["since"] == began


def test_offers_answers_and_agents_are_counted_once() -> None:
    floor = Floor()
    floor.queue("q")
    floor.agent("anna", "q", capacity={"chat": 2})
    floor.agent("bob", "q", online=False)
    floor.do(c.SetPresence("bob", Presence.AVAILABLE, "", "agent:bob"))
    history = begun(floor)
    floor.enter("c1", "q")
    offer = next(iter(floor.engine.state.agents["anna"].offers))
    floor.do(c.MarkDelivered(offer, "anna"))
    floor.do(c.AcceptOffer(offer, "anna"))
    minute(history, floor, 3)
    view = seen(history)
    assert (view["offers"], view["answered"]) == ([1, 0, 0], [1, 0, 0])
    assert view["service_level"] == [100.0, None, None]
    assert view["agents"]["working"] == [1, 1, 1]
    assert view["agents"]["unreachable"] == [1, 1, 1]
    assert seen(history, every=5 * MINUTE_MS)["offers"] == [1]


def test_the_figures_are_those_of_the_board() -> None:
    floor = Floor()
    floor.queue("q")
    history = begun(floor)
    for number in range(5):
        floor.enter(f"c{number}", "q")
    floor.do(c.CancelConversation("c0", True, "left", "x"))
    floor.wait(30_000)
    floor.do(c.CancelConversation("c1", True, "left", "x"))
    floor.wait(30_000)
    history.look(floor.engine, floor.now)
    board = board_view(floor.engine, floor.now, position="1-1")["totals"]
    view = seen(history)
    assert view["waiting"] == [board["waiting"]] == [3]
    assert view["abandoned"] == [board["abandoned"]] == [2]
    assert view["service_level"] == [board["event_time_percent"]]
    assert view["oldest_wait_ms"] == [board["oldest_wait_ms"]]


def test_a_queue_goes_by_quarter_hours_and_a_new_day_begins_at_nothing() -> None:
    floor = Floor()
    floor.queue("q")
    history = begun(floor)
    for _ in range(100):
        minute(history, floor, 15)
    view = seen(history, "q", MINUTE_MS)
    assert view["every_ms"] == QUARTER_MS and len(view["at"]) == 100
    assert view["agents"] is None and history.queues() == ["q"]
    assert min(view["abandoned"]) == 0


def test_two_days_are_kept_and_no_more() -> None:
    floor = Floor()
    floor.queue("q")
    history = begun(floor)
    began = floor.now
    for _ in range(300):
        minute(history, floor, 1)
        floor.now += QUARTER_MS - MINUTE_MS
        history.look(floor.engine, floor.now)
    view = seen(history, "q")
    assert len(view["at"]) == 191
    assert view["at"][0] == began + (300 - 191) * QUARTER_MS


def test_what_nobody_saw_is_left_out() -> None:
    floor = Floor()
    floor.queue("q")
    history = begun(floor)
    minute(history, floor)
    floor.wait(10 * MINUTE_MS)
    history.look(floor.engine, floor.now)
    assert len(seen(history)["at"]) == 2
    assert seen(DayHistory())["at"] == [] and seen(DayHistory())["since"] is None


def test_the_table_is_plain() -> None:
    floor = Floor()
    floor.queue("q")
    history = begun(floor)
    floor.enter("c1", "q")
    minute(history, floor, 15)
    views = [seen(history, None, QUARTER_MS), seen(history, "q")]
    lines = [line for view in views for line in csv_lines(view)]
    assert CSV_HEAD.startswith("queue,starts_at,every_min,waiting")
    assert len(lines) == 2 and lines[0].startswith(",") and lines[1].startswith("q,")
    assert lines[1].endswith(",15,1,900000,0.0,0,0,0")


def test_a_past_that_was_read_back_comes_before_and_counts_where_both_know() -> None:
    floor = Floor()
    floor.queue("q")
    history, past = begun(floor), DayHistory()
    minute(history, floor, 2)
    first = history.first_at
    assert first is not None
    for at in (first - 2 * MINUTE_MS, first):
        past.keep_minute(Sample(at, {"": [7, 0, 0, 0, 0, 0, 0]}, [0] * 5))
    past.keep_quarter(Sample(first - QUARTER_MS, {"q": [7] * 7, "gone": [1] * 7}))
    history.join(past)
    view = seen(history)
    assert view["at"] == [first - MINUTE_MS, first, first + MINUTE_MS]
    assert view["waiting"] == [7, 0, 0]
    assert history.queues() == ["gone", "q"]
    assert seen(history, "q")["at"] == [first - QUARTER_MS]
