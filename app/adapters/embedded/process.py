"""One server process and its minder, from launch to end.

The server is in a session of its own, so Ctrl+C in a terminal does not end the store before the
application. MUST NOT start it without ``store.lock`` in hand, and MUST leave nothing running when a
launch fails.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from app.adapters.embedded.child import Child
from app.adapters.embedded.datadir import POLL_S, DataDir
from app.adapters.embedded.probe import answers

LOCK_TIMEOUT_S = 10.0
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
LOG_TAIL_BYTES = 2_000


class ServerFailed(Exception):
    """The server did not start; the text holds the end of its log."""


class ServerProcess:
    """The program ``binary``, serving ``data`` on the unix socket ``socket``."""

    def __init__(self, binary: Path, data: DataDir, socket: str, fsync: str) -> None:
        self._binary = binary
        self._data = data
        self._socket = socket
        self._fsync = fsync
        self._log_start = 0
        self._server: Child | None = None
        self._minder: Child | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the server last launched."""
        return self._server.pid if self._server else None

    async def launch(self) -> None:
        """Start server and minder and wait until the server answers.

        Raises ServerFailed, OSError.
        """
        await self.end()
        try:
            self._server = await self._spawn()
            self._minder = _start_minder(self._server.pid)
            await self._await_ready(self._server)
        except BaseException:
            await self.end()
            raise

    async def ended(self) -> int | None:
        """Wait for the server's end and return its status; at once if there is none."""
        return await self._server.ended() if self._server else None

    async def end(self) -> None:
        """TERM writes everything out; KILL only if that takes too long. Then let the minder go."""
        if self._server is not None:
            await self._server.end(STOP_TIMEOUT_S)
            self._server = None
        if self._minder is not None:
            self._minder.tell(b".")
            await self._minder.ended()
            self._minder = None

    async def _spawn(self) -> Child:
        lock = await self._data.store_lock(LOCK_TIMEOUT_S)
        if lock is None:
            raise ServerFailed(f"another server process still runs on {self._data.path}")
        try:
            with self._data.log.open("ab") as log:
                self._log_start = log.tell()
                return Child([str(self._binary), *self._arguments()], output=log, held=[lock])
        finally:
            os.close(lock)

    def _arguments(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": self._socket,
            "unixsocketperm": "700",
            "dir": str(self._data.path),
            "appendonly": "yes",
            "appendfsync": self._fsync,
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "logfile": str(self._data.log),
            "pidfile": str(self._data.pid),
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    async def _await_ready(self, server: Child) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY_TIMEOUT_S
        while not await answers(self._socket):
            if server.status is not None:
                raise ServerFailed(f"ended with {server.status}: {self._log_tail()}")
            if loop.time() > deadline:
                raise ServerFailed(f"no answer in {READY_TIMEOUT_S} s: {self._log_tail()}")
            await asyncio.sleep(POLL_S)

    def _log_tail(self) -> str:
        said = self._data.log.read_bytes()[self._log_start :]
        return said[-LOG_TAIL_BYTES:].decode(errors="replace").strip()


def _start_minder(pid: int) -> Child:
    program = Path(__file__).with_name("minder.py")
    return Child([sys.executable, "-I", "-S", str(program), str(pid)], piped=True)
