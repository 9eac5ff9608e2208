"""The people of a replayed day: customers who come and may leave, agents who work their shifts.

Duty: act the recorded day out through the public interfaces. MUST NOT measure (see
``replay_check``): the only thing noted is which agent saw which conversation assigned. The rules:
everybody acts by the recorded clock alone; a customer leaves when the patience ends unless the
server says that the call was answered; an agent whose shift ends finishes the call first.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from app.clients.agent import AgentClient
from app.clients.agent_view import Json
from app.clients.behaviour import Bot
from app.clients.day import Conversation, Shift
from app.clients.http import ApiClient, ApiRefused
from app.clients.pace import Pace

EARLY_S = 0.5
"""Agents sign in so many real seconds early, so that the handshake takes nothing off the shift."""
ANSWERED = frozenset({"wrong_state", "conversation_ended"})


@dataclass(slots=True, frozen=True)
class Entry:
    """One recorded conversation and what it is called on the server."""

    who: Conversation
    name: str
    queue: str
    priority: int


class Notebook:
    """What the agents saw: who was assigned what, and until when the talk lasts.

    ``ring_s`` is how long an offer rings, in recorded time.
    """

    def __init__(self, pace: Pace, entries: Sequence[Entry], ring_s: float) -> None:
        self.pace = pace
        self.ring_s = ring_s
        self.served_by: defaultdict[str, list[str]] = defaultdict(list)
        self.answered = {entry.name: asyncio.Event() for entry in entries}
        self._recorded = {entry.name: entry.who for entry in entries}
        self._ends_at: dict[tuple[str, str], float] = {}

    def talk_s(self, agent: str, name: str) -> float:
        """Note the assignment; how long the talk lasts from now, in real seconds."""
        known = self._recorded.get(name)
        if known is None:
            return 0.0
        now = asyncio.get_running_loop().time()
        if (agent, name) not in self._ends_at:
            self._ends_at[agent, name] = now + self.pace.real_s(known.service_s)
            self.served_by[name].append(agent)
            self.answered[name].set()
        return max(0.0, self._ends_at[agent, name] - now)


class RecordedHabits:
    """Answers every call after the same short ringing and talks as long as the record says."""

    def __init__(self, agent: str, notebook: Notebook) -> None:
        self._agent = agent
        self._notebook = notebook

    def answers_after_s(self, offer: Json) -> float:
        """The ringing."""
        return self._notebook.pace.real_s(self._notebook.ring_s)

    def takes(self, offer: Json) -> bool:
        """Always."""
        return True

    def works_s(self, conversation: Json) -> float:
        """What is left of the recorded service time."""
        return self._notebook.talk_s(self._agent, conversation["id"])

    def wraps_up_s(self, conversation: Json) -> float:
        """Recorded days have none."""
        return 0.0

    def comes_back_s(self) -> float:
        """Soon: only trouble can have changed the presence."""
        return 0.5


async def attend(client: AgentClient, bot: Bot, shifts: Sequence[Shift], pace: Pace) -> None:
    """Work the shifts of one agent, one after the other. Raises SessionOver in a group."""
    await pace.until(shifts[0].on_s - EARLY_S * pace.speed)
    async with client, asyncio.TaskGroup() as group:
        working = group.create_task(bot.run(), name=f"bot {client.agent_id}")
        for shift in shifts:
            await pace.until(shift.on_s)
            bot.go("available")
            await pace.until(shift.off_s)
            bot.go("away", "shift over")
            await bot.quiet()
        bot.go("offline")
        await bot.quiet()
        working.cancel()


async def visit(api: ApiClient, entry: Entry, book: Notebook) -> None:
    """One customer: comes, waits, and leaves when the patience ends before the answer."""
    who = entry.who
    await book.pace.until(who.arrived_s)
    await api.create_conversation(
        entry.queue,
        id=entry.name,
        channel=who.channel,
        priority=entry.priority,
        skills=who.skills,
        subject=f"recorded call {who.id}",
    )
    if who.patience_s is None:
        return
    try:
        async with asyncio.timeout_at(book.pace.loop_time(who.arrived_s + who.patience_s)):
            await book.answered[entry.name].wait()
    except TimeoutError:
        await leave(api, entry.name, "abandoned")


async def leave(api: ApiClient, name: str, reason: str) -> None:
    """End a conversation that nobody has answered; one that was answered goes on."""
    try:
        await api.cancel(name, reason)
    except ApiRefused as refused:
        if refused.code not in ANSWERED:
            raise
