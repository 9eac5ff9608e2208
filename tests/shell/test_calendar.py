"""Opening hours in a running node: to the millisecond, across restarts, jumps and outages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

import pytest

from app.adapters.memory import Faults, MemoryDisk
from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.settings import AgentSettings, HoursRule, OfferRule, OverflowRule, QueueSettings
from app.domain.state import State
from app.domain.words import ConversationState, Presence
from app.shell.calendar import Calendar
from app.shell.work import NotOwner
from tests.shell.node import Node, running
from tests.virtual_time import EPOCH_MS, LoopClock, elapse

Start = Callable[[str], None]
MINUTE_MS = 60_000
OFFICE = HoursRule(zone="Europe/London", weekly={"fri": [["09:00", "17:00"]]})
"""The tests' Friday is the 15th of January 2027; London's clock then shows UTC."""
BEFORE_OPENING, OPENING = "2027-01-15T08:59+00:00", "2027-01-15T09:00+00:00"
BEFORE_CLOSING, CLOSING = "2027-01-15T16:59+00:00", "2027-01-15T17:00+00:00"


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Say what time it is when the test's loop begins."""

    def at_time(text: str) -> None:
        monkeypatch.setattr(LoopClock, "ahead_ms", at(text) - EPOCH_MS)

    return at_time


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def enter(n: int, queue: str = "q") -> c.EnterConversation:
    return c.EnterConversation(f"c{n}", queue, "chat", "test")


def put(hours: HoursRule, queue: str = "q") -> c.PutQueue:
    return c.PutQueue(queue, QueueSettings(name="Q", hours=hours), "test")


def doors(node: Node) -> list[tuple[int, bool]]:
    """When the queue opened and closed."""
    changes = [event for event in node.told if isinstance(event, e.QueueHoursChanged)]
    return [(change.at, change.open) for change in changes]


def offered(node: Node) -> dict[str, int]:
    """Conversation -> when it was offered last."""
    return {event.conversation: event.at for event in node.told if isinstance(event, e.OfferMade)}


async def employ(node: Node, *agents: str) -> None:
    """New agents of the queue, connected and available."""
    for agent in agents:
        settings = AgentSettings(name=agent, queues={"q": 1})
        await node.router.submit(c.PutAgent(agent, settings, "test"))
        await node.router.submit(c.ConnectAgent(agent))
        await node.router.submit(c.SetPresence(agent, Presence.AVAILABLE, "", "test"))


def stand_still(node: Node, for_ms: int) -> None:
    """Let time pass as a suspended machine does: timers do not see it."""
    node.clock.ahead_ms += for_ms


async def test_who_came_before_the_opening_is_offered_at_the_opening(start: Start) -> None:
    start(BEFORE_OPENING)
    async with running() as node:
        await node.furnish(hours=OFFICE)
        await node.router.submit(enter(1))
        await elapse(59.99)
        assert offered(node) == {}
        await elapse(0.02)
        assert offered(node) == {"c1": at(OPENING)}
        assert doors(node) == [(at(BEFORE_OPENING), False), (at(OPENING), True)]


async def test_at_closing_time_the_door_shuts_and_who_is_inside_is_served(start: Start) -> None:
    start("2027-01-15T16:59:55+00:00")
    async with running() as node:
        await node.furnish(hours=OFFICE)
        await node.router.submit(enter(1))
        await node.router.submit(enter(2))
        await elapse(6)
        assert doors(node) == [(at(CLOSING), False)]
        await node.router.submit(enter(3))
        await node.router.submit(c.AcceptOffer("o1", "a1"))
        await node.router.submit(c.CompleteConversation("c1", "a1"))
        assert node.router.state.conversations["c2"].state is ConversationState.OFFERED
        last = c.CancelConversation("c2", abandoned=True, reason="", by="test")
        await node.router.submit(last)
        await elapse(1)
        assert offered(node).keys() == {"c1", "c2"}, "the agent is free, and c3 came too late"


async def test_who_comes_while_a_batch_is_on_its_way_over_closing_time_is_late(
    start: Start,
) -> None:
    start("2027-01-15T16:59:55+00:00")
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish(agents=2, hours=OFFICE)
        faults.hold()
        in_time = asyncio.create_task(node.router.submit(enter(1)))
        await faults.held()
        late = asyncio.create_task(node.router.submit(enter(2)))
        await elapse(6)
        faults.release()
        await asyncio.gather(in_time, late)
        assert offered(node).keys() == {"c1"}, "the calendar is asked before the line"


