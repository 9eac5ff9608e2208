"""A slice of the kills on real processes, an export that says what the log says, and no orphans."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.embedded.binary import NoServerBinary
from app.campaign.export import line_of
from app.campaign.kill import campaign
from app.campaign.machine import Server, Store, until
from app.codec.chain import seal_batch
from app.codec.envelope import NO_RECORD, record_hash
from app.domain.events import QueueRemoved
from app.ports import Position
from app.shell.rebuilding import log_key
from tests.waiting import poll_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store() -> Store:
    try:
        return Store()
    except NoServerBinary:
        pytest.skip("no valkey or redis server program")


@pytest.mark.slow
async def test_four_kills_lose_nothing_and_double_nothing(store: Store) -> None:
    result = await campaign(seed=5, count=4)
    assert result.verdict.faults == []
    assert sum(result.faults.values()) == 4
    counts = result.verdict.counts
    assert counts["accept ok"] and counts["acknowledged writes"] and counts["owners"] > 1


def gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds children in /proc")
async def test_a_server_killed_while_its_follower_starts_leaves_none(
    store: Store, tmp_path: Path
) -> None:
    async with store:
        server = Server(tmp_path, store)
        await server.start()
        follower = await until(server.follower, "a follower is started", every_s=0.001)
        os.kill(follower, signal.SIGSTOP)
        # The server answers again: so it has told its child what to do, and goes on.
        await server.ready()
        server.kill()
        os.kill(follower, signal.SIGCONT)
        await poll_until(lambda: gone(follower), "the follower has ended")


def test_a_line_of_an_export_says_what_is_there() -> None:
    event = QueueRemoved(7, "billing", 3, "admin:key-0")
    [record], prev = seal_batch("w", log_key("w"), NO_RECORD, [event])
    line = line_of("w", Position(4, 2), record)
    assert line["position"] == "4-2" and line["kind"] == "QueueRemoved"
    assert line["fields"] == {"at": 7, "queue": "billing", "version": 3, "by": "admin:key-0"}
    assert (line["prev"], line["hash"]) == (NO_RECORD.hex(), prev.hex())
    for spoilt, why in ((record[:-1], "DamagedRecord"), (b"", "NotARecord")):
        line = line_of("w", Position(4, 3), spoilt)
        assert str(line["unreadable"]).startswith(why) and line["bytes"] == spoilt.hex()
        assert line["hash"] == record_hash(spoilt).hex()


@pytest.mark.slow
async def test_the_log_of_a_running_server_is_exported(store: Store, tmp_path: Path) -> None:
    async with store:
        server = Server(tmp_path, store)
        await server.start()
        env = os.environ | {"INTERLOCK_REDIS__URL": store.url, "PYTHONPATH": str(ROOT)}

        def export(*more: str) -> subprocess.CompletedProcess[str]:
            words = [sys.executable, "-m", "app.main", "format", "export", *more]
            return subprocess.run(words, env=env, capture_output=True, text=True, check=False)

        done = export()
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == 0 and lines[0]["kind"] == "WorkspaceOpened"
        assert export("--after", lines[0]["position"]).stdout.count("WorkspaceOpened") == 0
        assert export("--after", "yesterday").returncode == 1
        await server.end()
