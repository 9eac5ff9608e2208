"""Plants in the engine's memory: lines, pools, timers, loads and states that are not as they
should be, and a rule that cannot handle one conversation.
"""

from __future__ import annotations

from heapq import heapify
from typing import Any

from app.campaign.stalls.plan import Plant, Planted, Port
from app.campaign.stalls.world import RING_MS, World
from app.domain import commands as c
from app.domain import events as e
from app.domain import matching, need, observe
from app.domain.state import Agent, Conversation, Offer
from app.domain.timers import Due
from app.domain.words import ConversationState, OfferState, Presence

P = [f"p{n}" for n in range(8)]
NEAR = P[:7]


def drop_timers(world: World, kind: Due, id_: str) -> None:
    """A forgotten deadline: the timers of this one never fire."""
    timers = world.engine.timers
    timers._heap = [timer for timer in timers._heap if timer[1:] != (int(kind), id_)]
    heapify(timers._heap)


async def waiting(world: World, count: int = 1, **more: Any) -> list[Conversation]:
    """That many stand in the quiet queue, whose agents are away."""
    await world.presence(P, Presence.AWAY)
    ids = [world.enter("p", **more) for _ in range(count)]
    await world.until(lambda: all(id_ in world.engine.state.conversations for id_ in ids), 5)
    return [world.engine.state.conversations[id_] for id_ in ids]


async def offered(world: World, *, seen: bool = True) -> tuple[Conversation, Offer, Agent]:
    """One is offered to somebody who does nothing about it."""
    for id_ in P:
        world.people[id_].mute = True
    id_ = world.enter("p")
    state = world.engine.state
    await world.until(lambda: id_ in state.conversations and state.conversations[id_].offers, 5)
    one = state.conversations[id_]
    offer = state.offers[one.offers[0]]
    if seen:
        await world.reach(c.MarkDelivered(offer.id, offer.agent))
    return one, offer, state.agents[offer.agent]


async def held(world: World) -> tuple[Conversation, Agent]:
    """One is held by somebody who does not complete it."""
    one, offer, agent = await offered(world)
    await world.reach(c.AcceptOffer(offer.id, agent.id))
    return one, agent


def unmute(world: World) -> None:
    """They work again."""
    for id_ in P:
        world.people[id_].mute = False


async def poison_head(world: World, port: Port) -> Planted:
    """A rule that one conversation, and no other, breaks."""
    bad, *good = await waiting(world, 3, attributes={"bad": True})
    bad_id = bad.id
    need_of = need.need_of

    def judge(state: Any, conversation: Conversation, queue: Any, now: int) -> Any:
        if conversation.id == bad_id:
            raise ZeroDivisionError("a rule met what it cannot handle")
        return need_of(state, conversation, queue, now)

    port.replace(matching, "need_of", judge)
    at = world.now
    await world.presence(P, Presence.AVAILABLE)

    def found() -> int | None:
        return next(
            (
                told_at
                for told_at, event in world.seen.told
                if isinstance(event, e.ConversationQuarantined) and event.conversation == bad_id
            ),
            None,
        )

    def check() -> str:
        known = world.engine.state.conversations
        left = [one.id for one in good if one.id in known and known[one.id].state == "waiting"]
        return f"{left} still wait behind it" if left else ""

    targets = {bad_id, "p"}
    return Planted("poison_head", at, 2_000, targets=targets, found=found, check=check)


async def lost_in_line(world: World, port: Port) -> Planted:
    """The line forgets one who waits, then agents come."""
    [one] = await waiting(world)
    at = world.now
    world.engine.matcher.waiting.discard(one.id)
    await world.presence(P, Presence.AVAILABLE)
    return Planted("lost_wake_up", at, 2_000, targets={"p"}, must="repaired", kind="line")


async def lost_arrival(world: World, port: Port) -> Planted:
    """Agents come, and the matcher is not told."""
    await waiting(world)
    watches = observe._WATCHES
    port.replace(watches, e.PresenceChanged, lambda engine, event: None)  # type: ignore[arg-type]
    at = world.now
    await world.presence(P, Presence.AVAILABLE)
    port.close()
    return Planted("lost_wake_up", at, 2_000, targets={"p"}, must="repaired", kind="arrival")


