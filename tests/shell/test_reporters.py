"""What the state does not show is reported, written down, and over when it has been quiet."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from app.adapters.memory import Faults, MemoryDisk
from app.domain import commands as c
from app.domain.state import Incident
from app.main.loop_watch import blocked
from app.shell.limits import RouterLimits
from app.shell.mass_timeout import MORE_MS
from app.shell.meter import NullMeter
from app.shell.reporters import Hearing, Reporters
from app.shell.watchdog import Watchdog, WatchLimits
from app.shell.work import Trouble
from tests.shell.node import WORKSPACE, Node, running
from tests.virtual_time import elapse

GRACE_MS = 20_000


def loop_ms() -> int:
    return int(asyncio.get_running_loop().time() * 1000)


class Watched:
    """A node with its watchdog and its reporters, as the composition root puts them together."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.hearing = Hearing(NullMeter())
        node.router._meter = node.router._committer._meter = self.hearing
        node.router._inbox._meter = self.hearing
        self.dog = Watchdog(node.router, node.meter, WatchLimits(calm_ms=0))
        self.reporters = Reporters(
            node.router,
            node.hub,
            node.feed,
            self.hearing,
            self.dog.report,
            grace_ms=GRACE_MS,
            ran_ms=loop_ms,
        )

    def incidents(self, cause: str = "") -> list[Incident]:
        known = self.node.router.state.incidents.values()
        return [one for one in known if cause in ("", one.cause)]

    def one(self, cause: str) -> Incident:
        [incident] = self.incidents(cause)
        return incident

    def steps(self, cause: str) -> list[str]:
        return [step.step for step in self.one(cause).steps]


@contextlib.asynccontextmanager
async def watched(
    disk: MemoryDisk | None = None, faults: Faults | None = None, **more: object
) -> AsyncIterator[Watched]:
    async with running(disk, faults, **more) as node:  # type: ignore[arg-type]
        await node.furnish(agents=2)
        both = Watched(node)
        publish = node.router._publish

        def told(engine, events, now):  # type: ignore[no-untyped-def]
            publish(engine, events, now)
            both.reporters.observe(engine, events)

        node.router._publish = told
        tasks = [asyncio.create_task(part.run()) for part in (both.reporters, both.dog)]
        try:
            yield both
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def attended(**more: object) -> AsyncIterator[Watched]:
    """Every agent has a socket."""
    async with watched(**more) as both:  # type: ignore[arg-type]
        for agent in both.node.router.state.agents:
            both.node.watch(agent)
        yield both


def enter(id_: str) -> c.EnterConversation:
    return c.EnterConversation(id_, "q", "chat", "ingest:i")


async def test_a_node_at_work_has_nothing_to_report() -> None:
    async with attended() as both:
        both.node.watch(None)
        feeding = asyncio.create_task(both.node.feed.run())
        for n in range(20):
            await both.node.router.submit(enter(f"c{n}"))
            await elapse(0.7)
        feeding.cancel()
        assert both.incidents() == []


async def test_an_agent_without_a_socket_is_let_go() -> None:
    async with attended() as both:
        router, hub = both.node.router, both.node.hub
        [session] = hub._by_agent["a1"].values()
        assert session.transport is not None
        hub.leave(session, session.transport, router.now_ms())
        await elapse(6)
        assert both.one("ghost_agent").agent == "a1"
        assert router.state.agents["a1"].connection == "grace"
        await elapse(GRACE_MS / 1000 + 1)
        assert router.state.agents["a1"].connection == "lost"
        await elapse(60)
        assert both.one("ghost_agent").resolved_at


async def test_many_without_a_socket_are_the_networks_doing() -> None:
    async with watched() as both:
        router = both.node.router
        await both.node.furnish(agents=12)
        for agent in list(router.state.agents)[:6]:
            both.node.watch(agent)
        await elapse(6)
        incident = both.one("ghost_agent")
        assert incident.agent is None and incident.evidence["count"] == 6
        assert both.steps("ghost_agent") == ["escalated"], "and nobody is let go for it"


async def test_a_fifth_of_the_agents_gone_within_a_minute_calls_a_person() -> None:
    async with watched() as both:
        router = both.node.router
        await both.node.furnish(agents=20)
        for agent in router.state.agents:
            both.node.watch(agent)
        for agent in [f"a{n}" for n in range(1, 7)]:
            [session] = both.node.hub._by_agent[agent].values()
            assert session.transport is not None
            both.node.hub.leave(session, session.transport, router.now_ms())
            await router.submit(c.DisconnectAgent(agent, GRACE_MS))
        await elapse(7)
        assert "escalated" in both.steps("ghost_agent")


@pytest.mark.parametrize(("jump_s", "grave"), [(2, False), (30, True)])
async def test_a_clock_that_jumps_is_noted(jump_s: int, grave: bool) -> None:
    async with attended() as both:
        both.node.clock.ahead_ms += jump_s * 1000
        await elapse(1.5)
        assert ("escalated" in both.steps("clock_jump")) is grave


