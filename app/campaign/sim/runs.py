"""One seed from its beginning to the verdict.

MUST leave nothing behind, so that the next seed is not touched by this one, and MUST give the same
history for the same seed wherever it runs: ``Outcome.digest`` is of every byte written and sent.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from app.campaign.measuring import measured_in_the_world
from app.campaign.sim.faults import STORIES, WOUNDS
from app.campaign.sim.node import OpenDoor
from app.campaign.sim.processes import WorldLoop
from app.campaign.sim.setting import draw
from app.campaign.sim.world import WORKSPACE, World
from app.campaign.sim.wounds import MILD, REPAIRS
from app.codec import events as codec_events
from app.codec import state_form, witness
from app.codec.chain import LogReader
from app.codec.envelope import NO_RECORD
from app.codec.errors import Unreadable
from app.codec.events import encode
from app.codec.formats import NEWEST
from app.codec.state_form import state_hash
from app.domain import commands as c
from app.domain.events import WorkspaceOpened
from app.domain.fold import fold
from app.domain.state import State
from app.ports import Position
from app.shell.audit_desk import PASSING
from app.shell.rebuilding import CannotApply, rebuild
from app.shell.work import Trouble
from app.wire.board import diff
from app.wire.codes import Problem

SUFFERS = 0.7
"""The share of a world's time in which things go wrong."""
HEALS_S = 15.0
DRAINS_S = 240.0
STILL_S = 10.0
NEVER_WHEN_CALM = (
    "ghost_agent",
    "no_owner",
    "two_owners",
    "clock_jump",
    "store_trouble",
    "board_stale",
    "lost_tail",
    "encoding_mismatch",
    "auditor_silent",
    "auditor_L1",
    "auditor_L3",
)
"""Alarms that are false where nothing goes wrong."""
LOOK_S = 1.0
NEIGHBOURS = 0.06
"""The share of worlds that have one."""
WITNESS_EVENTS = 150


@dataclass(slots=True)
class Outcome:
    """What came of a seed. ``faults`` is empty when every promise was kept."""

    seed: int
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    injected: Counter[str] = field(default_factory=Counter)
    sometimes: Counter[str] = field(default_factory=Counter)
    digest: str = ""


def play(seed: int, hours: float, open_door: OpenDoor, *, plant: Plant | None = None) -> Outcome:
    """Live through one world of about ``hours``. ``plant`` is called with it before it opens."""
    outcome = Outcome(seed)
    loop = WorldLoop()
    collects = gc.isenabled()
    gc.disable()
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with _counted_upcasters(outcome.sometimes), _frequent_witness(), measured_in_the_world():
            loop.run_until_complete(_live(outcome, hours, open_door, plant))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        # What a killed process left is taken away while nobody listens to its complaints.
        gc.collect()
        logging.disable(level)
        if collects:
            gc.enable()
    return outcome


Plant = Callable[[World], None]


async def _live(outcome: Outcome, hours: float, open_door: OpenDoor, plant: Plant | None) -> None:
    chance = Random(outcome.seed)
    setting = draw(chance)
    calm = chance.random() < 0.05
    share = chance.choice((0.15, 0.4, 0.8))
    wounds = chance.random() < 0.08
    names = [name for name in STORIES if wounds or name not in WOUNDS]
    setting.faults = [] if calm else [name for name in names if chance.random() < share]
    world = World(chance.getrandbits(63), setting, open_door, WORKSPACE)
    other = _neighbour(world, chance, open_door) if chance.random() < NEIGHBOURS else None
    if setting.old_format:
        _begin_in_old_format(world)
    if plant is not None:
        plant(world)
    loop = asyncio.get_running_loop()
    try:
        await world.open()
        if other is not None:
            outcome.injected["neighbour"] += 1
            await other.open()
        if setting.old_format:
            world.task(_finalize(world, chance.uniform(5.0, 3_600 * hours * SUFFERS)))
        every_s = chance.choice((3.0, 8.0, 20.0))
        await world.suffer(max(3_600 * hours * SUFFERS - loop.time(), 10.0), every_s)
        world.heal()
        await _come_to_rest(world)
        await _sum_up(world, outcome)
        if other is not None:
            await _leave_next_door(other, outcome)
    except AssertionError as error:
        outcome.faults.append(f"the world itself: {error!r}")
    finally:
        outcome.seconds = loop.time()
        _count(world, outcome)
        for one in (world, other):
            if one is not None:
                await one.bury()


def _neighbour(world: World, chance: Random, open_door: OpenDoor) -> World:
    """Another workspace on the same disk, with people of the same names (S11)."""
    seed = chance.getrandbits(63)
    return World(seed, draw(Random(seed)), open_door, "next-door", world.disk)


async def _leave_next_door(other: World, outcome: Outcome) -> None:
    """Nothing may have gone wrong where nothing was done: each log and screen is its own."""
    other.heal()
    await _come_to_rest(other)
    theirs = Outcome(outcome.seed)
    await _sum_up(other, theirs)
    outcome.faults += [f"S11, next door: {fault}" for fault in theirs.faults]


def _begin_in_old_format(world: World) -> None:
    """A log that a build before this one has begun."""
    kept = world.kept
    first = WorkspaceOpened(world.now_ms(), world.workspace, "gen-old")
    place, key = Position(1, 0), world.ledger.key
    record = encode(world.workspace, key, NO_RECORD, first, in_format=1)
    kept.places, kept.entries = [place], {place: record}
    kept.last = kept.end = place
    kept.born, kept.epoch = True, 1
    world.ledger.write(place, [record])


async def _finalize(world: World, after_s: float) -> None:
    await asyncio.sleep(after_s)
    await world.desk.ask(c.FinalizeFormat(NEWEST, "admin"))


