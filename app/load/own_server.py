"""A server of our own to load: a process on a free loopback port with a data directory that goes.

MUST touch no process that it did not start and leave none behind. The rule: it is the server that
everybody runs, with its defaults; only what a load of this size would run into is raised.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import re
import resource
import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Self

from app.load.caller import GAVE_UP, Caller
from app.load.crew import PACKAGES

START_S = 60.0
END_S = 30.0
SPARE_SOCKETS = 300
PR_SET_PDEATHSIG = 1
_LISTENING = re.compile(r"listening on (http://\S+)")


def _end_with_parent() -> None:
    """In the child: be told to end when the one who measures is killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class StartFailed(Exception):
    """The server did not come up; the text says what it printed last."""


class OwnServer:
    """``interlock serve`` for ``sockets`` sockets. An async context manager."""

    def __init__(self, sockets: int, *, fsync: str = "always", gateways: int = 0) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="interlock-load-"))
        self.key = secrets.token_urlsafe(32)
        self.url = ""
        self._port = 0
        self._log = self.folder / "server.log"
        self._child: asyncio.subprocess.Process | None = None
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("INTERLOCK_")}
        self._env |= {
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(PACKAGES), self._env.get("PYTHONPATH", "")])
            ),
            "PYTHONUNBUFFERED": "1",
            "INTERLOCK_AUTH__ADMIN_KEY": self.key,
            "INTERLOCK_EMBEDDED__DATA": str(self.folder / "data"),
            "INTERLOCK_EMBEDDED__FSYNC": fsync,
            "INTERLOCK_SERVER__GATEWAYS": str(gateways),
            "INTERLOCK_LIMITS__SOCKETS_MAX": str(sockets + SPARE_SOCKETS),
        }

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self._end(signal.SIGTERM)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end(signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Its process id; 0 while it is down."""
        child = self._child
        return child.pid if child is not None and child.returncode is None else 0

    async def start(self) -> None:
        """Start, and return when it is ready for work. Raises StartFailed."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != hard:
            # The child inherits it, and it needs one file for each socket.
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        words = ["-m", "app.main", "serve", "--host", "127.0.0.1", "--port", str(self._port)]
        before = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable, *words, stdout=log, stderr=log, env=self._env,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )  # fmt: skip
        try:
            async with asyncio.timeout(START_S):
                while not (found := _LISTENING.search(self._printed()[before:])):
                    self._check()
                    await asyncio.sleep(0.05)
                self.url = found[1]
                self._port = int(self.url.rpartition(":")[2])
                await self._ready()
        except TimeoutError:
            raise StartFailed(f"not ready within {START_S:g} s: {self.tail()}") from None

    async def restart(self) -> float:
        """Drain it as an orchestrator would, and start it again; seconds without a server."""
        loop = asyncio.get_running_loop()
        await self._end(signal.SIGTERM)
        down_at = loop.time()
        await self.start()
        return loop.time() - down_at

    def tail(self) -> str:
        """The end of what it printed."""
        return self._printed()[-2_000:]

    def _printed(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _check(self) -> None:
        if not self.pid:
            raise StartFailed(f"the server ended: {self.tail()}")

    async def _ready(self) -> None:
        caller = Caller(self.url, self.key)
        try:
            while True:
                self._check()
                with contextlib.suppress(*GAVE_UP):
                    status, _ = await caller.call("GET", "/readyz")
                    if status == 200:
                        return
                await asyncio.sleep(0.05)
        finally:
            caller.close()

    async def _end(self, number: signal.Signals) -> None:
        child = self._child
        if child is None or child.returncode is not None:
            return
        child.send_signal(number)
        try:
            async with asyncio.timeout(END_S):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()
