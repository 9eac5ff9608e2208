"""How smooth the board stays on a large floor, in a real Chromium.

    python scripts/bench/board.py [--quick] [--queues N] [--agents N] [--seconds N]

No server: the page, its files and its policy are ours, the socket is played. After a snapshot of
the whole floor comes a change four times a second that touches a tenth of all rows, while the table
is scrolled; frames are timed by the browser's own clock, ``busy`` is the share of one core that the
page's thread took. Prints; a person compares. MUST NOT judge a time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import time
from pathlib import Path
from random import Random
from typing import Any

from playwright.async_api import CDPSession, Page, Route, WebSocketRoute, async_playwright

from app.edge.assets import CSP, PREFIX_MARK

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
BASE = "http://board.test"
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
EVERY_S = 0.25
SHARE = 10
CHANGES = 12
MEASURE = """async ([seconds, table]) => {
  const box = document.getElementById(`${table}-box`);
  const frames = [];
  let last = performance.now();
  const until = last + 1000 * seconds;
  for (let step = 0; last < until; step += 1) {
    box.scrollTop = (step * 37) % Math.max(1, box.scrollHeight - box.clientHeight);
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  const drawn = document.querySelectorAll(`#${table}-box tbody tr`).length;
  return { frames: frames.slice(5), drawn };
}"""


def queue_row(chance: Random, number: int, now: int) -> dict[str, Any]:
    """One queue with figures that differ."""
    waiting = chance.randrange(12)
    health = {"state": "ok", "since": now, "cause": None, "text": None}
    return {
        "id": f"q{number:05}",
        "name": f"Queue {number}",
        "waiting": waiting,
        "oldest_wait_ms": chance.randrange(90_000) if waiting else None,
        "waiting_by_age": {"within_target": waiting, "over_target": 0, "over_3_targets": 0},
        "offered": chance.randrange(3),
        "assigned": chance.randrange(40),
        "wrapping": chance.randrange(4),
        "members": 20,
        "members_on": 12,
        "routable": chance.randrange(12),
        "capacity_free": chance.randrange(20),
        "service_level": {
            "percent": chance.uniform(50, 100),
            "target_ms": 20_000,
            "variant": "event_time",
            "promise_percent": 80,
            "hits": 80,
            "judged": 100,
        },
        "asa_ms": chance.randrange(60_000),
        "aht_ms": chance.randrange(400_000),
        "last_offer_at": now - chance.randrange(90_000),
        "abandoned": chance.randrange(30),
        "answered": chance.randrange(900),
        "overflowed": 0,
        "offers": {"made": 900, "accepted": 850, "declined": 30, "timed_out": 20},
        "status": "open",
        "open": True,
        "health": health,
    }


def agent_row(chance: Random, number: int, now: int) -> dict[str, Any]:
    """One agent, free or full."""
    load = chance.randrange(4)
    return {
        "id": f"a{number:05}",
        "name": f"Agent {number}",
        "presence": "available",
        "custom_presence": None,
        "reason": "",
        "plan": None,
        "connection": "connected",
        "routable": load < 3,
        "why_not": [] if load < 3 else ["at_capacity"],
        "load": load,
        "capacity": 3,
        "since": now,
        "missed_streak": 0,
        "queues": [f"q{number % 5_000:05}"],
        "conversations": [f"c{one}" for one in range(load)],
        "offers": [],
    }


class Floor:
    """A server that is only played."""

    def __init__(self, queues: int, agents: int) -> None:
        self._chance = Random(1)
        self._queues, self._agents = queues, agents
        self._playing: set[asyncio.Task[None]] = set()
        self._changes = [json.dumps(self.change()) for _ in range(CHANGES)]

    def board(self) -> dict[str, Any]:
        """The whole floor."""
        now = int(time.time() * 1000)
        totals = {"waiting": 9, "agents": self._agents, "offers": {"made": 1, "accepted": 1}}
        return {
            "as_of": now,
            "position": "1-1",
            "workspace": "bench",
            "totals": totals,
            "queues": [queue_row(self._chance, one, now) for one in range(self._queues)],
            "agents": [agent_row(self._chance, one, now) for one in range(self._agents)],
        }

    def change(self) -> dict[str, Any]:
        """A tenth of all rows, drawn anew."""
        now, chance = int(time.time() * 1000), self._chance  # Rows only; the instant comes later.
        queues = chance.sample(range(self._queues), self._queues // SHARE)
        agents = chance.sample(range(self._agents), self._agents // SHARE)
        return {
            "queues": [queue_row(chance, one, now) for one in sorted(queues)],
            "agents": [agent_row(chance, one, now) for one in sorted(agents)],
        }

    def meet(self, socket: WebSocketRoute) -> None:
        """Greet a page, show it the floor, and go on changing it."""
        socket.on_message(lambda text: self._hear(socket, json.loads(text)))

    def _hear(self, socket: WebSocketRoute, said: dict[str, Any]) -> None:
        if said["type"] != "hello":
            return
        now = int(time.time() * 1000)
        session = {"session": "s", "secret": "s", "gen": "g", "mode": "snapshot"}
        welcome = {"type": "reply", "ref": said["ref"], "ok": True, **session, "server_time": now}
        socket.send(json.dumps(welcome))
        socket.send(json.dumps({"type": "snapshot", "seq": 1, "at": now, "board": self.board()}))
        task = asyncio.create_task(self._play(socket))
        self._playing.add(task)

    async def _play(self, socket: WebSocketRoute) -> None:
        seq = 1
        while True:
            await asyncio.sleep(EVERY_S)
            seq += 1
            now = int(time.time() * 1000)
            changes = self._changes[seq % CHANGES].replace("{", f'{{"as_of": {now}, ', 1)
            socket.send(f'{{"type": "delta", "seq": {seq}, "at": {now}, "changes": {changes}}}')

    async def serve(self, route: Route) -> None:
        """Answer what the page fetches."""
        path = route.request.url.removeprefix(BASE)
        if path == "/board":
            page = (STATIC / "board.html").read_bytes().replace(PREFIX_MARK, b"static/0/")
            headers = {"Content-Security-Policy": CSP, "Content-Type": "text/html"}
            await route.fulfill(body=page, headers=headers)
        elif path.startswith("/static/0/"):
            file = STATIC / path.removeprefix("/static/0/")
            await route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])
        elif path == "/v1/session":
            await route.fulfill(json={"role": "supervisor"})
        elif path == "/v1/tickets":
            await route.fulfill(json={"ticket": "t"})
        else:
            await route.fulfill(json={"incidents": [], "estimates": [], "items": []})


async def busy_s(line: CDPSession) -> float:
    """Seconds that the page's thread has worked so far."""
    metrics = (await line.send("Performance.getMetrics"))["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


async def heap_mib(page: Page) -> float:
    """What the page holds on to, after the rubbish was collected."""
    line = await page.context.new_cdp_session(page)
    await line.send("HeapProfiler.collectGarbage")
    used = await line.send("Runtime.getHeapUsage")
    await line.detach()
    return float(used["usedSize"]) / 2**20


async def measure(page: Page, floor: Floor, table: str, seconds: float) -> str:
    """Time the frames of one table while it is scrolled."""
    await page.click(f"#tab-{table}")
    await page.wait_for_selector(f"#{table}-box tbody tr")
    line = await page.context.new_cdp_session(page)
    await line.send("Performance.enable")
    before = await busy_s(line)
    found = await page.evaluate(MEASURE, [seconds, table])
    busy = (await busy_s(line) - before) / seconds
    await line.detach()
    frames = sorted(found["frames"])
    at = {
        share: frames[min(len(frames) - 1, int(share * len(frames)))] for share in (0.5, 0.95, 0.99)
    }
    late = sum(frame > 50 for frame in frames)
    return (
        f"{table:<8}{len(frames):>7}{at[0.5]:>9.1f}{at[0.95]:>9.1f}{at[0.99]:>9.1f}"
        f"{frames[-1]:>9.1f}{late:>8}{100 * busy:>6.0f} %"
        f"{found['drawn']:>8}{await heap_mib(page):>9.1f}"
    )


async def main(queues: int, agents: int, seconds: float) -> None:
    """Open the page over a played floor and print its frames."""
    floor = Floor(queues, agents)
    async with async_playwright() as driver:
        path = os.environ.get("INTERLOCK_TEST_CHROMIUM") or shutil.which("chromium")
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await driver.chromium.launch(executable_path=path, args=arguments)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("pageerror", lambda error: print("uncaught:", error))
        await page.route(f"{BASE}/**", floor.serve)
        await page.route_web_socket(f"{BASE.replace('http', 'ws')}/ws", floor.meet)
        began = time.perf_counter()
        await page.goto(f"{BASE}/board")
        await page.wait_for_selector("#queues-box tbody tr", timeout=60_000)
        print(
            f"{queues:,} queues, {agents:,} agents; first rows {time.perf_counter() - began:.1f} s"
        )
        print(
            "table    frames   p50 ms   p95 ms   p99 ms   max ms  >50 ms    busy   drawn   heap MiB"
        )
        for table in ("queues", "agents"):
            print(await measure(page, floor, table, seconds))
        await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small floor, for two seconds")
    parser.add_argument("--queues", type=int, default=5_000)
    parser.add_argument("--agents", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=15.0)
    given = parser.parse_args()
    if given.quick:
        given.queues, given.agents, given.seconds = 50, 100, 2.0
    asyncio.run(main(given.queues, given.agents, given.seconds))
