"""``EmbeddedServer``: a Valkey that lives and dies with this process and loses nothing.

Starts the server on a private unix socket, starts it again when it dies, stops it when asked.
MUST be stopped last, when nobody needs the store any more.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
from pathlib import Path

from app.adapters.embedded.binary import find_server
from app.adapters.embedded.datadir import DataDir, DataDirBusy
from app.adapters.embedded.probe import shut_down
from app.adapters.embedded.process import ServerFailed, ServerProcess

SOCKET_DIR_PREFIX = "interlock-"
SOCKET_DIR_BYTES_MAX = 90  # the kernel takes 107 for the whole path, macOS 103
ORPHAN_TIMEOUT_S = 10.0
RESTART_FIRST_S = 0.05
RESTART_CAP_S = 5.0
STEADY_S = 30.0

logger = logging.getLogger(__name__)


class EmbeddedServer:
    """One server on one data directory. ``fsync`` is ``always`` or ``everysec``."""

    def __init__(
        self, data_dir: Path, *, fsync: str = "always", binary: Path | None = None
    ) -> None:
        self._data = DataDir(data_dir.absolute())
        self._fsync = fsync
        self._binary = binary
        self._deaths = 0
        self._lock: int | None = None
        self._socket_dir: str | None = None
        self._process: ServerProcess | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the server; None before ``start`` and after ``stop``."""
        return self._process.pid if self._process else None

    @property
    def deaths(self) -> int:
        """How often the server ended, or failed to start again, without being asked to."""
        return self._deaths

    async def start(self) -> str:
        """Start, wait until it answers, and return the path of its unix socket.

        Raises DataDirBusy, NoServerBinary, ServerFailed, OSError.
        """
        self._lock = self._data.lock()
        try:
            binary = await asyncio.to_thread(find_server, self._binary)
            await self._end_orphan()
            socket = self._make_socket_dir()
            self._process = ServerProcess(binary, self._data, socket, self._fsync)
            await self._process.launch()
        except BaseException:
            await self.stop()
            raise
        self._watch = asyncio.create_task(self._keep_alive(self._process), name="embedded store")
        return socket

    async def stop(self) -> None:
        """End the server and wait for it; its data is on disk. Harmless when there is none."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
            self._watch = None
        if self._process is not None:
            await self._process.end()
            self._process = None
        if self._socket_dir is not None:
            shutil.rmtree(self._socket_dir, ignore_errors=True)
            self._socket_dir = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _make_socket_dir(self) -> str:
        """A short path, readable by us alone: the server refuses a long one."""
        made = tempfile.mkdtemp(prefix=SOCKET_DIR_PREFIX)
        if len(os.fsencode(made)) > SOCKET_DIR_BYTES_MAX:
            os.rmdir(made)
            made = tempfile.mkdtemp(prefix=SOCKET_DIR_PREFIX, dir="/tmp")
        self._socket_dir = made
        socket = f"{made}/store.sock"
        self._data.socket.write_text(f"{socket}\n")
        return socket

    async def _end_orphan(self) -> None:
        """A server whose application and minder were both killed still runs: end it."""
        left_behind = self._data.last_socket()
        lock = self._data.try_store_lock()
        if lock is None:
            logger.warning("ending a store left behind on %s", self._data.path)
            if left_behind:
                await shut_down(left_behind)
            lock = await self._data.store_lock(ORPHAN_TIMEOUT_S)
        if lock is None:
            raise DataDirBusy(
                f"a store without an application still runs on {self._data.path} and does not"
                f" answer. Remedy: end the process named in {self._data.pid} and start again"
            )
        os.close(lock)
        if left_behind and Path(left_behind).parent.name.startswith(SOCKET_DIR_PREFIX):
            shutil.rmtree(Path(left_behind).parent, ignore_errors=True)

    async def _keep_alive(self, process: ServerProcess) -> None:
        """Start the server again whenever it dies, at once first and then ever more slowly."""
        loop = asyncio.get_running_loop()
        pause_s = RESTART_FIRST_S
        while True:
            since = loop.time()
            status = await process.ended()
            self._deaths += 1
            if loop.time() - since > STEADY_S:
                pause_s = RESTART_FIRST_S
            logger.error("the store ended with %s; starting it again in %s s", status, pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, RESTART_CAP_S)
            try:
                await process.launch()
            except (ServerFailed, OSError) as trouble:
                logger.error("the store did not start again: %s", trouble)


def socket_of(data_dir: Path) -> str | None:
    """The socket of the server last started on this directory, whether or not it still runs."""
    return DataDir(data_dir).last_socket()
