"""The watchdog in a running node: what is planted is found in its bound, repaired, written down."""

from __future__ import annotations

from app.adapters.memory import MemoryDisk
from app.domain import commands as c
from app.domain.settings import QueueSettings
from app.domain.state import Incident
from app.domain.watch import Cause, Finding
from app.domain.words import ConversationState
from app.shell.watchdog import Watchdog, WatchLimits
from tests.shell.node import Node, running
from tests.virtual_time import elapse


async def enter(node: Node, *ids: str) -> None:
    for id_ in ids:
        await node.router.submit(c.EnterConversation(id_, "q", "chat", "ingest:i"))


def watch(node: Node, observe: frozenset[str] = frozenset()) -> Watchdog:
    """A watchdog that has seen the node for long enough to judge."""
    return Watchdog(node.router, node.meter, WatchLimits(calm_ms=0, observe=observe))


async def looks(dog: Watchdog, count: int) -> None:
    for _ in range(count):
        await elapse(0.5)
        await dog.look()


def incidents(node: Node) -> list[Incident]:
    return [*node.router.state.incidents.values()]


def steps(incident: Incident) -> list[str]:
    return [step.step for step in incident.steps]


async def test_a_healthy_node_is_left_alone() -> None:
    async with running() as node:
        await node.furnish(agents=2)
        dog = watch(node)
        await enter(node, "c1", "c2", "c3", "c4")
        await looks(dog, 20)
        assert incidents(node) == []


async def lose(node: Node, conversation: str) -> None:
    """A lost wake-up: an agent is free, and nobody tells the one who waits."""
    node.router.engine.matcher.waiting.discard(conversation)
    agent = node.router.state.agents["a1"]
    offers = [*agent.offers]
    assert offers == []


async def test_who_fell_out_of_the_line_is_found_and_offered() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await node.router.submit(c.SetPresence("a1", "away", "", "test"))
        await enter(node, "c1", "c2")
        await lose(node, "c1")
        dog = watch(node)
        await looks(dog, 4)
        [incident] = incidents(node)
        assert (incident.cause, incident.queue) == ("lost_wake_up", "q")
        assert "repaired" in steps(incident)
        await node.router.submit(c.SetPresence("a1", "available", "", "test"))
        assert node.router.state.conversations["c1"].offers
        await looks(dog, 3)
        assert incidents(node)[0].resolved_at
        assert incidents(node)[0].conversations >= 2


async def test_an_agent_and_a_conversation_side_by_side_are_brought_together() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await node.router.submit(c.SetPresence("a1", "away", "", "test"))
        await enter(node, "c1")
        # A dropped wake-up: the state says available, and the matcher never heard of it.
        node.router.state.agents["a1"].presence = type(node.router.state.agents["a1"].presence)(
            "available"
        )
        dog = watch(node)
        await looks(dog, 3)
        assert incidents(node) == [], "not judged before it was confirmed"
        await looks(dog, 1)
        [incident] = incidents(node)
        assert "1 routable and not offered" in incident.text
        assert node.router.state.conversations["c1"].offers, "repaired within 2 s"


async def test_leaked_capacity_is_recounted() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await enter(node, "c1")
        agent = node.router.state.agents["a1"]
        agent.load["chat"] += 3
        agent.load_units += 3
        dog = watch(node)
        await looks(dog, 8)
        [incident] = incidents(node)
        assert incident.cause == "leaked_capacity"
        assert agent.load == {"chat": 1}
        assert incident.resolved_at


async def test_an_offer_that_outlived_its_deadline_is_taken_back() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await enter(node, "c1")
        offer = next(iter(node.router.state.agents["a1"].offers))
        node.router.state.offers[offer].expires_at -= 60_000
        timers = node.router.engine.timers
        timers._heap.clear()
        dog = watch(node)
        await looks(dog, 4)
        [incident] = incidents(node)
        assert incident.cause == "orphan_reservation"
        assert node.router.state.agents["a1"].missed_streak == 0


