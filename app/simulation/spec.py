"""Reads a kind of day (``traffic.Spec``) from TOML: see SIMULATE.md for the tables and their keys.

Checks every key by its path and draws nothing. The rule: a key that nobody knows is refused, with
the nearest one that somebody does; what is left out has the default that SIMULATE.md names.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from app.domain.settings import AgentSettings
from app.simulation.scenario import MONDAY_MS, WHOLE_TIME, Habits, midnight
from app.simulation.traffic import Spec, Staff, Traffic

MS_PER_MIN = 60_000
DAY_MIN = 1_440
MANY = 10_000
CLOCK = r"([01]\d|2[0-3]):([0-5]\d)|24:00"


class SpecInvalid(Exception):
    """The file describes no day; names the key and the remedy."""


def read_spec(path: Path, agents: Mapping[str, AgentSettings] | None = None) -> Spec:
    """Read a file; ``agents`` are at work where it names no staff. Raises SpecInvalid."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SpecInvalid(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SpecInvalid(f"{path}: is not TOML: {error}") from error
    return parse_spec(table, path.stem, agents)


def parse_spec(
    table: Mapping[str, Any], name: str, agents: Mapping[str, AgentSettings] | None = None
) -> Spec:
    """As ``read_spec``, from the table; ``name`` is for one that has none. Raises SpecInvalid."""
    top = _Table(table, "")
    traffic = {id_: _traffic(id_, one) for id_, one in top.tables("traffic")}
    staff = {id_: _staff(id_, one) for id_, one in top.tables("staff")}
    if not traffic:
        raise SpecInvalid("traffic: is missing; add a table [traffic.NAME] for each stream")
    if not staff:
        staff = {id_: Staff(count=1, settings=one) for id_, one in (agents or {}).items()}
    if not staff:
        raise SpecInvalid("staff: is missing; add a table [staff.NAME], or --config with agents")
    spec = Spec(
        name=top.text("name", name),
        traffic=traffic,
        staff=staff,
        opens_ms=top.clock("opens", 0),
        day_spread=top.number("day_spread", 0.0, 0.0, 10.0),
        starts_at=top.date("date", MONDAY_MS),
    )
    top.done()
    return spec


def _traffic(id_: str, table: _Table) -> Traffic:
    per_period = table.numbers("per_period", 0.0, 1e9)
    if not per_period:
        raise SpecInvalid(f"{table.at('per_period')}: is missing; add [10, 20, …] or one number")
    service_s = table.numbers("service_s", 0.001, 1e6)
    if not service_s:
        raise SpecInvalid(f"{table.at('service_s')}: is missing; add the mean length of a talk")
    traffic = Traffic(
        queue=table.text("queue", id_),
        per_period=per_period,
        period_ms=round(table.number("period_min", 60.0, 0.1, DAY_MIN) * MS_PER_MIN),
        service_ms=_each("service_s", service_s, per_period, table),
        spread=table.number("service_spread", None, 0.0, 20.0),
        patience_ms=_each("patience_s", table.numbers("patience_s", 0.001, 1e6), per_period, table),
        channel=table.text("channel", "chat"),
        priority=int(table.number("priority", 0, -1e6, 1e6)),
        skills=table.levels("skills"),
    )
    table.done()
    return traffic


def _each(
    key: str, means_s: tuple[float, ...], per_period: tuple[float, ...], table: _Table
) -> tuple[float, ...]:
    """Means in ms, as many as there are periods, or one, or none."""
    if len(means_s) > 1 and len(means_s) != len(per_period):
        raise SpecInvalid(
            f"{table.at(key)}: must hold one number, or one for each of the "
            f"{len(per_period)} periods, not {len(means_s)}"
        )
    return tuple(1_000 * mean for mean in means_s)


