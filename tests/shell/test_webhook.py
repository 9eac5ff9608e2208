"""The webhook against a real receiver that fails, hangs, goes away and comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import pytest

from app.adapters.poster import HttpPoster
from app.domain import commands as c
from app.domain.outcome import Outcome
from app.shell.meter import NullMeter
from app.shell.webhook import Poster, Webhook, WebhookLimits
from tests.shell.receiver import HANG, HANG_UP, Receiver, receiving, signed_by
from tests.waiting import poll_until
from tests.wire.floor import Floor

SECRET = "shared"
QUICK = WebhookLimits(pause_ms=2, pause_max_ms=4, rest_ms=4)


class Results(NullMeter):
    """Counts what became of messages."""

    def __init__(self) -> None:
        self.of: Counter[str] = Counter()

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        self.of[labels.get("result", name)] += int(value)


@dataclass
class Telling:
    """A floor whose incidents a webhook tells."""

    webhook: Webhook
    results: Results
    floor: Floor = field(default_factory=Floor)

    def do(self, command: c.Command) -> Outcome:
        outcome = self.floor.do(command)
        self.webhook.observe(self.floor.engine, outcome.events)
        return outcome

    def open(self, queue: str = "q") -> None:
        self.do(c.OpenIncident("lost_wake_up", self.floor.now, "q stands still", queue=queue))


@contextlib.asynccontextmanager
async def telling(poster: Poster, limits: WebhookLimits = QUICK) -> AsyncIterator[Telling]:
    results = Results()
    webhook = Webhook(poster, SECRET, lambda: 1_790_000_000_000, results, limits)
    task = asyncio.create_task(webhook.run())
    try:
        yield Telling(webhook, results)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def told_by_http(
    receiver: Receiver, timeout_ms: int = 5_000, limits: WebhookLimits = QUICK
) -> AsyncIterator[Telling]:
    poster = HttpPoster(receiver.url, timeout_ms)
    async with telling(poster, limits) as desk:
        yield desk
    await poster.aclose()


async def test_an_incident_is_told_from_beginning_to_end_and_signed() -> None:
    async with receiving() as receiver, told_by_http(receiver) as desk:
        desk.open()
        desk.do(c.NoteIncident("i1", "repaired", "swept", "watchdog"))
        desk.do(c.NoteIncident("i1", "escalated", "again and again", "watchdog"))
        desk.do(c.ResolveIncident("i1", "it is over", "watchdog", 3, 9_000))
        await poll_until(lambda: desk.results.of["delivered"] == 3)
        assert receiver.kinds() == [
            "incident.opened",
            "incident.escalated",
            "incident.resolved",
        ]
        last = receiver.messages()[-1]
        assert (last["workspace"], last["incident"]["conversations"]) == ("main", 3)
        for headers, body in receiver.heard:
            assert signed_by(SECRET, headers, body)
            assert not signed_by("other", headers, body)
            assert not signed_by(SECRET, headers, body + b" ")
        ids = [headers["x-interlock-delivery"] for headers, _ in receiver.heard]
        assert ids == [message["id"] for message in receiver.messages()] and len({*ids}) == 3


async def test_a_failing_receiver_is_asked_again_under_the_same_id() -> None:
    async with receiving() as receiver, told_by_http(receiver) as desk:
        receiver.plan.extend([500, HANG_UP, 429, 503])
        desk.open()
        await poll_until(lambda: desk.results.of["delivered"])
        assert len({message["id"] for message in receiver.messages()}) == 1
        assert desk.results.of["webhook_failures_total"] == len(receiver.heard) - 1 == 4


async def test_a_hanging_receiver_costs_its_timeout_and_nothing_else() -> None:
    async with receiving() as receiver, told_by_http(receiver, timeout_ms=50) as desk:
        receiver.plan.append(HANG)
        desk.open()
        await poll_until(lambda: receiver.heard)
        # Publishing goes on meanwhile.
        desk.open("other")
        await poll_until(lambda: desk.results.of["delivered"] == 2)


async def test_a_message_is_given_up_after_five_tries_and_the_next_one_is_told() -> None:
    async with receiving() as receiver, told_by_http(receiver) as desk:
        receiver.plan.extend([500] * 5)
        desk.open()
        desk.open("other")
        await poll_until(lambda: desk.results.of["delivered"] == 1)
        assert desk.results.of["gave_up"] == 1
        assert receiver.messages()[-1]["incident"]["queue"] == "other"


@pytest.mark.parametrize("status", [302, 400, 401, 404, 410])
async def test_a_refusal_is_final(status: int) -> None:
    async with receiving() as receiver, told_by_http(receiver) as desk:
        receiver.plan.append(status)
        desk.open()
        await poll_until(lambda: desk.results.of["refused"])
        assert len(receiver.heard) == 1


async def test_a_receiver_that_was_away_hears_what_waited() -> None:
    async with receiving() as first:
        port = int(first.url.split(":")[2].split("/")[0])
        url = first
    async with told_by_http(url) as desk:
        desk.open()
        await poll_until(lambda: desk.results.of["webhook_failures_total"] > 1)
        desk.open("other")
        async with receiving(port) as again:
            await poll_until(lambda: desk.results.of["delivered"])
            assert again.heard


async def test_open_incidents_are_told_again_by_a_new_memory_and_not_twice_by_the_same() -> None:
    async with receiving() as receiver, told_by_http(receiver) as desk:
        desk.floor.do(c.OpenIncident("overload", 1, "too much"))
        desk.webhook.observe(desk.floor.engine, [])
        desk.webhook.observe(desk.floor.engine, desk.floor.events)
        desk.open()
        await poll_until(lambda: desk.results.of["delivered"] == 2)
        causes = [message["incident"]["cause"] for message in receiver.messages()]
        assert causes == ["overload", "lost_wake_up"]


class Nobody:
    """Answers no try; keeps when each came."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.bodies: list[bytes] = []

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int | None:
        self.at.append(asyncio.get_running_loop().time())
        self.bodies.append(body)
        return None


class Stuck(Nobody):
    """Never comes back from a try."""

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int | None:
        await super().post(body, headers)
        await asyncio.Event().wait()
        return None


async def test_pauses_grow_with_full_jitter_and_then_one_try_at_a_time_with_a_rest() -> None:
    limits = WebhookLimits(pause_ms=2, pause_max_ms=10, rest_ms=40)
    low, high = (
        Webhook(Nobody(), SECRET, lambda: 0, Results(), limits, lambda chance=chance: chance)
        for chance in (0.0, 1.0)
    )
    assert [low._pause_s(tried) for tried in range(5)] == [0] * 5
    assert [high._pause_s(tried) for tried in range(5)] == [0, 0.002, 0.004, 0.008, 0.01]
    for webhook in (low, high):
        webhook._failures = limits.tries
    assert (low._pause_s(0), low._pause_s(4)) == (0.02, 0.02)
    assert (high._pause_s(0), high._pause_s(4)) == (0.04, 0.04)


async def test_the_oldest_of_too_many_is_dropped_and_counted() -> None:
    stuck = Stuck()
    async with telling(stuck, WebhookLimits(waiting_max=3)) as desk:
        desk.open("q0")
        await poll_until(lambda: stuck.bodies)
        for n in range(1, 6):
            desk.open(f"q{n}")
        assert desk.results.of["dropped"] == 2
        waiting = [message.body for message in desk.webhook._waiting]
        assert [b'"queue":"q%d"' % n in body for n, body in zip((3, 4, 5), waiting, strict=True)]
        assert len(waiting) == 3
