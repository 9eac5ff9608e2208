"""What may stand in a queue, an agent or a presence, and the sentence for what may not.

Decides nothing about offering. The rule: the same as the API accepts, so that a file and a PUT can
say the same; a test holds the two side by side.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.config.kinds import ID_PATTERN, ID_TEXT
from app.config.problems import nearest
from app.domain.settings import (
    AgentSettings,
    HoursRule,
    OverflowRule,
    PresenceSettings,
    QueueSettings,
)
from app.domain.words import Presence

Path = tuple[str | int, ...]
Fault = tuple[Path, str]
Range = tuple[int, int]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
VARIANTS = (
    "event_time",
    "answered_only",
    "abandoned_ignored",
    "abandoned_negative",
    "abandoned_positive",
    "short_abandon_excluded",
)
OVERFLOW_WHEN = ("after_ms", "depth", "no_agents", "closed")
OVERFLOW_TO = ("queue", "close", "message")
BACK_OFFS = ("declined_ms", "busy_ms", "missed_ms", "undelivered_ms")
MESSAGE_CHARS = 500
DAY_MS = 86_400_000
YEAR_MS = 366 * DAY_MS
OFFER_MS: Range = (100, DAY_MS)
WAIT_MS: Range = (0, YEAR_MS)
AMOUNT: Range = (0, 2**53 - 1)
PRIORITY: Range = (-1_000_000, 1_000_000)
LEVEL: Range = (0, 1_000)
UNITS: Range = (0, 10_000)
WEIGHT: Range = (1, 10_000)
FEW, MANY = 64, 2_000
HIDDEN = "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]"


def queue_faults(queue: QueueSettings) -> Iterator[Fault]:
    """Every value of one queue that is out of bounds, with its path below the queue."""
    offer, level = queue.offer, queue.service_level
    yield from _named(queue.name)
    yield from _within(PRIORITY, ("priority",), queue.priority)
    yield from _within(OFFER_MS, ("offer", "timeout_ms"), offer.timeout_ms)
    yield from _within((1, 100), ("offer", "fan_out"), offer.fan_out)
    yield from _all_within(OFFER_MS, ("offer", "timeouts_by_channel"), offer.timeouts_by_channel)
    yield from _ring_faults(queue)
    yield from _within(WAIT_MS, ("preferred", "online_ms"), queue.preferred.online_ms)
    yield from _within(WAIT_MS, ("preferred", "offline_ms"), queue.preferred.offline_ms)
    yield from _decline_faults(queue)
    yield from _within((0, 1_000), ("no_answer", "streak"), queue.no_answer.streak)
    yield from _no_answer_faults(queue.no_answer.presence)
    for name in BACK_OFFS:
        yield from _within(WAIT_MS, ("back_off", name), getattr(queue.back_off, name))
    yield from _within(WAIT_MS, ("idle", "after_ms"), queue.idle.after_ms)
    yield from _within((0, DAY_MS), ("wrap_up", "ms"), queue.wrap_up.ms)
    yield from _within((1, YEAR_MS), ("service_level", "target_ms"), level.target_ms)
    yield from _within(WAIT_MS, ("service_level", "short_abandon_ms"), level.short_abandon_ms)
    yield from _one_of(VARIANTS, ("service_level", "variant"), level.variant)
    yield from _within((0, 100), ("service_level", "percent"), level.percent)
    yield from _short(20, ("overflow",), queue.overflow)
    for place, rule in enumerate(queue.overflow):
        yield from _overflow_faults(("overflow", place), rule)
    yield from _within(AMOUNT, ("max_waiting",), queue.max_waiting)
    yield from _within(
        (0, 1_000_000), ("ageing", "priority_per_min"), queue.ageing.priority_per_min
    )
    yield from _hours_faults(queue.hours)
    yield from _all_within(WEIGHT, ("weight_by_channel",), queue.weight_by_channel)


def agent_faults(agent: AgentSettings) -> Iterator[Fault]:
    """Every value of one agent that is out of bounds, with its path below the agent."""
    yield from _named(agent.name)
    yield from _all_within(LEVEL, ("queues",), agent.queues, MANY)
    yield from _all_within(LEVEL, ("skills",), agent.skills, MANY)
    yield from _all_within(UNITS, ("capacity",), agent.capacity)
    if agent.units is not None:
        yield from _within(UNITS, ("units",), agent.units)
    if agent.wrap_up_ms is not None:
        yield from _within((0, DAY_MS), ("wrap_up_ms",), agent.wrap_up_ms)
    yield from _short(FEW, ("blocks",), agent.blocks)
    for busy, channels in agent.blocks.items():
        yield from id_faults(("blocks", busy), busy, *channels)
        yield from _short(FEW, ("blocks", busy), channels)


def presence_faults(presence: PresenceSettings) -> Iterator[Fault]:
    """Every value of one custom presence that is out of bounds, with its path below it."""
    yield from _named(presence.name)
    if presence.channels is not None:
        yield from _short(FEW, ("channels",), presence.channels)
        yield from id_faults(("channels",), *presence.channels)


def id_faults(path: Path, *names: str) -> Iterator[Fault]:
    """Each of these words that cannot be an id."""
    for name in names:
        if not re.fullmatch(ID_PATTERN, name):
            yield path, ID_TEXT
        elif name.startswith("interlock."):
            yield path, "begins with interlock., as the server's own ids do: choose another"


def built_in_faults(name: str) -> Iterator[Fault]:
    """An id that is one of the three presences which always exist."""
    if name in list(Presence):
        yield (), f"is built in, as {', '.join(Presence)} are: choose another id"


def _named(name: str) -> Iterator[Fault]:
    if not 0 < len(name) <= 200:
        yield ("name",), "must have 1 to 200 characters; people read it on the board"
    elif re.search(HIDDEN, name):
        yield ("name",), "must hold no control characters"


def _within(bounds: Range, path: Path, value: float) -> Iterator[Fault]:
    least, most = bounds
    if not least <= value <= most:
        yield path, f"must be {least} to {most}, not {value}"


def _all_within(
    bounds: Range, path: Path, values: Mapping[str, int], most: int = FEW
) -> Iterator[Fault]:
    yield from _short(most, path, values)
    for key, value in values.items():
        yield from id_faults((*path, key), key)
        yield from _within(bounds, (*path, key), value)


def _short(most: int, path: Path, items: Collection[object]) -> Iterator[Fault]:
    if len(items) > most:
        yield path, f"must hold {most} entries at most, not {len(items)}"


def _one_of(words: tuple[str, ...], path: Path, value: str) -> Iterator[Fault]:
    if value not in words:
        near = nearest(value, words)
        hint = f", did you mean {near}?" if near else ""
        yield path, f"must be one of {', '.join(words)}{hint}"


def _ring_faults(queue: QueueSettings) -> Iterator[Fault]:
    yield from _short(20, ("rings",), queue.rings)
    before = -1
    for place, ring in enumerate(queue.rings):
        yield from _within(LEVEL, ("rings", place, "max_level"), ring.max_level)
        yield from _short(FEW, ("rings", place, "relax_skills"), ring.relax_skills)
        yield from id_faults(("rings", place, "relax_skills"), *ring.relax_skills)
        yield from _within(WAIT_MS, ("rings", place, "after_ms"), ring.after_ms)
        if 0 <= ring.after_ms <= before:
            yield ("rings", place, "after_ms"), f"must be more than {before}: rings widen in order"
        before = ring.after_ms


def _decline_faults(queue: QueueSettings) -> Iterator[Fault]:
    yield from _within(WAIT_MS, ("decline", "cooldown_ms"), queue.decline.cooldown_ms)
    yield from _short(FEW, ("decline", "reasons"), queue.decline.reasons)
    for place, reason in enumerate(queue.decline.reasons):
        yield from id_faults(("decline", "reasons", place, "code"), reason.code)


def _no_answer_faults(name: str) -> Iterator[Fault]:
    path = ("no_answer", "presence")
    if name == Presence.AVAILABLE:
        yield path, "who does not answer is not available: use away, offline or a custom presence"
    yield from id_faults(path, name)


def _overflow_faults(path: Path, rule: OverflowRule) -> Iterator[Fault]:
    yield from _one_of(OVERFLOW_WHEN, (*path, "when"), rule.when)
    yield from _one_of(OVERFLOW_TO, (*path, "to"), rule.to)
    yield from _within(AMOUNT, (*path, "value"), rule.value)
    if rule.queue is not None:
        yield from id_faults((*path, "queue"), rule.queue)
    if rule.message is not None:
        yield from _message_faults((*path, "message"), rule.message)
    for name in ("queue", "message"):
        if rule.to == name and getattr(rule, name) is None:
            yield (*path, name), f'to = "{name}" needs it: add {name} = "…"'
        elif rule.to != name and getattr(rule, name) is not None:
            yield (*path, name), f'goes with to = "{name}" only: remove this key'


def _message_faults(path: Path, text: str) -> Iterator[Fault]:
    if not 0 < len(text) <= MESSAGE_CHARS:
        yield path, f"must have 1 to {MESSAGE_CHARS} characters; the customer reads it"
    elif re.search(HIDDEN, text):
        yield path, "must hold no control characters"


def _hours_faults(hours: HoursRule) -> Iterator[Fault]:
    try:
        ZoneInfo(hours.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield ("hours", "zone"), f"no time zone is called {hours.zone!r}; try Europe/Berlin or UTC"
    yield from _short(400, ("hours", "holidays"), hours.holidays)
    for day, spans in hours.weekly.items():
        yield from _short(FEW, ("hours", "weekly", day), spans)
        yield from _one_of(DAYS, ("hours", "weekly", day), day)
        for place, span in enumerate(spans):
            yield from _span_faults(("hours", "weekly", day, place), span)
    for place, text in enumerate(hours.holidays):
        try:
            date.fromisoformat(text)
        except ValueError:
            yield ("hours", "holidays", place), f"write the day as 2026-12-25, not {text!r}"


def _span_faults(path: Path, span: list[str]) -> Iterator[Fault]:
    clock = r"([01]\d|2[0-3]):[0-5]\d|24:00"
    if len(span) != 2 or not all(re.fullmatch(clock, one) for one in span) or span[0] >= span[1]:
        yield path, 'write a span as ["09:00", "17:00"], start before end, 24:00 at the latest'
