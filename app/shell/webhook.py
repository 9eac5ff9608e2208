"""Tells an address of the operator's what happens to incidents: opened, escalated, resolved.

Each message is signed: ``X-Interlock-Signature: t=SECONDS,v1=HEX``, where HEX is the HMAC-SHA256 of
``SECONDS.BODY`` under the shared secret. A message may come twice, under the same
``X-Interlock-Delivery``, and at a start those that are open are told again. MUST NOT wait for
anybody while publishing, and MUST NOT grow: bounded tries with full jitter, then the message is
given up; while nobody answers, one try at a time with a long rest between; the oldest of too many
is dropped, and counted.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from app.domain import events as e
from app.domain.engine import Engine
from app.shell.meter import Meter
from app.wire.incidents import incident_message, open_incidents

log = logging.getLogger(__name__)
RETRIED: Final = frozenset({408, 425, 429})
"""Answers of the 4xx kind that may be another one later; all others are final."""


class Poster(Protocol):
    """Sends one message to the address."""

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int | None:
        """The status of the answer; None when none came in time. Never raises for the network."""
        ...


@dataclass(slots=True, frozen=True)
class WebhookLimits:
    """``pause_ms`` doubles with each try up to ``pause_max_ms``; ``rest_ms``: see the module."""

    tries: int = 5
    pause_ms: int = 1_000
    pause_max_ms: int = 30_000
    rest_ms: int = 30_000
    waiting_max: int = 1_000


@dataclass(slots=True, frozen=True)
class _Message:
    id: str
    body: bytes


class Webhook:
    """``chance`` gives numbers from 0 to 1; ``secret`` is shared with the receiver."""

    def __init__(
        self,
        poster: Poster,
        secret: str,
        now_ms: Callable[[], int],
        meter: Meter,
        limits: WebhookLimits | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._poster, self._secret = poster, secret.encode()
        self._now_ms, self._meter, self._chance = now_ms, meter, chance
        self._limits = limits or WebhookLimits()
        self._waiting: deque[_Message] = deque()
        self._told: dict[str, None] = {}
        self._some = asyncio.Event()
        self._engine: Engine | None = None
        self._failures = 0

    def observe(self, engine: Engine, events: list[e.Event]) -> None:
        """Note what a durable batch did to incidents. Never waits."""
        if engine is not self._engine:
            self._engine = engine
            for incident in open_incidents(engine.state):
                self._put(engine, incident.id, "opened", incident.opened_at)
        for event in events:
            if isinstance(event, e.IncidentOpened):
                self._put(engine, event.incident, "opened", event.at)
            elif isinstance(event, e.IncidentNoted) and event.step == "escalated":
                self._put(engine, event.incident, "escalated", event.at)
            elif isinstance(event, e.IncidentResolved):
                self._put(engine, event.incident, "resolved", event.at)

    async def run(self) -> None:
        """Send what waits, one after another, until cancelled."""
        while True:
            await self._some.wait()
            message = self._waiting.popleft()
            if not self._waiting:
                self._some.clear()
            result = await self._deliver(message)
            self._meter.count("webhook_messages_total", result=result)
            if result != "delivered":
                log.error("webhook: message %s %s", message.id, result)

    def _put(self, engine: Engine, incident: str, what: str, at: int) -> None:
        known = engine.state.incidents.get(incident)
        id_ = f"{engine.state.gen}:{incident}:{what}:{at}"
        if known is None or id_ in self._told:
            return
        self._told[id_] = None
        if len(self._told) > 2 * self._limits.waiting_max:
            del self._told[next(iter(self._told))]
        if len(self._waiting) >= self._limits.waiting_max:
            dropped = self._waiting.popleft()
            self._meter.count("webhook_messages_total", result="dropped")
            log.error("webhook: too many wait; message %s dropped", dropped.id)
        body = incident_message(id_, what, at, engine.state.workspace, known)
        self._waiting.append(_Message(id_, body))
        self._some.set()

    async def _deliver(self, message: _Message) -> str:
        """What became of it: delivered, refused (for good) or gave_up."""
        for tried in range(self._limits.tries):
            await asyncio.sleep(self._pause_s(tried))
            status = await self._poster.post(message.body, self._headers(message))
            if status is not None and (status < 500 and status not in RETRIED):
                self._failures = 0
                return "delivered" if 200 <= status < 300 else "refused"
            self._failures += 1
            self._meter.count("webhook_failures_total")
            log.warning("webhook: try %d of %s got %s", tried + 1, message.id, status or "nothing")
        return "gave_up"

    def _pause_s(self, tried: int) -> float:
        """Full jitter; half of the rest is fixed, so that nobody who is down is hammered."""
        limits = self._limits
        if self._failures >= limits.tries:
            return limits.rest_ms * (1 + self._chance()) / 2000
        if not tried:
            return 0
        most_ms = min(limits.pause_max_ms, limits.pause_ms << (tried - 1))
        return most_ms * self._chance() / 1000

    def _headers(self, message: _Message) -> dict[str, str]:
        at_s = self._now_ms() // 1000
        signed = hmac.new(self._secret, b"%d." % at_s + message.body, hashlib.sha256)
        return {
            "Content-Type": "application/json",
            "User-Agent": "Interlock",
            "X-Interlock-Delivery": message.id,
            "X-Interlock-Signature": f"t={at_s},v1={signed.hexdigest()}",
        }
