"""What the engine promises to its caller: bounded ticks, one clock, nothing written in vain."""

from __future__ import annotations

from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import FORGET_MAX, TICK_TIMERS_MAX, Engine
from app.domain.outcome import Outcome
from app.domain.settings import AgentSettings
from app.domain.words import Presence
from tests.domain.workbench import START_MS, Workbench, queue_settings

MANY = TICK_TIMERS_MAX + 100


def crowd() -> Engine:
    """One agent in more wrap-ups than one tick takes; without a desk, for it judges each step."""
    engine = Engine(retention_ms=1_000)

    def do(command: c.Command) -> Outcome:
        return engine.apply(command, START_MS)

    do(c.OpenWorkspace("acme", "gen-1"))
    do(c.PutQueue("q", queue_settings("q", wrap_up={"ms": 5_000}), "admin"))
    roomy = AgentSettings(name="Anna", queues={"q": 1}, capacity={"chat": MANY})
    do(c.PutAgent("anna", roomy, "admin"))
    do(c.ConnectAgent("anna"))
    do(c.SetPresence("anna", Presence.AVAILABLE, "", "anna"))
    for number in range(MANY):
        do(c.EnterConversation(f"c{number}", "q", "chat", "ingest"))
        do(c.AcceptOffer(f"o{number + 1}", "anna"))
        do(c.CompleteConversation(f"c{number}", "anna"))
    return engine


def test_a_tick_takes_a_bounded_number_of_deadlines_and_forgets_as_few() -> None:
    engine, now = crowd(), START_MS + 5_000
    ended = [x for x in engine.apply(c.Tick(), now).events if isinstance(x, e.ConversationEnded)]
    assert len(ended) == TICK_TIMERS_MAX
    assert engine.next_deadline() == now, "the rest is due at once"
    ended = [x for x in engine.apply(c.Tick(), now).events if isinstance(x, e.ConversationEnded)]
    assert len(ended) == MANY - TICK_TIMERS_MAX

    forgotten = []
    while engine.state.conversations:
        assert engine.next_deadline() == now + 1_000
        (event,) = engine.apply(c.Tick(), now + 1_000).events
        assert isinstance(event, e.ConversationsForgotten)
        forgotten.append(len(event.conversations))
    assert forgotten == [FORGET_MAX, FORGET_MAX, MANY - 2 * FORGET_MAX]


def test_a_clock_that_was_set_back_counts_from_the_last_event_on(bench: Workbench) -> None:
    bench.queue()
    bench.staff("anna")
    bench.pass_s(10)
    bench.enter("c1")
    seen_at = bench.now
    bench.now -= 5_000
    bench.seen("anna", "c1")
    assert [event.at for event in bench.last] == [seen_at]


def test_nothing_is_due_where_nothing_runs(bench: Workbench) -> None:
    bench.queue()
    bench.agent("anna")
    bench.enter("c1")
    assert bench.engine.next_deadline() is None
    assert not bench.tick().events


def test_the_next_deadline_is_the_nearest(bench: Workbench) -> None:
    bench.queue(wrap_up={"ms": 7_000})
    bench.staff("anna", capacity={"chat": 3})
    bench.enter("c1")
    bench.serve("c2")
    bench.complete("c2")
    assert bench.engine.next_deadline() == bench.now + 7_000
    bench.disconnect("anna", grace_s=3)
    assert bench.engine.next_deadline() == bench.now + 3_000


def test_a_rebuilt_engine_knows_every_deadline(bench: Workbench) -> None:
    """Offer, wrap-up, ring, preferred agent, cool-down, back-off and grace survive a restart."""
    bench.queue(
        wrap_up={"ms": 61_000},
        rings=[{"max_level": 1}, {"after_ms": 90_000, "max_level": 2}],
        preferred={"online_ms": 40_000},
    )
    bench.staff("anna", capacity={"chat": 9})
    bench.staff("far", {"q": 2})
    bench.serve("wrapping")
    bench.complete("wrapping")
    bench.enter("dead")
    bench.pass_s(20)
    bench.enter("declined", priority=1)
    bench.pass_s(5)
    bench.decline("anna", "declined")
    bench.away("anna")
    bench.staff("ben")
    bench.enter("kept", preferred_agent="anna")
    bench.disconnect("far", grace_s=30)
    rebuilt = Engine(bench.replayed())
    while (due := bench.engine.next_deadline()) is not None and due < START_MS + 200_000:
        bench.now = max(bench.now, due)
        outcome = bench.tick()
        assert rebuilt.apply(c.Tick(), bench.now).events == outcome.events
    assert rebuilt.state == bench.state


def test_a_full_day_of_loads_leaves_a_small_index() -> None:
    """What is stale in the pool of the least loaded is shed, however seldom it comes to the front.

    Looks inside, for there is no other way to see memory.
    """
    bench = Workbench(retention_ms=0)
    bench.queue(offer={"strategy": "least_loaded"})
    for number in range(4):
        bench.staff(f"a{number}", capacity={"chat": 4})
    held: list[str] = []
    for number in range(800):
        held.append(f"c{number}")
        bench.serve(held[-1])
        bench.pass_s(0.01)
        if len(held) > 9:
            bench.complete(held.pop(number * 7919 % len(held)))
    (pool,) = bench.engine.matcher.pools._pools.values()
    assert len(pool._heap) < 200
