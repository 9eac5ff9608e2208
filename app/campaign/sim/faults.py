"""What goes wrong: processes, store, clocks, network, records, people. Each is a small story.

A seed draws which of them happen in its world (a swarm: what never happens makes room for what
does). Every fault heals by itself or with the world. The rule: never more than the promises allow,
so a store may take back what it wrote only while the writer lives who can write it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import TYPE_CHECKING, Any

from app.campaign.sim.people import AgentPage
from app.campaign.sim.wounds import (
    break_engine,
    forget_timer,
    leak_capacity,
    lose_wake_up,
    misdirect,
)
from app.codec.events import encode
from app.domain import commands as c
from app.domain.events import ConversationEntered
from app.ports import Position

if TYPE_CHECKING:
    from app.campaign.sim.world import World

SETTLE_S = 4.0
"""How long the owner is left alone after a store took back what it wrote."""
LEASE_LEFT_MS = 2_000
"""Whose lease runs out sooner is not made to write again."""
RING_SAFE = 40


async def kill_owner(world: World, chance: Random) -> None:
    """kill -9, and a new process some time later."""
    node = world.owner()
    if node is not None and world.may_hurt_owner():
        await world.kill(node, again_s=chance.choice((0.2, 1.0, 8.0)))


async def kill_any(world: World, chance: Random) -> None:
    """kill -9 of whichever."""
    if world.may_hurt_owner() and world.nodes:
        await world.kill(chance.choice(world.nodes), again_s=chance.uniform(0.2, 5.0))


async def stop_owner(world: World, chance: Random) -> None:
    """A restart in good order."""
    node = world.owner()
    if node is not None and world.may_hurt_owner():
        await world.stop(node, again_s=chance.uniform(0.1, 2.0))


async def freeze_owner(world: World, chance: Random) -> None:
    """SIGSTOP, SIGCONT; or a loop that blocks."""
    node = world.owner()
    if node is not None and world.may_hurt_owner():
        node.process.freeze()
        await asyncio.sleep(chance.choice((0.3, 0.7, 2.0, 7.0, 20.0, 60.0)) * chance.random())
        node.process.thaw()


async def hurt_follower(world: World, chance: Random) -> None:
    """The follower is killed, or stands still."""
    node = world.owner()
    if node is None:
        return
    if chance.random() < 0.5:
        await world.kill_follower(node)
    else:
        process = node.follower_process
        process.freeze()
        await asyncio.sleep(chance.uniform(1.0, 40.0))
        process.thaw()


async def cut_off_owner(world: World, chance: Random) -> None:
    """The owner does not reach the store; everybody else does."""
    node = world.owner()
    if node is not None and world.may_hurt_owner():
        node.store.way.cut = True
        await asyncio.sleep(chance.choice((0.5, 3.0, 9.0, 20.0)) * chance.random())
        node.store.way.cut = False


async def store_away(world: World, chance: Random) -> None:
    """Nobody reaches the store."""
    if world.may_hurt_owner():
        world.weather.refused = 1.0
        await asyncio.sleep(chance.choice((0.3, 2.0, 8.0, 25.0)) * chance.random())
        world.weather.refused = 0.0


async def store_stands_still(world: World, chance: Random) -> None:
    """The store is frozen: what was sent to it is carried out afterwards."""
    if world.may_hurt_owner():
        world.weather.holding = True
        await asyncio.sleep(chance.choice((0.3, 1.5, 4.0, 12.0)) * chance.random())
        world.weather.release()


async def bad_way_to_store(world: World, chance: Random) -> None:
    """For a while requests and replies are lost, late or slow."""
    weather = world.weather
    if not world.may_hurt_owner():
        return
    weather.lost_request = chance.choice((0.0, 0.05, 0.2))
    weather.lost_reply = chance.choice((0.0, 0.05, 0.3))
    weather.late = chance.choice((0.0, 0.05, 0.2))
    weather.slow, weather.slow_s = chance.choice((0.0, 0.3, 1.0)), chance.choice((0.05, 0.4, 0.9))
    await asyncio.sleep(chance.uniform(2.0, 20.0))
    weather.lost_request = weather.lost_reply = weather.late = weather.slow = 0.0


async def lose_tail(world: World, chance: Random) -> None:
    """A replica without the last records becomes the store; their writer lives."""
    node, ledger, kept = world.owner(), world.ledger, world.kept
    weather = world.weather
    if node is None or node.router.opened is None or node.store.way.cut:
        return
    # A writer who can neither be heard nor keep its lease meanwhile could not write it again.
    bad = weather.lost_request or weather.lost_reply or weather.late or weather.slow
    if not world.may_hurt_owner() or weather.holding or weather.refused or bad:
        return
    if kept.lease_until_ms - world.now_ms() < LEASE_LEFT_MS:
        return
    epoch, newest = node.router.opened.owner.epoch, max(kept.snapshots, default=Position(0, 0))
    own = 0
    while own < min(RING_SAFE, len(ledger.places) - 1):
        place = ledger.places[-1 - own]
        # Not what the epoch began with, nor what a snapshot was taken of.
        if place.epoch != epoch or place.n < 3 or place <= newest or place not in kept.entries:
            break
        own += 1
    count = chance.randint(1, max(own, 1))
    if not own or kept.last != ledger.end or kept.epoch != epoch:
        return
    for _ in range(count):
        del kept.entries[kept.places.pop()]
    kept.last = kept.end = kept.places[-1]
    ledger.take_back(count)
    world.leave_owner_alone(SETTLE_S)


async def suspend(world: World, chance: Random) -> None:
    """The machine sleeps: all clocks go on, nothing runs."""
    if not world.may_hurt_owner():
        return
    world.suspension.ms += round(chance.choice((600, 4_000, 30_000, 300_000)) * chance.random())


async def set_clock(world: World, chance: Random) -> None:
    """Somebody sets a clock on the wall."""
    for node in world.nodes:
        node.process.wall_ms += round(chance.uniform(-3_600_000, 3_600_000))


async def spoil_snapshot(world: World, chance: Random) -> None:
    """One bit of the newest snapshot is wrong."""
    kept, snapshots = world.kept, world.kept.snapshots
    # Where the last one goes and the log before it went already, there is nothing to go on from.
    spare = len(snapshots) > 1 or (kept.places and kept.places[0] == Position(1, 0))
    if snapshots and spare and world.now_ms() > world.spoilt_until_ms:
        world.spoilt_until_ms = world.now_ms() + 60_000
        at = max(snapshots)
        chunks = list(snapshots[at])
        n = chance.randrange(len(chunks))
        chunks[n] = flipped(chunks[n], chance)
        snapshots[at] = tuple(chunks)


async def spoil_record(world: World, chance: Random) -> None:
    """One bit of the log is wrong, until somebody brings back what was there."""
    kept = world.kept
    if len(kept.places) < 10 or world.now_ms() <= world.spoilt_until_ms:
        return
    world.spoilt_until_ms = world.now_ms() + 60_000
    place = kept.places[-chance.randint(1, min(60, len(kept.places) - 2))]
    right = kept.entries[place]
    kept.entries[place] = flipped(right, chance)
    world.bring_back(chance.uniform(5.0, 40.0), place, right)


async def write_past_fence(world: World, chance: Random) -> None:
    """Somebody who owns nothing writes into the log, or a record of another log gets there."""
    kept = world.kept
    node = world.owner()
    if node is None or kept.last is None or not world.may_hurt_owner():
        return
    other = chance.choice(("other", world.ledger.workspace))
    now = world.now_ms()
    event = ConversationEntered(
        now, "stranger", "q0", "chat", 0, {}, None, {}, None, {}, "", "stranger"
    )
    prev = bytes(chance.randrange(256) for _ in range(8))
    record = encode(other, f"{{{other}}}:log".encode(), prev, event)
    place = Position(kept.last.epoch, kept.last.n + 1)
    kept.places.append(place)
    kept.entries[place] = record
    kept.last = place
    world.leave_owner_alone(SETTLE_S)


async def rough_network(world: World, chance: Random) -> None:
    """Frames are lost, doubled, late and overtaken."""
    rough = world.rough
    rough.lost, rough.doubled = chance.choice((0.0, 0.02, 0.1)), chance.choice((0.0, 0.1))
    rough.overtaken, rough.delay_s = chance.choice((0.0, 0.1)), chance.choice((0.03, 0.3, 2.0))
    await asyncio.sleep(chance.uniform(2.0, 25.0))
    rough.clear()


async def cut_sockets(world: World, chance: Random) -> None:
    """Many sockets are gone at once, a few of them without a word."""
    share = chance.choice((0.2, 1.0))
    for page in world.pages():
        if page.line is not None and chance.random() < share:
            page.line.cut(silent=chance.random() < 0.3)


async def hang_page(world: World, chance: Random) -> None:
    """A laptop sleeps, or a page hangs: it reads nothing, or reads and does nothing."""
    page = world.any_page(chance)
    if page.line is None:
        return
    line = page.line
    if isinstance(page, AgentPage) and chance.random() < 0.4:
        page.hung = chance.random() < 0.7
        page.mute = True
        await asyncio.sleep(chance.uniform(3.0, 60.0))
        page.hung = page.mute = False
        return
    line.frozen = True
    await asyncio.sleep(chance.choice((2.0, 20.0, 90.0)) * chance.random())
    line.thaw()


async def reload_page(world: World, chance: Random) -> None:
    """Somebody loads the page anew."""
    page = world.any_page(chance)
    page.reload()


async def flood(world: World, chance: Random) -> None:
    """A page says too much, too large, or nonsense."""
    page = world.any_page(chance)
    if page.line is None:
        return
    line = page.line
    for said in chance.choice(
        (
            ['{"type":"seen","ref":1,"offer":"o-none"}'] * 80,
            ['{"type":"seen","ref":1,"offer":"' + "x" * 70_000 + '"}'],
            [b"bytes"],
            ["nonsense", '{"type":"what","ref":1}', '{"type":"accept","ref":2}'],
            ['{"type":"accept","ref":3,"offer":"o-none"}', '{"type":"hello","ref":4,"ticket":"x"}'],
        )
    ):
        line.say(said)


async def bad_guest(world: World, chance: Random) -> None:
    """Somebody comes with a bad ticket, a bad first frame, another's session, or none."""
    victim = world.any_page(chance)
    page = world.tab(victim.agent or "a0")
    stolen = victim.resume_of()
    await asyncio.sleep(chance.uniform(0.5, 3.0))
    if chance.random() < 0.4 and stolen is not None:
        page.take_over(stolen, right=chance.random() < 0.5)
    else:
        page.reload()
        page.come(
            hello=chance.choice(
                ('{"type":"hello","ref":1,"ticket":"wrong"}', "what?", '{"type":"pong","ping":1}')
            )
        )
    await asyncio.sleep(chance.uniform(1.0, 20.0))
    page.leave()


