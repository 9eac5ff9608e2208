"""The router: output commit, honest trouble, one linear log, the same state after replay."""

from __future__ import annotations

import asyncio

import pytest

from app.adapters.memory import Fault, Faults, MemoryDisk
from app.domain import commands as c
from app.domain import events as e
from app.domain.words import Connection, ConversationState, OfferState
from app.ports import START
from app.shell.limits import RouterLimits
from app.shell.rebuilding import CannotApply, rebuild
from app.shell.work import Answer, NotOwner, OutcomeUnknown, Overloaded, StoreDown, Trouble
from tests.shell.node import WORKSPACE, Node, running
from tests.virtual_time import elapse


def enter(n: int) -> c.EnterConversation:
    return c.EnterConversation(f"c{n}", "q", "chat", "test")


async def state_of(node: Node) -> object:
    last = await node.store.log.last()
    assert last is not None
    return (await rebuild(node.store, WORKSPACE, last)).state


async def test_an_answer_comes_after_its_events_are_in_the_log() -> None:
    async with running() as node:
        await node.furnish()
        answer = await node.router.submit(enter(1))
        last = await node.store.log.last()
        assert last is not None and answer.position <= last
        assert await state_of(node) == node.router.state


async def test_nothing_leaves_while_the_append_is_in_flight() -> None:
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish()
        screen = node.watch("a1")
        before = len(screen.frames), len(node.told)
        faults.hold()
        entering = asyncio.create_task(node.router.submit(enter(1)))
        await faults.held()
        reading = asyncio.create_task(node.router.read(lambda engine, _: len(engine.state.offers)))
        await asyncio.sleep(0)
        assert (len(screen.frames), len(node.told)) == before
        assert not entering.done() and not reading.done()
        faults.release()
        await entering
        assert (await reading)[0] == 1
        assert [frame for frame in screen.frames if '"type":"offer"' in frame]


async def test_commands_that_come_during_an_append_share_the_next_one() -> None:
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish(agents=0)
        faults.hold()
        tasks = [asyncio.create_task(node.router.submit(enter(0)))]
        await faults.held()
        tasks += [asyncio.create_task(node.router.submit(enter(n))) for n in range(1, 50)]
        await asyncio.sleep(0)
        faults.release()
        answers = await asyncio.gather(*tasks)
        assert len({answer.position for answer in answers[1:]}) == 1


@pytest.mark.parametrize("fault", list(Fault))
async def test_an_append_in_trouble_happens_exactly_once(fault: Fault) -> None:
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish()
        faults.next_append(fault, fault)
        await node.router.submit(enter(1))
        entered = [event for event in node.told if isinstance(event, e.ConversationEntered)]
        assert len(entered) == 1
        assert await state_of(node) == node.router.state


async def test_while_the_store_is_away_requests_are_refused_and_agents_wait() -> None:
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish()
        await node.router.submit(enter(1))
        faults.down = True
        told: list[str | Answer | Trouble] = []
        accept = c.AcceptOffer("o1", "a1")
        node.router.post(accept, told.append, lambda: told.append("pending"))
        await elapse(1)
        assert told == ["pending"]
        assert node.router.health().reasons == ["the store does not answer"]
        with pytest.raises(StoreDown):
            await node.router.submit(enter(2))
        await elapse(60)  # far beyond the offer's deadline: the outage is not the agent's
        faults.down = False
        await elapse(2)
        assert isinstance(told[1], Answer) and told[1].refusal is None
        state = node.router.state
        assert state.conversations["c1"].state is ConversationState.ASSIGNED
        assert "c2" not in state.conversations


async def test_an_idle_router_notices_that_the_store_went_away_and_came_back() -> None:
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish()
        faults.down = True
        await elapse(3)
        assert not node.router.health().ready
        faults.down = False
        await elapse(1)
        assert node.router.health().ready
        await node.router.submit(enter(1))


async def test_an_outage_moves_the_deadline_of_a_live_offer() -> None:
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish()
        await node.router.submit(enter(1))
        left_ms = node.router.state.offers["o1"].expires_at - node.router.now_ms()
        faults.down = True
        await elapse(300)
        faults.down = False
        await elapse(2)
        offer = node.router.state.offers["o1"]
        assert offer.state is OfferState.CREATED
        # Noticed with the next renewal of the lease: at most 2 s are not given back.
        assert left_ms - 4_500 <= offer.expires_at - node.router.now_ms() <= left_ms


