"""The kernel: who does what when, to the millisecond."""

from __future__ import annotations

from app.domain import events as e
from app.domain.check import check
from app.domain.settings import (
    HoursRule,
    IdleRule,
    NoAnswerRule,
    OfferRule,
    OverflowRule,
    QueueSettings,
    Ring,
    WrapUpRule,
)
from app.domain.words import OfferState
from app.simulation.scenario import MONDAY_MS, Arrival
from app.simulation.world import World
from tests.simulation.centre import agent, alike, centre, run

HOUR_MS = 3_600_000


def queue(**rules: object) -> QueueSettings:
    return QueueSettings(name="Queue", **rules)  # type: ignore[arg-type]


def test_a_talk_ends_before_somebody_comes_in_the_same_instant() -> None:
    arrivals = [
        Arrival(0, "c1", "q", 500),
        Arrival(100, "c2", "q", 500),
        Arrival(500, "urgent", "q", 500, priority=9),
    ]
    waits, world = run(centre(arrivals, alike(1)))
    assert waits.served == {"c1": 0, "c2": 400, "urgent": 500}
    assert world.now == MONDAY_MS + 1_500


def test_an_answer_at_the_last_instant_of_patience_counts() -> None:
    arrivals = [Arrival(0, "c1", "q", 500), Arrival(100, "c2", "q", 500, 400)]
    assert run(centre(arrivals, alike(1)))[0].served == {"c1": 0, "c2": 400}
    arrivals[1] = arrivals[1]._replace(patience_ms=399)
    waits, _ = run(centre(arrivals, alike(1)))
    assert (waits.served, waits.left) == ({"c1": 0}, {"c2": 399})


def test_a_shift_lets_nobody_in_after_its_end_and_finishes_what_is_begun() -> None:
    arrivals = [Arrival(0, "c1", "q", 50), Arrival(90, "c2", "q", 500), Arrival(95, "c3", "q", 5)]
    one = agent(shifts=((10, 100), (700, 800)))
    waits, _ = run(centre(arrivals, {"a": one}))
    assert waits.served == {"c1": 10, "c2": 0, "c3": 605}


def test_shifts_that_overlap_or_touch_are_one() -> None:
    arrivals = [Arrival(100, "c1", "q", 1), Arrival(150, "c2", "q", 1), Arrival(201, "c3", "q", 1)]
    one = agent(shifts=((0, 100), (100, 160), (120, 200)))
    waits, world = run(centre(arrivals, {"a": one}), drain_ms=1_000)
    assert waits.served == {"c1": 0, "c2": 0}
    assert (world.arrived, world.unfinished) == (3, 1)


def test_a_ring_opens_at_its_very_instant() -> None:
    rings = [Ring(after_ms=0, max_level=1), Ring(after_ms=30_000, max_level=2)]
    arrivals = [Arrival(7, "c1", "q", 1_000, 60_000)]
    waits, _ = run(centre(arrivals, {"a": agent({"q": 2})}, q=queue(rings=rings)))
    assert waits.served == {"c1": 30_000}


def test_wrap_up_keeps_the_agent() -> None:
    arrivals = [Arrival(0, "c1", "q", 1_000), Arrival(1, "c2", "q", 1_000)]
    waits, _ = run(centre(arrivals, alike(1), q=queue(wrap_up=WrapUpRule(ms=250))))
    assert waits.served == {"c1": 0, "c2": 1_249}


def test_the_speed_of_an_agent_shortens_the_talk() -> None:
    arrivals = [Arrival(0, "c1", "q", 1_000), Arrival(1, "c2", "q", 1_000)]
    waits, world = run(centre(arrivals, alike(1, speed=2.0)))
    assert waits.served == {"c1": 0, "c2": 499}
    assert world.now == MONDAY_MS + 1_000


def test_an_offer_rings_as_long_as_the_agent_lets_it() -> None:
    arrivals = [Arrival(0, "c1", "q", 1_000), Arrival(1, "c2", "q", 1_000)]
    waits, _ = run(centre(arrivals, alike(1, accept_delay_ms=300)))
    assert waits.served == {"c1": 300, "c2": 1_599}