async def test_a_wrap_up_without_an_end_is_closed() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await enter(node, "c1")
        offer = next(iter(node.router.state.agents["a1"].offers))
        await node.router.submit(c.AcceptOffer(offer, "a1"))
        conversation = node.router.state.conversations["c1"]
        queue = node.router.state.queues["q"]
        conversation.state = ConversationState.WRAPPING
        queue.counts[ConversationState.ASSIGNED] -= 1
        queue.counts[ConversationState.WRAPPING] += 1
        dog = watch(node)
        await looks(dog, 8)
        assert incidents(node)[0].cause == "limbo"
        assert node.router.state.conversations["c1"].state is ConversationState.CLOSED


async def test_what_nobody_can_serve_is_named_and_never_repaired() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await node.router.submit(
            c.EnterConversation("c1", "q", "voice", "ingest:i", skills={"welsh": 3})
        )
        dog = watch(node)
        await looks(dog, 26)
        [incident] = incidents(node)
        assert incident.cause == "nobody_can_serve"
        assert "repaired" not in steps(incident)
        await node.router.submit(c.CancelConversation("c1", True, "left", "ingest:i"))
        await looks(dog, 3)
        assert incidents(node)[0].resolved_at


async def test_a_skill_that_nobody_has_is_named_behind_those_who_only_wait() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await node.router.submit(c.SetPresence("a1", "away", "", "test"))
        await enter(node, "c1")
        rare = c.EnterConversation("c2", "q", "chat", "ingest:i", skills={"klingon": 1})
        await node.router.submit(rare)
        await looks(watch(node), 30)
        [incident] = incidents(node)
        assert incident.cause == "nobody_can_serve" and incident.evidence["conversation"] == "c2"


async def test_a_repair_that_does_not_last_calls_a_person() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await node.router.submit(c.SetPresence("a1", "away", "", "test"))
        await enter(node, "c1")
        dog = watch(node)
        for _ in range(40):
            await looks(dog, 1)
            node.router.engine.matcher.waiting.discard("c1")
        [incident] = incidents(node)
        assert steps(incident).count("repaired") == 3
        assert steps(incident).count("escalated") == 1


async def test_a_cause_may_be_observed_only() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await node.router.submit(c.SetPresence("a1", "away", "", "test"))
        await enter(node, "c1")
        node.router.engine.matcher.waiting.discard("c1")
        dog = watch(node, observe=frozenset({"lost_wake_up"}))
        await looks(dog, 10)
        assert steps(incidents(node)[0]) == ["noted"]


async def test_nothing_is_judged_right_after_a_take_over() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish(agents=1)
        await node.router.submit(c.SetPresence("a1", "away", "", "test"))
        await enter(node, "c1")
        node.router.engine.matcher.waiting.discard("c1")
        dog = Watchdog(node.router, node.meter, WatchLimits(calm_ms=10_000))
        await looks(dog, 15)
        assert incidents(node) == []
        node.router.draining = True
        await looks(dog, 30)
        assert incidents(node) == []


async def test_what_another_memory_left_open_ends_when_it_is_not_found_again() -> None:
    disk = MemoryDisk()
    async with running(disk) as node:
        await node.furnish(agents=1)
        await node.router.submit(c.OpenIncident("overload", 1, "too much"))
    async with running(disk, name="n2", force=True) as node:
        dog = watch(node)
        await looks(dog, 100)
        assert not incidents(node)[0].resolved_at
        await looks(dog, 25)
        assert incidents(node)[0].resolved_at


async def test_a_dead_offer_that_an_agent_is_said_to_have_costs_him_nothing() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await enter(node, "c1")
        agent = node.router.state.agents["a1"]
        offer = next(iter(agent.offers))
        await node.router.submit(c.AcceptOffer(offer, "a1"))
        await node.router.submit(c.CompleteConversation("c1", "a1"))
        # What a release that was forgotten leaves behind.
        agent.offers[offer] = None
        agent.load, agent.load_units = {"chat": 1}, 1
        dog = watch(node)
        await looks(dog, 2)
        assert incidents(node)[0].cause == "leaked_capacity", "sure after two looks"
        assert not agent.offers and not agent.load


