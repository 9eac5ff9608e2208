"""The data directory: its files, and two locks that are gone by themselves when their holder dies.

``lock`` is held by the application, ``store.lock`` by the server process: it inherits the
descriptor. Two servers on one directory would not notice each other and would both write the same
files, so a server MUST be started only with ``store.lock`` in hand. ``lock`` free and
``store.lock`` taken means an orphan.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.005


class DataDirBusy(Exception):
    """A living process uses the data directory. The text names it and the remedy."""


@dataclass(slots=True, frozen=True)
class DataDir:
    """Paths and locks of one data directory."""

    path: Path

    @property
    def log(self) -> Path:
        """The server's own log file."""
        return self.path / "store.log"

    @property
    def pid(self) -> Path:
        """The server's process id."""
        return self.path / "store.pid"

    @property
    def socket(self) -> Path:
        """File that holds the path of the socket of the server last started here."""
        return self.path / "store.socket"

    def last_socket(self) -> str | None:
        """The socket of the server last started here, whether or not it still runs."""
        try:
            return self.socket.read_text().strip() or None
        except FileNotFoundError:
            return None

    def lock(self) -> int:
        """Make the directory, take the application's lock, leave our process id in it.

        Returns the descriptor that holds the lock. Raises DataDirBusy.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.path / "lock"
        descriptor = _try_lock(file)
        if descriptor is None:
            holder = file.read_text().strip() or "unknown"
            raise DataDirBusy(
                f"the data directory {self.path} is in use by process {holder}. Remedy: stop that"
                " process, or give this one a data directory of its own, or set redis.url so that"
                " both share a server"
            )
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        return descriptor

    def try_store_lock(self) -> int | None:
        """The descriptor for a server to inherit; None while one runs."""
        return _try_lock(self.path / "store.lock")

    async def store_lock(self, timeout_s: float) -> int | None:
        """Wait for it: a child of a killed server may live a little longer than the server did."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while (descriptor := self.try_store_lock()) is None:
            if loop.time() > deadline:
                return None
            await asyncio.sleep(POLL_S)
        return descriptor


def _try_lock(file: Path) -> int | None:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