def test_a_missed_offer_goes_on_at_its_deadline_and_the_agent_comes_back() -> None:
    seen: list[e.Event] = []
    rules = queue(offer=OfferRule(timeout_ms=20_000), no_answer=NoAnswerRule(streak=1))
    arrivals = [Arrival(0, "c1", "q", 1_000, 100_000), Arrival(200_000, "c2", "q", 1_000, 1_000)]
    World(centre(arrivals, alike(1, misses=1.0), q=rules), [seen.append]).run()
    ended = [one for one in seen if isinstance(one, e.OfferEnded)]
    assert (ended[0].at - MONDAY_MS, ended[0].outcome) == (20_000, OfferState.TIMED_OUT)
    presences = [one for one in seen if isinstance(one, e.PresenceChanged)]
    assert [(one.at - MONDAY_MS, one.presence) for one in presences][:3] == [
        (0, "available"),
        (20_000, "away"),
        (80_000, "available"),
    ]


def test_who_declines_is_passed_over_for_a_colleague() -> None:
    agents = {"no": agent(declines=1.0, accept_delay_ms=2_000), "yes": agent({"q": 2})}
    arrivals = [Arrival(0, "c1", "q", 1_000)]
    waits, world = run(centre(arrivals, agents))
    assert waits.served == {"c1": 2_000}
    assert world.engine.state.agents["yes"].accepted == 1


def test_offers_to_many_are_answered_by_the_first() -> None:
    rules = queue(offer=OfferRule(strategy="all_at_once", fan_out=3))  # type: ignore[arg-type]
    arrivals = [Arrival(0, f"c{number}", "q", 1_000) for number in range(4)]
    waits, _ = run(centre(arrivals, alike(3), q=rules))
    assert sorted(waits.served.values()) == [0, 0, 0, 1_000]


def test_a_door_that_is_shut_opens_on_time() -> None:
    rules = queue(hours=HoursRule(zone="America/New_York", weekly={"mon": [["09:00", "10:00"]]}))
    arrivals = [
        Arrival(9 * HOUR_MS - 60_000, "c1", "q", 1_000),
        Arrival(10 * HOUR_MS - 1, "c2", "q", 1_000),
        Arrival(10 * HOUR_MS, "c3", "q", 1_000, 5_000),
    ]
    waits, _ = run(centre(arrivals, alike(1), q=rules))
    assert (waits.served, waits.left) == ({"c1": 60_000, "c2": 0}, {"c3": 5_000})


def test_a_talk_is_not_silence() -> None:
    arrivals = [Arrival(0, "c1", "q", 600_000), Arrival(1, "c2", "q", 1_000)]
    waits, _ = run(centre(arrivals, alike(1), q=queue(idle=IdleRule(after_ms=60_000))))
    assert waits.served == {"c1": 0, "c2": 599_999}


def test_a_full_queue_turns_away() -> None:
    arrivals = [Arrival(number, f"c{number}", "q", 1_000) for number in range(4)]
    waits, world = run(centre(arrivals, alike(1), q=queue(max_waiting=2)))
    assert (len(waits.served), world.turned_away, world.unfinished) == (3, 1, 0)


def test_overflow_takes_place_while_nothing_else_happens() -> None:
    rule = OverflowRule(when="after_ms", value=5_000, to="queue", queue="r")
    arrivals = [Arrival(0, "c1", "q", 1_000)]
    agents = {"far": agent({"r": 1}), "gone": agent({"q": 1}, shifts=((90_000, 95_000),))}
    waits, _ = run(centre(arrivals, agents, q=queue(overflow=[rule])))
    assert waits.served == {"c1": 5_000}


def test_a_world_where_nothing_can_happen_any_more_ends() -> None:
    arrivals = [Arrival(0, "c1", "q", 1_000)]
    _, world = run(centre(arrivals, {"a": agent({"r": 1})}, q=queue()))
    assert world.unfinished == 1
    _, world = run(centre(arrivals, alike(2, misses=1.0)), drain_ms=500_000)
    assert world.unfinished == 1
    assert world.now <= MONDAY_MS + 500_000


def test_the_same_seed_gives_the_same_events_and_another_seed_others() -> None:
    arrivals = [
        Arrival(700 * number, f"c{number}", "q", 2_500, 9_000, channel="chat")
        for number in range(300)
    ]
    agents = alike(3, capacity={"chat": 2}, accept_delay_ms=900, declines=0.2, misses=0.2)

    def events(seed: int) -> list[e.Event]:
        seen: list[e.Event] = []
        world = World(centre(arrivals, agents), [seen.append], seed=seed).run()
        check(world.engine, world.now)
        return seen

    assert events(1) == events(1)
    assert events(1) != events(2)


def test_what_has_ended_is_forgotten() -> None:
    arrivals = [Arrival(1_000 * number, f"c{number}", "q", 500) for number in range(1_000)]
    _, world = run(centre(arrivals, alike(2)))
    assert len(world.engine.state.conversations) <= 3
    assert len(world.engine.state.offers) <= 3
