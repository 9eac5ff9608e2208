"""The server beside what people would build instead, in one run, on one core each.

    python scripts/bench/peers.py --peers FOLDER [--rounds 5] [--only NAME ...] [--fsync everysec]

``FOLDER`` holds the peers and their load client in C (``wsb.c``); it is copied, built and installed
in a temporary folder, with gcc, npm and redis-server from the PATH. Each server runs on one core;
its Redis, the client, and this server's follower run on the other. Closed: 200 conversations are
always open, as many offers as it can. Half: a given rate, half of what it could. Equal: 300 a
second for all. Times are from entering to the client's receipt of the offer, or of the durable
acknowledgement. Only rows of one table may be compared.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scripts.bench.rounds import Row, in_turns, machine, middle, table

ROOT = Path(__file__).resolve().parents[2]
OURS = "interlock"
PEER = "bullmq"
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"
WARM_UP = 1_000
EQUAL_PER_S = 300
SETTLE_S = 4.0
"""The follower of this server starts two seconds after it."""


@dataclass(frozen=True)
class Peer:
    """How to start one and what the client has to know."""

    words: tuple[str, ...]
    path: str
    offers: int
    speaks_socket_io: bool = False
    folder: str = "."
    env: dict[str, str] = field(default_factory=dict)


def peers_in(folder: Path, agents: int) -> dict[str, Peer]:
    """Everything that can be compared."""
    python = sys.executable
    ours = (python, "-m", "scripts.bench.peer_door", "{port}", "{redis}", str(agents))
    bullmq = ("node", str(folder / "bullmq/server.js"), "{port}", "{redis_port}", str(agents))
    uvicorn = f"{python} -m uvicorn --app-dir {folder}/pynaive server:app --port {{port}}"
    uvicorn += " --ws websockets-sansio --loop uvloop --ws-per-message-deflate false"
    uvicorn += " --log-level error --no-access-log --lifespan off"
    sketch = (python, str(folder / "sketch/server.py"), "{port}", "{redis_port}")
    return {
        OURS: Peer(ours, "/bench", 12_000, folder=str(ROOT)),
        PEER: Peer((*bullmq, "4"), SOCKET_IO, 6_000, speaks_socket_io=True),
        "bullmq, 1 worker": Peer((*bullmq, "1"), SOCKET_IO, 6_000, speaks_socket_io=True),
        "plain Python": Peer(tuple(uvicorn.split()), "/ws", 4_000),
        "sketch": Peer(sketch, "/ws", 20_000),
    }


class Ground:
    """The peers, built in a folder that goes; ``cores`` are (server's, everybody else's)."""

    def __init__(self, source: Path, folder: Path, agents: int, fsync: str) -> None:
        self.folder, self.agents, self.fsync = folder, agents, fsync
        self.cores = ("0", "1")
        shutil.copytree(source, folder / "peers", dirs_exist_ok=True)
        peers = folder / "peers"
        self.client = folder / "wsb"
        build = ["gcc", "-O2", "-o", str(self.client), str(peers / "wsb.c"), "-lz", "-lm"]
        subprocess.run(build, check=True, stderr=subprocess.DEVNULL)
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
        subprocess.run(npm, cwd=peers / "bullmq", check=True, stdout=subprocess.DEVNULL)
        self.peers = peers_in(peers, agents)

    def measure(self, name: str, said: dict[str, float], limit_s: int = 90) -> Row:
        """One run of one peer; a figure that it has not is left out."""
        peer = self.peers[name]
        with (
            self._redis() as (redis_port, redis_pid),
            self._server(peer, redis_port) as (port, pid),
        ):
            pids = [pid, redis_pid, *_follower_of(pid)]
            command = json.dumps({"cmd": "produce", **said}, separators=(",", ":"))
            words = ["taskset", "-c", self.cores[1], str(self.client), "-p", str(port)]
            words += ["-u", peer.path, "-P", ",".join(map(str, pids)), "-m", "agents"]
            words += ["-c", str(self.agents), "-k", "50", "-n", str(int(said["n"]))]
            words += ["-d", str(limit_s), "-w", "0.7", "-W", str(WARM_UP)]
            words += ["-x", f'42["cmd",{command}]' if peer.speaks_socket_io else command]
            words += ["-i"] if peer.speaks_socket_io else []
            done = subprocess.run(words, capture_output=True, text=True, timeout=limit_s + 120)
        if not done.stdout:
            raise SystemExit(f"{name}: {done.stderr.strip()[-300:]}")
        return _row(json.loads(done.stdout))

    @contextlib.contextmanager
    def _redis(self) -> Iterator[tuple[int, int]]:
        port, folder = _free_port(), Path(tempfile.mkdtemp(dir=self.folder))
        words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        words += ["--appendonly", "yes", "--appendfsync", self.fsync, "--dir", str(folder)]
        with self._process([*words, "--loglevel", "warning"], self.cores[1], port) as pid:
            yield port, pid
        shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def _server(self, peer: Peer, redis_port: int) -> Iterator[tuple[int, int]]:
        port = _free_port()
        redis = f"redis://127.0.0.1:{redis_port}/0"
        given = {"port": port, "redis_port": redis_port, "redis": redis}
        words = [word.format(**given) for word in peer.words]
        env = {**os.environ, "REDIS_PORT": str(redis_port), "PYTHONPATH": str(ROOT), **peer.env}
        with self._process(words, self.cores[0], port, env, peer.folder) as pid:
            time.sleep(SETTLE_S)
            for child in _follower_of(pid):
                os.sched_setaffinity(child, {int(self.cores[1])})
            yield port, pid

    @contextlib.contextmanager
    def _process(
        self,
        words: list[str],
        core: str,
        port: int,
        env: dict[str, str] | None = None,
        folder: str = ".",
    ) -> Iterator[int]:
        log = self.folder / "log.txt"
        with log.open("w") as output:
            process = subprocess.Popen(
                ["taskset", "-c", core, *words], env=env, cwd=folder, stdout=output, stderr=output
            )
        try:
            _wait_for(port, process, log)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _row(told: dict[str, object]) -> Row:
    cpu = [float(one) for one in told["cpu_us_per_offer"]]  # type: ignore[attr-defined]
    times = {
        f"{what} {p} ms": float(str(told[f"{what}_{p}_us"])) / 1000
        for what in ("offer", "ack")
        for p in ("p50", "p99")
    }
    rest = {"server cpu µs": cpu[0], "total cpu µs": sum(cpu), **times}
    return {"offers/s": float(str(told["offers_s"])), **rest, "missing": _missing(told)}


def _missing(told: dict[str, object]) -> float:
    return float(str(told["dead"]))


def _follower_of(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            if b"follow" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                found.append(child)
    return found


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"did not start: {log.read_text()[-600:]}")


def compare(ground: Ground, names: list[str], rounds: int) -> None:
    """The three tables, and what each is of the peer."""
    closed = _rounds(ground, names, rounds, lambda name: {"outstanding": 200})
    _print("closed, 200 open", closed)
    half = {name: closed[name]["offers/s"] / 2 for name in names}
    at_half = _rounds(ground, names, rounds, lambda name: {"per_s": int(half[name])})
    _print("at half of its own", at_half)
    _print("at 300/s", _rounds(ground, names, rounds, lambda name: {"per_s": EQUAL_PER_S}))


def _rounds(ground: Ground, names: list[str], rounds: int, said_of: object) -> dict[str, Row]:
    rows: dict[str, list[Row]] = {name: [] for name in names}
    for name in in_turns(names, rounds):
        said = said_of(name)  # type: ignore[operator]
        n = int(said["per_s"] * 4) if "per_s" in said else ground.peers[name].offers
        rows[name].append(ground.measure(name, {"n": n, **said}))
    return {name: middle(rows[name]) for name in names}


def _print(title: str, rows: dict[str, Row]) -> None:
    table(title, rows, 2)
    if PEER in rows and OURS in rows:
        ratios = {key: rows[OURS][key] / value for key, value in rows[PEER].items() if value}
        table(f"{OURS} / {PEER}", {"times": ratios}, 2)


def main() -> None:
    """Read the options and compare."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--peers", type=Path, required=True)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", action="append")
    options.add_argument("--agents", type=int, default=1_000)
    options.add_argument("--fsync", default="everysec", choices=["everysec", "always"])
    given = options.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(prefix="interlock-bench-") as folder:
        ground = Ground(given.peers, Path(folder), given.agents, given.fsync)
        compare(ground, given.only or list(ground.peers), given.rounds)


if __name__ == "__main__":
    main()
