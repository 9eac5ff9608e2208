"""While repairs are frozen the watchdog only finds and tells; then it does what is needed."""

from __future__ import annotations

from app.adapters.memory import MemoryDisk
from app.domain import commands as c
from app.domain.watch import Cause, Finding
from tests.shell.node import Node, running
from tests.shell.test_watchdog import incidents, looks, steps, watch

FREEZE = c.FreezeRepairs(60_000, "we look ourselves", "supervisor:s")


async def leak(node: Node) -> None:
    """The agent a1 is said to carry more than is there."""
    await node.furnish(agents=1)
    await node.router.submit(c.EnterConversation("c1", "q", "chat", "ingest:i"))
    agent = node.router.state.agents["a1"]
    agent.load["chat"] += 3
    agent.load_units += 3


def load(node: Node) -> dict[str, int]:
    return node.router.state.agents["a1"].load


async def test_what_would_have_been_done_is_said_once_and_nothing_is_done() -> None:
    async with running() as node:
        await node.router.submit(FREEZE)
        await leak(node)
        dog = watch(node)
        await looks(dog, 20)
        [incident] = incidents(node)
        assert steps(incident) == ["noted"] and not incident.resolved_at
        (note,) = incident.steps
        assert note.text.startswith("Not done: CorrectCapacity; repairs are frozen by supervisor:s")
        assert note.text.endswith("UTC: we look ourselves")
        assert note.evidence["command"] == "CorrectCapacity"
        assert load(node) == {"chat": 4}
        assert node.meter.counts["repairs_total"] == 1


async def test_it_thaws_by_itself_and_what_is_still_wrong_is_repaired() -> None:
    async with running() as node:
        await node.router.submit(c.FreezeRepairs(10_000, "we look", "supervisor:s"))
        await leak(node)
        dog = watch(node)
        await looks(dog, 19)
        assert load(node) == {"chat": 4}
        await looks(dog, 8)
        [incident] = incidents(node)
        assert steps(incident) == ["noted", "repaired", "resolved"]
        assert load(node) == {"chat": 1}


async def test_it_is_thawed_on_demand_and_a_second_freeze_is_said_again() -> None:
    async with running() as node:
        await node.router.submit(FREEZE)
        await leak(node)
        dog = watch(node)
        await looks(dog, 10)
        await node.router.submit(c.FreezeRepairs(60_000, "still", "supervisor:t"))
        await looks(dog, 4)
        assert steps(incidents(node)[0]) == ["noted"], "nothing new would have been done"
        await node.router.submit(c.ThawRepairs("found", "supervisor:t"))
        await looks(dog, 1)
        assert load(node) == {"chat": 1}


async def test_what_others_report_is_held_back_too() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await node.router.submit(FREEZE)
        dog = watch(node)
        now = node.router.now_ms()
        ghost = Finding(Cause.GHOST_AGENT, now, "a1 is gone.", agent="a1", evidence={"grace_ms": 0})
        dog.report(ghost)
        await looks(dog, 2)
        assert steps(incidents(node)[0]) == ["noted"]
        assert str(node.router.state.agents["a1"].connection) == "connected"
        await node.router.submit(c.ThawRepairs("", "supervisor:s"))
        dog.report(ghost)
        await looks(dog, 1)
        assert str(node.router.state.agents["a1"].connection) == "lost"


async def test_a_restart_does_not_thaw() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.router.submit(FREEZE)
    async with running(disk, force=True) as later:
        await leak(later)
        await looks(watch(later), 10)
        assert steps(incidents(later)[0]) == ["noted"]
        assert load(later) == {"chat": 4}
