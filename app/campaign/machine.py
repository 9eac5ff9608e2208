"""A real store and a real server as processes of our own, to be killed, frozen and started again.

MUST touch no process that it did not start, and leave none behind.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
from redis import ConnectionError, Redis, ResponseError, TimeoutError

from app.adapters.embedded.binary import find_server

ADMIN_KEY = "campaign-admin-key-0123456789abcdef"
WORKSPACE = "default"
POLL_S = 0.02
START_S = 60.0
PACKAGES = Path(__file__).resolve().parents[2]
QUICK = {
    "INTERLOCK_LEASE__TTL_MS": "2000",
    "INTERLOCK_LEASE__RENEW_MS": "500",
    "INTERLOCK_SERVER__DRAIN_MS": "200",
    "INTERLOCK_LIMITS__FRAMES_PER_S": "1000",
    "INTERLOCK_LIMITS__FRAMES_BURST": "2000",
    # Nobody is to come and go but those whose words are judged.
    "INTERLOCK_WATCHDOG__CANARY_MS": "0",
}
"""Settings for servers that are ended again and again."""


class Late(Exception):
    """Something did not come about in time."""


async def until(
    condition: Callable[[], Any | Awaitable[Any]],
    what: str,
    within_s: float = START_S,
    every_s: float = POLL_S,
) -> Any:
    """The condition's first true answer. Raises Late."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + within_s
    while True:
        answer = condition()
        if isinstance(answer, Awaitable):
            answer = await answer
        if answer:
            return answer
        if loop.time() > ends_at:
            raise Late(f"not within {within_s:g} s: {what}")
        await asyncio.sleep(every_s)


class Process:
    """One child, whose end is waited for. ``log`` takes what it prints."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._child is not None
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it runs (or is frozen)."""
        return self._child is not None and self._child.poll() is None

    def spawn(self, words: list[str], env: Mapping[str, str] | None = None) -> None:
        """Start it. Raises OSError."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(words, stdout=log, stderr=log, env=env)

    def signal(self, number: int) -> None:
        """Send one signal."""
        if self.alive:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a power cut would, and wait."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    async def end(self, within_s: float = 20.0) -> int:
        """Ask it to end, insist after a while; its exit status."""
        assert self._child is not None
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            return await asyncio.to_thread(self._child.wait, within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._child.wait()

    def tail(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-4_000:] if self.log.exists() else ""


class Store(Process):
    """One Valkey or Redis with an append-only file, on a unix socket.

    ``room_mib``: on a disk of its own of that size, where that is allowed; ``roomless`` tells.
    """

    def __init__(self, *, fsync: str = "always", room_mib: int = 0) -> None:
        # A socket's path must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="il-"))
        self._fsync = fsync
        self.roomless = bool(room_mib) and _mount(self.folder, room_mib)
        self.url = str(self.folder / "s")
        super().__init__(self.folder / "store.log")
        self._binary = find_server()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.signal(signal.SIGCONT)
        self.kill()
        if self.roomless:
            await asyncio.to_thread(subprocess.run, ["umount", str(self.folder)], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    async def start(self) -> None:
        """Start, and return when it serves."""
        options = {
            "port": "0",
            "unixsocket": self.url,
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": self._fsync,
            "save": "",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.spawn([str(self._binary), *words])
        await until(self._serves, "the store serves")

    def admin(self) -> Redis:
        """A plain client, for what only an operator or a vandal does."""
        return Redis(unix_socket_path=self.url, protocol=2, socket_timeout=10)

    def _serves(self) -> bool:
        if not self.alive:
            raise Late(f"the store ended: {self.tail()}")
        try:
            with self.admin() as admin:
                return bool(admin.ping())
        except (ConnectionError, ResponseError, TimeoutError):
            return False


def _mount(folder: Path, mib: int) -> bool:
    """A small disk in memory at ``folder``; False where that needs rights we do not have."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


class Server(Process):
    """``interlock serve`` on a store of ours, always on the same port."""

    def __init__(
        self,
        folder: Path,
        store: Store,
        env: Mapping[str, str] | None = None,
        *,
        name: str = "server",
        program: str = "app.main",
    ) -> None:
        super().__init__(folder / f"{name}.log")
        self.name, self._program = name, program
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        clean = {k: v for k, v in os.environ.items() if not k.startswith("INTERLOCK_")}
        clean["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(PACKAGES), clean.get("PYTHONPATH", "")])
        )
        self._env = {
            **clean,
            **QUICK,
            "INTERLOCK_AUTH__ADMIN_KEY": ADMIN_KEY,
            "INTERLOCK_REDIS__URL": store.url,
            "INTERLOCK_EMBEDDED__DATA": str(folder / f"{name}.data"),
            **(env or {}),
        }

    async def start(self) -> None:
        """Start, and return when it is ready. Raises Late."""
        self.launch()
        await self.ready()

    def launch(self) -> None:
        """Start, and do not wait."""
        words = [sys.executable, "-m", self._program, "serve", "--host", "127.0.0.1"]
        self.spawn([*words, "--port", str(self.port)], self._env)

    async def ready(self, within_s: float = START_S) -> None:
        """Return when it is ready for work. Raises Late; at once when it has ended."""
        await until(self._ready, "the server is ready", within_s, 0.05)

    async def _ready(self) -> bool:
        if not self.alive:
            raise Late(f"the server ended: {self.tail()}")
        async with httpx2.AsyncClient(trust_env=False, timeout=5) as http:
            try:
                return (await http.get(self.base + "/readyz")).status_code == 200
            except httpx2.TransportError:
                return False

    def follower(self) -> int | None:
        """The process id of its follower, if one runs."""
        for task in Path(f"/proc/{self.pid}/task").glob("*/children"):
            for pid in task.read_text().split():
                words = Path(f"/proc/{pid}/cmdline")
                if words.exists() and b"follow" in words.read_bytes().split(b"\0"):
                    return int(pid)
        return None
