"""A real server process on a port of its own that is killed and started again on the same port.

Duty: run ``interlock serve`` and end it, or its store, without warning. MUST NOT import the server.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import httpx2

from tests.waiting import poll_until

ROOT = Path(__file__).resolve().parents[2]
ADMIN_KEY = "clients-admin-key-0123456789abcdef"


class Server:
    """One server on one data directory; use as an async context manager."""

    def __init__(self, folder: Path, config: str = "") -> None:
        self._data = folder / "data"
        self._config = folder / "interlock.toml"
        self._config.write_text(config)
        self._log = folder / "server.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Server:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        await asyncio.to_thread(self._process.wait, 30)
        if error is not None:
            print(self._log.read_text()[-8000:])

    async def start(self) -> None:
        """Start and return when the server is ready."""
        self._spawn()
        await poll_until(self._ready, "the server is ready", within_s=60, every_s=0.05)

    def _spawn(self) -> None:
        command = [sys.executable, "-m", "app.main", "serve", "--host", "127.0.0.1"]
        command += ["--port", str(self._port), "--data", str(self._data)]
        command += ["--config", str(self._config)]
        env = {k: v for k, v in os.environ.items() if not k.startswith("INTERLOCK_")}
        env |= {"INTERLOCK_AUTH__ADMIN_KEY": ADMIN_KEY, "PYTHONPATH": str(ROOT)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)

    async def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()[-4000:]
        async with httpx2.AsyncClient(trust_env=False) as http:
            try:
                return (await http.get(self.base + "/readyz")).status_code == 200
            except httpx2.TransportError:
                return False

    async def kill(self) -> None:
        """End the server process as a power cut would."""
        assert self._process is not None
        self._process.kill()
        await asyncio.to_thread(self._process.wait, 10)

    def kill_store(self) -> int:
        """End the store process as a power cut would; returns its pid."""
        [pid] = self.stores()
        os.kill(pid, signal.SIGKILL)
        return pid

    def stores(self) -> list[int]:
        """The pids of living store processes below the server."""
        assert self._process is not None
        found: list[int] = []
        below = [self._process.pid]
        while below:
            pid = below.pop()
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                below += [int(child) for child in task.read_text().split()]
            name = Path(f"/proc/{pid}/comm")
            if name.exists() and name.read_text().strip() in ("valkey-server", "redis-server"):
                found.append(pid)
        return found
