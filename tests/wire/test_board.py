"""The board: figures from the state, changes that fold back, and a keeper that never differs."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import commands as c
from app.domain.words import MS_PER_DAY, Presence, QueueStatus
from app.wire.board import diff, fold
from app.wire.board_keeper import BoardKeeper
from app.wire.board_rows import board_view
from app.wire.reading import read_body
from app.wire.settings import QueueBody

from .floor import BY, Floor

QUEUES = ("billing", "sales")
AGENTS = ("anna", "bob", "carl")


def board_of(floor: Floor, **more: Any) -> dict[str, Any]:
    return board_view(floor.engine, floor.now, position=f"1-{len(floor.events)}", **more)


def queue_of(floor: Floor, id_: str = "billing", **more: Any) -> dict[str, Any]:
    return next(row for row in board_of(floor, **more)["queues"] if row["id"] == id_)


def agent_of(floor: Floor, id_: str) -> dict[str, Any]:
    return next(row for row in board_of(floor)["agents"] if row["id"] == id_)


def channels() -> st.SearchStrategy[str]:
    return st.sampled_from(["", "chat", "mail", "chat mail"])


def moves() -> st.SearchStrategy[tuple[str, ...]]:
    """Things that may happen on a floor, by name and arguments."""
    queue, agent = st.sampled_from(QUEUES), st.sampled_from(AGENTS)
    return st.one_of(
        st.tuples(st.just("enter"), queue, st.sampled_from(["chat", "mail"])),
        st.tuples(st.just("wait"), st.sampled_from(["0", "700", "20001", "60000"])),
        st.tuples(st.just("wait"), st.just(str(MS_PER_DAY))),
        st.tuples(st.sampled_from(["accept", "decline", "deliver"]), agent),
        st.tuples(st.sampled_from(["complete", "requeue", "cancel", "move"]), agent),
        st.tuples(st.just("presence"), agent, st.sampled_from(list(Presence))),
        st.tuples(st.sampled_from(["connect", "lose", "remove"]), agent),
        st.tuples(st.just("configure"), agent, queue),
        st.tuples(st.just("status"), queue, st.sampled_from(list(QueueStatus))),
        st.tuples(st.just("hours"), queue, st.sampled_from(["open", "closed"])),
        st.tuples(st.just("plan"), agent, st.sampled_from(["away", "mail-only", "available"])),
        st.tuples(st.just("define"), st.sampled_from(["available", "away"]), channels()),
        st.tuples(st.sampled_from(["silence", "activity", "pull"]), agent),
        st.tuples(st.just("block"), agent),
        st.tuples(st.just("undo")),
        st.tuples(st.just("drop"), queue),
        st.tuples(st.just("epoch")),
    )


class Life:
    """Lets moves happen on a floor, whatever the engine says to them."""

    def __init__(self) -> None:
        self.floor = Floor()
        self.entered = 0
        for id_ in QUEUES:
            self.put_queue(id_)
        for id_ in AGENTS:
            self.floor.agent(id_, *QUEUES, capacity={"chat": 1, "mail": 2}, units=2)

    def put_queue(self, id_: str) -> None:
        body = read_body(QueueBody, b'{"name": "Q", "wrap_up": {"ms": 5000}}')
        self.floor.do(body.command(id_, BY))

    def happen(self, move: tuple[str, ...]) -> None:
        getattr(self, f"_{move[0]}")(*move[1:])

    def _enter(self, queue: str, channel: str) -> None:
        self.put_queue(queue)
        self.entered += 1
        self.floor.enter(f"c{self.entered}", queue, channel=channel)

    def _wait(self, ms: str) -> None:
        self.floor.wait(int(ms))

    def _offer(self, agent: str) -> str:
        known = self.floor.engine.state.agents.get(agent)
        return next(iter(known.offers), "none") if known else "none"

    def _held(self, agent: str) -> str:
        known = self.floor.engine.state.agents.get(agent)
        return next(iter(known.conversations), "c1") if known else "c1"

    def _accept(self, agent: str) -> None:
        self.floor.do(c.AcceptOffer(self._offer(agent), agent))

    def _decline(self, agent: str) -> None:
        self.floor.do(c.DeclineOffer(self._offer(agent), agent, "busy"))

    def _deliver(self, agent: str) -> None:
        self.floor.do(c.MarkDelivered(self._offer(agent), agent))

    def _complete(self, agent: str) -> None:
        self.floor.do(c.CompleteConversation(self._held(agent), agent))

    def _requeue(self, agent: str) -> None:
        self.floor.do(c.RequeueConversation(self._held(agent), "x", BY))

    def _cancel(self, agent: str) -> None:
        self.floor.do(c.CancelConversation(self._held(agent), True, "left", BY))

    def _move(self, agent: str) -> None:
        self.floor.do(c.MoveConversation(self._held(agent), "sales", True, "x", BY))

    def _presence(self, agent: str, presence: str) -> None:
        self.floor.do(c.SetPresence(agent, Presence(presence), "why", BY))

    def _connect(self, agent: str) -> None:
        self.floor.do(c.ConnectAgent(agent))

    def _lose(self, agent: str) -> None:
        self.floor.do(c.DisconnectAgent(agent, 20_000))

    def _remove(self, agent: str) -> None:
        self.floor.do(c.RemoveAgent(agent, BY))

    def _configure(self, agent: str, queue: str) -> None:
        self.put_queue(queue)
        self.floor.agent(agent, queue, online=False, capacity={"chat": 3})

    def _status(self, queue: str, status: str) -> None:
        self.floor.do(c.SetQueueStatus(queue, QueueStatus(status), "x", BY))

    def _drop(self, queue: str) -> None:
        self.floor.do(c.RemoveQueue(queue, BY))

    def _hours(self, queue: str, door: str) -> None:
        self.floor.do(c.SetQueueHours(queue, door == "open"))

    def _plan(self, agent: str, presence: str) -> None:
        self.floor.set(agent, presence, after_work=True)

    def _define(self, presence: str, channels: str) -> None:
        self.floor.presence("mail-only", presence=presence, channels=channels.split() or None)
        self.floor.set("bob", "mail-only")

    def _silence(self, agent: str) -> None:
        self.floor.do(c.NoteActivity(self._held(agent), True, BY))

    def _activity(self, agent: str) -> None:
        self.floor.do(c.NoteActivity(self._held(agent), False, BY))

    def _pull(self, agent: str) -> None:
        self.floor.do(c.PullConversation(agent, "billing"))

    def _block(self, agent: str) -> None:
        self.put_queue("billing")
        more: dict[str, Any] = {"blocks": {"mail": ["chat"]}, "pull": True}
        capacity = {"chat": 2, "mail": 1}
        self.floor.agent(agent, "billing", online=False, capacity=capacity, **more)

    def _undo(self) -> None:
        self.floor.do(c.UndoConfig(self.floor.engine.state.version, BY))

    def _epoch(self) -> None:
        epoch = self.floor.engine.state.epoch + 1
        self.floor.do(c.OpenEpoch(epoch, "node", 20_000))


@given(st.lists(st.lists(moves(), max_size=8), max_size=6))
@settings(max_examples=150)
def test_folding_changes_gives_the_fresh_board_and_the_keeper_agrees(
    steps: list[list[tuple[str, ...]]],
) -> None:
    life = Life()
    keeper = BoardKeeper(life.floor.engine)
    seen = len(life.floor.events)
    folded = board_of(life.floor)
    for step in steps:
        for move in step:
            life.happen(move)
        for event in life.floor.events[seen:]:
            keeper.observe(event)
        seen = len(life.floor.events)
        before = copy.deepcopy(folded)
        fresh = board_of(life.floor)
        kept = keeper.view(life.floor.now, position=fresh["position"])
        assert kept == fresh
        changes = diff(folded, kept)
        assert folded == before, "the old board is left as it is"
        folded = fold(folded, changes)
        assert folded == fresh
        totals = fresh["totals"]
        live = sum(totals[name] for name in ("waiting", "offered", "assigned", "wrapping"))
        assert totals["entered"] == live + totals["ended"]


ids = st.sampled_from("abcdef")
cells = st.integers(0, 3) | st.none() | st.dictionaries(ids, st.integers(0, 2), max_size=2)


@st.composite
def boards(draw: st.DrawFn) -> dict[str, Any]:
    """Draw any board-like thing: scalars, totals and two tables sorted by id."""

    def table() -> list[dict[str, Any]]:
        names = sorted(draw(st.sets(ids)))
        return [{"id": name, "x": draw(cells), "y": draw(cells)} for name in names]

    return {
        "as_of": draw(st.integers()),
        "totals": draw(cells),
        "queues": table(),
        "agents": table(),
    }


@given(boards(), boards())
def test_any_two_boards(old: dict[str, Any], new: dict[str, Any]) -> None:
    changes = diff(old, new)
    assert fold(old, changes) == new
    assert diff(new, fold(old, changes)) == {}


@given(boards())
def test_no_change_is_no_change(board: dict[str, Any]) -> None:
    assert diff(board, copy.deepcopy(board)) == {}
    assert fold(board, {}) == board


def test_a_change_is_small() -> None:
    floor = Floor()
    for id_ in QUEUES:
        floor.queue(id_)
    floor.agent("anna", "billing")
    keeper = BoardKeeper(floor.engine)
    old = keeper.view(floor.now, position="1-1")
    floor.enter("c1", "billing")
    for event in floor.events[-2:]:
        keeper.observe(event)
    changes = diff(old, keeper.view(floor.now, position="1-2"))
    assert set(changes) == {"position", "totals", "queues", "agents"}
    assert [row["id"] for row in changes["queues"]] == ["billing"]
    assert changes["queues"][0]["offered"] == 1 and "name" not in changes["queues"][0]
    assert "name" not in changes["agents"][0]


def test_the_figures_of_a_queue() -> None:
    floor = Floor()
    floor.queue("billing", wrap_up={"ms": 60_000})
    floor.agent("anna", "billing", capacity={"chat": 3, "mail": 1})
    for n in range(4):
        floor.enter(f"c{n}", "billing")
    floor.wait(3_000)
    floor.do(c.AcceptOffer(floor.offer_of("anna"), "anna"))
    floor.do(c.AcceptOffer(floor.offer_of("anna"), "anna"))
    floor.do(c.CompleteConversation("c0", "anna"))
    floor.do(c.CancelConversation("c3", True, "left", BY))
    row = queue_of(floor)
    figures = ("waiting", "offered", "assigned", "wrapping", "answered", "abandoned")
    assert [row[name] for name in figures] == [0, 1, 1, 1, 2, 1]
    assert (row["asa_ms"], row["oldest_wait_ms"]) == (3_000, None)
    assert (row["members"], row["routable"], row["capacity_free"]) == (1, 1, 1)
    assert row["offers"]["made"] == 3 and row["offers"]["accepted"] == 2
    assert row["service_level"]["percent"] == 100.0
    anna = agent_of(floor, "anna")
    assert (anna["load"], anna["capacity"]) == (3, 4)
    assert anna["conversations"] == ["c0", "c1"]


def test_a_bound_on_all_units_bounds_what_is_free() -> None:
    floor = Floor()
    floor.queue("billing")
    floor.agent("anna", "billing", capacity={"chat": 3, "mail": 3}, units=4)
    assert queue_of(floor)["capacity_free"] == 4
    floor.enter("c1", "billing")
    assert queue_of(floor)["capacity_free"] == 3


def test_yesterdays_figures_are_not_todays() -> None:
    floor = Floor()
    floor.queue("billing")
    floor.enter("c1", "billing")
    floor.do(c.CancelConversation("c1", True, "left", BY))
    assert queue_of(floor)["abandoned"] == 1
    floor.now += MS_PER_DAY
    row = queue_of(floor)
    assert (row["abandoned"], row["service_level"]["percent"]) == (0, None)
    assert floor.engine.state.queues["billing"].figures.abandoned == 1, "and nothing was written"


def test_the_service_level_falls_while_nothing_happens() -> None:
    floor = Floor()
    floor.queue("billing", offer={"timeout_ms": 90_000})
    floor.agent("anna", "billing")
    floor.enter("c1", "billing")
    floor.do(c.AcceptOffer(floor.offer_of("anna"), "anna"))
    floor.enter("c2", "billing")
    assert queue_of(floor)["service_level"]["percent"] == 100.0
    floor.wait(20_000)
    assert queue_of(floor)["service_level"]["percent"] == 100.0, "not late yet"
    floor.wait(1)
    assert queue_of(floor)["service_level"]["percent"] == 50.0


def test_an_offer_that_nobody_answers_is_late_too() -> None:
    floor = Floor()
    floor.queue("billing", offer={"timeout_ms": 90_000, "strategy": "all_at_once"})
    for id_ in AGENTS:
        floor.agent(id_, "billing")
    floor.enter("c1", "billing")
    assert queue_of(floor)["offered"] == 1
    floor.wait(20_001)
    assert queue_of(floor)["service_level"]["percent"] == 0.0


@pytest.mark.parametrize(
    ("agents", "wait_ms", "state", "cause"),
    [
        ([], 0, "starved", "no_members"),
        ([("anna", False, {})], 0, "starved", "nobody_available"),
        ([("anna", True, {"mail": 1})], 20_000, "ok", None),
        ([("anna", True, {"mail": 1})], 20_001, "starved", "nobody_suits"),
        ([("anna", True, {"chat": 0})], 20_000, "ok", None),
        ([("anna", True, {"chat": 0})], 20_001, "starved", "all_busy"),
    ],
)
def test_health_is_never_called_better_than_it_is(
    agents: list[tuple[str, bool, dict[str, int]]], wait_ms: int, state: str, cause: str | None
) -> None:
    floor = Floor()
    floor.queue("billing")
    for id_, online, capacity in agents:
        floor.agent(id_, "billing", online=online, capacity=capacity)
    floor.enter("c1", "billing")
    floor.wait(wait_ms)
    health = queue_of(floor)["health"]
    assert (health["state"], health["cause"]) == (state, cause)
    assert bool(health["text"]) == (state != "ok")


def test_what_people_did_shows_and_the_watchdog_has_the_last_word() -> None:
    floor = Floor()
    floor.queue("billing")
    assert queue_of(floor)["health"]["state"] == "ok"
    floor.wait(500)
    floor.do(c.SetQueueStatus("billing", QueueStatus.DRAINING, "", BY))
    health = queue_of(floor)["health"]
    assert (health["state"], health["since"]) == ("closed", floor.now)
    floor.do(c.SetQueueStatus("billing", QueueStatus.PAUSED, "", BY))
    assert queue_of(floor)["health"]["state"] == "paused"
    stalled = {"state": "stalled", "since": 1, "cause": "lost_wake_up", "text": "…"}
    assert queue_of(floor, health={"billing": stalled})["health"] == stalled


def test_a_back_off_ends_on_the_board_by_time_alone() -> None:
    floor = Floor()
    floor.queue("billing", offer={"timeout_ms": 1_000})
    floor.agent("anna", "billing", capacity={"chat": 1})
    keeper = BoardKeeper(floor.engine)
    floor.enter("c1", "billing")
    floor.wait(1_000)
    floor.do(c.CancelConversation("c1", True, "left", BY))
    for event in floor.events:
        keeper.observe(event)
    (row,) = keeper.view(floor.now, position="1-1")["agents"]
    assert row["why_not"] == ["back_off"]
    until = floor.engine.state.agents["anna"].back_off_until
    (row,) = keeper.view(until, position="1-1")["agents"]
    assert row["why_not"] == [] and row["routable"]


def test_a_queue_is_closed_by_its_hours() -> None:
    floor = Floor()
    floor.queue("billing")
    floor.agent("anna", "billing")
    floor.do(c.SetQueueHours("billing", False))
    row = queue_of(floor)
    assert (row["open"], row["status"]) == (False, "open")
    assert (row["health"]["state"], row["health"]["cause"]) == ("closed", "hours")
    assert row["health"]["since"] == floor.now
    floor.wait(1_000)
    floor.enter("late", "billing")
    floor.wait(60_000)
    row = queue_of(floor)
    assert (row["waiting"], row["offered"], row["oldest_wait_ms"]) == (1, 0, None)
    assert row["health"]["state"] == "closed", "who waits for the door is no trouble"
    floor.do(c.SetQueueHours("billing", True))
    row = queue_of(floor)
    assert (row["open"], row["offered"], row["health"]["state"]) == (True, 1, "ok")


def test_who_was_inside_when_the_door_shut_counts_on() -> None:
    floor = Floor()
    floor.queue("billing")
    floor.queue("sales")
    floor.enter("elder", "sales")
    floor.wait(1_000)
    floor.enter("early", "billing")
    floor.wait(1_000)
    floor.do(c.SetQueueHours("billing", False))
    floor.enter("late", "billing")
    floor.wait(30_000)
    row = queue_of(floor)
    assert (row["waiting"], row["oldest_wait_ms"]) == (2, 31_000)
    floor.do(c.MoveConversation("elder", "billing", True, "", BY))
    row = queue_of(floor)
    assert (row["waiting"], row["oldest_wait_ms"]) == (3, 31_000), "older, but it came too late"
    assert row["health"]["state"] == "starved", "the one inside may be offered, and is not"
    floor.do(c.CancelConversation("early", True, "left", BY))
    row = queue_of(floor)
    assert (row["oldest_wait_ms"], row["health"]["state"]) == (None, "closed")


def test_overflow_and_those_on_are_counted() -> None:
    floor = Floor()
    floor.queue("sales")
    floor.queue("billing", overflow=[{"when": "depth", "value": 1, "queue": "sales"}])
    floor.agent("anna", "billing", capacity={"chat": 1})
    floor.agent("bob", "billing", online=False)
    for number in range(4):
        floor.enter(f"c{number}", "billing")
    row = queue_of(floor)
    assert (row["waiting"], row["overflowed"]) == (1, 2)
    assert (row["members"], row["members_on"]) == (2, 1), "full is on"
    assert queue_of(floor, "sales")["waiting"] == 2
    floor.now += MS_PER_DAY
    assert queue_of(floor)["overflowed"] == 0, "of today"


def test_free_is_only_what_the_presence_and_the_other_work_leave_open() -> None:
    floor = Floor()
    floor.queue("billing")
    floor.presence("mail-only", presence="available", channels=["mail"])
    capacity = {"chat": 3, "mail": 2, "voice": 1}
    floor.agent("anna", "billing", capacity=capacity, blocks={"voice": ["chat"]})
    assert queue_of(floor)["capacity_free"] == 6
    floor.set("anna", "mail-only")
    row = agent_of(floor, "anna")
    assert (row["custom_presence"], row["channels"]) == ("mail-only", ["mail"])
    assert queue_of(floor)["capacity_free"] == 2
    floor.set("anna", "available")
    floor.enter("c1", "billing", channel="voice")
    assert agent_of(floor, "anna")["blocked"] == {"chat": "voice"}
    assert queue_of(floor)["capacity_free"] == 2


def test_a_presence_that_changes_changes_the_rows_of_those_in_it() -> None:
    floor = Floor()
    floor.queue("billing")
    floor.presence("p", presence="available", channels=["chat"])
    floor.agent("anna", "billing")
    floor.set("anna", "p")
    keeper = BoardKeeper(floor.engine)
    keeper.view(floor.now, position="1-1")
    seen = len(floor.events)
    floor.presence("p", presence="available", channels=["mail"])
    for event in floor.events[seen:]:
        keeper.observe(event)
    (row,) = keeper.view(floor.now, position="1-2")["agents"]
    assert row["channels"] == []
