"""Plants around the engine: sockets, clocks, the store, other owners, the board, too much work."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from app.adapters.memory.faults import Fault
from app.campaign.stalls.of_engine import P, ignored
from app.campaign.stalls.plan import Plant, Planted, Port
from app.campaign.stalls.site import INBOX_MAX
from app.campaign.stalls.world import World
from app.campaign.virtual_time import elapse
from app.domain import commands as c
from app.domain import events as e
from app.domain.engine import Engine
from app.domain.watch import Cause, Finding
from app.shell import committer
from app.shell.follower import Follower

BACK_MS = 5_000


async def ghost_unheard(world: World, port: Port) -> Planted:
    """A socket is gone, and the engine never heard of it."""
    id_ = world.chance.choice(P)
    at = world.now
    world.people[id_].vanish(tell=False)
    state = world.engine.state

    def found() -> int | None:
        """By the watchdog, or by the sockets' own count, whichever looks first."""
        incident = next((one for one in world.incidents(at) if one.agent == id_), None)
        left = next(
            (
                told_at
                for told_at, event in world.seen.told
                if told_at >= at and isinstance(event, e.ConnectionChanged) and event.agent == id_
            ),
            None,
        )
        return incident.opened_at if incident else left

    def check() -> str:
        agent = state.agents[id_]
        return "" if agent.connection == "lost" and not agent.offers else "not let go"

    return Planted(
        "ghost_agent", at, 25_000, watch_s=34, targets={id_}, kind="one", found=found, check=check
    )


async def ghost_many(world: World, port: Port) -> Planted:
    """Many sockets are gone at once: it is our network."""
    at = world.now
    for id_ in P[:6]:
        world.people[id_].vanish(tell=True)
    return Planted(
        "ghost_agent", at, 25_000, watch_s=30, must="escalated", never="repaired", kind="many"
    )


async def no_owner(world: World, port: Port) -> Planted:
    """The owner dies, and for a while there is nobody else."""
    for id_ in P:
        world.people[id_].mute = True
    world.enter("p", skills={"welsh": 1})
    await elapse(0.5)
    at = world.now
    await world.here.kill()
    await elapse(world.chance.uniform(11, 25))
    for id_ in P:
        world.people[id_].mute = False
    healed = world.now
    await world.start_site()
    return Planted("no_owner", at, 10_000, due=healed, healed=healed, watch_s=15)


async def two_owners(world: World, port: Port) -> Planted:
    """Another node takes the workspace by force while the first one still serves."""
    first = world.here
    at = world.now
    second = await world.start_site(force=True)
    world.site = second
    await world.until(lambda: not first.router.owns, 10)
    fenced_at = world.now
    await elapse(world.chance.uniform(1, 4))
    await second.stop()
    healed = world.now
    await world.until(lambda: first.router.owns, 15)

    def check() -> str:
        return "" if first.router.owns else "nobody owns the workspace"

    return Planted(
        "two_owners",
        at,
        2_500,
        healed=healed,
        watch_s=12,
        found=lambda: fenced_at,
        check=check,
    )


async def clock_jump(world: World, port: Port) -> Planted:
    """The clock goes on while the process does not."""
    id_ = world.chance.choice(P)
    world.people[id_].mute = True
    world.enter("p")
    await elapse(0.3)
    at = world.now
    jump_ms = world.chance.choice([700, 3_000, 9_000, 60_000])
    before = {
        offer.id: offer.expires_at
        for offer in world.engine.state.offers.values()
        if not offer.ended_at
    }
    world.clock.ahead_ms += jump_ms
    world.people[id_].mute = False

    def check() -> str:
        offers = world.engine.state.offers
        hit = [one for one in before if offers[one].state in ("timed_out", "undelivered")]
        early = [one for one in hit if offers[one].ended_at < before[one] + jump_ms - 200]
        return f"{early} ran out because of it" if early else ""

    return Planted(
        "clock_jump",
        at,
        1_000,
        due=at + jump_ms,
        healed=at + jump_ms,
        must="escalated" if jump_ms > 5_000 else "",
        kind=f"{jump_ms / 1000:g} s",
        check=check,
    )


async def store_away(world: World, port: Port) -> Planted:
    """The store does not answer for a while."""
    at, away_s = world.now, world.chance.uniform(1.5, 14)
    world.faults.down = True
    await elapse(away_s)
    world.faults.down = False
    return Planted(
        "store_trouble",
        at,
        1_000,
        due=world.now,
        healed=world.now,
        must="escalated" if away_s > 12 else "",
        kind="away",
    )


async def store_slow(world: World, port: Port) -> Planted:
    """Each append takes 0.3 s and more; appends are timed by the virtual clock."""
    loop = asyncio.get_running_loop()
    port.replace(committer, "time", SimpleNamespace(perf_counter=loop.time))
    at = world.now
    world.faults.delay_ms = world.chance.randint(300, 450)
    for _ in range(8):
        world.enter("p")
        await elapse(0.45)
    world.faults.delay_ms = 0
    return Planted("store_trouble", at, 1_000, due=at + 5 * 450, healed=world.now, kind="slow")