def _staff(id_: str, table: _Table) -> Staff:
    queues = table.levels("queues")
    if not queues:
        raise SpecInvalid(f"{table.at('queues')}: is missing; add {{ QUEUE = LEVEL, … }}")
    settings = AgentSettings(
        name=id_,
        queues=queues,
        skills=table.levels("skills"),
        capacity=table.levels("capacity") or {"chat": 1},
        units=int(table.number("units", 0, 0, MANY)) or None,
    )
    habits = Habits(
        accept_delay_ms=round(1_000 * table.number("accept_delay_s", 0.0, 0.0, 86_400.0)),
        declines=table.number("declines", 0.0, 0.0, 1.0),
        misses=table.number("misses", 0.0, 0.0, 1.0),
        speed=table.number("speed", 1.0, 0.01, 100.0),
    )
    staff = Staff(
        count=int(table.number("count", 1, 0, MANY)),
        settings=settings,
        shifts=tuple(table.spans("shifts")) or WHOLE_TIME,
        habits=habits,
    )
    table.done()
    return staff


class _Table:
    """One table of the file; what was asked for is known, and the rest is refused by ``done``."""

    def __init__(self, values: Mapping[str, Any], path: str) -> None:
        self._values, self._path = values, path
        self._known: list[str] = []

    def at(self, key: str) -> str:
        """The path of a key of this table."""
        return f"{self._path}.{key}" if self._path else key

    def _take(self, key: str, default: Any) -> Any:
        self._known.append(key)
        return self._values.get(key, default)

    def text(self, key: str, default: str) -> str:
        value = self._take(key, default)
        if not isinstance(value, str) or not value:
            raise SpecInvalid(f'{self.at(key)}: must be text, in quotes: "…"')
        return value

    def number(self, key: str, default: float | None, least: float, most: float) -> Any:
        value = self._take(key, None)
        return default if value is None else self._number(self.at(key), value, least, most)

    def _number(self, path: str, value: Any, least: float, most: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SpecInvalid(f"{path}: must be a number")
        if not least <= value <= most:
            raise SpecInvalid(f"{path}: must be {least:g} to {most:g}, not {value:g}")
        return value

    def numbers(self, key: str, least: float, most: float) -> tuple[float, ...]:
        value = self._take(key, [])
        several = value if isinstance(value, list) else [value]
        return tuple(self._number(self.at(key), one, least, most) for one in several)

    def levels(self, key: str) -> dict[str, int]:
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise SpecInvalid(f"{self.at(key)}: must be a table: {{ NAME = NUMBER, … }}")
        return {
            name: int(self._number(f"{self.at(key)}.{name}", one, 0, MANY))
            for name, one in value.items()
        }

    def clock(self, key: str, default: int) -> int:
        value = self._take(key, None)
        return default if value is None else self._clock(key, value)

    def _clock(self, key: str, value: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch(CLOCK, value):
            raise SpecInvalid(f'{self.at(key)}: write a time as "09:00", not {value!r}')
        hours, minutes = value.split(":")
        return (60 * int(hours) + int(minutes)) * MS_PER_MIN

    def date(self, key: str, default: int) -> int:
        value = self._take(key, None)
        try:
            return default if value is None else midnight(str(value))
        except ValueError:
            raise SpecInvalid(f"{self.at(key)}: write a date as 2026-10-05") from None

    def spans(self, key: str) -> Iterator[tuple[int, int]]:
        for span in self._take(key, []):
            if not isinstance(span, list) or len(span) != 2:
                raise SpecInvalid(f'{self.at(key)}: write a shift as ["09:00", "17:00"]')
            on, off = self._clock(key, span[0]), self._clock(key, span[1])
            if on >= off:
                raise SpecInvalid(f"{self.at(key)}: a shift must end after it begins: {span}")
            yield on, off

    def tables(self, key: str) -> Iterator[tuple[str, _Table]]:
        value = self._take(key, {})
        if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
            raise SpecInvalid(f"{self.at(key)}: must be tables [{self.at(key)}.NAME]")
        yield from ((name, _Table(one, self.at(f"{key}.{name}"))) for name, one in value.items())

    def done(self) -> None:
        """Refuse what nobody asked for."""
        for key in self._values:
            if key not in self._known:
                near = get_close_matches(key, self._known, 1)
                hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(self._known)}"
                raise SpecInvalid(f"{self.at(key)}: no such key; {hint}")
