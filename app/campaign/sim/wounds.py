"""Wounds of a node's own memory, as a bug in the rules would make them: for the watchdog to heal.

MUST leave the log alone, so that it stays the truth. A wounded world is judged more mildly: what
the wound itself does to the order of the line is not the rules' doing, and a memory whose wound
nobody ever looks at again differs from the log to the end.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

from app.domain.timers import Due
from app.domain.words import LIVE_OFFERS, ConversationState

if TYPE_CHECKING:
    from app.campaign.sim.world import World

MILD = ("S5", "L3", "S4", "S9: not one state")
REPAIRS = ("lost_wake_up", "orphan_reservation", "leaked_capacity", "limbo")
"""Causes that a node which is not wounded never has to repair."""

TIMES_MAX = 1
WATCHES_S = 20.0
WINK_S = 0.0005
"""Between two looks; an append takes two milliseconds."""


async def leak_capacity(world: World, chance: Random) -> None:
    """An agent carries more than there is."""
    node = world.owner()
    agents = [*node.router.state.agents.values()] if node is not None else []
    if agents and _may_wound(world, "leak"):
        agent = chance.choice(agents)
        agent.load["chat"] = agent.load.get("chat", 0) + 1


async def forget_timer(world: World, chance: Random) -> None:
    """An offer will never run out."""
    node = world.owner()
    if node is None:
        return
    engine = node.router.engine
    heap = engine.timers._heap
    live = [id_ for id_, offer in engine.state.offers.items() if offer.state in LIVE_OFFERS]
    if live and _may_wound(world, "timer"):
        lost = chance.choice(live)
        kept = [timer for timer in heap if (timer[1], timer[2]) != (int(Due.OFFER), lost)]
        heap[:] = sorted(kept)


async def lose_wake_up(world: World, chance: Random) -> None:
    """Somebody who waits stands in no line."""
    node = world.owner()
    if node is None:
        return
    engine = node.router.engine
    waiting = [
        one.id
        for one in engine.state.conversations.values()
        if one.state is ConversationState.WAITING and one.id in engine.matcher.waiting.places
    ]
    if waiting and _may_wound(world, "wake-up"):
        engine.matcher.waiting.discard(chance.choice(waiting))


async def break_engine(world: World, chance: Random) -> None:
    """Whoever looks at somebody who waits, stumbles: the whole memory has to be made anew."""
    node = world.owner()
    if node is None:
        return
    known = node.router.state.conversations.values()
    waiting = [one for one in known if one.state is ConversationState.WAITING]
    if waiting and _may_wound(world, "engine"):
        chance.choice(waiting).skills = 5  # type: ignore[assignment]


async def misdirect(world: World, chance: Random) -> None:
    """An offer changes its queue in memory, between its decision and its being told."""
    loop = asyncio.get_running_loop()
    until = loop.time() + WATCHES_S
    while loop.time() < until:
        await asyncio.sleep(WINK_S)
        node = world.owner()
        offers = node.router.state.offers.values() if node is not None else ()
        new = [one for one in offers if one.id not in world.ledger.offers]
        if new:
            if _may_wound(world, "offer"):
                chance.choice(new).queue = "q-wrong"
            return


def _may_wound(world: World, kind: str) -> bool:
    """Not more often than the watchdog repairs by itself: then it calls a person."""
    world.wounds[kind] += 1
    return world.wounds[kind] <= TIMES_MAX