async def many_tabs(world: World, chance: Random) -> None:
    """One agent opens more tabs than are allowed."""
    agent = f"a{chance.randrange(len(world.setting.agents))}"
    tabs = [world.tab(agent) for _ in range(6)]
    await asyncio.sleep(chance.uniform(2.0, 15.0))
    for tab in tabs:
        tab.leave()


async def remove_on_the_way(world: World, chance: Random) -> None:
    """An agent is removed between getting a ticket and using it, and made again."""
    agent = f"a{chance.randrange(1, len(world.setting.agents))}"
    node = world.owner()
    if node is None or agent not in node.router.state.agents:
        return
    try:
        ticket = node.door.ticket(agent, None)
    except LookupError:
        return
    await world.desk.ask(c.RemoveAgent(agent, "config"))
    page = world.tab(agent)
    page.reload()
    page.come(ticket=ticket)
    await asyncio.sleep(chance.uniform(1.0, 4.0))
    page.leave()
    await world.desk.insist(c.PutAgent(agent, world.setting.agents[agent], "config"))


async def sign_in_by_key(world: World, chance: Random) -> None:
    """A page comes with a key that may be revoked."""
    page = world.any_page(chance)
    if page.agent is not None:
        page.key = world.any_key(chance)
        page.reload()
        await asyncio.sleep(chance.uniform(5.0, 30.0))
        page.key = None
        page.reload()


