"""Simulated agents: what a person at the desk does with offers and conversations.

Duty: drive one ``AgentClient`` by given habits. MUST NOT know how to connect or what is measured.
What makes it right: the bot compares what the view holds with what it is doing and starts or stops
work to match, after every change; so a push lost to a crash, an offer found in a snapshot and a
conversation taken away are all handled by the same few lines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Protocol

from app.clients.agent import AgentClient
from app.clients.agent_view import Json

Work = Callable[[], Coroutine[Any, Any, None]]


class Habits(Protocol):
    """What a person does, and how long it takes. All durations in seconds of real time."""

    def answers_after_s(self, offer: Json) -> float:
        """How long the offer stays on the screen."""
        ...

    def takes(self, offer: Json) -> bool:
        """Accept, or else decline."""
        ...

    def works_s(self, conversation: Json) -> float:
        """How long the talk lasts from now; asked when the conversation turns up in the view."""
        ...

    def wraps_up_s(self, conversation: Json) -> float:
        """How long the notes take afterwards; 0 leaves the end of the wrap-up to the server."""
        ...

    def comes_back_s(self) -> float:
        """How long until the bot returns when somebody else changed its presence."""
        ...


@dataclass(kw_only=True)
class SeededHabits:
    """Everyday habits: even draws between bounds from one seeded source."""

    rng: Random
    answer_s: tuple[float, float] = (1.0, 5.0)
    work_s: tuple[float, float] = (20.0, 90.0)
    wrap_up_s: tuple[float, float] = (3.0, 10.0)
    away_s: tuple[float, float] = (30.0, 60.0)
    decline_share: float = 0.03

    def answers_after_s(self, offer: Json) -> float:
        """Draw."""
        return self.rng.uniform(*self.answer_s)

    def takes(self, offer: Json) -> bool:
        """Draw."""
        return self.rng.random() >= self.decline_share

    def works_s(self, conversation: Json) -> float:
        """Draw."""
        return self.rng.uniform(*self.work_s)

    def wraps_up_s(self, conversation: Json) -> float:
        """Draw."""
        return self.rng.uniform(*self.wrap_up_s)

    def comes_back_s(self) -> float:
        """Draw."""
        return self.rng.uniform(*self.away_s)


class Bot:
    """One simulated agent. ``run`` until cancelled; ``go`` says what it intends from now on."""

    def __init__(self, client: AgentClient, habits: Habits, presence: str = "available") -> None:
        self._client = client
        self._habits = habits
        self._wanted = (presence, "")
        self._said: tuple[str, str] | None = None
        self._tasks: dict[tuple[str, ...], asyncio.Task[None]] = {}
        self._nudged = asyncio.Event()
        self._quiet = asyncio.Event()

    def go(self, presence: str, reason: str = "") -> None:
        """Intend this from now on: available, away or offline."""
        self._wanted = (presence, reason)
        self._quiet.clear()
        self._nudged.set()

    async def quiet(self) -> None:
        """Return once the intent is known to the server and nothing is in hand."""
        await self._quiet.wait()

    async def run(self) -> None:
        """Work until cancelled. Raises SessionOver when the server lets the agent in no more."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._match(group)
                await self._news()

    async def _news(self) -> None:
        """Wait for a change of the view, of the intent, or of the bot's own doing."""
        changed = asyncio.ensure_future(self._client.changed())
        nudged = asyncio.ensure_future(self._nudged.wait())
        try:
            await asyncio.wait({changed, nudged}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            nudged.cancel()
            changed.cancel()
        self._nudged.clear()
        if changed.done() and not changed.cancelled():
            changed.result()

    def _match(self, group: asyncio.TaskGroup) -> None:
        """Make the doing match the view. What is done stays listed until its cause is gone."""
        todo = self._to_do()
        for key in [key for key in self._tasks if key not in todo]:
            self._tasks.pop(key).cancel()
        for key, work in todo.items():
            if key not in self._tasks:
                self._tasks[key] = group.create_task(work(), name=" ".join(key))
        if not todo and self._said == self._wanted:
            self._quiet.set()
        else:
            self._quiet.clear()

    def _to_do(self) -> dict[tuple[str, ...], Work]:
        view = self._client.view
        todo: dict[tuple[str, ...], Work] = {}
        for id, offer in view.offers.items():
            todo["offer", id] = partial(self._answer, offer)
        for id, conversation in view.conversations.items():
            todo["conversation", id] = partial(self._serve, conversation)
        if self._said != self._wanted:
            todo["intend", *self._wanted] = self._show
        elif view.presence is not None and view.presence != self._wanted[0]:
            todo["insist", *self._wanted] = self._insist
        return todo

    async def _insist(self) -> None:
        """Somebody else changed the presence: come back after a while."""
        await asyncio.sleep(self._habits.comes_back_s())
        await self._show()

    async def _show(self) -> None:
        """Tell the server the intent."""
        wanted = self._wanted
        answer = await self._client.set_presence(*wanted)
        if answer.ok:
            self._said = wanted
        self._nudged.set()

    async def _answer(self, offer: Json) -> None:
        await asyncio.sleep(self._habits.answers_after_s(offer))
        if self._habits.takes(offer):
            await self._client.accept(offer["id"])
        else:
            await self._client.decline(offer["id"], "busy")

    async def _serve(self, conversation: Json) -> None:
        await asyncio.sleep(self._habits.works_s(conversation))
        answer = await self._client.complete(conversation["id"])
        wrap_up_s = self._habits.wraps_up_s(conversation)
        if answer.ok and wrap_up_s:
            await asyncio.sleep(wrap_up_s)
            await self._client.finish_wrap_up(conversation["id"])