@pytest.mark.parametrize(
    ("started", "span", "expected"),
    [
        ("2026-03-29T01:59+01:00", ["02:30", "12:00"], [(0, False), (MINUTE_MS, True)]),
        ("2026-03-29T01:59+01:00", ["00:00", "02:30"], [(MINUTE_MS, False)]),
        ("2026-10-25T02:59+02:00", ["00:00", "03:00"], [(61 * MINUTE_MS, False)]),
    ],
)
async def test_the_days_on_which_the_clock_jumps(
    start: Start, started: str, span: list[str], expected: list[tuple[int, bool]]
) -> None:
    start(started)
    async with running() as node:
        await node.furnish(hours=HoursRule(zone="Europe/Oslo", weekly={"sun": [span]}))
        await elapse(62 * 60)
        assert doors(node) == [(at(started) + after_ms, is_open) for after_ms, is_open in expected]


async def test_other_hours_are_in_force_with_their_answer(start: Start) -> None:
    start(BEFORE_OPENING)
    async with running() as node:
        await node.furnish()
        await node.router.submit(put(OFFICE))
        is_open, _ = await node.router.read(lambda engine, _: engine.state.queues["q"].open)
        assert not is_open
        await node.router.submit(enter(1))
        assert offered(node) == {}
        await node.router.submit(put(HoursRule()))
        await node.router.submit(None)
        assert offered(node) == {"c1": node.router.now_ms()}


async def test_hours_come_back_with_an_undo(start: Start) -> None:
    start(BEFORE_OPENING)
    async with running() as node:
        await node.furnish(hours=OFFICE)
        await node.router.submit(put(HoursRule()))
        await node.router.submit(c.UndoConfig(node.router.state.version, "test"))
        await node.router.submit(None)
        assert [is_open for _, is_open in doors(node)] == [False, True, False]


async def test_a_queue_made_anew_is_as_closed_as_the_one_before(start: Start) -> None:
    start(BEFORE_OPENING)
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish(agents=0, hours=OFFICE)
        settings = node.router.state.queues["q"].settings
        faults.hold()
        first = asyncio.create_task(node.router.submit(put(OFFICE, "other")))
        await faults.held()
        gone = asyncio.create_task(node.router.submit(c.RemoveQueue("q", "test")))
        made = asyncio.create_task(node.router.submit(c.PutQueue("q", settings, "test")))
        await asyncio.sleep(0)
        faults.release()
        await asyncio.gather(first, gone, made)
        await node.router.submit(None)
        queues = node.router.state.queues
        assert {id_: queue.open for id_, queue in queues.items()} == {"q": False, "other": False}


async def test_what_closed_while_nobody_ran_is_closed_before_anybody_is_offered(
    start: Start,
) -> None:
    start(BEFORE_CLOSING)
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish(agents=0, hours=OFFICE)
        await node.router.submit(enter(1))
    await elapse(30 * 60)
    async with running(disk, name="n2", force=True) as node:
        assert doors(node) == [(node.router.now_ms(), False)]
        assert [type(event) for event in node.told] == [e.EpochOpened, e.QueueHoursChanged]
        await node.router.submit(enter(2))
        await employ(node, "a1", "a2")
        assert offered(node).keys() == {"c1"}, "c1 was inside before"


async def test_what_opened_while_nobody_ran_is_offered_to_the_first_who_comes(
    start: Start,
) -> None:
    start(BEFORE_OPENING)
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish(hours=OFFICE)
        await node.router.submit(enter(1))
    await elapse(30 * 60)
    async with running(disk, name="n2", force=True) as node:
        assert [is_open for _, is_open in doors(node)] == [True]
        assert offered(node) == {}, "nobody is there yet"
        await node.router.submit(c.ConnectAgent("a1"))
        assert offered(node).keys() == {"c1"}


async def test_a_restart_inside_the_same_hours_says_nothing(start: Start) -> None:
    start(BEFORE_OPENING)
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish(hours=OFFICE)
    async with running(disk, name="n2", force=True) as node:
        assert doors(node) == []


async def test_a_machine_that_slept_over_closing_time_notices_within_a_minute(
    start: Start,
) -> None:
    start(OPENING)
    async with running() as node:
        await node.furnish(hours=OFFICE)
        await elapse(1)
        stand_still(node, 9 * 60 * MINUTE_MS)
        await elapse(60)
        assert [is_open for _, is_open in doors(node)] == [False]


async def test_over_a_pause_of_the_process_new_offers_have_their_whole_time(start: Start) -> None:
    start(BEFORE_OPENING)
    async with running() as node:
        await node.furnish(hours=OFFICE)
        await node.router.submit(enter(1))
        stand_still(node, 5 * MINUTE_MS)
        await node.router.submit(None)
        offer = node.router.state.offers["o1"]
        assert offer.expires_at - offered(node)["c1"] == OfferRule().timeout_ms


