"""The load tool against a real server with a real store, and against lies that are planted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.load.caller import Caller
from app.load.own_server import OwnServer
from app.load.plan import People, Plan
from app.load.report import page
from app.load.run import CannotLoad, Run, load
from tests.cli_runner import run

QUICK = People(ring_s=0.05, work_s=0.2, decline=0.1)
Json = dict[str, Any]


def plan(**words: Any) -> Plan:
    return Plan(**{"agents": 20, "rate": 20.0, "seconds": 2.0, "people": QUICK, **words})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[OwnServer]:
    async with OwnServer(100) as running:
        yield running


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def names(server: OwnServer) -> list[str]:
    caller = Caller(server.url, server.key)
    found = []
    for path in ("/v1/queues", "/v1/agents"):
        status, answer = await caller.call("GET", path)
        assert status == 200
        rows = answer if isinstance(answer, list) else answer[path.rpartition("/")[2]]
        found += [row["id"] for row in rows]
    caller.close()
    return found


async def test_a_storm_on_a_strangers_server_is_served_whole_and_leaves_nothing(
    server: OwnServer,
) -> None:
    shown: list[float] = []
    result = await load(
        plan(scenario="storm", processes=2, supervisors=2, seconds=3.0),
        url=server.url,
        key=server.key,
        show=lambda stage: shown.append(stage.now()),
    )
    assert result["ok"], result["faults"]
    counts = result["counts"]
    assert counts["acknowledged"] == counts["arrivals"] > 20
    # An answer on its way when the sockets drop is lost: the server is asked then.
    assert counts["completed"] + counts.get("found closed", 0) == counts["arrivals"]
    assert counts["offers declined"] > 0
    # Every agent came, was dropped twice and came back into his session.
    assert counts["welcome snapshot"] == 20
    assert counts["welcome replay"] == counts["closed 1006"] == 40
    assert counts["board snapshots"] == 2
    assert counts["board changes"] > 0
    for name in ("offer", "enter", "accept", "complete", "connect", "board age"):
        assert result["latency_ms"][name]["count"] > 0, name
    assert result["latency_ms"]["offer"]["count"] == counts["arrivals"]
    assert sum("were back after" in fact for fact in result["facts"]) == 2
    assert shown
    assert await names(server) == []

    told = page(json.loads(json.dumps(result)))
    assert told.count("<svg") >= 5
    assert "Every promise held" in told
    assert "http://" not in told.replace(server.url, "")
    assert "https://" not in told
    assert "<script" not in told


async def test_planted_lies_are_found_and_the_rest_of_the_run_goes_on(
    server: OwnServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lied: set[str] = set()
    heard = Run._heard

    def lie(of: Run, report: Json) -> None:
        for event in list(report["events"]):
            if event[0] == "hold" and "hold" not in lied:
                lied.add("hold")
                report["events"].append(["hold", event[1], "ghost", event[3]])
            if event[0] == "new" and "new" not in lied:
                lied.add("new")
                report["events"].append(["new", event[1], f"{of.prefix}c9.9.0.1"])
        heard(of, report)

    monkeypatch.setattr(Run, "_heard", lie)
    words = [
        "--agents",
        "20",
        "--rate",
        "3",
        "--for",
        "2s",
        "--ring",
        "0.05",
        "--work",
        "4",
        "--drain",
        "4s",
    ]
    told, shown = tmp_path / "result.json", tmp_path / "page.html"
    ended = await asyncio.to_thread(
        run, "load", "steady", *words, "--url", server.url, "--key", server.key,
        "--json", told, "--report", shown,
    )  # fmt: skip
    assert lied == {"hold", "new"}
    assert ended.exit_code == 1
    assert "BROKEN" in ended.stdout
    assert "Promises were broken" in shown.read_text()
    result = json.loads(told.read_text())
    assert not result["ok"]
    assert result["counts"]["broken: double hold"] == 1
    assert result["counts"]["broken: lost"] == 1
    assert any("is held by" in fault and "ghost" in fault for fault in result["faults"])
    assert any("has lost it" in fault for fault in result["faults"])
    assert await names(server) == []


async def test_a_server_that_refuses_the_key_cannot_be_loaded(server: OwnServer) -> None:
    with pytest.raises(CannotLoad, match="401"):
        await load(plan(), url=server.url, key="not-the-key-of-this-server")
