"""Faults found by attacking a running server: each kept as the smallest test that shows it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from app.adapters.memory import Faults, MemoryDisk
from app.domain import commands as c
from app.domain.engine import Engine
from app.domain.events import Event
from app.domain.settings import AgentSettings
from app.domain.words import Connection
from app.ports import StoreGone
from app.shell import board_feed
from app.shell.attendance import reconcile, stay
from app.shell.hub import Resume, TooManySockets
from app.shell.session import Speaker
from app.shell.work import Answer, NotOwner, StoreDown, Trouble
from tests.shell.node import WORKSPACE, Node, Screen, running
from tests.virtual_time import elapse


def enter(n: int) -> c.EnterConversation:
    return c.EnterConversation(f"c{n}", "q", "chat", "test")


def speaker(key: str, login: str = "") -> Speaker:
    return Speaker("agent", "agent:a1", "a1", key, login)


async def test_a_fault_in_publishing_does_not_end_the_router(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running() as node:
        await node.furnish()
        publish = node.hub.publish
        faults = iter([True])

        def once(engine: Engine, events: list[Event], now: int) -> None:
            if next(faults, False):
                raise KeyError("a fault of the telling")
            publish(engine, events, now)

        monkeypatch.setattr(node.hub, "publish", once)
        assert (await node.router.submit(enter(1))).refusal is None, "it is durable, so it is told"
        await elapse(1)
        assert (await node.router.submit(enter(2))).refusal is None
        assert node.router.health().ready


async def test_a_fault_of_one_listener_costs_only_that_listener() -> None:
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish()
        faults.hold()
        first = asyncio.create_task(node.router.submit(enter(0)))
        await faults.held()

        def broken(_: Answer | Trouble) -> None:
            raise RuntimeError("a fault of one socket")

        node.router.post(enter(1), broken)
        last = asyncio.create_task(node.router.submit(enter(2)))
        await asyncio.sleep(0)
        faults.release()
        await first
        assert (await last).refusal is None


async def test_a_wiped_store_is_never_taken_for_an_empty_one() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        disk.wipe()
        with pytest.raises((NotOwner, Trouble)):
            await node.router.submit(enter(1))
        await elapse(30)
        health = node.router.health()
        assert not health.ready and "vanished" in health.reasons[0]
        assert not disk.workspace(WORKSPACE).places, (
            "nothing is written into a store without its log"
        )


async def test_an_agent_removed_and_made_again_in_one_batch() -> None:
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish()
        screen = node.watch("a1")
        await node.router.submit(enter(1))
        faults.hold()
        first = asyncio.create_task(node.router.submit(enter(2)))
        await faults.held()
        gone = asyncio.create_task(node.router.submit(c.RemoveAgent("a1", "test")))
        again = c.PutAgent("a1", AgentSettings(name="A1", queues={"q": 1}), "test")
        made = asyncio.create_task(node.router.submit(again))
        await asyncio.sleep(0)
        faults.release()
        await asyncio.gather(first, gone, made)
        assert screen.closed is not None and screen.closed[0] == 4501
        assert node.router.health().ready


async def test_sockets_and_connections_are_reconciled() -> None:
    async with running() as node:
        await node.furnish(agents=2)
        node.watch("a1")
        await node.router.submit(c.DisconnectAgent("a1", 20_000))
        agents = node.router.state.agents
        reconcile(node.router, node.hub, 20_000)
        await node.router.submit(None)
        assert agents["a1"].connection is Connection.CONNECTED
        assert agents["a2"].connection is Connection.GRACE, "no socket stands for it"


async def test_a_socket_that_joins_late_is_connected_all_the_same() -> None:
    async with running() as node:
        await node.furnish()
        await node.router.submit(c.DisconnectAgent("a1", 0))
        stay(node.router, "a1")
        await node.router.submit(None)
        assert node.router.state.agents["a1"].connection is Connection.CONNECTED


def join(node: Node, who: Speaker, resume: Resume | None = None) -> tuple[Screen, Resume]:
    screen, gen = Screen(), node.router.state.gen
    session = node.hub.join(who, screen, resume, gen, node.router.now_ms()).session
    return screen, Resume(session.id, session.secret, gen, session.seq)


async def test_a_resumed_session_belongs_to_its_newest_ticket() -> None:
    async with running() as node:
        await node.furnish()
        old, resume = join(node, speaker("key-1"))
        new, again = join(node, speaker("key-2", "login-2"), resume)
        assert again.session == resume.session
        assert old.closed is not None and old.closed[0] == 4502
        node.hub.revoke_key("key-1")
        assert [one.closed for one in (new,)] == [None]
        node.hub.end_login("login-2")
        assert new.closed is not None and new.closed[0] == 4501


async def test_a_resume_that_cannot_be_replayed_begins_anew() -> None:
    async with running() as node:
        await node.furnish()
        _, resume = join(node, speaker("key-1"))
        missing = Resume(resume.session, resume.secret, resume.gen, 99_999)
        _, again = join(node, speaker("key-1"), missing)
        assert again.session != resume.session and again.seq == 0
        assert node.hub.live("a1") == 1


async def test_resumes_do_not_get_round_the_limit_of_sockets() -> None:
    async with running() as node:
        await node.furnish()
        known = [join(node, speaker("key-1")) for _ in range(4)]
        for screen, _ in known:
            session = next(s for s in node.hub.attached() if s.transport is screen)
            node.hub.leave(session, screen, node.router.now_ms())
        for _ in range(4):
            join(node, speaker("key-1"))
        with pytest.raises(TooManySockets):
            join(node, speaker("key-1"), known[0][1])


async def test_a_process_that_stood_still_gives_the_time_back() -> None:
    async with running() as node:
        await node.furnish()
        await node.router.submit(enter(1))
        await node.router.submit(c.MarkDelivered("o1", "a1"))
        left_ms = node.router.state.offers["o1"].expires_at - node.router.now_ms()
        stand_still(node, 60_000)
        answer = await node.router.submit(c.AcceptOffer("o1", "a1"))
        assert answer.refusal is None, "the deadline passed while nobody could answer"
        assert left_ms > 0 and node.router.state.agents["a1"].missed_streak == 0


async def test_a_zombie_neither_answers_nor_shows_anything() -> None:
    disk = MemoryDisk()
    async with running(disk, name="old") as old:
        await old.furnish()
        await old.router.submit(enter(1))
        await old.router.submit(c.AcceptOffer("o1", "a1"))
        async with running(disk, name="new", force=True):
            stand_still(old, 10_000)
            with pytest.raises(NotOwner):
                await old.router.read(lambda engine, _: engine.state.conversations["c1"].state)
            with pytest.raises(NotOwner):
                await old.router.submit(c.AcceptOffer("o1", "a1"))


async def test_a_node_cut_off_from_the_store_stops_showing_its_state() -> None:
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish()
        faults.down = True
        await elapse(10)
        with pytest.raises(StoreDown):
            await node.router.read(lambda engine, _: len(engine.state.agents))


def stand_still(node: Node, for_ms: int) -> None:
    """Let time pass as SIGSTOP does: no task of the process runs meanwhile."""
    node.clock.ahead_ms += for_ms


async def test_what_is_kept_of_an_agent_who_never_resumes_is_bounded() -> None:
    async with running() as node:
        await node.furnish()
        for _ in range(50):
            screen, resume = join(node, speaker("key-1"))
            session = next(s for s in node.hub.attached() if s.id == resume.session)
            node.hub.leave(session, screen, node.router.now_ms())
        assert node.hub.kept() <= 4


async def test_a_store_emptied_while_nobody_ran_is_not_taken_for_a_new_one() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
        gen = node.router.state.gen
    disk.wipe()
    with pytest.raises(StoreGone):
        async with running(disk, name="n2", known_gen=gen):
            pass
    assert not disk.workspace(WORKSPACE).places


async def test_a_board_that_cannot_be_made_does_not_end_the_server() -> None:
    async with running() as node:
        await node.furnish()
        await node.router.submit(enter(1))
        screen = node.watch(None)
        feed = asyncio.create_task(node.feed.run())
        await elapse(1)
        talk = node.router.state.conversations["c1"]
        right, talk.enqueued_at = talk.enqueued_at, None  # type: ignore[assignment]
        shown = len(screen.frames)
        await node.router.submit(enter(2))
        await elapse(1)
        assert len(screen.frames) == shown
        talk.enqueued_at = right
        await elapse(1)
        assert len(screen.frames) > shown
        assert feed.cancel()


def loop_s() -> float:
    return asyncio.get_running_loop().time()


async def test_a_board_that_waited_for_the_store_is_fed_at_once_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faults = Faults()
    async with running(faults=faults) as node:
        monkeypatch.setattr(board_feed, "time", SimpleNamespace(perf_counter=loop_s))
        await node.furnish()
        screen = node.watch(None)
        feed = asyncio.create_task(node.feed.run())
        await elapse(1)
        faults.hold()
        stored = asyncio.create_task(node.router.submit(enter(1)))
        await elapse(4)
        faults.release()
        await stored
        shown = len(screen.frames)
        await elapse(1)
        assert len(screen.frames) > shown
        feed.cancel()


async def test_a_push_of_the_same_moment_does_not_keep_a_board_from_being_fed() -> None:
    async with running() as node:
        await node.furnish()
        screen = node.watch(None)
        shown, screen.backlog = len(screen.frames), 1
        await node.router.submit(enter(1))
        node.feed.feed()
        assert len(screen.frames) == shown + 1
        screen.backlog = 2
        await node.router.submit(enter(2))
        node.feed.feed()
        assert len(screen.frames) == shown + 1, "who is behind gets one change later"
