"""Starts and ends real server processes for the black-box suite.

Duty: run `interlock …` of the current interpreter, wait until it is ready, keep its stderr, end it
by its own pid. It MUST NOT import the server: everything is learnt from the outside.
"""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2

from ..waiting import poll_until_blocking

ROOT = Path(__file__).resolve().parents[2]
ADMIN_KEY = "conformance-admin-key-0123456789abcdef"
LISTENING = re.compile(r"^listening on (https?://[^\s/]+)$")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the child's environment: this one, without foreign settings, with the admin key."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("INTERLOCK_")}
    env.pop("PORT", None)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), env.get("PYTHONPATH", "")]))
    env["INTERLOCK_AUTH__ADMIN_KEY"] = ADMIN_KEY
    # The whole suite can be held against gateways: there is no difference to be seen from outside.
    env["INTERLOCK_SERVER__GATEWAYS"] = os.environ.get("INTERLOCK_TEST_GATEWAYS", "0")
    return env | dict(extra or {})


def interlock(
    *options: str, timeout_s: float = 30, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end and return exit code, stdout and stderr."""
    return subprocess.run(
        [sys.executable, "-m", "app.main", *options],
        cwd=ROOT,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


class Server:
    """One `interlock serve` process on a data directory; may be ended and started again."""

    def __init__(
        self,
        folder: Path,
        config: str = "",
        env: Mapping[str, str] | None = None,
        limit_s: float = 30,
        program: str = "app.main",
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._trust = trust
        self._limit_s, self._program = limit_s, program
        self._data = folder / "data"
        self._config = folder / "interlock.toml"
        self._stderr_path = folder / "stderr.log"
        self._env = environment(env)
        self._config.write_text(config)
        self.lines: list[str] = []
        self.base = ""
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """The pid of the running process."""
        assert self._process is not None, "the server was not started"
        return self._process.pid

    @property
    def ws_base(self) -> str:
        """The base address for WebSockets."""
        return self.base.replace("http://", "ws://", 1)

    def start(self) -> Server:
        """Start the process and return once `/readyz` answers 200."""
        command = [sys.executable, "-m", self._program, "serve", "--host", "127.0.0.1"]
        command += ["--port", "0", "--data", str(self._data), "--config", str(self._config)]
        with self._stderr_path.open("a") as stderr:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._env, stdout=subprocess.PIPE, stderr=stderr, text=True
            )
        self.base = self._read_address()
        self._wait_ready()
        return self

    def _read_address(self) -> str:
        found: list[str] = []
        heard = threading.Event()
        process = self._process
        assert process is not None and process.stdout is not None
        stdout = process.stdout
        self.lines = []

        def read() -> None:
            with stdout:
                for line in stdout:
                    self.lines.append(line.rstrip("\n"))
                    match = LISTENING.match(line.strip())
                    if match and not found:
                        found.append(match[1])
                        heard.set()
            heard.set()

        self._reader = threading.Thread(target=read, daemon=True)
        self._reader.start()
        heard.wait(self._limit_s)
        if not found:
            self.kill()
            raise AssertionError(f"no 'listening on' line in {self.lines}\n{self.stderr()}")
        return found[0]

    def _wait_ready(self) -> None:
        def ready() -> bool:
            assert self.alive(), f"it ended with {self.wait()}"
            try:
                verify = self._trust or True
                answer = httpx2.get(self.base + "/readyz", timeout=5, verify=verify)
                return answer.status_code == 200
            except httpx2.TransportError:
                return False

        try:
            poll_until_blocking(ready, "/readyz answers 200", within_s=self._limit_s)
        except AssertionError as error:
            self.kill()
            raise AssertionError(f"{error}\n{self.stderr()}") from None

    def rival(self) -> int:
        """Try to start a second server on the same data; return its exit code."""
        done = interlock("serve", "--port", "0", "--data", str(self._data), timeout_s=60)
        return done.returncode

    def signal(self, number: int) -> None:
        """Send one signal to the server process only."""
        os.kill(self.pid, number)

    def wait(self, limit_s: float = 30) -> int:
        """Wait until the process ended and return its exit code."""
        assert self._process is not None and self._reader is not None
        code = self._process.wait(limit_s)
        self._reader.join(limit_s)
        return code

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self.wait(10)

    def stop(self) -> int:
        """Ask the process to end, insist after a while, and return its exit code."""
        process = self._process
        if process is None:
            return -1
        if process.poll() is not None:
            return self.wait()
        self.signal(signal.SIGTERM)
        try:
            return self.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.wait()

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process is not None and self._process.poll() is None

    def children(self) -> list[int]:
        """The pids of the living direct children (the embedded store is one of them)."""
        found: list[int] = []
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with suppress(OSError):  # A thread may end while we look.
                found += [int(pid) for pid in (task / "children").read_text().split()]
        return found

    def stderr(self) -> str:
        """The last part of what the process wrote to stderr."""
        return self._stderr_path.read_text()[-8000:] if self._stderr_path.exists() else ""


@contextmanager
def running(folder: Path, config: str = "") -> Iterator[Server]:
    """Give a ready server and end it afterwards."""
    server = Server(folder, config)
    try:
        yield server.start()
    finally:
        server.stop()