def flipped(record: bytes, chance: Random) -> bytes:
    """The record with one bit that is wrong."""
    n = chance.randrange(len(record))
    return record[:n] + bytes([record[n] ^ (1 << chance.randrange(8))]) + record[n + 1 :]


Story = Callable[["World", Random], Coroutine[Any, Any, None]]
STORIES: dict[str, tuple[Story, int]] = {
    "kill owner": (kill_owner, 4),
    "kill any": (kill_any, 2),
    "stop owner": (stop_owner, 2),
    "freeze owner": (freeze_owner, 4),
    "hurt follower": (hurt_follower, 2),
    "cut off owner": (cut_off_owner, 3),
    "store away": (store_away, 3),
    "store stands still": (store_stands_still, 3),
    "bad way to store": (bad_way_to_store, 5),
    "lose tail": (lose_tail, 4),
    "suspend": (suspend, 2),
    "set clock": (set_clock, 1),
    "spoil snapshot": (spoil_snapshot, 2),
    "spoil record": (spoil_record, 2),
    "write past fence": (write_past_fence, 2),
    "rough network": (rough_network, 5),
    "cut sockets": (cut_sockets, 4),
    "hang page": (hang_page, 5),
    "reload page": (reload_page, 4),
    "flood": (flood, 3),
    "bad guest": (bad_guest, 3),
    "many tabs": (many_tabs, 2),
    "sign in by key": (sign_in_by_key, 2),
    "leak capacity": (leak_capacity, 2),
    "forget timer": (forget_timer, 2),
    "lose wake-up": (lose_wake_up, 2),
    "break engine": (break_engine, 2),
    "misdirect": (misdirect, 2),
    "remove on the way": (remove_on_the_way, 2),
}
WOUNDS = ("leak capacity", "forget timer", "lose wake-up", "break engine", "misdirect")
"""Only a few worlds have them: such a world is judged more mildly."""
