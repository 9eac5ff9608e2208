"""A day to replay: who called when, who was at work when, and who could serve whom.

Duty: hold a day and read one from the project's own file format (REPLAY.md). MUST NOT talk to a
server. The rule: a file is taken whole or refused with its line; times are seconds after midnight
and may pass 86400.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

FORMAT: Final = "interlock-day/1"
T = TypeVar("T")
Seconds = Annotated[float, Meta(ge=0)]
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,100}$")]


class DayInvalid(Exception):
    """The file is no day; ``line`` counts from 1 (0: the file as a whole)."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line


class Header(Struct, tag="day", tag_field="kind", forbid_unknown_fields=True, frozen=True):
    """First line: which format, and what the day is called."""

    format: str
    name: Id


class Agent(Struct, tag="agent", tag_field="kind", forbid_unknown_fields=True, frozen=True):
    """Somebody who serves: ``queues`` {queue: level, lower first}, ``skills`` {skill: level}."""

    id: Id
    queues: dict[Id, Annotated[int, Meta(ge=0, le=1000)]]
    skills: dict[Id, int] = {}


class Shift(Struct, tag="shift", tag_field="kind", forbid_unknown_fields=True, frozen=True):
    """An agent takes conversations from ``on_s`` until ``off_s``, and finishes what is begun."""

    agent: Id
    on_s: Seconds
    off_s: Seconds


class Conversation(
    Struct, tag="conversation", tag_field="kind", forbid_unknown_fields=True, frozen=True
):
    """Somebody who asks. ``patience_s``: waits so long at most (absent: for ever)."""

    id: Id
    arrived_s: Seconds
    queue: Id
    service_s: Seconds
    patience_s: Seconds | None = None
    channel: Id = "call"
    priority: int = 0
    skills: dict[Id, int] = {}


@dataclass(slots=True, frozen=True)
class Day:
    """One day, in order of arrival; shifts in order of agent and beginning."""

    name: str
    agents: dict[str, Agent]
    shifts: tuple[Shift, ...]
    conversations: tuple[Conversation, ...]

    @property
    def queues(self) -> list[str]:
        """Every queue that somebody asks for or serves."""
        asked = {one.queue for one in self.conversations}
        served = {queue for agent in self.agents.values() for queue in agent.queues}
        return sorted(asked | served)

    @property
    def channels(self) -> list[str]:
        """Every channel that somebody uses."""
        return sorted({one.channel for one in self.conversations})

    @property
    def starts_s(self) -> float:
        """The first thing that happens."""
        beginnings = [shift.on_s for shift in self.shifts]
        return min(beginnings + [one.arrived_s for one in self.conversations], default=0.0)

    def between(self, from_s: float, until_s: float) -> Day:
        """The part of the day in which ``from_s <= arrived_s < until_s``, shifts cut to it."""
        conversations = [c for c in self.conversations if from_s <= c.arrived_s < until_s]
        shifts = [
            Shift(one.agent, max(one.on_s, from_s), min(one.off_s, until_s))
            for one in self.shifts
            if one.off_s > from_s and one.on_s < until_s
        ]
        return replace(self, conversations=tuple(conversations), shifts=tuple(shifts))


Line = Header | Agent | Shift | Conversation
_DECODER: Final = msgspec.json.Decoder(Line)


def read_day(path: Path) -> Day:
    """Read a day from a file. Raises DayInvalid, OSError."""
    with path.open("rb") as file:
        return parse_day(file)


def parse_day(lines: Iterable[bytes]) -> Day:
    """Read a day from its lines; empty ones are passed over. Raises DayInvalid."""
    header: Header | None = None
    parts: list[tuple[int, Agent | Shift | Conversation]] = []
    for number, line in _decoded(lines):
        if isinstance(line, Header):
            if header is not None or parts:
                raise DayInvalid(number, "the header must be the first line, once")
            if line.format != FORMAT:
                raise DayInvalid(number, f"format is {line.format!r}, this reader knows {FORMAT!r}")
            header = line
        else:
            parts.append((number, line))
    if header is None:
        raise DayInvalid(0, f'the first line must be {{"kind":"day","format":"{FORMAT}",…}}')
    return _assemble(header.name, parts)


def _decoded(lines: Iterable[bytes]) -> Iterator[tuple[int, Line]]:
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            yield number, _DECODER.decode(raw)
        except msgspec.DecodeError as error:
            raise DayInvalid(number, str(error)) from error


def _put(known: dict[str, T], id: str, part: T, number: int) -> None:
    if id in known:
        raise DayInvalid(number, f"{id!r} is there already")
    known[id] = part


def _assemble(name: str, parts: list[tuple[int, Agent | Shift | Conversation]]) -> Day:
    agents: dict[str, Agent] = {}
    conversations: dict[str, Conversation] = {}
    shifts: list[tuple[int, Shift]] = []
    for number, part in parts:
        match part:
            case Shift():
                shifts.append((number, part))
            case Agent():
                _put(agents, part.id, part, number)
            case Conversation():
                _put(conversations, part.id, part, number)
    for number, shift in shifts:
        if shift.agent not in agents:
            raise DayInvalid(number, f"no agent {shift.agent!r} in this file")
        if shift.off_s <= shift.on_s:
            raise DayInvalid(number, "off_s must come after on_s")
    return Day(
        name,
        agents,
        tuple(sorted((one for _, one in shifts), key=lambda one: (one.agent, one.on_s))),
        tuple(sorted(conversations.values(), key=lambda one: (one.arrived_s, one.id))),
    )
