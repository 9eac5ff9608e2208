"""Hundreds of conversations, unreliable agents: held once, never beyond capacity, all served.

The journal is kept on our side of the wire; the server's own figures are only compared with it.
"""

from __future__ import annotations

import asyncio
import random

import pytest

from .client import Json, eventually
from .desk import Desk
from .session import Socket

CHATS = 2
HELD = ("assigned", "wrapping")


class Bot:
    """An agent who accepts, declines, ignores, drops the line and comes back."""

    def __init__(self, desk: Desk, agent: str, dice: random.Random, journal: Json) -> None:
        self._desk = desk
        self._agent = agent
        self._dice = dice
        self._journal = journal
        self._sockets: list[Socket] = []
        self.reliable = False

    async def work(self) -> None:
        """Serve until cancelled."""
        socket = await self._desk.online(self._agent)
        self._sockets.append(socket)
        held: set[str] = set()
        while True:
            offer: Json = (await socket.push("offer", within_s=120))["offer"]
            mood = 0.0 if self.reliable else self._dice.random()
            if mood < 0.7:
                await self._take(socket, offer, held)
            elif mood < 0.8:
                await socket.ask("decline", offer=offer["id"], reason="no")
            elif mood < 0.9:
                socket = await self._drop(socket)

    async def _take(self, socket: Socket, offer: Json, held: set[str]) -> None:
        answer = await socket.ask("accept", offer=offer["id"])
        if not answer["ok"]:
            return
        name = offer["conversation"]
        holder = self._journal["holder"].setdefault(name, self._agent)
        assert holder == self._agent, f"{name} is held by {holder} and {self._agent}"
        held.add(name)
        self._journal["accepted"].append(name)
        if len(held) == CHATS or self._dice.random() < 0.5 or self.reliable:
            for done in sorted(held):
                del self._journal["holder"][done]
                await socket.ask("complete", conversation=done)
            held.clear()

    async def _drop(self, socket: Socket) -> Socket:
        where = socket.resume()
        socket.cut()
        await socket.closed()
        back = await self._desk.connect(self._agent, resume=where)
        self._sockets.append(back)
        return back

    def heard(self) -> list[Json]:
        """Every push of all connections, in order."""
        return [push for socket in self._sockets for push in socket.pushes]


def most_at_once(pushes: list[Json]) -> int:
    """Return how many conversations the agent was ever asked about or held at one time."""
    offers: dict[str, str] = {}
    held: set[str] = set()
    most = 0
    for push in pushes:
        if push["type"] == "snapshot":
            offers = {offer["id"]: offer["conversation"] for offer in push["offers"]}
            held = {conversation["id"] for conversation in push["conversations"]}
        elif push["type"] == "offer":
            offers[push["offer"]["id"]] = push["offer"]["conversation"]
        elif push["type"] == "offer_ended":
            offers.pop(push["offer"], None)
        elif push["type"] == "assigned":
            held.add(push["conversation"]["id"])
        elif push["type"] == "conversation_ended":
            held.discard(push["conversation"])
        most = max(most, len({*offers.values(), *held}))
    return most


async def drained(desk: Desk, names: list[str]) -> bool:
    """Whether nothing waits and nothing is offered any more."""
    states = {(await desk.conversation(name))["state"] for name in names}
    return not states & {"waiting", "offered"}


@pytest.mark.parametrize("seed", range(2))
async def test_unreliable_agents_serve_everything_once(quick_desk: Desk, seed: int) -> None:
    desk, dice = quick_desk, random.Random(seed)
    queue = await desk.queue(
        offer={"timeout_ms": 600},
        decline={"cooldown_ms": 0},
        no_answer={"streak": 100, "presence": "away"},
    )
    journal: Json = {"holder": {}, "accepted": []}
    bots = []
    for number in range(5):
        agent = await desk.agent(f"agent{number}", queue, chats=CHATS)
        bots.append(Bot(desk, agent, random.Random(seed * 100 + number), journal))
    tasks = [asyncio.create_task(bot.work()) for bot in bots]
    names, left = await traffic(desk, queue, dice)
    for bot in bots:
        bot.reliable = True

    async def probe() -> bool:
        for task in tasks:
            if task.done():
                task.result()
        return await drained(desk, names)

    await eventually(probe, "all were offered and taken", 30)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert max(most_at_once(bot.heard()) for bot in bots) == CHATS
    await compare(desk, queue, names, left, journal)


async def traffic(desk: Desk, queue: str, dice: random.Random) -> tuple[list[str], set[str]]:
    """Create conversations and let some customers leave; return all and those who left."""
    names: list[str] = []
    left: set[str] = set()
    for _ in range(150):
        names.append(await desk.create(queue, priority=dice.randrange(3)))
        if dice.random() < 0.15:
            name = dice.choice(names)
            path = f"/v1/conversations/{name}/cancel"
            answer = await desk.api.post(path, json={"reason": "abandoned"})
            if answer.status_code == 200 and answer.json()["state"] == "abandoned":
                left.add(name)
    return names, left


async def compare(desk: Desk, queue: str, names: list[str], left: set[str], journal: Json) -> None:
    """Hold the server's figures against what the agents and the customers were told."""
    row = await desk.board_queue(queue)
    offers = row["offers"]
    ends = ("accepted", "declined", "timed_out", "rescinded", "undelivered")
    assert offers["made"] == sum(offers[end] for end in ends), offers
    assert offers["accepted"] == len(journal["accepted"]) == len(set(journal["accepted"]))
    assert row["answered"] == len(journal["accepted"]) and row["abandoned"] == len(left)
    assert set(journal["accepted"]) | left == set(names)
    states = [(await desk.conversation(name))["state"] for name in names]
    assert states.count("abandoned") == len(left)
    assert states.count("closed") + sum(map(states.count, HELD)) == len(journal["accepted"])
    assert (row["waiting"], row["offered"]) == (0, 0)
    assert row["assigned"] == len(journal["holder"])
