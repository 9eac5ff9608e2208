"""A server whose clock stands, and a floor played on it step by step from one seed.

For the pictures of the README: every instant, name and decision is the same in each run. MUST use
the public interfaces only. The rule: time moves in steps too short to pass for a pause, and never
while something is under way.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any

from app.clients import demo_cast as cast
from app.clients.agent import AgentClient
from app.clients.http import ApiClient, ApiRefused

ROOT = Path(__file__).resolve().parent.parent
BEGIN_MS = 1_803_980_460_000
"""A Tuesday morning in March 2027, 09:41 UTC."""
STEP_MS = 400
LISTENING = re.compile(r"^listening on (http://\S+)$")
LUNCH = "greta"
ARRIVALS = 110
EVERY_MS = 1_500
OFFER_MS = 60_000
LATER_MS = 600_000


class Stage:
    """The clock and the server; ``now`` is the server's time."""

    def __init__(self, folder: Path) -> None:
        self.now = BEGIN_MS
        self._file = folder / "clock"
        self._data = folder / "data"
        self.key = secrets.token_urlsafe(24)
        self._process: subprocess.Popen[str] | None = None
        self._say()

    def start(self) -> str:
        """Start the server and return its address."""
        extra = {
            "PYTHONPATH": str(ROOT),
            "INTERLOCK_STAGE_CLOCK": str(self._file),
            "INTERLOCK_AUTH__ADMIN_KEY": self.key,
            "INTERLOCK_WATCHDOG__CANARY_MS": "0",
            # It would look at this clock with one of its own.
            "INTERLOCK_SNAPSHOTS__FOLLOWER": "false",
            "INTERLOCK_EMBEDDED__DATA": str(self._data),
        }
        words = [sys.executable, "-m", "app.main.staged", "serve", "--port", "0"]
        self._process = subprocess.Popen(
            words, cwd=ROOT, env={**os.environ, **extra}, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := LISTENING.match(line.strip()):
                return found[1]
        raise SystemExit("the server ended before it was ready")

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    async def pass_ms(self, span_ms: int) -> None:
        """Let this much time pass."""
        end = self.now + span_ms
        while self.now < end:
            self.now = min(self.now + STEP_MS, end)
            self._say()
            await asyncio.sleep(0.02)

    async def flow_until(self, end: int) -> None:
        """Let time pass as fast as it does, as the pages feel it, and stand at ``end``."""
        clock = asyncio.get_running_loop().time
        before, began = self.now, clock()
        while self.now < end:
            await asyncio.sleep(0.02)
            passed_ms = int((clock() - began) * 1000)
            self.now = min(before + passed_ms, self.now + STEP_MS, end)
            self._say()

    def _say(self) -> None:
        # In place: the server has mapped this very file.
        mode = "r+b" if self._file.exists() else "wb"
        with self._file.open(mode) as file:
            file.write(self.now.to_bytes(8, "big"))


class Play:
    """The people of the demo, as one hand moves them."""

    def __init__(self, stage: Stage, url: str, api: ApiClient) -> None:
        self._stage, self._url, self._api = stage, url, api
        self._chance = Random(41)
        self._agents: dict[str, AgentClient] = {}

    async def run(self, stack: AsyncExitStack) -> None:
        """Play until the floor is worth a picture. The clients stay until ``stack`` closes."""
        await self._furnish()
        for id_ in sorted(cast.AGENTS):
            if id_ == cast.SEAT:
                continue
            client = AgentClient(self._url, self._stage.key, id_, api=self._api)
            self._agents[id_] = await stack.enter_async_context(client)
            away = ("away", "lunch") if id_ == LUNCH else ("available", "")
            await client.set_presence(*away)
            await self._stage.pass_ms(500)
        for number in range(ARRIVALS):
            await self._arrive(number)
            await self._stage.pass_ms(EVERY_MS)
            await self._work()

    async def greet(self) -> None:
        """Somebody writes to the free seat."""
        body = {
            "id": "c-4242",
            "queue": cast.SEAT_QUEUE,
            "channel": "chat",
            "customer": {"name": "Lucía Ferro", "city": "Lisbon"},
            "subject": "Our launch is in two hours",
        }
        await self._api.call("POST", "/v1/conversations", body, repeatable=True)

    async def _furnish(self) -> None:
        for queue in cast.QUEUES:
            # Only what the hand does may happen: nothing runs out by itself meanwhile.
            settings = {
                "name": queue.name,
                "priority": 10 if queue.id == cast.SEAT_QUEUE else 0,
                "offer": {"timeout_ms": OFFER_MS},
                "wrap_up": {"ms": LATER_MS},
                "decline": {"cooldown_ms": LATER_MS, "reasons": [{"code": "busy"}]},
                "service_level": {"target_ms": 20_000, "percent": 80},
            }
            await self._api.put_queue(queue.id, settings)
        for id_, agent in sorted(cast.AGENTS.items()):
            more = {"capacity": cast.CAPACITY, "units": cast.UNITS}
            await self._api.put_agent(id_, {**agent, **more})

    async def _arrive(self, number: int) -> None:
        chance = self._chance
        weights = [1 / queue.every_s for queue in cast.QUEUES]
        [queue] = chance.choices(cast.QUEUES, weights)
        first, last = chance.choice(cast.FIRST_NAMES), chance.choice(cast.LAST_NAMES)
        body: dict[str, Any] = {
            "id": f"c-{4_100 + number}",
            "queue": queue.id,
            "channel": queue.channel,
            "customer": {"name": f"{first} {last}", "city": chance.choice(cast.PLACES)},
            "subject": chance.choice(queue.subjects),
        }
        await self._api.call("POST", "/v1/conversations", body, repeatable=True)

    async def _work(self) -> None:
        """Each agent answers his offers, and now and then ends a conversation."""
        rows = {row["id"]: row for row in (await self._api.board())["agents"]}
        for id_, client in sorted(self._agents.items()):
            for offer in sorted(rows[id_]["offers"]):
                lot = self._chance.random()
                if lot < 0.75:
                    await client.accept(offer)
                elif lot < 0.85:
                    await client.decline(offer, "busy")
            for conversation in sorted(rows[id_]["conversations"]):
                if self._chance.random() < 0.07:
                    await client.complete(conversation)
                    await self._tidy(client, conversation)

    async def _tidy(self, client: AgentClient, conversation: str) -> None:
        """Some are quick with their notes."""
        if self._chance.random() < 0.8:
            try:
                await client.finish_wrap_up(conversation)
            except ApiRefused:
                return