async def test_a_conversation_that_its_agent_does_not_hold_goes_back_in_line() -> None:
    async with running() as node:
        await node.furnish(agents=2)
        await enter(node, "c1")
        agent = next(one for one in node.router.state.agents.values() if one.offers)
        await node.router.submit(c.AcceptOffer(next(iter(agent.offers)), agent.id))
        del agent.conversations["c1"]
        agent.load, agent.load_units = {}, 0
        dog = watch(node)
        await looks(dog, 4)
        assert incidents(node)[0].cause == "orphan_reservation"
        assert node.router.state.conversations["c1"].offers


async def test_the_second_sweep_of_a_queue_calls_a_person() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await node.router.submit(c.SetPresence("a1", "away", "", "test"))
        await enter(node, "c1")
        dog = watch(node)
        for _ in range(12):
            await looks(dog, 1)
            if node.router.engine.matcher.waiting.count("q"):
                node.router.engine.matcher.waiting.discard("c1")
        assert steps(incidents(node)[0])[:3] == ["repaired", "repaired", "escalated"]


async def test_what_comes_again_before_it_is_forgotten_is_told_again() -> None:
    """A second standstill, a worse one, must not hide behind the first."""
    async with running() as node:
        dog = watch(node)

        async def stood_still(for_ms: int) -> None:
            now = node.router.now_ms()
            dog.report(Finding(Cause.CLOCK_JUMP, now - for_ms, f"stood still for {for_ms} ms"))
            await looks(dog, 1)

        await elapse(30)
        await stood_still(3_000)
        await elapse(20)
        await stood_still(9_000)
        [incident] = incidents(node)
        last = incident.steps[-1]
        assert (last.step, last.text) == ("seen_again", "stood still for 9000 ms")


async def test_what_lasts_is_told_once() -> None:
    async with running() as node:
        dog, since = watch(node), node.router.now_ms()
        for _ in range(10):
            dog.report(Finding(Cause.STORE_TROUBLE, since, "the store does not answer"))
            await looks(dog, 1)
        [incident] = incidents(node)
        assert steps(incident) == []


async def test_a_memory_that_cannot_be_looked_at_is_made_anew_once() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await node.router.submit(c.SetPresence("a1", "away", "", "test"))
        await enter(node, "c1")
        dog, before = watch(node), node.router.engine
        node.router.state.agents["a1"].offers = 5  # type: ignore[assignment]
        await looks(dog, 8)
        assert node.router.engine is not before
        assert node.router.state.agents["a1"].offers == {}
        [incident] = incidents(node)
        assert incident.cause == "encoding_mismatch" and "made anew" in incident.text
        again = node.router.engine
        node.router.state.agents["a1"].offers = 5  # type: ignore[assignment]
        await looks(dog, 8)
        assert node.router.engine is again, "it is not done over and over"


async def test_the_fourth_of_a_queue_that_is_set_aside_calls_a_person() -> None:
    async with running() as node:
        await node.furnish(agents=1)
        await node.router.submit(c.PutQueue("other", QueueSettings(name="O"), "test"))
        dog = watch(node)
        for n, queue in enumerate(["q", "q", "other", "q", "q"]):
            command = c.EnterConversation(f"bad{n}", queue, "chat", "ingest:i")
            await node.router.submit(command)
            aside = c.QuarantineConversation(f"bad{n}", "poison_head", "it broke", "system")
            await node.router.submit(aside)
            await looks(dog, 2)
        escalated = [one.conversation for one in incidents(node) if "escalated" in steps(one)]
        assert escalated == ["bad4"]
        await elapse(600)
        await enter(node, "late")
        aside = c.QuarantineConversation("late", "poison_head", "it broke", "system")
        await node.router.submit(aside)
        await looks(dog, 2)
        assert [one.conversation for one in incidents(node) if "escalated" in steps(one)] == [
            "bad4"
        ]