async def _come_to_rest(world: World) -> None:
    """L1 to L3: whatever is there is served, and nothing stands still."""
    loop = asyncio.get_running_loop()
    healed_at = loop.time()
    await world.recover()
    took_s = loop.time() - healed_at
    if took_s > HEALS_S:
        world.broken.append(f"L2: {took_s:.1f} s until everything was answered again")
    await asyncio.sleep(max(HEALS_S - took_s, 0.0))
    until = loop.time() + DRAINS_S
    world.judge.look(world.now_ms())
    while loop.time() < until and world.judge.live:
        await asyncio.sleep(LOOK_S)
        world.judge.look(world.now_ms())
    await asyncio.sleep(STILL_S)
    world.judge.look(world.now_ms())


async def _sum_up(world: World, outcome: Outcome) -> None:
    found = [*world.judge.verdict(), *await _one_state(world)]
    if world.wounds:
        found = [one for one in found if not one.startswith(MILD)]
    else:
        found += _needless(world)
    found += world.broken
    for node in world.nodes:
        found += node.ended()
    for page in world.agents:
        if page.offers or page.held:
            found.append(f"L4: {page.name} still shows {list(page.offers)} {list(page.held)}")
    found += _boards(world)
    outcome.faults = found


def _needless(world: World) -> list[str]:
    """Repairs of a memory that nobody wounded, broken rules that the live auditor reports, and
    servers that say they are at fault themselves.
    """
    judge = world.judge
    causes = {step.incident: judge.incidents[step.incident] for step in judge.repairs}
    found = [one for one in causes.values() if one.cause in REPAIRS]
    # What stands still in the middle of faults may do so for a while.
    found += [
        one
        for one in judge.incidents.values()
        if one.cause.startswith("auditor_") and one.cause not in PASSING
    ]
    if not world.setting.faults:
        found += [one for one in judge.incidents.values() if one.cause in NEVER_WHEN_CALM]
    internal = world.witness.seen[f"code {Problem.INTERNAL}"]
    return [
        *(f"{one.cause} at {one.at}: {one.text}" for one in found),
        *["a server answered that it is at fault itself"] * bool(internal),
    ]


async def _one_state(world: World) -> list[str]:
    """S9: the log from its beginning, the snapshots with what came after, and the memory."""
    node = world.owner()
    if node is None:
        return ["L2: nobody owns the workspace"]
    asked: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()

    async def look() -> None:
        # Where the barrier is answered, memory is at rest and durable.
        await node.router.submit(None)
        memory, end = state_hash(node.router.state), world.ledger.end
        try:
            hashes = {"memory": memory, "log": _hash_of_log(world)}
            store: Any = node.store
            hashes["store"] = state_hash((await rebuild(store, world.workspace, end)).state)
        except (Unreadable, AssertionError, LookupError, CannotApply, Trouble) as error:
            asked.set_result([f"S9: what was written is not one log: {error!r}"])
            return
        same = len(set(hashes.values())) == 1
        asked.set_result([] if same else [f"S9: not one state at {end}: {hashes}"])

    node.process.spawn(look(), "look")
    return await asked


def _hash_of_log(world: World) -> str:
    state, reader = State(), LogReader(world.workspace, world.ledger.key)
    for record in world.ledger.records:
        fold(state, reader.decode(record))
    return state_hash(state)


def _boards(world: World) -> list[str]:
    """L4: whoever folded all changes sees what the server shows."""
    node = world.owner()
    found = []
    for page in world.boards:
        board = world.witness.board_of(page.session)
        shown = node.feed._board if node is not None else None
        if board is None or page.at is not node:
            found.append(f"L4: {page.name} sees no board")
        elif board != shown:
            other = diff(board, shown or {})
            found.append(f"L4: {page.name} sees another board than is shown: {other}")
    return found


def _count(world: World, outcome: Outcome) -> None:
    outcome.injected += world.faults
    for counter in (world.witness.seen, world.closed, world.counts):
        outcome.sometimes += counter
    judge = world.judge
    outcome.sometimes.update({f"event {name}": n for name, n in judge.events.items()})
    for incident in judge.incidents.values():
        outcome.sometimes[f"incident {incident.cause}"] += 1
    for step in judge.repairs:
        cause = judge.incidents[step.incident].cause
        outcome.sometimes[f"repair {cause}"] += 1
    world.witness.note(repr(sorted(outcome.sometimes.items())))
    digests = f"{world.ledger.digest()} {world.witness.digest()}"
    outcome.digest = hashlib.sha256(digests.encode()).hexdigest()


@contextmanager
def _counted_upcasters(counts: Counter[str]) -> Iterator[None]:
    """Note which ways from old records to new ones were taken."""
    table: Any = codec_events.TABLE
    whole: Any = state_form
    before = table.upcasters, whole.UPCASTERS

    def counted(name: str, step: Callable[..., Any], *given: Any) -> Any:
        counts[name] += 1
        return step(*given)

    table.upcasters = {
        at: partial(counted, f"upcaster {at[0]} from {at[1]}", step)
        for at, step in before[0].items()
    }
    whole.UPCASTERS = {
        at: partial(counted, f"upcaster of states from {at}", step)
        for at, step in before[1].items()
    }
    try:
        yield
    finally:
        table.upcasters, whole.UPCASTERS = before


@contextmanager
def _frequent_witness() -> Iterator[None]:
    """Memory is held to the log more often than in a server."""
    before = witness.EVERY_EVENTS
    vars(witness)["EVERY_EVENTS"] = WITNESS_EVENTS
    try:
        yield
    finally:
        vars(witness)["EVERY_EVENTS"] = before