async def test_a_store_that_was_away_is_told_of_when_it_answers() -> None:
    faults = Faults()
    async with attended(faults=faults) as both:
        faults.down = True
        with pytest.raises(Trouble):
            await both.node.router.submit(enter("c1"))
        await elapse(14)
        faults.down = False
        await elapse(3)
        incident = both.one("store_trouble")
        assert incident.evidence["away_ms"] > 10_000
        assert "escalated" in both.steps("store_trouble")
        await elapse(65)
        assert both.one("store_trouble").resolved_at


async def test_a_slow_store_is_named() -> None:
    async with attended() as both:
        for _ in range(5):
            both.hearing.observe("append_seconds", 0.4)
        await elapse(1.5)
        assert "0.4 s" in both.one("store_trouble").text


async def test_a_lost_tail_that_was_written_again_calls_a_person() -> None:
    disk = MemoryDisk()
    async with attended(disk=disk) as both:
        for n in range(4):
            await both.node.router.submit(enter(f"c{n}"))
        kept = disk.workspace(WORKSPACE)
        for place in kept.places[-3:]:
            del kept.entries[place]
        del kept.places[-3:]
        kept.last = kept.places[-1]
        await both.node.router.submit(enter("c9"))
        await elapse(1.5)
        assert "escalated" in both.steps("lost_tail")


async def test_who_lost_the_workspace_to_another_says_so_when_he_has_it_again() -> None:
    disk = MemoryDisk()
    async with attended(disk=disk) as both:
        await elapse(3)
        async with running(disk, name="n2", force=True) as other:
            await other.router.submit(enter("c1"))
            await elapse(3)
            assert not both.node.router.owns
        await elapse(20)
        assert both.one("two_owners").evidence == {"reason": "StoreFenced"}


async def test_a_workspace_that_nobody_owned_is_named_by_who_takes_it() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish(agents=1)
        for n in range(3):
            await node.router.submit(enter(f"c{n}"))
    await elapse(40)
    async with running(disk, name="n2", force=True) as node:
        both = Watched(node)
        opened = node.told[0]
        both.reporters.observe(node.router.engine, [opened])
        for finding in both.reporters.look(node.router.now_ms()):
            both.dog.report(finding)
        await both.dog.look()
        assert both.one("no_owner").evidence["gap_ms"] >= 40_000


async def test_a_snapshot_that_was_passed_by_is_named() -> None:
    async with attended() as both:
        opened = both.node.router.opened
        assert opened is not None
        opened.passed_by.append("snapshot 1-7 is unreadable: checksum")
        both.reporters._engine = None
        await elapse(1.5)
        assert "1-7" in both.one("encoding_mismatch").text


async def test_what_the_follower_cannot_read_calls_a_person() -> None:
    async with attended() as both:
        both.reporters.cannot_trust("The follower cannot read the log.")
        await elapse(0.1)
        assert "escalated" in both.steps("encoding_mismatch")


async def test_offers_that_run_out_together_get_more_time_once() -> None:
    async with watched() as both:
        router = both.node.router
        await both.node.furnish(agents=8)
        for agent in router.state.agents:
            both.node.watch(agent)
        for n in range(8):
            await router.submit(enter(f"c{n}"))
        offers = [*router.state.offers.values()]
        for offer in offers:
            await router.submit(c.MarkDelivered(offer.id, offer.agent))
        before = [offer.expires_at for offer in offers]
        await elapse(22)
        assert [offer.expires_at for offer in offers] == [at + MORE_MS for at in before]
        assert "escalated" in both.steps("mass_timeout")
        await elapse(10)
        assert all(offer.ended_at for offer in offers), "and no more than once"


async def test_refused_work_is_an_overload_while_it_lasts() -> None:
    async with attended(limits=RouterLimits(inbox_max=20)) as both:
        for n in range(40):
            both.node.router.post(enter(f"c{n}"), lambda _: None)
        await elapse(1.5)
        assert both.one("overload").evidence["refused"] > 0
        await elapse(65)
        assert both.one("overload").resolved_at


async def test_an_overload_of_more_than_a_minute_calls_a_person() -> None:
    async with attended(limits=RouterLimits(inbox_max=20)) as both:
        for second in range(70):
            for n in range(40):
                both.node.router.post(enter(f"c{second}-{n}"), lambda _: None)
            await elapse(1.0)
            if second == 50:
                assert "escalated" not in both.steps("overload")
        assert "escalated" in both.steps("overload")


async def test_a_board_that_hangs_is_fed_by_another_hand() -> None:
    async with attended() as both:
        screen = both.node.watch(None)
        frames = len(screen.frames)
        await both.node.router.submit(enter("c1"))
        await elapse(3.5)
        assert both.one("board_stale").evidence["behind_ms"] >= 2_000
        assert len(screen.frames) > frames, "and its feed never ran"


def test_a_process_that_stood_still_as_a_whole_is_no_blocked_loop() -> None:
    assert blocked(3.0, "spin (engine.py:7)").cause == "loop_blocked"
    assert blocked(3.0, "").cause == "clock_jump"
    assert blocked(30.0, "").grave and not blocked(3.0, "").grave
