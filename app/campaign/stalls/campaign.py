"""Runs the trials: plant, watch, judge; the twin without the plant; the mutants; the long soak.

MUST give every trial a fresh world and a seed of its own, so that each can be repeated alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from app.campaign.measuring import measured_in_the_world
from app.campaign.stalls import of_engine, of_world
from app.campaign.stalls.mutants import MUTANTS, Mutant
from app.campaign.stalls.of_engine import ignored
from app.campaign.stalls.plan import MOVING_MS, Plant, Planted, Port
from app.campaign.stalls.world import REPAIRS, Stop, World
from app.campaign.virtual_time import JumpingLoop, elapse
from app.domain import commands as c
from app.domain import events as e
from app.domain.state import Incident
from app.domain.watch import Cause, Finding
from app.domain.words import OfferState, Presence

CAUSES = tuple(str(cause) for cause in Cause)
TWIN_S = 60.0
NEVER_ALARMS = ("nobody_can_serve",)
ROUNDS, ROUND_AND_ROUND_MS = 5, 122_000
"""Five offers in two minutes that nobody took, and the time to notice."""
UNTAKEN = (OfferState.DECLINED, OfferState.TIMED_OUT)


@dataclass(slots=True)
class Result:
    """What became of all plants of one cause (or mutants of one kind)."""

    name: str
    bound_ms: int = 0
    planted: int = 0
    detected: int = 0
    detection_ms: int = 0
    repaired: int = 0
    moving_ms: int = 0
    wrong: int = 0
    misses: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Trial:
    """One plant, judged."""

    kind: str
    bound_ms: int
    detection_ms: int | None
    done: bool
    moving_ms: int
    wrong: list[str]
    problems: list[str]


def in_virtual_time(main: Any) -> Any:
    """Run a coroutine on a loop whose clock jumps."""
    loop = JumpingLoop()
    try:
        with measured_in_the_world():
            return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def planted(
    count: int,
    seed: int,
    causes: tuple[str, ...],
    standstill: Callable[[], Finding] | None = None,
) -> Iterator[Result]:
    """Each cause ``count`` times; the twins first."""
    plants = {**of_engine.PLANTS, **of_world.PLANTS}
    if standstill is not None:
        plants["loop_blocked"] = (of_world.loop_blocked(standstill),)
    twins = Result("no plant")
    for n in range(count):
        in_virtual_time(_twin(seed + n, twins))
    yield twins
    for cause in causes:
        if cause not in plants:
            continue
        result = Result(cause)
        for n in range(count):
            plant = plants[cause][n % len(plants[cause])]
            trial = in_virtual_time(_trial(seed + n, plant))
            _add(result, trial, seed + n)
        yield result


def _add(result: Result, trial: Trial, seed: int) -> None:
    result.planted += 1
    result.bound_ms = max(result.bound_ms, trial.bound_ms)
    found = trial.detection_ms
    late = found is None or found > trial.bound_ms
    result.detected += not late
    result.detection_ms = max(result.detection_ms, found or 0)
    result.repaired += trial.done
    result.moving_ms = max(result.moving_ms, trial.moving_ms)
    result.wrong += len(trial.wrong)
    named = f"seed {seed} {trial.kind}".rstrip()
    if late:
        result.misses.append(f"{named}: found after {found} ms of {trial.bound_ms}")
    if trial.moving_ms > MOVING_MS:
        result.misses.append(f"{named}: moving after {trial.moving_ms} ms")
    result.misses += [f"{named}: {what}" for what in (*trial.wrong, *trial.problems)]


async def _trial(seed: int, plant: Plant) -> Trial:
    world, port = World(seed), Port()
    try:
        await world.open()
        await elapse(world.chance.uniform(0.0, 2.0))
        one = await plant(world, port)
        one.due, one.healed = one.due or one.at, one.healed or one.at
        await elapse(one.watch_s)
        return _judge(world, one)
    finally:
        port.close()
        await world.close()


def _judge(world: World, one: Planted) -> Trial:
    incident = one.incident(world)
    steps = [step.step for step in incident.steps] if incident else []
    told_at = incident.opened_at if incident else None
    found_at = one.found() if one.found is not None else told_at
    problems = [one.check()] if one.check() else []
    if incident is None and one.kind != "one":
        problems.append("no incident was written")
    if one.must and one.must not in steps:
        problems.append(f"not {one.must}: {steps}")
    if one.never and one.never in steps:
        problems.append(f"was {one.never}")
    problems += [f"ended: {what}" for what in (what for s in world.sites for what in s.ended())]
    return Trial(
        one.kind,
        one.bound_ms,
        None if found_at is None else max(found_at - one.due, 0),
        not problems,
        moving_ms(world, one.at, one.healed),
        wrong_repairs(world, one.targets),
        problems,
    )


def moving_ms(world: World, at: int, healed: int) -> int:
    """The longest that anything stood still from the plant, or the end of it, on."""
    stops = [stop for stop in world.seen.stops if stop.until > at]
    down = [Stop("node", "down", *times) for times in world.seen.down if times[1] > at]
    return max((stop.until - max(stop.since, healed) for stop in (*stops, *down)), default=0)


def wrong_repairs(world: World, targets: set[str]) -> list[str]:
    """Repairs of what was not wrong."""
    wrong = []
    for _, event in world.seen.told:
        if isinstance(event, REPAIRS) and event.by == "watchdog":
            about = getattr(event, "conversation", None) or getattr(event, "agent", None)
            if about not in targets:
                wrong.append(f"wrong repair: {event}")
    for incident in world.incidents():
        swept = any(step.evidence.get("command") == "SweepQueue" for step in incident.steps)
        if swept and incident.queue not in targets:
            wrong.append(f"swept {incident.queue}: {incident.text}")
    return wrong


async def _twin(seed: int, result: Result) -> None:
    world = World(seed)
    try:
        await world.open()
        await elapse(TWIN_S)
        _blame_healthy(world, result, seed)
    finally:
        await world.close()


def _blame_healthy(world: World, result: Result, seed: int) -> None:
    result.planted += 1
    wrong = wrong_repairs(world, set())
    alarms = [
        one
        for one in world.incidents()
        if one.cause not in NEVER_ALARMS and not _really_went_round(world, one)
    ]
    result.wrong += len(wrong)
    result.moving_ms = max(result.moving_ms, moving_ms(world, 0, 0) if world.seen.stops else 0)
    result.misses += [f"seed {seed}: {what}" for what in wrong]
    result.misses += [f"seed {seed}: false alarm {one.cause}: {one.text}" for one in alarms]
    ended = [what for site in world.sites for what in site.ended()]
    result.misses += [f"seed {seed}: ended: {what}" for what in ended]


def _really_went_round(world: World, incident: Incident) -> bool:
    """Whether an outsider saw it, too: in a long day people let somebody go round by themselves."""
    if incident.cause != Cause.PING_PONG:
        return False
    since = incident.opened_at - ROUND_AND_ROUND_MS
    ended = [
        event
        for at, event in world.seen.told
        if isinstance(event, e.OfferEnded)
        and event.conversation == incident.conversation
        and since <= at <= incident.opened_at
    ]
    return sum(one.outcome in UNTAKEN for one in ended) >= ROUNDS


def healthy(hours: float, seed: int) -> Result:
    """A long soak without any plant: no incident, no repair."""
    result = Result(f"{hours:g} h healthy")

    async def soak() -> None:
        world = World(seed, look_s=2.0)
        try:
            await world.open()
            await elapse(3_600 * hours)
            _blame_healthy(world, result, seed)
            served = sum(isinstance(event, e.ConversationEnded) for _, event in world.seen.told)
            result.detected = served
        finally:
            await world.close()

    in_virtual_time(soak())
    return result


def mutants(count: int, seed: int) -> Iterator[Result]:
    """Each kind of mutant ``count`` times under traffic."""
    for mutant in MUTANTS:
        result = Result(mutant.name)
        for n in range(count):
            in_virtual_time(_mutated(seed + n, mutant, result))
        yield result


async def _hustle(world: World) -> None:
    """People come, go, fall silent and come back, and so do sockets."""
    chance, ids = world.chance, [*world.people]
    for _ in range(30):
        world.enter(chance.choice("pq"), retry=False)
        await elapse(chance.uniform(0.1, 0.6))
        person = world.people[chance.choice(ids)]
        lot = chance.random()
        if lot < 0.2:
            person.mute = not person.mute
        elif lot < 0.4 and person.agent is not None:
            there = Presence.AVAILABLE if chance.random() < 0.6 else Presence.AWAY
            world.here.router.post(c.SetPresence(person.agent, there, "", "test"), ignored)
        elif lot < 0.5:
            person.reload()
    for person in world.people.values():
        person.mute = False
    await world.presence(ids, Presence.AVAILABLE)


async def _mutated(seed: int, mutant: Mutant, result: Result) -> None:
    world, port = World(seed), Port()
    for person in world.people.values():
        person.sound = False
    try:
        await world.open()
        at = world.now
        dropped = mutant.arm(world, port)
        await _hustle(world)
        port.close()
        await elapse(35)
        result.planted += len(dropped)
        named = f"seed {seed}"
        stops = [stop for stop in world.seen.stops if stop.until - stop.since > 400]
        result.detected += len(stops)
        slow = moving_ms(world, at, 0)
        result.moving_ms = max(result.moving_ms, slow)
        if slow > MOVING_MS:
            worst = max(stops, key=lambda stop: stop.until - stop.since, default=None)
            result.misses.append(f"{named}: moving after {slow} ms: {worst}")
        repaired = [
            incident
            for incident in world.incidents()
            if any(step.step == "repaired" for step in incident.steps)
        ]
        result.repaired += len(repaired)
        if repaired and not dropped:
            result.wrong += len(repaired)
            result.misses.append(f"{named}: repaired although nothing was dropped")
        ended = [what for site in world.sites for what in site.ended()]
        result.misses += [f"{named}: ended: {what}" for what in ended]
    finally:
        port.close()
        await world.close()