async def lost_in_pool(world: World, port: Port) -> Planted:
    """Agents stand in no pool, though they are able; then somebody comes."""
    pools = world.engine.matcher.pools
    queue = world.engine.state.queues["p"]
    pool = pools.pool(queue, "chat", (), 1)
    pool._present.clear()
    at = world.now
    world.enter("p")
    return Planted("lost_wake_up", at, 2_000, targets={"p"}, must="repaired", kind="pool")


async def lost_ring(world: World, port: Port) -> Planted:
    """The next ring opens, and nobody looks."""
    await world.presence(NEAR, Presence.AWAY)
    world.enter("p")
    await world.until(lambda: world.waiting_in("p"), 5)
    at = world.now
    one = world.engine.state.conversations[world.waiting_in("p")[0]]
    drop_timers(world, Due.RETRY, one.id)
    due = one.enqueued_at + RING_MS
    return Planted(
        "lost_wake_up",
        at,
        2_000,
        due=due,
        watch_s=25,
        targets={"p"},
        must="repaired",
        kind="ring",
    )


async def orphan_without_offer(world: World, port: Port) -> Planted:
    """Held for an offer that is gone on both sides."""
    one, offer, agent = await offered(world)
    unmute(world)
    at = world.now
    one.offers.clear()
    del agent.offers[offer.id]
    agent.load, agent.load_units, offer.state = {}, 0, OfferState.RESCINDED
    targets = {one.id, agent.id, "p"}
    return Planted(
        "orphan_reservation", at, 3_000, targets=targets, must="repaired", kind="no offer"
    )


async def orphan_overdue(world: World, port: Port) -> Planted:
    """An offer whose deadline nobody keeps."""
    one, offer, agent = await offered(world)
    unmute(world)
    at = world.now
    drop_timers(world, Due.OFFER, offer.id)
    offer.expires_at = at + 1_000
    missed = agent.missed_streak

    def check() -> str:
        return "the agent pays for it" if agent.missed_streak > missed else ""

    return Planted(
        "orphan_reservation",
        at,
        3_000,
        due=offer.expires_at + 2_000,
        targets={one.id, agent.id, "p"},
        must="repaired",
        kind="overdue",
        check=check,
    )


async def orphan_unheld(world: World, port: Port) -> Planted:
    """Called somebody's who does not have it."""
    one, agent = await held(world)
    unmute(world)
    at = world.now
    del agent.conversations[one.id]
    agent.load, agent.load_units = {}, 0
    targets = {one.id, agent.id, "p"}
    return Planted(
        "orphan_reservation", at, 3_000, targets=targets, must="repaired", kind="not held"
    )


async def leaked_more(world: World, port: Port) -> Planted:
    """An agent is thought to have more than he has."""
    agent = world.engine.state.agents[world.chance.choice(P)]
    at = world.now
    units = world.chance.randint(1, 3)
    agent.load["chat"] = agent.load.get("chat", 0) + units
    agent.load_units += units
    return Planted("leaked_capacity", at, 1_000, targets={agent.id}, must="repaired", kind="more")


async def leaked_less(world: World, port: Port) -> Planted:
    """An agent is thought to have less than he has."""
    _, agent = await held(world)
    unmute(world)
    at = world.now
    agent.load, agent.load_units = {}, 0
    return Planted("leaked_capacity", at, 1_000, targets={agent.id}, must="repaired", kind="less")


async def leaked_offer(world: World, port: Port) -> Planted:
    """An offer that ended is still called the agent's."""
    one, offer, agent = await offered(world)
    unmute(world)
    await world.reach(c.CancelConversation(one.id, True, "left", "ingest:i"))
    at = world.now
    agent.offers[offer.id] = None
    agent.load["chat"] = agent.load.get("chat", 0) + offer.units
    agent.load_units += offer.units

    def check() -> str:
        return "the dead offer is still there" if offer.id in agent.offers else ""

    return Planted(
        "leaked_capacity",
        at,
        1_000,
        targets={agent.id},
        must="repaired",
        kind="dead offer",
        check=check,
    )


async def nobody_with_skill(world: World, port: Port) -> Planted:
    """A skill that nobody has."""
    at = world.now
    world.enter("p", skills={"welsh": 3})
    return Planted("nobody_can_serve", at, 10_000, watch_s=18, never="repaired", kind="skill")


