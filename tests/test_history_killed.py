"""The course of the day across a server that was killed, on a real store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.adapters.redis import RedisStore
from app.codec.samples import write_sample
from app.domain.samples import MINUTE_MS, Sample
from tests.adapters.machine import Machine, program
from tests.conformance.process import ADMIN_KEY, Server
from tests.waiting import poll_until, poll_until_blocking

WORKSPACE = "default"
WEEK_MS = 7 * 86_400_000


@pytest.fixture
def machine() -> Iterator[Machine]:
    with Machine(program("redis")) as machine:
        yield machine


@pytest.fixture
def served(machine: Machine, tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, "", {"INTERLOCK_REDIS__URL": f"unix://{machine.socket}"})
    yield server
    server.stop()


def asked(server: Server, path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    answer = httpx2.get(f"{server.base}/v1/{path}", headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def read_back(server: Server, query: str = "") -> dict[str, Any]:
    def probe() -> dict[str, Any] | None:
        day = asked(server, f"history{query}")
        return None if day["being_read_back"] else day

    found = poll_until_blocking(probe, "the history is read back")
    assert found is not None
    return dict(found)


async def test_kill_9_takes_nothing_from_the_course_of_the_day(
    served: Server, machine: Machine
) -> None:
    store = RedisStore(machine.socket, WORKSPACE)

    async def stored() -> list[int]:
        return [at for at, _ in await store.chronicle.read("minutes", 1, 2**53, 100)]

    # As servers before this one left it: a week ago and just now, 7 and then 5 waiting.
    this = int(time.time() * 1000) // MINUTE_MS * MINUTE_MS
    ago = this - WEEK_MS
    for at, waiting in ((ago, 7), (ago + MINUTE_MS, 7), (this - MINUTE_MS, 5)):
        sample = Sample(at, {"": [waiting, 0, 0, 0, 0, 0, 0]}, [1, 0, 0, 0, 0])
        assert await store.chronicle.add("minutes", at, write_sample(WORKSPACE, "minutes", sample))
    served.start()

    async def first() -> bool:
        return len(await stored()) == 4

    await poll_until(first, "the server stored its first sample", within_s=30, every_s=0.05)
    own = (await stored())[-1]
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    with httpx2.Client(base_url=served.base, headers=headers) as api:
        assert api.put("/v1/queues/q", json={"name": "Q"}).is_success
        for _ in range(3):
            assert api.post("/v1/conversations", json={"queue": "q"}).is_success
    served.kill()
    served.start()
    day = read_back(served)
    # The killed server saw its first minute with nobody waiting, and so it stays.
    shown = dict(zip(day["at"], day["waiting"], strict=True))
    assert shown[own - MINUTE_MS] == 0 and shown.get(this - 2 * MINUTE_MS) in (None, 5)
    assert day["since"] == this - WEEK_MS
    until = this - WEEK_MS + 10 * MINUTE_MS
    week = asked(served, f"history?from={this - WEEK_MS - MINUTE_MS}&until={until}")
    assert (week["at"], week["waiting"]) == ([this - WEEK_MS], [7])
    await store.aclose()


def test_the_board_of_before_a_kill_is_shown_as_it_was(served: Server) -> None:
    served.start()
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    with httpx2.Client(base_url=served.base, headers=headers) as api:
        assert api.put("/v1/queues/q", json={"name": "Q"}).is_success
        assert api.post("/v1/conversations", json={"queue": "q"}).is_success
        before = asked(served, "board")
        for _ in range(3):
            assert api.post("/v1/conversations", json={"queue": "q"}).is_success
    assert asked(served, "board")["totals"]["waiting"] == 4
    served.kill()
    served.start()
    for at in (before["position"], before["as_of"]):
        was = asked(served, f"board?at={at}")
        assert was["position"] == before["position"] and was["totals"]["waiting"] == 1