async def store_silent(world: World, port: Port) -> Planted:
    """Appends whose answers are lost, written or not."""
    at = world.now
    lots = [Fault.LOST_REPLY, Fault.LOST_REQUEST, Fault.UNAVAILABLE]
    world.faults.next_append(*(world.chance.choice(lots) for _ in range(6)))
    world.enter("p")
    await elapse(0.05)
    await world.until(lambda: not world.faults._appends, 10)
    return Planted("store_trouble", at, 1_000, due=world.now, healed=world.now, kind="silent")


async def snapshot_spoilt(world: World, port: Port) -> Planted:
    """A stored snapshot says something else than was written; then the node is started anew."""
    follower = Follower(world.here.store, "main", world.clock.now_ms)
    await follower.begin()
    await follower.take_snapshot()
    kept = world.kept
    [at_place] = kept.snapshots
    chunks = [bytearray(chunk) for chunk in kept.snapshots[at_place]]
    chunk = world.chance.choice(chunks)
    chunk[world.chance.randrange(len(chunk))] ^= 1 << world.chance.randrange(8)
    kept.snapshots[at_place] = tuple(bytes(chunk) for chunk in chunks)
    at = world.now
    await world.here.stop()
    await world.start_site()
    return Planted("encoding_mismatch", at, 2_000, must="escalated", kind="snapshot")


async def offer_lies(world: World, port: Port) -> Planted:
    """Memory contradicts the offer that is about to leave."""
    site = world.here
    hit: list[str] = []

    def lie(engine: Engine, events: list[e.Event]) -> None:
        for event in events:
            if type(event) is e.OfferMade and event.queue == "p" and not hit:
                engine.state.offers[event.offer].queue = "q"
                hit.append(event.conversation)

    site.lie = lie
    at = world.now
    world.enter("p")
    await world.until(lambda: hit, 5)
    [id_] = hit

    def found() -> int | None:
        return next(
            (
                told_at
                for told_at, event in world.seen.told
                if isinstance(event, e.ConversationQuarantined) and event.conversation == id_
            ),
            None,
        )

    def check() -> str:
        prevented = site.figures.counts["misroute_prevented_total"]
        return "" if prevented == 1 else f"prevented {prevented} times"

    return Planted(
        "encoding_mismatch",
        at,
        1_000,
        targets={id_},
        must="escalated",
        kind="offer",
        found=found,
        check=check,
    )


async def board_stale(world: World, port: Port) -> Planted:
    """The board's feed hangs."""
    at, feed = world.now, world.here.feed

    async def never() -> None:
        await asyncio.Event().wait()

    port.replace(feed, "_settled", never)
    await elapse(0.3)
    shown, frozen_at = len(world.boss.boards), world.now
    world.enter("p")

    def check() -> str:
        return "" if len(world.boss.boards) > shown else "nobody fed it"

    due = frozen_at + 2_000
    return Planted("board_stale", at, 2_000, due=due, check=check)


async def lost_tail(world: World, port: Port) -> Planted:
    """The store comes back without its last records."""
    kept = world.kept
    await elapse(0.2)
    lost = world.chance.randint(1, min(12, len(kept.places) - 5))
    for place in kept.places[-lost:]:
        del kept.entries[place]
    del kept.places[-lost:]
    kept.last = kept.places[-1]
    at = world.now
    world.enter("p")
    return Planted("lost_tail", at, 1_000, must="escalated")


async def overload(world: World, port: Port) -> Planted:
    """More at once than the inbox holds."""
    at, refused = world.now, []
    for n in range(INBOX_MAX):
        flood = c.NoteActivity(f"none{n}", True, "ingest:i")
        world.here.router.post(flood, lambda result: refused.append(result))

    def check() -> str:
        return "" if len(refused) == INBOX_MAX else f"{len(refused)} answers"

    return Planted("overload", at, 1_000, check=check)


def loop_blocked(standstill: Any) -> Plant:
    """``standstill`` blocks a real event loop under its watching thread and gives what was told."""

    async def plant(world: World, port: Port) -> Planted:
        finding: Finding = standstill()
        assert finding.cause is Cause.LOOP_BLOCKED, finding
        at = world.now
        world.here.watchdog.report(finding)
        return Planted("loop_blocked", at, 2_000, must="escalated")

    return plant


PLANTS: dict[str, tuple[Plant, ...]] = {
    "ghost_agent": (ghost_unheard, ghost_many),
    "no_owner": (no_owner,),
    "two_owners": (two_owners,),
    "clock_jump": (clock_jump,),
    "store_trouble": (store_away, store_slow, store_silent),
    "encoding_mismatch": (snapshot_spoilt, offer_lies),
    "board_stale": (board_stale,),
    "lost_tail": (lost_tail,),
    "overload": (overload,),
}
__all__ = ["PLANTS", "ignored", "loop_blocked"]
