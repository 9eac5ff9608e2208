"""The canary goes the whole way, is counted nowhere, and tells when the way is slow."""

from __future__ import annotations

import pytest

from app.auditor import Auditor
from app.domain import commands as c
from app.domain.check import check
from app.domain.settings import AgentSettings, OverflowRule, QueueSettings
from app.domain.words import MS_PER_DAY, QueueStatus
from app.shell.canary import LATE, Canary
from app.shell.hub import LANES
from app.shell.meter import NullMeter
from app.shell.verify import verify
from app.wire.agent_views import agents_view
from app.wire.board_keeper import BoardKeeper
from app.wire.board_rows import board_view
from app.wire.changes import changes_view
from app.wire.codes import CloseCode
from app.wire.figures_view import figures_view
from app.wire.finding import find_conversations
from app.wire.reserved import CANARY, is_reserved, own_of, reserved_in
from app.wire.views import queues_view
from tests.shell.node import WORKSPACE, Node, running


class Cage(NullMeter):
    """A canary on a node, and what it measured."""

    def __init__(self, node: Node) -> None:
        self.seconds: list[float] = []
        self.failed = 0
        self.canary = Canary(node.router, node.hub, self, 10_000)

    def observe(self, name: str, value: float) -> None:
        assert name == "canary_seconds"
        self.seconds.append(value)

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        assert name == "canary_failed_total"
        self.failed += 1


async def test_it_goes_the_whole_way_and_measures_it() -> None:
    async with running() as node:
        cage = Cage(node)
        for _ in range(3):
            assert await cage.canary.sing() is not None
        assert len(cage.seconds) == 3 and all(0 <= one < 2 for one in cage.seconds)
        assert cage.failed == 0
        state = node.router.state
        live = [one for one in state.conversations.values() if not one.ended_at]
        assert [one.id for one in live] == [f"{CANARY}.3"] and live[0].agent == CANARY
        check(node.router.engine, node.router.now_ms())


async def test_it_is_counted_nowhere() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await node.router.submit(c.EnterConversation("c1", "q", "chat", "t"))
        for _ in range(3):
            await Cage(node).canary.sing()
        engine, now = node.router.engine, node.router.now_ms()
        board = board_view(engine, now, position="1-1")
        assert [row["id"] for row in board["queues"]] == ["q"]
        assert [row["id"] for row in board["agents"]] == ["a1"]
        totals = board["totals"]
        assert (totals["entered"], totals["ended"], totals["agents"]) == (1, 0, 1)
        assert BoardKeeper(engine).view(now, position="1-1") == board
        assert [row["id"] for row in queues_view(engine, now)] == ["q"]
        assert [row["id"] for row in agents_view(engine, now)] == ["a1"]
        figures = figures_view(engine, now)
        assert (figures["entered"], figures["offers_made"], figures["agents"]) == (1, 1, 1)
        assert figures["ended"] == 0 and figures["offers_today"]["made"] == 1
        for state in (None, "assigned", "ended"):
            found = find_conversations(engine, queue=None, agent=None, state=state, limit=99)
            assert not any(map(is_reserved, found))
        changes = changes_view(engine, 99, None)["changes"]
        assert {one["id"] for one in changes} == {"q", "a1"}
        assert node.hub.counts() == {"agent": 0, "supervisor": 0}
        told = await verify(node.store, WORKSPACE)
        assert told is not None and (told.queues, told.agents, told.live) == (1, 1, 1)


async def test_what_it_adds_is_known_for_ever() -> None:
    """The engine forgets what has ended; the one that lives holds the count."""
    async with running() as node:
        cage = Cage(node)
        for _ in range(4):
            await cage.canary.sing()
        engine, state = node.router.engine, node.router.state
        engine.apply(c.Tick(), node.router.now_ms() + 2 * MS_PER_DAY)
        assert len(state.conversations) == 1
        own = own_of(state)
        assert (own.entered, own.ended) == (state.totals.entered, state.totals.ended) == (4, 3)


async def test_a_new_owner_goes_on_with_the_count() -> None:
    async with running() as node:
        await Cage(node).canary.sing()
        disk = node.store.disk
    async with running(disk, name="n2", force=True) as other:
        assert await Cage(other).canary.sing() is not None
        assert own_of(other.router.state).entered == 2


async def test_it_takes_another_socket_when_its_own_is_closed() -> None:
    async with running() as node:
        cage = Cage(node)
        await cage.canary.sing()
        node.hub.close_all(CloseCode.RESTART, "the workspace moves")
        assert await cage.canary.sing() is not None
        assert node.hub.live(CANARY) == 1


async def test_it_answers_pings() -> None:
    async with running() as node:
        cage = Cage(node)
        await cage.canary.sing()
        (session,) = node.hub.attached()
        assert session.unconfirmed
        for lane in range(LANES):
            node.hub.beat(lane, node.router.now_ms())
        assert session.ping == 1 and not session.unconfirmed, "its answer proves the offer"


async def test_late_twice_is_an_incident_until_it_is_in_time() -> None:
    async with running() as node:
        cage = Cage(node)
        await cage.canary.sing()

        def open_() -> list[str]:
            incidents = node.router.state.incidents.values()
            return [one.cause for one in incidents if not one.resolved_at]

        for took_s, expected in ((2.5, []), (None, [LATE]), (3.0, [LATE]), (0.1, [])):
            cage.canary._note(took_s)
            await node.router.submit(None)
            assert open_() == expected
        assert cage.failed == 1


async def test_a_paused_way_is_late_and_leaves_no_heap_behind() -> None:
    async with running() as node:
        cage = Cage(node)
        await cage.canary.sing()
        await node.router.submit(c.SetQueueStatus(CANARY, QueueStatus.PAUSED, "", "t"))
        cage.canary._give_up_s = 0.01
        for _ in range(3):
            assert await cage.canary.sing() is None
        await node.router.submit(c.SetQueueStatus(CANARY, QueueStatus.OPEN, "", "t"))
        own = own_of(node.router.state)
        assert (own.entered, own.entered - own.ended) == (4, 1)
        assert await cage.canary.sing() is not None
        assert cage.failed == 3


async def test_it_is_silent_while_the_node_does_not_serve() -> None:
    async with running() as node:
        cage = Cage(node)
        node.router.draining = True
        assert await cage.canary.sing() is None
        assert cage.failed == 0 and CANARY not in node.router.state.queues


async def test_the_auditor_finds_nothing_in_its_rounds() -> None:
    async with running() as node:
        cage, auditor = Cage(node), Auditor()
        for _ in range(3):
            await cage.canary.sing()
        assert [foul for event in node.told for foul in auditor.see(event)] == []


@pytest.mark.parametrize(
    "command",
    [
        c.PutQueue("interlock.x", QueueSettings(name="x"), "t"),
        c.PutAgent("a", AgentSettings(name="a", queues={CANARY: 1}), "t"),
        c.PutQueue(
            "q",
            QueueSettings(name="q", overflow=[OverflowRule(when="after_ms", queue=CANARY)]),
            "t",
        ),
        c.EnterConversation("c1", CANARY, "chat", "t"),
        c.CancelConversation(f"{CANARY}.1", False, "", "t"),
    ],
)
def test_a_command_that_names_what_is_ours_is_known(command: c.Command) -> None:
    assert reserved_in(command) is not None


def test_a_command_that_does_not_is_free() -> None:
    assert reserved_in(c.EnterConversation("interlock", "q", "chat", "t")) is None
    assert reserved_in(c.Tick()) is None