async def test_while_the_store_is_away_no_door_moves(start: Start) -> None:
    start(BEFORE_OPENING)
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish(hours=OFFICE)
        await node.router.submit(enter(1))
        faults.down = True
        await elapse(120)
        assert not node.router.state.queues["q"].open
        faults.down = False
        await elapse(2)
        assert [is_open for _, is_open in doors(node)] == [False, True]
        assert doors(node)[-1][0] >= at(OPENING) + MINUTE_MS
        offer = node.router.state.offers["o1"]
        assert offer.expires_at - offered(node)["c1"] == OfferRule().timeout_ms, (
            "not moved by the outage"
        )


async def test_a_node_that_lost_the_workspace_moves_no_door(start: Start) -> None:
    start(BEFORE_OPENING)
    disk = MemoryDisk()
    async with running(disk, name="old") as old:
        await old.furnish(hours=OFFICE)
        async with running(disk, name="new", force=True) as new:
            stand_still(old, 2 * MINUTE_MS)
            with pytest.raises(NotOwner):
                await old.router.submit(None)
            assert doors(old) == [(at(BEFORE_OPENING), False)], "its clock shows 09:01"
            assert doors(new) == []


async def test_a_former_owner_whose_clock_was_ahead_closed_for_good(start: Start) -> None:
    start(CLOSING)
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish(hours=OFFICE)
        assert doors(node) == [(at(CLOSING), False)]
    start(BEFORE_CLOSING)
    async with running(disk, name="n2", force=True) as node:
        await elapse(120)
        assert doors(node) == []


async def test_hours_that_cannot_be_read_leave_their_queue_and_the_others_alone(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start(BEFORE_OPENING)
    with caplog.at_level(logging.ERROR):
        async with running() as node:
            await node.furnish(hours=HoursRule(zone="Mars/Olympus"))
            await node.router.submit(put(OFFICE, "office"))
            await elapse(61)
            assert [is_open for _, is_open in doors(node)] == [False, True]
            await node.router.submit(enter(1))
            assert offered(node).keys() == {"c1"}
    assert len([one for one in caplog.records if "Mars/Olympus" in one.getMessage()]) == 1


async def test_a_closed_rule_acts_until_the_queue_opens_and_no_longer(start: Start) -> None:
    start(BEFORE_OPENING)
    rules = [OverflowRule(when="closed", value=30_000, to="close")]
    async with running() as node:
        await node.furnish(agents=0, hours=OFFICE, overflow=rules)
        await node.router.submit(enter(1))
        await elapse(45)
        await node.router.submit(enter(2))
        await elapse(120)
        states = {id_: one.state for id_, one in node.router.state.conversations.items()}
        assert states == {"c1": ConversationState.CLOSED, "c2": ConversationState.WAITING}


def test_a_calendar_speaks_only_where_the_engine_has_it_otherwise() -> None:
    engine = Engine()
    engine.apply(put(HoursRule(), "always"), at(OPENING))
    engine.apply(put(OFFICE, "office"), at(OPENING))
    calendar = Calendar(engine.state)
    assert calendar.due(at(OPENING)) == []
    assert calendar.next_at() == at(CLOSING)
    assert calendar.due(at(CLOSING)) == [c.SetQueueHours("office", False)]
    assert calendar.next_at() == at("2027-01-22T09:00+00:00")


def test_a_calendar_without_hours_never_wakes_anybody() -> None:
    calendar = Calendar(State())
    assert calendar.next_at() == 0, "it has not been asked yet"
    assert calendar.due(at(OPENING)) == []
    assert calendar.next_at() is None


async def test_a_closed_rule_does_not_act_on_a_door_that_opened_while_nobody_ran(
    start: Start,
) -> None:
    start("2027-01-15T08:55+00:00")
    disk = MemoryDisk()
    rules = [OverflowRule(when="closed", value=10 * MINUTE_MS, to="close")]
    async with running(disk) as node:
        await node.furnish(agents=0, hours=OFFICE, overflow=rules)
        await node.router.submit(enter(1))
    await elapse(15 * 60)
    async with running(disk, name="n2", force=True) as node:
        assert node.router.state.conversations["c1"].state is ConversationState.WAITING


async def test_nothing_overflows_into_a_queue_that_closed_while_nobody_ran(start: Start) -> None:
    start(BEFORE_CLOSING)
    disk = MemoryDisk()
    rules = [OverflowRule(when="after_ms", value=10 * MINUTE_MS, to="queue", queue="b")]
    async with running(disk) as node:
        await node.furnish(agents=0, overflow=rules)
        await node.router.submit(put(OFFICE, "b"))
        await node.router.submit(enter(1))
    await elapse(15 * 60)
    async with running(disk, name="n2", force=True) as node:
        assert node.router.state.conversations["c1"].queue == "q"