async def nobody_in_queue(world: World, port: Port) -> Planted:
    """The last members leave the queue while somebody waits in it."""
    await waiting(world)
    at = world.now
    for id_ in P:
        settings = world.engine.state.agents[id_].settings
        left = type(settings)(name=settings.name, capacity=settings.capacity)
        await world.reach(c.PutAgent(id_, left, "test"))
    return Planted("nobody_can_serve", at, 10_000, watch_s=18, never="repaired", kind="members")


async def ping_pong(world: World, port: Port) -> Planted:
    """Everybody declines."""
    for id_ in P:
        world.people[id_].declines, world.people[id_].sound = True, True
    id_, at = world.enter("p"), world.now
    state = world.engine.state

    def fifth() -> object:
        one = state.conversations.get(id_)
        return one is not None and len(one.past_offers) >= 5

    await world.until(fifth, 60)
    return Planted("ping_pong", at, 2_000, due=world.now, watch_s=25, must="escalated")


async def limbo_without_end(world: World, port: Port) -> Planted:
    """A wrap-up that has no end."""
    one, agent = await held(world)
    unmute(world)
    at, queue = world.now, world.engine.state.queues["p"]
    one.state, one.wrap_until = ConversationState.WRAPPING, 0
    queue.counts[ConversationState.ASSIGNED] -= 1
    queue.counts[ConversationState.WRAPPING] += 1
    return Planted("limbo", at, 1_000, targets={one.id, agent.id}, must="repaired", kind="no end")


async def limbo_past_end(world: World, port: Port) -> Planted:
    """A wrap-up whose end nobody keeps."""
    one, agent = await held(world)
    unmute(world)
    at, queue = world.now, world.engine.state.queues["p"]
    one.state, one.wrap_until = ConversationState.WRAPPING, at + 1_000
    queue.counts[ConversationState.ASSIGNED] -= 1
    queue.counts[ConversationState.WRAPPING] += 1
    return Planted(
        "limbo",
        at,
        1_000,
        due=one.wrap_until + 2_000,
        targets={one.id, agent.id},
        must="repaired",
        kind="past its end",
    )


async def mass_timeout(world: World, port: Port) -> Planted:
    """Offers that were made at one instant, and pages that cannot answer when they run out."""
    for id_ in P:
        world.people[id_].mute = True
    await world.presence(P, Presence.AWAY)
    ids = [world.enter("p") for _ in range(8)]
    await world.until(lambda: len(world.waiting_in("p")) == len(ids), 5)
    for id_ in P:
        agent = world.engine.state.agents[id_]
        world.here.router.post(c.SetPresence(agent.id, Presence.AVAILABLE, "", "test"), ignored)
    await world.until(lambda: not world.waiting_in("p")[1:], 5)
    state = world.engine.state
    offers = [state.offers[id_] for agent in P for id_ in state.agents[agent].offers]
    for offer in offers:
        await world.reach(c.MarkDelivered(offer.id, offer.agent))
    at, due = world.now, min(offer.expires_at for offer in offers)
    await world.until(lambda: world.now >= due, 60)

    def extended() -> bool:
        return min(offer.expires_at for offer in offers) > due

    await world.until(extended, 1)
    saved = extended()
    unmute(world)
    for offer in offers:
        world.here.router.post(c.AcceptOffer(offer.id, offer.agent), ignored)

    def check() -> str:
        blamed = [id_ for id_ in P if state.agents[id_].missed_streak]
        return "" if saved and not blamed else f"extended {saved}, blamed {blamed}"

    return Planted("mass_timeout", at, 1_000, due=due, targets={"p"}, must="escalated", check=check)


def ignored(_: object) -> None:
    """Nobody waits for it."""


PLANTS: dict[str, tuple[Plant, ...]] = {
    "poison_head": (poison_head,),
    "lost_wake_up": (lost_in_line, lost_arrival, lost_in_pool, lost_ring),
    "orphan_reservation": (orphan_without_offer, orphan_overdue, orphan_unheld),
    "leaked_capacity": (leaked_more, leaked_less, leaked_offer),
    "nobody_can_serve": (nobody_with_skill, nobody_in_queue),
    "ping_pong": (ping_pong,),
    "limbo": (limbo_without_end, limbo_past_end),
    "mass_timeout": (mass_timeout,),
}
