"""Replays a recorded day against a running server, faster than it was, and compares.

Duty: put the queues and agents in place, let everybody act, read everything back. MUST NOT help the
server: no call here is made because something went wrong, save for the repetitions that any client
makes. The rule: the same day, the same speed and the same server give the same figures but for
chance in the last few seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from app.clients.agent import AgentClient, Connecting
from app.clients.behaviour import Bot
from app.clients.day import Day, Shift
from app.clients.figures import SOON_S, Figures
from app.clients.http import ApiClient, ApiRefused, ApiUnreachable, Persistence
from app.clients.journal import FileJournal, Journal, NoJournal
from app.clients.link import SessionOver
from app.clients.pace import Pace
from app.clients.replay_check import faults, figures, read_back
from app.clients.replay_people import (
    EARLY_S,
    Entry,
    Notebook,
    RecordedHabits,
    attend,
    leave,
    visit,
)
from app.clients.textbook import HEAD_START_S, simulate


@dataclass(slots=True, frozen=True, kw_only=True)
class ReplayOptions:
    """How a day is replayed. Durations in recorded seconds unless they say otherwise.

    ``speed``: recorded seconds per real second. ``order``: ``fifo`` ignores priorities; ``prio90``
    lets each step of priority count as 90 s waited already. ``ring_s``: from offer to accept.
    ``offer_timeout_s``: never less than one real second. ``prefix`` begins every id put on the
    server. ``give_up_s`` (real): how long calls are repeated while the server is away. ``journal``:
    file that gets every frame.
    """

    speed: float = 60.0
    order: Literal["fifo", "prio90"] = "fifo"
    ring_s: float = 1.0
    offer_timeout_s: float = 60.0
    prefix: str = "replay."
    give_up_s: float = 300.0
    journal: Path | None = None


@dataclass(slots=True, frozen=True)
class Moment:
    """Where the replay is: recorded time, and how many of ``total`` came, were answered, left."""

    at_s: float
    total: int
    came: int
    answered: int
    left: int


@dataclass(slots=True, frozen=True)
class Result:
    """What the replay gave; ``compared`` holds the figures to hold it against, by name."""

    day: str
    figures: Figures
    compared: Mapping[str, Figures]
    faults: list[str]
    real_s: float
    speed: float

    @property
    def ok(self) -> bool:
        """Every conversation ended exactly once, served by one agent at most."""
        return not self.faults


class ReplayFailed(Exception):
    """The replay could not be carried through; says why."""


async def replay(
    day: Day,
    base_url: str,
    admin_key: str,
    options: ReplayOptions,
    *,
    published: Mapping[str, Figures] | None = None,
    progress: Callable[[Moment], None] | None = None,
) -> Result:
    """Replay ``day`` and compare it with ``published`` figures and the textbook's.

    Takes (last event - first event) / speed real seconds. ``progress`` is called a few times a
    second. Raises ReplayFailed when the server refuses a step or stays away longer than
    ``give_up_s``.
    """
    began = time.monotonic()
    persistence = Persistence(give_up_s=options.give_up_s, base_s=0.05, cap_s=0.5)
    try:
        with _journal(options.journal) as journal:
            async with ApiClient(base_url, admin_key, persistence=persistence) as api:
                stage = _Stage(day, api, base_url, admin_key, options, journal)
                await stage.set_up()
                await stage.play(progress)
                ended = await read_back(api, stage.names, stage.book.served_by)
    except* (ApiRefused, ApiUnreachable, SessionOver) as group:
        raise ReplayFailed(str(_first(group))) from group
    return Result(
        day.name,
        figures(ended, options.speed),
        dict(published or {}) | _textbook(day, options),
        faults(ended),
        time.monotonic() - began,
        options.speed,
    )


class _Stage:
    """One replay on one server."""

    def __init__(
        self,
        day: Day,
        api: ApiClient,
        base_url: str,
        admin_key: str,
        options: ReplayOptions,
        journal: Journal,
    ) -> None:
        self._day = day
        self._api = api
        self._server = (base_url, admin_key)
        self._options = options
        self._journal = journal
        run = uuid4().hex[:8]
        self._entries = [
            Entry(
                who,
                f"{options.prefix}{run}.{who.id}",
                options.prefix + who.queue,
                who.priority if options.order == "prio90" else 0,
            )
            for who in day.conversations
        ]
        self.names = [entry.name for entry in self._entries]
        self.book: Notebook

    async def set_up(self) -> None:
        """Queues and agents as the day needs them; they are left on the server afterwards."""
        prefix, channels = self._options.prefix, self._day.channels
        for queue in self._day.queues:
            await self._api.put_queue(prefix + queue, queue_settings(queue, self._options))
        for agent in self._day.agents.values():
            settings = {
                "name": agent.id,
                "queues": {prefix + queue: level for queue, level in agent.queues.items()},
                "skills": agent.skills,
                "capacity": dict.fromkeys(channels, 1),
                "units": 1,
            }
            await self._api.put_agent(prefix + agent.id, settings)

    async def play(self, progress: Callable[[Moment], None] | None) -> None:
        """Let the day happen. Returns when the last agent is off shift and nobody waits."""
        lead_s = 2 * EARLY_S * self._options.speed
        pace = Pace(self._day.starts_s - lead_s, self._options.speed)
        self.book = Notebook(pace, self._entries, self._options.ring_s)
        async with asyncio.TaskGroup() as group:
            visits = [group.create_task(visit(self._api, one, self.book)) for one in self._entries]
            work = [
                group.create_task(self._employ(agent, list(shifts)))
                for agent, shifts in groupby(self._day.shifts, key=lambda shift: shift.agent)
            ]
            watching = group.create_task(self._watch(visits, progress))
            await asyncio.wait([*visits, *work])
            for entry in self._entries:
                endless = entry.who.patience_s is None
                if endless and not self.book.answered[entry.name].is_set():
                    await leave(self._api, entry.name, "canceled")
            watching.cancel()

    async def _employ(self, agent: str, shifts: list[Shift]) -> None:
        name = self._options.prefix + agent
        connecting = Connecting(base_s=0.2, cap_s=1.0)
        client = AgentClient(
            *self._server, name, api=self._api, connecting=connecting, journal=self._journal
        )
        bot = Bot(client, RecordedHabits(name, self.book), presence="offline")
        await attend(client, bot, shifts, self.book.pace)

    async def _watch(
        self, visits: list[asyncio.Task[None]], progress: Callable[[Moment], None] | None
    ) -> None:
        while progress is not None:
            answered = len(self.book.served_by)
            over = sum(task.done() for task in visits)
            at_s = self.book.pace.now_s()
            came = sum(entry.who.arrived_s <= at_s for entry in self._entries)
            progress(Moment(at_s, len(visits), came, answered, max(0, over - answered)))
            await asyncio.sleep(0.25)


def queue_settings(name: str, options: ReplayOptions) -> dict[str, Any]:
    """A queue in accelerated time. Milliseconds are real ones."""
    ageing = options.speed * 60.0 / HEAD_START_S if options.order == "prio90" else 0.0
    return {
        "name": name,
        "offer": {
            "strategy": "longest_idle",
            "timeout_ms": max(1000, round(options.offer_timeout_s * 1000 / options.speed)),
        },
        "decline": {"cooldown_ms": 0},
        "no_answer": {"streak": 0},
        "wrap_up": {"ms": 0},
        "service_level": {"target_ms": max(1, round(SOON_S * 1000 / options.speed))},
        "ageing": {"priority_per_min": ageing},
    }


def _textbook(day: Day, options: ReplayOptions) -> dict[str, Figures]:
    ringing = f"textbook, rings {options.ring_s:g} s"
    return {
        "textbook": simulate(day, order=options.order),
        ringing: simulate(day, order=options.order, ring_s=options.ring_s),
    }


@contextmanager
def _journal(path: Path | None) -> Iterator[Journal]:
    if path is None:
        yield NoJournal()
    else:
        with FileJournal(path) as journal:
            yield journal


def _first(group: BaseExceptionGroup[Exception]) -> BaseException:
    """The first plain error in a group of groups."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