async def test_a_request_whose_fate_is_not_known_in_time_is_told_so() -> None:
    faults = Faults()
    async with running(faults=faults) as node:
        await node.furnish()
        faults.hold()
        with pytest.raises(OutcomeUnknown):
            await node.router.submit(enter(1))
        faults.release()
        answer = await node.router.submit(enter(1))
        assert answer.already


async def test_a_fenced_writer_forgets_everything_and_the_log_stays_linear() -> None:
    disk = MemoryDisk()
    async with running(disk, name="old") as old:
        await old.furnish()
        await old.router.submit(enter(1))
        async with running(disk, name="new", force=True) as new:
            with pytest.raises(NotOwner):
                await old.router.submit(enter(2))
            assert old.forgotten == 1
            assert not old.router.health().ready
            await new.router.submit(enter(3))
            assert "c2" not in new.router.state.conversations
            assert await state_of(new) == new.router.state


async def test_a_lost_lease_is_noticed_without_a_write() -> None:
    disk = MemoryDisk()
    async with running(disk, name="old") as old, running(disk, name="new", force=True):
        await elapse(3)
        assert old.forgotten == 1 and not old.router.health().ready


async def test_a_new_owner_has_the_state_and_puts_everybody_in_grace() -> None:
    disk = MemoryDisk()
    async with running(disk, name="old") as old:
        await old.furnish(agents=2)
        await old.router.submit(enter(1))
        await old.router.submit(c.AcceptOffer("o1", "a1"))
        await old.router.submit(enter(2))
        expires_at = old.router.state.offers["o2"].expires_at
    await elapse(30)
    async with running(disk, name="new", force=True) as new:
        state = new.router.state
        assert state.conversations["c1"].agent == "a1"
        assert state.offers["o2"].expires_at == expires_at + 30_000
        assert {agent.connection for agent in state.agents.values()} == {Connection.GRACE}
        await elapse(21)
        assert {agent.connection for agent in state.agents.values()} == {Connection.LOST}
        assert state.conversations["c1"].agent == "a1", "what was accepted stays"
        assert state.conversations["c2"].state is ConversationState.WAITING


async def test_a_log_that_cannot_be_read_is_not_owned() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish()
    workspace = disk.workspace(WORKSPACE)
    place = workspace.places[2]
    record = bytearray(workspace.entries[place])
    record[-1] ^= 1
    workspace.entries[place] = bytes(record)
    with pytest.raises(CannotApply) as caught:
        async with running(disk, force=True):
            pass
    assert caught.value.position == place
    assert not workspace.lease_nonce, "a node that can read it may have it"


async def test_a_command_that_breaks_the_engine_costs_only_itself() -> None:
    async with running() as node:
        await node.furnish()
        await node.router.submit(enter(1))
        bad = c.EnterConversation("bad", "q", "chat", "test", skills=None)  # type: ignore[arg-type]
        with pytest.raises(Trouble):
            await node.router.submit(bad)
        await elapse(3)
        answer = await node.router.submit(enter(2))
        assert answer.refusal is None
        assert {"c1", "c2"} <= node.router.state.conversations.keys()
        assert "bad" not in node.router.state.conversations
        assert await state_of(node) == node.router.state


async def test_the_inbox_is_bounded_and_people_at_work_are_shed_last() -> None:
    faults = Faults()
    async with running(faults=faults, limits=RouterLimits(inbox_max=10)) as node:
        await node.furnish()
        faults.hold()
        first = asyncio.create_task(node.router.submit(enter(0)))
        await faults.held()
        told: list[Answer | Trouble] = []
        for n in range(1, 8):
            node.router.post(enter(n), told.append)
        assert [type(trouble) for trouble in told] == [Overloaded, Overloaded]
        node.router.post(c.AcceptOffer("o1", "a1"), told.append, lambda: None)
        assert len(told) == 2
        faults.release()
        await first
        await node.router.submit(None)
        assert len(told) == 8


async def test_deadlines_take_effect_by_themselves() -> None:
    async with running() as node:
        await node.furnish(agents=2)
        await node.router.submit(enter(1))
        await node.router.submit(c.MarkDelivered("o1", "a1"))
        await elapse(21)
        state = node.router.state
        assert state.offers["o1"].state is OfferState.TIMED_OUT
        assert state.offers["o2"].agent == "a2"


async def test_an_empty_log_is_opened_once() -> None:
    disk = MemoryDisk()
    async with running(disk, name="n1") as node:
        assert node.router.state.gen == "gen-n1"
    async with running(disk, name="n2", force=True) as node:
        assert node.router.state.gen == "gen-n1"
        assert node.router.position > START
